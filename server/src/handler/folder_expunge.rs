//! `folderExpunge`: remove what is marked `Deleted`.

use protocol::FolderExpunge;

use crate::failure::Failure;
use crate::mailbox::Command;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: &FolderExpunge) -> Result<Step, Failure> {
    let mailbox = super::folder(session, &request.folder)?.mailbox.clone();
    let expunge = async move { mailbox.ask(Command::Expunge).await };
    Ok(Step::after(expunge, |_, _, done| {
        done??;
        Ok(Step::Done)
    }))
}
