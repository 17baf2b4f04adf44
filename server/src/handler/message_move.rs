//! `messageMove`: move messages to a mailbox.

use protocol::MessageMove;

use super::selection::Selection;
use super::transfer::{self, Target};
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MessageMove) -> Result<Step, Failure> {
    transfer::refuse_encryption(request.encrypt, request.decrypt)?;
    let selection = Selection::of(super::folder(session, &request.folder)?, request.set);
    let target = Target::of(session, &request.target, request.class)?;
    Ok(transfer::report(request.report, session, transfer::relocate(selection, target)))
}
