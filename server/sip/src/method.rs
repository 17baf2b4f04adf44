//! What a request asks for.

use std::fmt;

/// The method of a request (RFC 3261 §7.1). Names are case-sensitive and are never unescaped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// `INVITE`, RFC 3261 §13.
    Invite,
    /// `ACK`, RFC 3261 §13.
    Ack,
    /// `BYE`, RFC 3261 §15.
    Bye,
    /// `CANCEL`, RFC 3261 §9.
    Cancel,
    /// `OPTIONS`, RFC 3261 §11.
    Options,
    /// `REGISTER`, RFC 3261 §10.
    Register,
    /// `UPDATE`, RFC 3311.
    Update,
    /// `INFO`, RFC 6086.
    Info,
    /// `PRACK`, RFC 3262.
    Prack,
    /// `REFER`, RFC 3515.
    Refer,
    /// `NOTIFY`, RFC 6665.
    Notify,
    /// `SUBSCRIBE`, RFC 6665.
    Subscribe,
    /// `MESSAGE`, RFC 3428.
    Message,
    /// `PUBLISH`, RFC 3903.
    Publish,
    /// Any other token, as it was written.
    Other(Box<str>),
}

impl Method {
    /// What the endpoint serves, in the form of an `Allow` header field.
    pub(crate) const ALLOWED: &'static str = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER";

    /// The method a token names; the token itself is checked by the caller.
    pub(crate) fn from_token(token: &str) -> Self {
        match token {
            "INVITE" => Self::Invite,
            "ACK" => Self::Ack,
            "BYE" => Self::Bye,
            "CANCEL" => Self::Cancel,
            "OPTIONS" => Self::Options,
            "REGISTER" => Self::Register,
            "UPDATE" => Self::Update,
            "INFO" => Self::Info,
            "PRACK" => Self::Prack,
            "REFER" => Self::Refer,
            "NOTIFY" => Self::Notify,
            "SUBSCRIBE" => Self::Subscribe,
            "MESSAGE" => Self::Message,
            "PUBLISH" => Self::Publish,
            other => Self::Other(other.into()),
        }
    }

    /// The method as it stands in a request line.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(token) => token,
            Self::Invite
            | Self::Ack
            | Self::Bye
            | Self::Cancel
            | Self::Options
            | Self::Register
            | Self::Update
            | Self::Info
            | Self::Prack
            | Self::Refer
            | Self::Notify
            | Self::Subscribe
            | Self::Message
            | Self::Publish => self.label(),
        }
    }

    /// The name to count this method under: every unknown method is `other`, so that a peer cannot make up labels.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Options => "OPTIONS",
            Self::Register => "REGISTER",
            Self::Update => "UPDATE",
            Self::Info => "INFO",
            Self::Prack => "PRACK",
            Self::Refer => "REFER",
            Self::Notify => "NOTIFY",
            Self::Subscribe => "SUBSCRIBE",
            Self::Message => "MESSAGE",
            Self::Publish => "PUBLISH",
            Self::Other(_) => "other",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
