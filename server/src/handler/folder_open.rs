//! `folderOpen`: open a mailbox as a folder.

use std::sync::Arc;

use protocol::{
    DeleteMode, ErrorCode, Field, FlagTerms, FolderOpen, FolderReport, ReportMode, Scalar, SortOrder,
};

use crate::failure::Failure;
use crate::folder::Folder;
use crate::mailbox::{
    self, ContentFilter, Filter, FolderKey, OpenFolder, Place, SortField, Spec, Subscriber,
};
use crate::name::MailboxRef;
use crate::preference;
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
    let filter = filter(request.filter.as_deref(), request.filter_field.as_ref())?;
    let name = request.mailbox.as_deref().unwrap_or(&request.folder);
    let mailbox = MailboxRef::parse(name, session.handle.account())?;
    let key = FolderKey { session: session.handle.id().number(), folder: session.next_folder };
    session.next_folder = session.next_folder.wrapping_add(1);
    let subscriber = Subscriber { key, session: session.handle.inputs().clone() };
    let spec = Spec {
        sort: SortField::of(request.sort_field.as_ref()),
        descending: request.sort_order == Some(SortOrder::Descending),
        filter,
        hide_deleted: false,
        uid_min: request.uid_min.unwrap_or(0),
    };
    let (hub, class) = (Arc::clone(&session.hub), request.class);
    let open = async move {
        let mailbox = mailbox.find_or_create(&hub.storage, class).await?;
        let settings = preference::settings(&hub.storage, mailbox.account).await?;
        let hide_deleted = request.hide_deleted.unwrap_or(settings.delete_mode != DeleteMode::Mark);
        let spec = Spec { hide_deleted, ..spec };
        let opened = mailbox::open(&hub, mailbox.id, spec, request.uid_validity, subscriber).await?;
        Ok::<_, Failure>((opened, settings))
    };
    let (name, fields) = (request.folder, request.fields);
    Ok(Step::after(open, move |session, reply, opened| {
        let ((mailbox, opened), settings) = opened?;
        session.zone = settings.zone;
        session.send(
            reply,
            FolderReport {
                mode: Some(ReportMode::Init),
                messages: Some(number(opened.order.len())),
                unseen: Some(number(opened.order.unseen())),
                uid_validity: Some(opened.uid_validity),
                uid_next: Some(opened.uid_next),
                ..FolderReport::of(name.clone())
            },
        );
        let folder = Folder::new(opened.order, fields);
        session.folders.insert(name, OpenFolder::new(folder, mailbox, key));
        session.hub.metrics.folders.inc();
        Ok(Step::Done)
    }))
}

/// A count as it is written; no folder comes near the end of the numbers.
pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn filter(text: Option<&str>, field: Option<&Field>) -> Result<Filter, Failure> {
    let Some(text) = text else { return Ok(Filter::None) };
    let place = match field {
        Some(field) if field.is("FLAGS") => {
            let terms = FlagTerms::from_wire(text).ok_or_else(|| {
                let text =
                    format!("the attribute filter cannot be {text:?}: it should be {}", FlagTerms::ALLOWED);
                Failure::because(ErrorCode::BadRequest, text)
            })?;
            return Ok(Filter::Flags(terms));
        }
        Some(field) if field.is("body") => Place::Body,
        Some(field) => Place::Header(field.clone()),
        None => Place::Anywhere,
    };
    if text.is_empty() {
        return Ok(Filter::None);
    }
    Ok(Filter::Content(ContentFilter { place, text: text.to_owned() }))
}
