//! `fileDirCreate`: make a directory.

use std::sync::Arc;

use protocol::FileDirCreate;

use crate::failure::Failure;
use crate::file::{self, FileRef, Right};
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: &FileDirCreate) -> Result<Step, Failure> {
    let account = Arc::clone(session.handle.account());
    let name = FileRef::parse(&request.file_name, &account)?;
    let (hub, room) = (Arc::clone(&session.hub), file::room(&session.hub));
    let create = async move {
        let owner = name.grant(&hub, &account, Right::Write).await?;
        Ok::<_, Failure>((owner, hub.storage.create_directory(owner, name.path().clone(), room).await?))
    };
    Ok(Step::after(create, |session, _, created| {
        let (owner, stored) = created?;
        file::warn(session, owner, &stored);
        Ok(Step::Done)
    }))
}
