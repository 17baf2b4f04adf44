//! What does the gateway know of mail formats?
//!
//! Bytes of a message in, its meaning out: pure functions, except that [`Importer`] and [`Exporter`] have files. Nothing here fails
//! on a message that is wrong: it is shown as far as it goes.
//!
//! - When a message is stored: [`new_message`] gives its columns and the header that is kept beside them.
//! - When it is indexed: [`texts`] gives what filters find in it.
//! - When a folder shows it: [`viewer_fields`], from the metadata and the header block alone; [`sort_text`] for orders,
//!   [`matches_anywhere`], [`matches_body`] and [`matches_header`] for filters.
//! - When it is read: [`email`] presents it as XML; an [`Outline`] says where the parts are that URLs name, and a [`Part`] has
//!   the bytes of one.
//! - When it is answered or sent on: [`reply()`] prepares that.
//! - Contacts and calendars: a [`Card`] is read from text or XML and written as either;
//!   [`calendar_text`] writes a calendar.
//! - When one is composed: [`compose()`] writes what a client wrote as XML, [`resent`] what stands before one that is sent on.
//! - Where messages come from and go to: an [`Importer`] reads files, an [`Exporter`] writes them, [`welcome()`] has those of
//!   a first start.
//!
//! Underneath, from the outside in: `tree` takes a message apart, `header` a header, `parameter`, `address` and
//! `date` its fields, `word` their encoded words, `transfer` and `charset` the bytes. The library mail-parser has
//! all of these too, but nests as deep as a message says, knows no end of a multipart but its own, and decodes
//! each encoded word and each piece of a parameter alone; only its character sets and its HTML reader are used.

mod address;
mod charset;
mod compose;
mod contacts;
mod content_line;
mod date;
mod export;
mod fields;
mod file_name;
mod header;
mod icalendar;
mod import;
mod line;
mod parameter;
mod part;
mod presentation;
mod reply;
mod room;
mod search;
mod transfer;
mod tree;
mod vcard;
mod viewer;
mod welcome;
mod word;

/// Deepest nesting of parts that is taken apart, in levels.
const LEVEL_CAP: usize = 32;
/// Most parts of a message that are taken apart and shown, multiparts included.
const PART_CAP: usize = 1_000;
/// How much of a header is read and kept, in bytes.
const HEADER_CAP: usize = 64 * 1024;

#[cfg(test)]
mod differential;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub(crate) use compose::{
    Attached, BASE64_LINE, Composed, Passage, Piece, Stamp, Transfer, Unwritable, append_base64, compose,
    recipients, resent, secrets, settle_author, sourced,
};
pub(crate) use contacts::{contact_property, contacts};
pub(crate) use date::written_date;
pub(crate) use export::{Exporter, is_mbox};
pub(crate) use fields::{fields, new_message};
pub(crate) use file_name::FileName;
pub(crate) use header::header_block;
pub(crate) use icalendar::to_text as calendar_text;
pub(crate) use import::{Imported, Importer};
pub(crate) use line::{for_the_wire, with_crlf};
pub(crate) use part::{Entry, Outline, Part, PartId};
pub(crate) use presentation::email;
pub(crate) use reply::{Occasion, reply};
pub(crate) use room::Room;
pub(crate) use search::{folded, matches_anywhere, matches_body, matches_header, texts};
pub(crate) use transfer::Blocks;
pub(crate) use vcard::{Card, Style as CardStyle};
pub(crate) use viewer::{Meta, sort_text, viewer_fields};
pub(crate) use welcome::welcome;
