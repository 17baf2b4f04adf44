//! What became of a recipient, and how are others told?

use std::fmt;

use storage::{Aggregate, Error};

/// What became of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has the message.
    Delivered,
    /// It will never have it.
    Refused(Reply),
    /// It may have it later.
    NotYet(Reply),
}

/// An answer of SMTP (RFC 5321 §4.2) with its enhanced status (RFC 3463).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Three digits.
    pub(crate) code: u16,
    /// Class, subject and detail, such as `5.1.1`.
    pub(crate) status: String,
    /// Text for people, on one line.
    pub(crate) text: String,
}

impl Reply {
    /// An answer with these words.
    pub(crate) fn new(code: u16, status: &str, text: impl Into<String>) -> Self {
        Self { code, status: status.to_owned(), text: text.into() }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.code, self.status, self.text)
    }
}

impl Verdict {
    /// The answer that says so.
    pub(crate) fn reply(self) -> Reply {
        match self {
            Self::Delivered => Reply::new(250, "2.1.5", "delivered"),
            Self::Refused(reply) | Self::NotYet(reply) => reply,
        }
    }

    /// The same, but to be tried again: what was refused was not the message.
    pub(crate) fn put_off(self) -> Self {
        match self {
            Self::Refused(reply) => Self::NotYet(reply),
            other @ (Self::Delivered | Self::NotYet(_)) => other,
        }
    }

    /// Nobody here has this address.
    pub(crate) fn nobody() -> Self {
        Self::Refused(Reply::new(550, "5.1.1", "there is no such mailbox here"))
    }

    /// What a failure of storage means for the recipient that a message was to be stored for.
    pub(crate) fn of(error: &Error) -> Self {
        let later = |status, text: &str| Self::NotYet(Reply::new(452, status, text));
        match error {
            Error::NotFound { what: Aggregate::Account } => Self::nobody(),
            Error::Full => later("4.3.1", "the server's storage is full"),
            Error::NoRoom | Error::OverQuota { .. } | Error::Exhausted { .. } => {
                later("4.2.2", "the mailbox is full")
            }
            Error::MissingBlob { .. } => {
                Self::Refused(Reply::new(554, "5.3.0", "the message has been lost on the server"))
            }
            Error::TooLarge { .. } => Self::Refused(Reply::new(552, "5.3.4", "the message is too large")),
            Error::NotFound { .. }
            | Error::AlreadyExists { .. }
            | Error::InvalidName { .. }
            | Error::Busy { .. }
            | Error::Conflict { .. }
            | Error::Unreachable { .. }
            | Error::Refused { .. }
            | Error::FilesFull
            | Error::Unsuitable { .. }
            | Error::Source { .. }
            | Error::NewerDatabase { .. }
            | Error::Damaged { .. }
            | Error::Unwritable { .. }
            | Error::Configuration { .. }
            | Error::BlobStore { .. }
            | Error::Database { .. } => {
                Self::NotYet(Reply::new(451, "4.3.0", "the server cannot store the message just now"))
            }
        }
    }
}
