//! What is a message, seen as rows?
//!
//! A message is three rows and a blob. Every change locks its mailbox first, writes the messages, and then the
//! mailbox's counters once: changes of one mailbox are one after the other, and its counters are never wrong.

mod append;
mod change;
mod copy;
mod read;
mod replace;

use crate::blob::Blob;
use crate::flags::Flags;
use crate::id::{Modseq, Uid};

pub(crate) use append::append;
pub use read::{SortColumn, SortKey, Summary};

/// A message to be stored.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The message as it came, written already.
    pub blob: Blob,
    /// When it came, in milliseconds since 1970.
    pub internal_date: i64,
    /// Its marks.
    pub flags: Flags,
    /// The UID of the message that this one is an edited copy of.
    pub original_uid: Option<Uid>,
    /// What is searched and sorted.
    pub fields: Fields,
    /// The header as it came, or as much of it as the caller keeps.
    pub header: Vec<u8>,
}

/// What is searched and sorted, read from the message by the caller: decoded text; empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// When it was sent, in milliseconds since 1970.
    pub sent: Option<i64>,
    /// Its subject.
    pub subject: String,
    /// What its first author is called.
    pub from_name: String,
    /// The address of its first author.
    pub from_address: String,
    /// Its recipients, names and addresses, in the caller's form.
    pub to: String,
    /// The recipients of copies, in the caller's form.
    pub cc: String,
    /// Its Message-ID.
    pub message_id: String,
    /// Whether files are attached.
    pub attachment: bool,
}

/// A message that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number in the mailbox.
    pub uid: Uid,
    /// The UID of the message that this one is an edited copy of.
    pub original_uid: Option<Uid>,
    /// Its marks.
    pub flags: Flags,
    /// When its marks were last changed.
    pub modseq: Modseq,
    /// When it came, in milliseconds since 1970.
    pub internal_date: i64,
    /// The message as it came; its size is the message's.
    pub blob: Blob,
    /// What is searched and sorted.
    pub fields: Fields,
}

/// A message that was stored just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its number.
    pub uid: Uid,
    /// The change that it came with; the same for all that came at once.
    pub modseq: Modseq,
}

/// A message whose marks were changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagChange {
    /// Its number.
    pub uid: Uid,
    /// Its marks now.
    pub flags: Flags,
    /// The change; the same for all that were changed at once.
    pub modseq: Modseq,
}

/// Messages that are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Their numbers, rising.
    pub uids: Vec<Uid>,
    /// The mailbox's modification sequence now.
    pub modseq: Modseq,
}

/// A copy that was made just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The number of the message that was copied, in its mailbox.
    pub source: Uid,
    /// The number of the copy, in its own.
    pub uid: Uid,
    /// The copy's marks.
    pub flags: Flags,
    /// The change that it came with.
    pub modseq: Modseq,
    /// When the original came, in milliseconds since 1970.
    pub internal_date: i64,
    /// Its size in bytes.
    pub size: u64,
}

/// The numbers as the database takes them.
fn integers(uids: &[Uid]) -> Vec<i64> {
    uids.iter().map(|uid| i64::from(uid.0)).collect()
}

#[cfg(test)]
mod tests;
