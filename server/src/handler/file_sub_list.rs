//! `fileSubList`: which files is the user subscribed to?

use protocol::FileSubscription;

use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session) -> Result<Step, Failure> {
    let (storage, account) = (session.hub.storage.clone(), session.handle.account().id);
    let list = async move { storage.file_subscriptions(account).await };
    Ok(Step::after(list, |session, reply, names| {
        for file_name in names? {
            session.send(reply, FileSubscription { file_name });
        }
        Ok(Step::Done)
    }))
}
