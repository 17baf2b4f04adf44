//! `fileRemove`: remove a file or directory.

use std::sync::Arc;

use protocol::FileRemove;

use crate::failure::Failure;
use crate::file::{FileRef, Right};
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: &FileRemove) -> Result<Step, Failure> {
    let account = Arc::clone(session.handle.account());
    let name = FileRef::parse(&request.file_name, &account)?;
    let (hub, children) = (Arc::clone(&session.hub), request.children.0);
    let remove = async move {
        let owner = name.grant_all(&hub, &account, Right::Write).await?;
        Ok::<_, Failure>(hub.storage.remove_file(owner, name.path().clone(), children).await?)
    };
    Ok(Step::after(remove, |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}
