//! `fileSubUpdate`: subscribe to files, or no longer.

use protocol::{FileSubUpdate, SubscriptionMode};

use crate::failure::Failure;
use crate::file::FileRef;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: FileSubUpdate) -> Result<Step, Failure> {
    let mut changes = Vec::with_capacity(request.subscriptions.len());
    for edit in request.subscriptions {
        // A subscription is a name, and nothing is looked up by it: other accounts' files can be named, too.
        FileRef::parse(&edit.file_name, session.handle.account())?;
        changes.push((edit.file_name, edit.mode.is_none_or(|mode| mode == SubscriptionMode::Add)));
    }
    let (storage, account) = (session.hub.storage.clone(), session.handle.account().id);
    let update = async move { storage.set_file_subscriptions(account, changes).await };
    Ok(Step::after(update, |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}
