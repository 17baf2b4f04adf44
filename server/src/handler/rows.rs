//! How are rows of a folder shown? In pages: each is read from storage and sent when there is room for it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use protocol::{Field, FolderReport, ReportMode, Rights};
use storage::Uid;

use super::view::number;
use crate::failure::Failure;
use crate::folder::Report;
use crate::hub::ShownMessage;
use crate::mail::{self, Meta};
use crate::mailbox::{Gate, OpenFolder, Row};
use crate::session::{Session, Step};

/// Rows read at once.
const PAGE: usize = 100;

/// A row to be reported.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    index: usize,
    row: Row,
    /// For a `folderSync`: what has happened to it.
    change: Option<Report>,
}

impl Item {
    /// A row of `folderBrowse`.
    pub(super) const fn browsed(index: usize, row: Row) -> Self {
        Self { index, row, change: None }
    }

    /// A change of `folderSync`.
    pub(super) const fn synced(report: Report) -> Self {
        Self { index: report.index, row: report.row, change: Some(report) }
    }

    /// Whether the report carries the viewer fields.
    fn shows_fields(&self) -> bool {
        !matches!(self.change, Some(Report { mode: ReportMode::Removed, .. }))
    }

    fn report(&self, folder: &str) -> FolderReport {
        let (mode, messages, unseen) = match self.change {
            None => (None, None, None),
            Some(Report { mode: ReportMode::Updated, unseen, .. }) => {
                (Some(ReportMode::Updated), None, Some(number(unseen)))
            }
            Some(Report { mode, messages, unseen, .. }) => {
                (Some(mode), Some(number(messages)), Some(number(unseen)))
            }
        };
        FolderReport {
            index: Some(number(self.index)),
            uid: Some(self.row.uid),
            mode,
            messages,
            unseen,
            ..FolderReport::of(folder.to_owned())
        }
    }
}

/// What does not change from page to page.
struct Listing {
    folder: String,
    gate: Gate,
    fields: Arc<[Field]>,
}

/// Reports the rows, a page at a time.
pub(super) fn send_rows(session: &Session, name: String, folder: &OpenFolder, items: VecDeque<Item>) -> Step {
    let listing =
        Listing { folder: name, gate: folder.gate().clone(), fields: folder.folder.fields.clone().into() };
    next_page(session, listing, items)
}

fn next_page(session: &Session, listing: Listing, mut items: VecDeque<Item>) -> Step {
    if items.is_empty() {
        return Step::Done;
    }
    let page: Vec<Item> = items.drain(..PAGE.min(items.len())).collect();
    let uids: Vec<Uid> =
        page.iter().filter(|item| item.shows_fields()).map(|item| Uid(item.row.uid)).collect();
    let (hub, gate) = (Arc::clone(&session.hub), listing.gate.clone());
    let reports: Vec<Report> = page.iter().filter_map(|item| item.change).collect();
    let is_sync = !reports.is_empty();
    let read = async move {
        let read = async {
            let mailbox = gate.pass(Rights::READ).await?.id();
            Ok::<_, Failure>(hub.shown.of(&hub.storage, mailbox, &uids).await?)
        };
        let found = read.await;
        if is_sync && found.is_err() {
            gate.remind().await;
        }
        found
    };
    Step::after(read, move |session, reply, found| {
        let found = found?;
        if let Ok(folder) = super::folder_mut(session, &listing.folder) {
            folder.folder.told(&reports);
        }
        for item in page {
            let mut report = item.report(&listing.folder);
            if item.shows_fields() {
                report.fields = fields(&listing.fields, item.row, &found, session);
            }
            session.send(reply, report);
        }
        Ok(next_page(session, listing, items))
    })
}

/// The viewer fields of a row. A message that has gone, but has not left the logical view yet, shows its flags and
/// nothing else.
fn fields(
    wanted: &Arc<[Field]>,
    row: Row,
    found: &HashMap<Uid, Arc<ShownMessage>>,
    session: &Session,
) -> Vec<protocol::ViewerField> {
    match found.get(&Uid(row.uid)) {
        Some(message) => message.fields(wanted, row.flags, &session.zone),
        None => {
            let meta =
                Meta { uid: row.uid, original_uid: row.uid, size: 0, internal_date: None, flags: row.flags };
            mail::viewer_fields(wanted, &meta, &[], &session.zone)
        }
    }
}
