//! `emptyTrash`: remove what was deleted for good.

use std::sync::Arc;

use protocol::Rights;

use crate::failure::Failure;
use crate::mailbox;
use crate::name::MailboxRef;
use crate::preference;
use crate::session::{Session, Step};

#[expect(clippy::unnecessary_wraps, reason = "handlers have one form")]
pub(super) fn handle(session: &Session) -> Result<Step, Failure> {
    let (hub, account) = (Arc::clone(&session.hub), Arc::clone(session.handle.account()));
    let empty = async move {
        let settings = preference::settings(&hub.storage, account.id).await?;
        let trash = MailboxRef::parse(&settings.trash_box, &account)?;
        match trash.look_up(&hub).await? {
            Some(trash) => {
                let id = trash.need(Rights::TRASH.union(Rights::EXPUNGE))?.id;
                mailbox::remove_older(&hub, id, None).await
            }
            // Nothing was deleted yet.
            None => Ok(()),
        }
    };
    Ok(Step::after(empty, |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}
