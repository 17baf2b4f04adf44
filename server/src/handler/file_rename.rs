//! `fileRename`: give a file another name or place.

use std::sync::Arc;

use protocol::{ErrorCode, FileRename};

use crate::failure::Failure;
use crate::file::{self, FileRef, Right};
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: &FileRename) -> Result<Step, Failure> {
    let account = Arc::clone(session.handle.account());
    let from = FileRef::parse(&request.file_name, &account)?;
    let to = FileRef::parse(&request.new_file_name, &account)?;
    let (hub, room) = (Arc::clone(&session.hub), file::room(&session.hub));
    let rename = async move {
        let owner = from.grant_all(&hub, &account, Right::Write).await?;
        if owner != to.grant(&hub, &account, Right::Write).await? {
            let text = "a file cannot be renamed into another account: copy it";
            return Err(Failure::because(ErrorCode::BadRequest, text));
        }
        let (from, to) = (from.path().clone(), to.path().clone());
        Ok((owner, hub.storage.rename_file(owner, from, to, room).await?))
    };
    Ok(Step::after(rename, |session, _, renamed| {
        let (owner, stored) = renamed?;
        file::warn(session, owner, &stored);
        Ok(Step::Done)
    }))
}
