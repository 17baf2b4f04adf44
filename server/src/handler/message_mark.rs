//! `messageMark`: set and clear flags.

use protocol::MessageMark;

use super::selection::Selection;
use crate::failure::Failure;
use crate::mailbox::Command;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MessageMark) -> Result<Step, Failure> {
    let selection = Selection::of(super::folder(session, &request.folder)?, request.set);
    let mark = async move {
        let uids = selection.uids().await?;
        selection.mailbox().ask(|reply| Command::Mark(uids, request.flags, reply)).await?
    };
    Ok(Step::after(mark, |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}
