//! `folderExpunge`: remove what is marked `Deleted`.

use protocol::{FolderExpunge, Rights};

use crate::failure::Failure;
use crate::mailbox::Command;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: &FolderExpunge) -> Result<Step, Failure> {
    let gate = super::folder(session, &request.folder)?.gate().clone();
    let expunge = async move { gate.pass(Rights::EXPUNGE).await?.ask(Command::Expunge).await? };
    Ok(Step::after(expunge, |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}
