//! What is a client told when a request fails?

use protocol::{DecodeError, ErrorCode, Response};
use tracing::warn;

/// A request that fails: a code and, where it says more, a text. It becomes a `<response>` in one place,
/// `session.rs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    code: ErrorCode,
    text: Option<String>,
}

impl Failure {
    /// A failure with a text that says more than the code's own.
    pub(crate) fn because(code: ErrorCode, text: impl Into<String>) -> Self {
        Self { code, text: Some(text.into()) }
    }

    /// The `<response>` that tells of it.
    pub(crate) fn response(self) -> Response {
        match self.text {
            Some(text) => Response::failure_with(self.code, text),
            None => Response::failure(self.code),
        }
    }

    /// The code.
    pub(crate) const fn code(&self) -> ErrorCode {
        self.code
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self { code, text: None }
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::because(ErrorCode::BadRequest, error.to_string())
    }
}

impl From<storage::Error> for Failure {
    fn from(error: storage::Error) -> Self {
        use storage::{Aggregate, Error};
        match &error {
            Error::NotFound { what: Aggregate::Mailbox } => ErrorCode::NoSuchMailbox.into(),
            Error::NotFound { what: Aggregate::Message } => ErrorCode::NoSuchMessage.into(),
            Error::AlreadyExists { what: Aggregate::Mailbox } => ErrorCode::MailboxExists.into(),
            Error::NotFound { what: Aggregate::Upload | Aggregate::File } => ErrorCode::NoSuchFile.into(),
            Error::AlreadyExists { what: Aggregate::File } => ErrorCode::FileExists.into(),
            Error::FilesFull => Self::because(ErrorCode::FilesFull, crate::file::FULL),
            Error::NotFound { .. }
            | Error::AlreadyExists { .. }
            | Error::InvalidName { .. }
            | Error::Unsuitable { .. }
            | Error::Exhausted { .. } => Self::because(ErrorCode::BadRequest, error.to_string()),
            Error::Busy { .. } | Error::Conflict { .. } => ErrorCode::TemporaryFailure.into(),
            Error::Unreachable { source } => {
                warn!(%source, "the message store is out of reach");
                Self::because(ErrorCode::TemporaryFailure, error.to_string())
            }
            Error::Full => ErrorCode::StorageFull.into(),
            Error::NoRoom => Self::because(ErrorCode::LimitReached, error.to_string()),
            Error::Source { .. } => Self::because(ErrorCode::BadRequest, error.to_string()),
            Error::MissingBlob { .. } => {
                warn!(%error, "a message or file has lost its content");
                Self::because(ErrorCode::ServerFailure, "the content is missing on the server")
            }
            Error::NewerDatabase { .. }
            | Error::TooLarge { .. }
            | Error::Damaged { .. }
            | Error::Unwritable { .. }
            | Error::Configuration { .. }
            | Error::Refused { .. }
            | Error::BlobStore { .. }
            | Error::Database { .. } => {
                warn!(%error, "storage fails");
                ErrorCode::ServerFailure.into()
            }
        }
    }
}

impl From<crate::mailbox::Gone> for Failure {
    fn from(_: crate::mailbox::Gone) -> Self {
        Self::because(
            ErrorCode::TemporaryFailure,
            "the mailbox was removed or is closed just now: close the folder and open it again",
        )
    }
}
