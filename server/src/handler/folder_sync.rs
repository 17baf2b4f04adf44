//! `folderSync`: what has changed in a folder?

use protocol::{FolderSync, Rights};

use super::rows::{Item, send_rows};
use crate::failure::Failure;
use crate::mailbox::Command;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: FolderSync) -> Result<Step, Failure> {
    let folder = super::folder(session, &request.folder)?;
    let gate = folder.gate().clone();
    let current = async move {
        let mailbox = gate.pass(Rights::READ).await?;
        Ok::<_, Failure>(mailbox.ask(|reply| Command::Current(gate.key(), reply)).await?)
    };
    Ok(Step::after(current, move |session, _, current| {
        let limit = request.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let folder = super::folder_mut(session, &request.folder)?;
        let reports = folder.folder.sync(current?, limit);
        let items = reports.into_iter().map(Item::synced).collect();
        let folder = super::folder(session, &request.folder)?;
        Ok(send_rows(session, request.folder, folder, items))
    }))
}
