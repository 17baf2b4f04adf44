//! `folderClose`: close a folder.

use protocol::{ErrorCode, FolderClose};

use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &mut Session, request: &FolderClose) -> Result<Step, Failure> {
    let folder = session.folders.remove(&request.folder).ok_or(ErrorCode::FolderNotOpened)?;
    session.hub.metrics.folders.dec();
    Ok(Step::after(folder.close(), |_, _, ()| Ok(Step::Done)))
}
