//! What is read of a mailbox so that it can be shown: its messages, what they are sorted by, whether they match?
//!
//! Everything is read in pages, and nothing but what is asked for: an order by date reads the narrow rows, an order by a
//! text the column of this text.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use storage::{Blob, Found, Mailbox, MailboxId, Message, Storage, TextPlace, Uid};
use tracing::warn;

use super::collation;
use super::column::SortField;
use super::index::{ContentFilter, Place};
use super::order::Row;
use super::sorted::{Placed, Sorted, Value, Values};
use super::{flags_of, numbers};
use crate::hub::Hub;
use crate::mail;

/// Messages that are read at once.
pub(super) const PAGE: usize = 500;
/// Messages whose texts are read at once to find the place of another among them.
const PROBES: usize = 16;
/// Bytes of memory that a message takes while a mailbox is sorted, about.
const WEIGHT: u64 = 128;

/// All messages of a mailbox, sorted by a field.
#[derive(Debug)]
pub(super) struct Reading {
    /// The mailbox in the very state that the rows are of.
    pub(super) mailbox: Mailbox,
    /// The messages, by rising UID.
    pub(super) rows: Vec<Row>,
    /// Their order, if it takes more to know than the rows.
    pub(super) sorted: Option<Sorted>,
}

/// Reads all messages and sorts them.
pub(super) async fn read(hub: &Hub, id: MailboxId, sort: &SortField) -> storage::Result<Reading> {
    let count = hub.storage.mailbox(id).await?.counts.messages;
    let room = hub.memory.take(count.unsigned_abs().saturating_mul(WEIGHT)).await;
    let mut rows = Vec::new();
    let mut values = Values::new(sort.is_text());
    let mailbox = hub.storage.summaries(id, sort.column(), |summary| {
        rows.push(Row { uid: summary.uid.0, flags: flags_of(summary.flags) });
        if !matches!(sort, SortField::Header(_)) {
            sort.push_value(&summary, &mut values);
        }
    });
    let mailbox = mailbox.await?;
    if let SortField::Header(name) = sort {
        push_headers(&hub.storage, id, &rows, name, &mut values).await?;
    }
    if !sort.needs_values() {
        return Ok(Reading { mailbox, rows, sorted: None });
    }
    let built = tokio::task::spawn_blocking(move || {
        let sorted = Sorted::build(&rows, values);
        drop(room);
        (rows, sorted)
    });
    let (rows, sorted) =
        built.await.map_err(|_| storage::Error::Busy { reason: "the server stops".into() })?;
    Ok(Reading { mailbox, rows, sorted: Some(sorted) })
}

async fn push_headers(
    storage: &Storage,
    id: MailboxId,
    rows: &[Row],
    name: &str,
    values: &mut Values,
) -> storage::Result<()> {
    for page in rows.chunks(PAGE) {
        let uids: Vec<Uid> = page.iter().map(|row| Uid(row.uid)).collect();
        let headers: HashMap<Uid, Vec<u8>> = storage.headers(id, &uids).await?.into_iter().collect();
        for uid in uids {
            let text = headers.get(&uid).map(|header| mail::sort_text(name, header));
            values.push_text(&text.unwrap_or_default());
        }
    }
    Ok(())
}

/// Messages with what the orders by these fields need of them.
pub(super) async fn messages(
    storage: &Storage,
    id: MailboxId,
    uids: &[u32],
    fields: impl Iterator<Item = &SortField>,
) -> storage::Result<Vec<(Message, Vec<u8>)>> {
    let messages = storage.messages(id, &numbers(uids)).await?;
    let mut fields = fields.into_iter();
    let mut headers: HashMap<Uid, Vec<u8>> = if fields.any(|field| matches!(field, SortField::Header(_))) {
        storage.headers(id, &numbers(uids)).await?.into_iter().collect()
    } else {
        HashMap::new()
    };
    let with_header = |message: Message| {
        let header = headers.remove(&message.uid).unwrap_or_default();
        (message, header)
    };
    Ok(messages.into_iter().map(with_header).collect())
}

/// Where a message that comes is put in an order. Texts that begin alike are read to tell.
pub(super) async fn place(
    storage: &Storage,
    id: MailboxId,
    (field, sorted): (&SortField, &Sorted),
    entries: &[Row],
    (message, header): (&Message, &[u8]),
) -> storage::Result<Placed> {
    let key = match field.value(message, header) {
        Value::Number(number) => return Ok(Placed::Number(number)),
        Value::Text(key) => key,
    };
    let prefix = collation::prefix(&key);
    let (mut low, mut high) = sorted.ties(entries, prefix);
    while low < high {
        let step = ((high - low) / PROBES).max(1);
        let probes: Vec<(usize, Row)> = (low..high)
            .step_by(step)
            .filter_map(|index| sorted.order().get(index).map(|row| (index, row)))
            .collect();
        let uids: Vec<u32> = probes.iter().map(|(_, row)| row.uid).collect();
        let read = messages(storage, id, &uids, std::iter::once(field)).await?;
        let keys: HashMap<u32, Value> =
            read.iter().map(|(one, header)| (one.uid.0, field.value(one, header))).collect();
        for (index, row) in probes {
            let is_before = match keys.get(&row.uid) {
                Some(Value::Text(known)) => (known, row.uid) < (&key, message.uid.0),
                // One that has just gone stands where its UID puts it.
                Some(Value::Number(_)) | None => row.uid < message.uid.0,
            };
            if is_before {
                low = index + 1;
            } else {
                high = index;
                break;
            }
        }
    }
    Ok(Placed::Text { prefix, index: low })
}

