//! `fileStore`: keep an uploaded file.

use std::sync::Arc;

use protocol::FileStore;
use storage::{FileSource, Place};

use crate::failure::Failure;
use crate::file::{self, FileRef, Right};
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: FileStore) -> Result<Step, Failure> {
    let account = Arc::clone(session.handle.account());
    let name = FileRef::parse_file(&request.file_name, &account)?;
    let source = FileSource::Upload { session: session.handle.id().to_string(), id: request.upload_id };
    let (hub, room) = (Arc::clone(&session.hub), file::room(&session.hub));
    let store = async move {
        let owner = name.grant(&hub, &account, Right::Write).await?;
        let stored = hub.storage.write_file(owner, name.path().clone(), Place::Whole, source, room).await?;
        Ok::<_, Failure>((owner, stored))
    };
    Ok(Step::after(store, |session, _, stored| {
        let (owner, stored) = stored?;
        file::warn(session, owner, &stored);
        Ok(Step::Done)
    }))
}
