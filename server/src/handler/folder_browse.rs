//! `folderBrowse`: show messages of a folder.

use protocol::FolderBrowse;

use super::rows::{Item, send_rows};
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: &FolderBrowse) -> Result<Step, Failure> {
    let folder = super::folder(session, &request.folder)?;
    let items = folder.folder.rows(&request.set).into_iter().map(|(index, row)| Item::browsed(index, row));
    Ok(send_rows(session, request.folder.clone(), folder, items.collect()))
}
