//! `folderReopen`: show a folder's mailbox in another way.

use std::sync::Arc;

use protocol::{FolderReopen, Rights};

use super::view::{self, View};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::mailbox::{Gate, OpenFolder};
use crate::session::{Session, Step};

pub(super) fn handle(session: &mut Session, request: FolderReopen) -> Result<Step, Failure> {
    let folder = super::folder(session, &request.folder)?;
    let gate = folder.gate().clone();
    let fields = if request.fields.is_empty() { folder.folder.fields.clone() } else { request.fields };
    let view = View::new(
        (request.sort_field.as_ref(), request.sort_order),
        (request.filter.as_deref(), request.filter_field.as_ref()),
        request.hide_deleted,
        (request.uid_validity, request.uid_min),
    )?;
    let (hub, account) = (Arc::clone(&session.hub), session.handle.account().id);
    let mut subscriber = view::subscriber(session);
    subscriber.is_guest = gate.guest().is_some();
    let open = async move {
        let (mailbox, key) = (gate.pass(Rights::READ).await?.id(), subscriber.key);
        let (handle, opened, _) = view.open(&hub, (account, mailbox), subscriber).await?;
        let gate = Gate::new(hub.storage.clone(), handle, key, gate.guest());
        match gate.rights().await {
            Ok(rights) => Ok((gate, opened, rights)),
            Err(failure) => {
                gate.close().await;
                Err(failure)
            }
        }
    };
    let name = request.folder;
    Ok(Step::after(open, move |session, reply, opened| {
        let (gate, opened, rights) = opened?;
        session.send(reply, view::report(name.clone(), &opened, rights));
        let folder = OpenFolder::new(Folder::new(opened.order, fields), gate);
        // Only now: the mailbox has a folder all the time, so its messages stay recent.
        match session.folders.insert(name, folder) {
            Some(older) => Ok(Step::after(older.close(), |_, _, ()| Ok(Step::Done))),
            None => Ok(Step::Done),
        }
    }))
}
