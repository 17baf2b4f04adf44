//! Which ways a received message can be wrong, and what each is answered with.

use crate::header::HeaderName;
use crate::message::{Headers, MAX_HEADERS, MAX_LINE, MAX_MESSAGE, MAX_URI};
use crate::method::Method;
use crate::status::StatusCode;

/// Why bytes are not a SIP message.
#[derive(Debug, thiserror::Error)]
#[error("{defect}")]
pub struct ParseError {
    /// The first thing that was wrong.
    pub defect: Defect,
    /// What could be read, when it is enough to answer the sender.
    pub(crate) answerable: Option<Box<Answerable>>,
}

/// What an answer to an unreadable request is made of.
#[derive(Debug)]
pub(crate) struct Answerable {
    pub(crate) method: Method,
    pub(crate) headers: Headers,
}

impl ParseError {
    /// Whether the sender can be told: the message is a request other than ACK, and names a way back in a Via.
    pub fn is_answerable(&self) -> bool {
        self.answerable.is_some()
    }
}

impl From<Defect> for ParseError {
    fn from(defect: Defect) -> Self {
        Self { defect, answerable: None }
    }
}

/// What is wrong with a message as a whole. The text of each goes into the reason phrase of the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// Nothing but line ends: a keep-alive (RFC 5626 §3.5.1), not a message.
    #[error("Empty")]
    Empty,
    /// More bytes than [`MAX_MESSAGE`].
    #[error("Message Over {MAX_MESSAGE} Bytes")]
    MessageTooLarge,
    /// More header fields than [`MAX_HEADERS`].
    #[error("More Than {MAX_HEADERS} Header Fields")]
    TooManyHeaders,
    /// A line longer than [`MAX_LINE`], its continuations included.
    #[error("Line Over {MAX_LINE} Bytes")]
    LineTooLong,
    /// A Request-URI longer than [`MAX_URI`].
    #[error("Request-URI Over {MAX_URI} Bytes")]
    UriTooLong,
    /// A carriage return or line feed that is not part of a CRLF pair.
    #[error("Bare CR or LF")]
    BareLineBreak,
    /// No empty line after the header fields.
    #[error("Header Fields Not Ended")]
    Unterminated,
    /// A line without a colon, or with something other than a token before it.
    #[error("Not a Header Field")]
    NotAHeaderField,
    /// A first line that is neither a request line nor a status line.
    #[error("Malformed Start Line")]
    StartLine,
    /// A Request-URI that does not follow its scheme's grammar.
    #[error("Malformed Request-URI: {0}")]
    RequestUri(Flaw),
    /// A version other than SIP/2.0.
    #[error("Version Not Supported")]
    Version,
    /// A status code outside 100 to 699.
    #[error("Status Code Out of Range")]
    StatusCode,
    /// A header field that must be there is not.
    #[error("Missing {0}")]
    Missing(HeaderName),
    /// A header field that may occur once occurs more often.
    #[error("More Than One {0}")]
    Repeated(HeaderName),
    /// A header field does not follow its grammar.
    #[error("Malformed {0}: {1}")]
    Malformed(HeaderName, Flaw),
    /// Two Content-Lengths that differ: nobody can tell where the message ends.
    #[error("Conflicting Content-Length")]
    ConflictingContentLength,
    /// The body is shorter than Content-Length says.
    #[error("Content-Length Beyond the Message")]
    BodyTooShort,
    /// The CSeq names another method than the request line.
    #[error("CSeq Method Mismatch")]
    CSeqMethod,
}

impl Defect {
    /// The status code that tells the sender.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MessageTooLarge => StatusCode::MESSAGE_TOO_LARGE,
            Self::UriTooLong => StatusCode::REQUEST_URI_TOO_LONG,
            Self::Version => StatusCode::VERSION_NOT_SUPPORTED,
            Self::Empty
            | Self::TooManyHeaders
            | Self::LineTooLong
            | Self::BareLineBreak
            | Self::Unterminated
            | Self::NotAHeaderField
            | Self::StartLine
            | Self::RequestUri(_)
            | Self::StatusCode
            | Self::Missing(_)
            | Self::Repeated(_)
            | Self::Malformed(..)
            | Self::ConflictingContentLength
            | Self::BodyTooShort
            | Self::CSeqMethod => StatusCode::BAD_REQUEST,
        }
    }
}

/// What is wrong within one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A quoted string without its closing quote.
    #[error("Unterminated Quote")]
    Quote,
    /// A `<` without its `>`, or the other way round.
    #[error("Unbalanced <>")]
    Bracket,
    /// A character that may not stand where it does.
    #[error("Unexpected Character")]
    Character,
    /// A `%` not followed by two hexadecimal digits.
    #[error("Bad Escape")]
    Escape,
    /// Something that must be there is empty.
    #[error("Empty Element")]
    Empty,
    /// A number that is none, or outside its range.
    #[error("Number Out of Range")]
    Number,
    /// A host that is neither a name nor an address.
    #[error("Bad Host")]
    Host,
    /// A URI without a scheme.
    #[error("Missing Scheme")]
    Scheme,
    /// A URI with header fields where none may be (RFC 3261 §19.1.1).
    #[error("URI Header Fields Not Allowed")]
    UriHeaders,
    /// Bytes after the end of the value.
    #[error("Trailing Bytes")]
    Trailing,
}