/// A text that is looked for in messages of a mailbox, with what the index knows of it.
pub(crate) struct TextSearch {
    filter: ContentFilter,
    known: Option<Found>,
}

impl TextSearch {
    /// Asks the index.
    pub(crate) async fn begin(hub: &Hub, id: MailboxId, filter: ContentFilter) -> storage::Result<Self> {
        let place = match &filter.place {
            Place::Header(_) => TextPlace::Header,
            Place::Body => TextPlace::Body,
            Place::Anywhere => TextPlace::Anywhere,
        };
        let known = hub.storage.find_text(id, place, &mail::folded(&filter.text)).await?;
        Ok(Self { filter, known })
    }

    /// Those of these messages that match. Only what the index cannot tell is read.
    pub(crate) async fn among(
        &self,
        hub: &Hub,
        id: MailboxId,
        uids: &[u32],
    ) -> storage::Result<HashSet<u32>> {
        let mut found = HashSet::new();
        let mut unknown = Vec::new();
        for uid in uids {
            match self.is_candidate(*uid) {
                Some(true) if matches!(self.filter.place, Place::Header(_)) => unknown.push(*uid),
                Some(true) => {
                    found.insert(*uid);
                }
                Some(false) => {}
                None => unknown.push(*uid),
            }
        }
        found.extend(looked_at(hub, id, &unknown, &[&self.filter]).await?.into_keys());
        Ok(found)
    }

    /// Whether the index has the text in the message, or in some other field of its header; none if it does not know.
    fn is_candidate(&self, uid: u32) -> Option<bool> {
        let known = self.known.as_ref()?;
        let uid = Uid(uid);
        if uid > known.indexed || known.unknown.binary_search(&uid).is_ok() {
            return None;
        }
        Some(known.uids.binary_search(&uid).is_ok())
    }
}

/// The messages whose content matches.
pub(super) async fn matching(
    hub: &Hub,
    id: MailboxId,
    uids: &[u32],
    filter: &ContentFilter,
) -> storage::Result<HashSet<u32>> {
    TextSearch::begin(hub, id, filter.clone()).await?.among(hub, id, uids).await
}

/// Messages that are read to see which of the filters they match: those that match any, with the places of these filters.
pub(super) async fn looked_at(
    hub: &Hub,
    id: MailboxId,
    uids: &[u32],
    filters: &[&ContentFilter],
) -> storage::Result<HashMap<u32, Vec<usize>>> {
    let mut found: HashMap<u32, Vec<usize>> = HashMap::new();
    let filters: Vec<(usize, ContentFilter)> =
        filters.iter().enumerate().map(|(at, filter)| (at, (*filter).clone())).collect();
    let (of_header, of_content): (Vec<_>, Vec<_>) =
        filters.into_iter().partition(|(_, filter)| matches!(filter.place, Place::Header(_)));
    let of_content: Arc<[(usize, ContentFilter)]> = of_content.into();
    for page in uids.chunks(PAGE) {
        if !of_header.is_empty() {
            for (uid, header) in hub.storage.headers(id, &numbers(page)).await? {
                let matching = of_header.iter().filter(|(_, filter)| in_header(&header, filter));
                for (at, _) in matching {
                    found.entry(uid.0).or_default().push(*at);
                }
            }
        }
        if !of_content.is_empty() {
            for message in hub.storage.messages(id, &numbers(page)).await? {
                let matching = in_content(hub, message.blob, Arc::clone(&of_content)).await?;
                if !matching.is_empty() {
                    found.entry(message.uid.0).or_default().extend(matching);
                }
            }
        }
    }
    Ok(found)
}

fn in_header(header: &[u8], filter: &ContentFilter) -> bool {
    match &filter.place {
        Place::Header(field) => mail::matches_header(header, field, &filter.text),
        Place::Body | Place::Anywhere => false,
    }
}

/// Which filters a message matches; looked for where it stops nobody, since a message can be long.
async fn in_content(
    hub: &Hub,
    blob: Blob,
    filters: Arc<[(usize, ContentFilter)]>,
) -> storage::Result<Vec<usize>> {
    let (raw, room) = match hub.message(blob).await {
        // What cannot be read has no text in it; the others shall be found, and be put in, all the same.
        Err(storage::Error::MissingBlob { .. } | storage::Error::TooLarge { .. }) => return Ok(Vec::new()),
        Err(error) if !error.is_temporary() => {
            warn!(%error, "a message cannot be read: it matches no filter");
            return Ok(Vec::new());
        }
        read => read?,
    };
    let matching = tokio::task::spawn_blocking(move || {
        let _room = room;
        let matches = |filter: &ContentFilter| match filter.place {
            Place::Body => mail::matches_body(&raw, &filter.text),
            Place::Anywhere | Place::Header(_) => mail::matches_anywhere(&raw, &filter.text),
        };
        filters.iter().filter(|(_, filter)| matches(filter)).map(|(at, _)| *at).collect()
    });
    // A message that a reader fails on is a defect; the others are found.
    Ok(matching.await.unwrap_or_default())
}
