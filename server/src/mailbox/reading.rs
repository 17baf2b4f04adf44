//! What is read of a mailbox so that it can be shown: its messages, what they are sorted by, whether they match?
//!
//! Everything is read in pages, and nothing but what is asked for: an order by date reads the narrow rows, an order by a
//! text the column of this text.

use std::collections::{HashMap, HashSet};

use storage::{Blob, Mailbox, MailboxId, Message, Storage, Uid};

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

/// The messages whose content matches.
pub(super) async fn matching(
    hub: &Hub,
    id: MailboxId,
    uids: &[u32],
    filter: &ContentFilter,
) -> storage::Result<HashSet<u32>> {
    let mut found = HashSet::new();
    for page in uids.chunks(PAGE) {
        if let Place::Header(field) = &filter.place {
            let headers = hub.storage.headers(id, &numbers(page)).await?;
            let matching =
                headers.iter().filter(|(_, header)| mail::matches_header(header, field, &filter.text));
            found.extend(matching.map(|(uid, _)| uid.0));
            continue;
        }
        for message in hub.storage.messages(id, &numbers(page)).await? {
            if contains(hub, message.blob, filter).await? {
                found.insert(message.uid.0);
            }
        }
    }
    Ok(found)
}

/// Whether a message contains a text; looked for where it stops nobody, since a message can be long.
async fn contains(hub: &Hub, blob: Blob, filter: &ContentFilter) -> storage::Result<bool> {
    let (raw, room) = match hub.message(blob).await {
        // What cannot be read has no text in it; the others shall be found all the same.
        Err(storage::Error::MissingBlob { .. } | storage::Error::TooLarge { .. }) => return Ok(false),
        read => read?,
    };
    let filter = filter.clone();
    let contains = tokio::task::spawn_blocking(move || {
        let _room = room;
        match filter.place {
            Place::Body => mail::matches_body(&raw, &filter.text),
            Place::Anywhere | Place::Header(_) => mail::matches_anywhere(&raw, &filter.text),
        }
    });
    Ok(contains.await.unwrap_or(false))
}
