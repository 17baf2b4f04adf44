//! How does a message that a client composes become bytes (RFC 5322, RFC 2045 to 2049)?
//!
//! An `<EMail>` becomes [`Composed`]: bytes, and between them the places of what is attached from elsewhere, which is
//! never here as a whole. What a client leaves out is supplied: date, message id, encodings, character set. What it
//! writes goes through checks and encodings only, so that nothing in it is taken for anything else.

mod encoding;
mod envelope;
mod field;
mod resent;
mod writer;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use protocol::{Email, Mime, MimeBody};

use super::icalendar::WrongCalendar;
use super::parameter::ContentType;
use super::vcard::WrongCard;

pub(crate) use encoding::{BASE64_LINE, append_base64};
pub(crate) use envelope::{recipients, settle_author};
pub(crate) use resent::{Passage, Transfer, resent, secrets};

/// Why a message cannot be written. Its text goes to the client, so it says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unwritable {
    #[error("{0:?} is not an address: it should be name@domain")]
    Address(String),
    #[error("the message has no recipients: give To, Cc or Bcc")]
    NoRecipient,
    #[error("<{0}> cannot be a header field: its name should have up to 50 letters, digits and hyphens")]
    FieldName(String),
    #[error("{0:?} is not a type of content: type and subtype should be words such as image and png")]
    Type(String),
    #[error("the attribute {0} has a name or value that cannot be written: values have 1,024 bytes at most")]
    Parameter(String),
    #[error("the content id {0:?} should have letters, digits and marks, and no blanks or angle brackets")]
    ContentId(String),
    #[error("a multipart should have parts")]
    NoParts,
    #[error("a part of type {0} has no content: give uploadID, fileName, or folder, UID and partID")]
    NoContent(String),
    #[error("{0}")]
    Card(#[from] WrongCard),
    #[error("{0}")]
    Calendar(#[from] WrongCalendar),
}

/// What a client does not write into a message.
#[derive(Debug)]
pub(crate) struct Stamp<'a> {
    /// The time, in milliseconds since 1970.
    pub(crate) now: i64,
    /// The domain of message ids.
    pub(crate) domain: &'a str,
    /// The user's.
    pub(crate) zone: &'a TimeZone,
    /// Random letters and digits, which nobody knows before.
    pub(crate) seed: &'a str,
    /// How many boundaries and ids there are already.
    pub(crate) count: u32,
}

impl Stamp<'_> {
    /// An instant as a date field has it, on the user's clock.
    fn date(&self, time: i64) -> String {
        let instant = Timestamp::from_millisecond(time).unwrap_or_default();
        instant.to_zoned(self.zone.clone()).strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
    }

    fn message_id(&mut self) -> String {
        self.count += 1;
        let domain = if self.domain.is_ascii() { self.domain } else { "localhost" };
        format!("<{}.{}@{domain}>", self.seed, self.count)
    }

    /// A boundary that occurs in no content: no text has `--=_` at the beginning of a line when it is encoded, nothing else
    /// at all, and who wrote an attached message has not seen the seed.
    fn boundary(&mut self) -> String {
        self.count += 1;
        format!("=_{}.{}", self.seed, self.count)
    }
}

/// A content that is attached from elsewhere.
#[derive(Debug, Clone)]
pub(crate) struct Attached {
    /// What it is.
    pub(crate) content_type: ContentType,
    /// What it is called there.
    pub(crate) file_name: Option<String>,
    /// Its bytes.
    pub(crate) size: u64,
    /// How it is written.
    pub(crate) transfer: Transfer,
}

/// A message that is composed.
#[derive(Debug)]
pub(crate) struct Composed {
    pieces: Vec<Piece>,
}

/// A piece of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The field of secret recipients. It is in no copy but the author's own.
    Secret(Vec<u8>),
    /// The attached content of this number, in this encoding.
    Attached(usize, Transfer),
}

impl Composed {
    /// Its pieces in order.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether it has secret recipients.
    pub(crate) fn has_secrets(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Secret(_)))
    }

    /// The message with secret recipients and without what is attached: what is kept in columns is in it.
    pub(crate) fn outline(&self) -> Vec<u8> {
        let bytes = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Bytes(bytes) | Piece::Secret(bytes) => Some(bytes.as_slice()),
            Piece::Attached(..) => None,
        });
        bytes.collect::<Vec<_>>().concat()
    }

    /// How many bytes it has with all that is attached.
    pub(crate) fn size(&self, attached: &[Attached]) -> u64 {
        let size = |piece: &Piece| match piece {
            Piece::Bytes(bytes) | Piece::Secret(bytes) => bytes.len() as u64,
            Piece::Attached(number, transfer) => {
                let size = attached.get(*number).map_or(0, |attached| attached.size);
                if *transfer == Transfer::Base64 { encoding::base64_length(size) } else { size }
            }
        };
        self.pieces.iter().map(size).sum()
    }
}

impl Attached {
    /// A file. What it is said to be is believed as long as it is a file.
    pub(crate) fn file(content_type: &str, file_name: Option<String>, size: u64) -> Self {
        let mut content_type = ContentType::read(content_type);
        if ["multipart", "message"].contains(&content_type.media_type.as_str()) {
            content_type = ContentType::new("application", "octet-stream");
        }
        Self { content_type, file_name, size, transfer: Transfer::Base64 }
    }

    /// A message.
    pub(crate) fn message(size: u64, passage: Passage) -> Self {
        let content_type = ContentType::new("message", "rfc822");
        Self { content_type, file_name: None, size, transfer: passage.transfer() }
    }
}

/// The parts whose content is elsewhere, in the order in which [`compose`] wants to know of them.
pub(crate) fn sourced(email: &Email) -> Vec<&Mime> {
    let mut found = Vec::new();
    // The parts to be looked at, the next one last. Their depth is that of the XML they came in.
    let mut open: Vec<&Mime> = email.mime.iter().map(Box::as_ref).collect();
    while let Some(mime) = open.pop() {
        match (&mime.source, &mime.body) {
            (Some(_), _) => found.push(mime),
            (None, MimeBody::Parts(parts)) => open.extend(parts.iter().rev()),
            (None, MimeBody::Email(nested)) => open.extend(nested.mime.iter().map(Box::as_ref)),
            (None, MimeBody::Omitted | MimeBody::Text(_) | MimeBody::Xml(_)) => {}
        }
    }
    found
}

/// Writes a message; `attached` is what its [`sourced`] parts are.
pub(crate) fn compose(
    email: &Email,
    attached: &[Attached],
    stamp: &mut Stamp<'_>,
) -> Result<Composed, Unwritable> {
    let pieces = writer::message(email, attached, stamp)?;
    Ok(Composed { pieces })
}

#[cfg(test)]
mod tests;
