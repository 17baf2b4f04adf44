//! What can be wrong with a well-formed message?

/// Why an element is not the message it claims to be. Its text goes to the client, so it says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A mandatory attribute is absent.
    #[error("the attribute {0} is missing")]
    MissingAttribute(&'static str),
    /// An attribute has a value that it cannot have.
    #[error("the attribute {name} cannot be {value:?}: it should be {allowed}")]
    Attribute {
        /// The attribute.
        name: &'static str,
        /// The value received, shortened.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// A mandatory child element is absent.
    #[error("the element <{0}> is missing")]
    MissingElement(&'static str),
    /// A child element has a content that it cannot have.
    #[error("the element <{name}> cannot contain {value:?}: it should be {allowed}")]
    Element {
        /// The element.
        name: &'static str,
        /// The content received, shortened.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// A request that needs a message set has none.
    #[error("the request has no message set: give UID or index elements")]
    NoMessageSet,
    /// UID and index elements in one message set.
    #[error("a message set has either UID or index elements, not both")]
    MixedMessageSet,
    /// The session description, given as XML or text, is not one.
    #[error("the session description is not valid: {0}")]
    Description(String),
}

impl DecodeError {
    pub(crate) fn attribute(name: &'static str, value: &str, allowed: &'static str) -> Self {
        Self::Attribute { name, value: shorten(value), allowed }
    }

    pub(crate) fn element(name: &'static str, value: &str, allowed: &'static str) -> Self {
        Self::Element { name, value: shorten(value), allowed }
    }
}

fn shorten(value: &str) -> String {
    value.chars().take(60).collect()
}
