//! `fileSubList`: which files is the user subscribed to?

use protocol::FileSubscription;

use super::pages::send_all;
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session) -> Result<Step, Failure> {
    let (storage, account) = (session.hub.storage.clone(), session.handle.account().id);
    let list = async move { storage.file_subscriptions(account).await };
    Ok(Step::after(list, |_, _, names| {
        Ok(send_all(names?.into_iter().map(|file_name| FileSubscription { file_name }).collect()))
    }))
}
