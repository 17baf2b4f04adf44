//! `folderOpen`: open a mailbox as a folder.

use std::sync::Arc;

use protocol::{ErrorCode, FolderOpen, Rights};

use super::view::{self, View};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::mailbox::{Gate, OpenFolder};
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
    let mut subscriber = view::subscriber(session);
    let key = subscriber.key;
    let user = session.handle.account().id;
    let (hub, class) = (Arc::clone(&session.hub), request.class);
    let open = async move {
        let access = mailbox.find_or_create(&hub, class, Rights::READ).await?;
        let mailbox = access.need(Rights::READ)?;
        subscriber.is_guest = access.guest().is_some();
        let (handle, opened, settings) = view.open(&hub, (user, mailbox.id), subscriber).await?;
        let gate = Gate::new(hub.storage.clone(), handle, key, access.guest().map(|(guest, _)| guest));
        Ok::<_, Failure>((gate, opened, settings, access.guest().map(|(_, rights)| rights)))
    };
    let (name, fields) = (request.folder, request.fields);
    Ok(Step::after(open, move |session, reply, opened| {
        let (gate, opened, settings, rights) = opened?;
        session.zone = settings.zone;
        session.send(reply, view::report(name.clone(), &opened, rights));
        session.folders.insert(name, OpenFolder::new(Folder::new(opened.order, fields), gate));
        session.hub.metrics.folders.inc();
        Ok(Step::Done)
    }))
}
