//! `folderOpen`: open a mailbox as a folder.

use std::sync::Arc;

use protocol::{ErrorCode, FolderOpen};

use super::view::{self, View};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::mailbox::OpenFolder;
use crate::name::MailboxRef;
use crate::session::{Session, Step};

pub(super) fn handle(session: &mut Session, request: FolderOpen) -> Result<Step, Failure> {
    if session.folders.contains_key(&request.folder) {
        return Err(ErrorCode::FolderAlreadyOpened.into());
    }
    if session.folders.len() >= session.hub.config.session.folders as usize {
        return Err(Failure::because(
            ErrorCode::LimitReached,
            "the session has too many folders: close some",
        ));
    }
    let view = View::new(
        (request.sort_field.as_ref(), request.sort_order),
        (request.filter.as_deref(), request.filter_field.as_ref()),
        request.hide_deleted,
        (request.uid_validity, request.uid_min),
    )?;
    let name = request.mailbox.as_deref().unwrap_or(&request.folder);
    let mailbox = MailboxRef::parse(name, session.handle.account())?;
    let subscriber = view::subscriber(session);
    let key = subscriber.key;
    let (hub, class) = (Arc::clone(&session.hub), request.class);
    let open = async move {
        let mailbox = mailbox.find_or_create(&hub.storage, class).await?;
        view.open(&hub, (mailbox.account, mailbox.id), subscriber).await
    };
    let (name, fields) = (request.folder, request.fields);
    Ok(Step::after(open, move |session, reply, opened| {
        let (mailbox, opened, settings) = opened?;
        session.zone = settings.zone;
        session.send(reply, view::report(name.clone(), &opened));
        let folder = Folder::new(opened.order, fields);
        session.folders.insert(name, OpenFolder::new(folder, mailbox, key));
        session.hub.metrics.folders.inc();
        Ok(Step::Done)
    }))
}
