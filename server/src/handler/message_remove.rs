//! `messageRemove`: delete messages, one way or another.

use std::sync::Arc;

use protocol::{DeleteMode, FlagTerms, Flags, MessageRemove, Rights};
use storage::FlagEdit;

use super::selection::Selection;
use super::transfer::withheld;
use crate::account::Account;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::mailbox::{Command, stored};
use crate::name::MailboxRef;
use crate::preference;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MessageRemove) -> Result<Step, Failure> {
    let selection = Selection::of(super::folder(session, &request.folder)?, request.set);
    let (hub, account) = (Arc::clone(&session.hub), Arc::clone(session.handle.account()));
    let remove = remove(Arc::clone(&hub), account, selection, request.mode);
    // Folders on the trash are told even if the session ends meanwhile.
    Ok(Step::after(hub.to_the_end(remove), |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}

async fn remove(
    hub: Arc<Hub>,
    account: Arc<Account>,
    selection: Selection,
    mode: Option<DeleteMode>,
) -> Result<(), Failure> {
    let settings = preference::settings(&hub.storage, account.id).await?;
    let mode = mode.unwrap_or(settings.delete_mode);
    let needed = match mode {
        DeleteMode::Mark => Rights::TRASH,
        DeleteMode::Immediately => Rights::TRASH.union(Rights::EXPUNGE),
        // What is in the trash can be read there.
        DeleteMode::MoveToTrash => Rights::READ.union(Rights::TRASH).union(Rights::EXPUNGE),
    };
    let (mailbox, uids) = selection.open(needed).await?;
    match mode {
        DeleteMode::Immediately => mailbox.ask(|reply| Command::Remove(uids, reply)).await?,
        DeleteMode::Mark => {
            let terms = FlagTerms { set: Flags::DELETED, clear: Flags::NONE };
            mailbox.ask(|reply| Command::Mark(uids, terms, reply)).await?
        }
        DeleteMode::MoveToTrash => {
            let trash = MailboxRef::parse(&settings.trash_box, &account)?;
            let access = trash.find_or_create(&hub, Some(String::new()), Rights::INSERT).await?;
            let trash = access.need(Rights::INSERT)?;
            if trash.id == mailbox.id() {
                return mailbox.ask(|reply| Command::Remove(uids, reply)).await?;
            }
            let withheld = withheld(access.guest().map(|(_, rights)| rights));
            let edit = FlagEdit { remove: withheld.remove.union(stored(Flags::DELETED)), ..withheld };
            let moved = mailbox.ask(|reply| Command::Move(uids, trash.id, edit, reply)).await??;
            hub.mailboxes.arrived(trash.id, moved).await;
            Ok(())
        }
    }
}
