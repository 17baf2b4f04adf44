//! What names a call, and what tells its outcome?

use std::borrow::Cow;

use crate::{Scalar, scalar::words};

/// The name of a call within its session.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallLeg(String);

impl CallLeg {
    /// Names that begin so are made by the server.
    const INCOMING: &str = "inp";

    /// The name of the n-th incoming call of a session.
    #[must_use]
    pub fn incoming(number: u32) -> Self {
        Self(format!("{}{number:03}", Self::INCOMING))
    }

    /// Whether it is a name that only the server may make.
    #[must_use]
    pub fn is_incoming(&self) -> bool {
        self.0.starts_with(Self::INCOMING)
    }
}

impl std::fmt::Display for CallLeg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Scalar for CallLeg {
    const TYPESCRIPT: &'static str = "string";
    const ALLOWED: &'static str = "a name of 1 to 128 bytes";

    fn from_wire(text: &str) -> Option<Self> {
        (1..=128).contains(&text.len()).then(|| Self(text.to_owned()))
    }

    fn to_wire(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }
}

/// A SIP status that says no: 300 to 699.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalCode(u16);

impl SignalCode {
    /// The code for this status, if it is one of refusal or failure.
    #[must_use]
    pub fn new(status: u16) -> Option<Self> {
        (300..=699).contains(&status).then_some(Self(status))
    }

    /// The status.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.0
    }
}

impl Scalar for SignalCode {
    const TYPESCRIPT: &'static str = "number";
    const ALLOWED: &'static str = "a SIP failure status, from 300 to 699";

    fn from_wire(text: &str) -> Option<Self> {
        Self::new(text.trim().parse().ok()?)
    }

    fn to_wire(&self) -> Cow<'_, str> {
        Cow::Owned(self.0.to_string())
    }
}

words! {
    /// What `signalBind` does when another session of the account has the name.
    pub enum BindMode {
        /// Refuse.
        Fixed = "fixed",
        /// Close the other session.
        Kill = "kill",
    }
    allowed: "fixed or kill"
    typescript: "\"fixed\" | \"kill\""
}
