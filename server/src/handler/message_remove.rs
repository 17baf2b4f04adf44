//! `messageRemove`: delete messages, one way or another.

use std::sync::Arc;

use protocol::{DeleteMode, ErrorCode, FlagTerms, Flags, MessageRemove};

use super::selection::Selection;
use crate::account::Account;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::mailbox::Command;
use crate::name::MailboxRef;
use crate::preference;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MessageRemove) -> Result<Step, Failure> {
    let selection = Selection::of(super::folder(session, &request.folder)?, request.set);
    let (hub, account) = (Arc::clone(&session.hub), Arc::clone(session.handle.account()));
    let work = remove(Arc::clone(&hub), account, selection, request.mode);
    // Folders on the trash are told even if the session ends meanwhile.
    let done =
        async move { hub.to_the_end(work).await.unwrap_or_else(|| Err(ErrorCode::ServerFailure.into())) };
    Ok(Step::after(done, |_, _, done| {
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
    let uids = selection.uids().await?;
    let mailbox = selection.mailbox();
    match mode.unwrap_or(settings.delete_mode) {
        DeleteMode::Immediately => mailbox.ask(|reply| Command::Remove(uids, reply)).await?,
        DeleteMode::Mark => {
            let terms = FlagTerms { set: Flags::DELETED, clear: Flags::NONE };
            mailbox.ask(|reply| Command::Mark(uids, terms, reply)).await?
        }
        DeleteMode::MoveToTrash => {
            let trash = MailboxRef::parse(&settings.trash_box, &account)?;
            let trash = trash.find_or_create(&hub.storage, Some(String::new())).await?;
            if trash.id == mailbox.id() {
                return mailbox.ask(|reply| Command::Remove(uids, reply)).await?;
            }
            let moved = mailbox.ask(|reply| Command::Move(uids, trash.id, reply)).await??;
            hub.mailboxes.arrived(trash.id, moved).await;
            Ok(())
        }
    }
}
