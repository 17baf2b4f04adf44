//! `fileList`: which files are there?

use std::sync::Arc;

use protocol::{FileInfo, FileKind, FileList, Time};
use storage::File;

use super::pages::send_all;
use crate::failure::Failure;
use crate::file::{FileRef, Right};
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: FileList) -> Result<Step, Failure> {
    let account = Arc::clone(session.handle.account());
    let directory = request.directory.as_deref().unwrap_or_default();
    let single = request.file_name.as_deref().filter(|name| !name.is_empty());
    let name = match single {
        Some(name) => FileRef::parse(&inside(directory, name), &account)?,
        None => FileRef::parse(directory, &account)?,
    };
    let (hub, is_single) = (Arc::clone(&session.hub), single.is_some());
    let (position, limit) = (request.position.unwrap_or(0), request.limit.unwrap_or(u64::MAX));
    let list = async move {
        let owner = name.grant(&hub, &account, Right::List).await?;
        let files = if is_single {
            vec![hub.storage.file(owner, name.path()).await?]
        } else {
            hub.storage.files(owner, name.path(), position, limit).await?
        };
        Ok::<_, Failure>(files)
    };
    Ok(Step::after(list, move |_, _, files| {
        let name = request.file_name.filter(|name| !name.is_empty());
        let told = |file: File| report(&file, name.clone(), request.directory.clone());
        Ok(send_all(files?.into_iter().map(told).collect()))
    }))
}

/// The name of what is in a directory.
fn inside(directory: &str, name: &str) -> String {
    let slash = if directory.is_empty() || directory.ends_with('/') { "" } else { "/" };
    format!("{}{slash}{name}", if directory == "/" { "" } else { directory })
}

fn report(file: &File, name: Option<String>, directory: Option<String>) -> FileInfo {
    FileInfo {
        file_name: name.unwrap_or_else(|| file.path.name().to_owned()),
        directory,
        kind: file.is_directory.then_some(FileKind::Directory),
        size: Some(file.size).filter(|_| !file.is_directory),
        modified: Some(Time(file.modified)),
    }
}
