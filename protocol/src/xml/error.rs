//! What can be wrong with a document?

use std::borrow::Cow;

/// Why bytes are not an acceptable document. Each ends the connection: after it, the peer's next message
/// cannot be told from the rest of this one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// More bytes than [`Limits::bytes`](super::Limits::bytes).
    #[error("the message is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// More nodes than [`Limits::nodes`](super::Limits::nodes).
    #[error("the message has more than {limit} elements and texts")]
    TooManyNodes {
        /// The limit.
        limit: usize,
    },
    /// Deeper than [`Limits::depth`](super::Limits::depth).
    #[error("elements are nested deeper than {limit}")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More attributes than [`Limits::attributes`](super::Limits::attributes).
    #[error("an element has more than {limit} attributes")]
    TooManyAttributes {
        /// The limit.
        limit: usize,
    },
    /// More prefixes declared at a time than anybody needs.
    #[error("more than {limit} prefixes are declared")]
    TooManyPrefixes {
        /// The limit.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("byte {position} is not UTF-8")]
    NotUtf8 {
        /// Offset of the first wrong byte.
        position: usize,
    },
    /// The XML declaration names an encoding other than UTF-8.
    #[error("the encoding {0:?} is not supported: send UTF-8")]
    Encoding(String),
    /// A character that XML 1.0 forbids, written or as a reference.
    #[error("the character U+{0:04X} is not allowed in XML 1.0")]
    Character(u32),
    /// A document type declaration.
    #[error("a DOCTYPE is not accepted")]
    Doctype,
    /// A processing instruction.
    #[error("a processing instruction is not accepted")]
    ProcessingInstruction,
    /// A comment outside the root element.
    #[error("a comment outside the root element is not accepted")]
    Comment,
    /// An entity that is not one of the five predefined ones.
    #[error("the entity &{0}; is not known")]
    Entity(String),
    /// A name that XML does not allow.
    #[error("{0:?} is not an XML name")]
    Name(String),
    /// A prefix without a declaration in scope.
    #[error("the prefix {0:?} is not declared")]
    Prefix(String),
    /// The same attribute twice in one element.
    #[error("the attribute {0:?} is given twice")]
    DuplicateAttribute(String),
    /// Text or a second element beside the root.
    #[error("there is something outside the root element")]
    OutsideRoot,
    /// No root element, or it is not closed.
    #[error("the message is not complete")]
    Incomplete,
    /// Anything else that is not well-formed.
    #[error("not well-formed at byte {position}: {reason}")]
    Malformed {
        /// Offset in bytes.
        position: u64,
        /// The parser's words.
        reason: String,
    },
}

impl XmlError {
    /// What is wrong, without anything that the peer has sent: for a log, since a password may be in it.
    #[must_use]
    pub fn for_log(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Encoding(_) => "the encoding is not UTF-8",
            Self::Entity(_) => "an unknown entity",
            Self::Name(_) => "not an XML name",
            Self::Prefix(_) => "a prefix that is not declared",
            Self::DuplicateAttribute(_) => "an attribute is given twice",
            Self::Malformed { position, .. } => return format!("not well-formed at byte {position}").into(),
            Self::TooLong { .. }
            | Self::TooManyNodes { .. }
            | Self::TooDeep { .. }
            | Self::TooManyAttributes { .. }
            | Self::TooManyPrefixes { .. }
            | Self::NotUtf8 { .. }
            | Self::Character(_)
            | Self::Doctype
            | Self::ProcessingInstruction
            | Self::Comment
            | Self::OutsideRoot
            | Self::Incomplete => return self.to_string().into(),
        })
    }
}
