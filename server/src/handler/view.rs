//! What does a client want a folder to show, and how is that opened?

use std::sync::Arc;

use protocol::{
    DeleteMode, ErrorCode, Field, FlagTerms, FolderReport, ReportMode, Rights, Scalar, SortOrder,
};
use storage::{AccountId, MailboxId};

use crate::failure::Failure;
use crate::hub::Hub;
use crate::mailbox::{
    self, ContentFilter, Filter, FolderKey, Handle, Opened, Place, SortField, Spec, Subscriber,
};
use crate::preference::{self, Settings};
use crate::session::Session;

/// What the attributes of `folderOpen` and `folderReopen` ask for.
pub(super) struct View {
    spec: Spec,
    hide_deleted: Option<bool>,
    uid_validity: Option<u32>,
}

impl View {
    /// Sorted so, filtered by this, in ascending order and by UID unless said otherwise.
    pub(super) fn new(
        sort: (Option<&Field>, Option<SortOrder>),
        filter: (Option<&str>, Option<&Field>),
        hide_deleted: Option<bool>,
        (uid_validity, uid_min): (Option<u32>, Option<u32>),
    ) -> Result<Self, Failure> {
        let spec = Spec {
            sort: SortField::of(sort.0),
            descending: sort.1 == Some(SortOrder::Descending),
            filter: filter_of(filter.0, filter.1)?,
            hide_deleted: false,
            uid_min: uid_min.unwrap_or(0),
        };
        Ok(Self { spec, hide_deleted, uid_validity })
    }

    /// Opens it on a mailbox, for the user of an account.
    pub(super) async fn open(
        self,
        hub: &Arc<Hub>,
        (account, mailbox): (AccountId, MailboxId),
        subscriber: Subscriber,
    ) -> Result<(Handle, Opened, Settings), Failure> {
        let settings = preference::settings(&hub.storage, account).await?;
        let hide_deleted = self.hide_deleted.unwrap_or(settings.delete_mode != DeleteMode::Mark);
        let spec = Spec { hide_deleted, ..self.spec };
        let (mailbox, opened) = mailbox::open(hub, mailbox, spec, self.uid_validity, subscriber).await?;
        Ok((mailbox, opened, settings))
    }
}

/// Who is told of changes of the session's next folder.
pub(super) fn subscriber(session: &mut Session) -> Subscriber {
    let key = FolderKey { session: session.handle.id().number(), folder: session.next_folder };
    session.next_folder = session.next_folder.wrapping_add(1);
    Subscriber { key, session: session.handle.inputs().clone(), is_guest: false }
}

/// What the client is told of a view that was opened; the rights, where they are not all.
pub(super) fn report(folder: String, opened: &Opened, rights: Option<Rights>) -> FolderReport {
    FolderReport {
        rights: rights.map(|rights| rights.to_wire().into_owned()),
        mode: Some(ReportMode::Init),
        messages: Some(number(opened.order.len())),
        unseen: Some(number(opened.order.unseen())),
        uid_validity: Some(opened.uid_validity),
        uid_next: Some(opened.uid_next),
        ..FolderReport::of(folder)
    }
}

/// A count as it is written; no folder comes near the end of the numbers.
pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn filter_of(text: Option<&str>, field: Option<&Field>) -> Result<Filter, Failure> {
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
