//! `fileDirInfo`: how much is in a directory?

use std::sync::Arc;

use protocol::{FileDirInfo, FileDirReport};

use crate::failure::Failure;
use crate::file::{self, FileRef, Right};
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: FileDirInfo) -> Result<Step, Failure> {
    let account = Arc::clone(session.handle.account());
    let name = FileRef::parse(request.directory.as_deref().unwrap_or_default(), &account)?;
    let (hub, room) = (Arc::clone(&session.hub), file::room(&session.hub));
    let count = async move {
        let owner = name.grant(&hub, &account, Right::List).await?;
        if name.path().is_root() {
            return Ok((hub.storage.file_usage(owner).await?, Some(room)));
        }
        Ok::<_, Failure>((hub.storage.directory_usage(owner, name.path()).await?, None))
    };
    Ok(Step::after(count, |session, reply, counted| {
        let (usage, room) = counted?;
        let report = FileDirReport {
            directory: request.directory,
            size: usage.bytes,
            files: usage.files,
            size_limit: room.map(|room| room.bytes),
            files_limit: room.map(|room| room.files),
        };
        session.send(reply, report);
        Ok(Step::Done)
    }))
}
