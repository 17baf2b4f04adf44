//! How are rows named?

use std::fmt;
use std::io;

use crate::error::{Error, Result};
use crate::statement::Value;

/// Declares an id of 64 random bits, stored and shown as 16 hexadecimal digits.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            pub(crate) fn new() -> Result<Self> {
                random().map(Self)
            }

            /// Reads what [`Display`](fmt::Display) writes: 16 hexadecimal digits in lower case.
            pub fn parse(text: &str) -> Option<Self> {
                parse_hex(text, 16).and_then(|id| u64::try_from(id).ok()).map(Self)
            }

            pub(crate) fn from_row(text: &str) -> Result<Self> {
                Self::parse(text)
                    .ok_or_else(|| Error::damaged(format!(concat!("{:?} as ", stringify!($name)), text)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:016x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:016x})"), self.0)
            }
        }

        impl From<$name> for Value<'_> {
            fn from(id: $name) -> Self {
                Self::Text(id.to_string().into())
            }
        }
    };
}

id! {
    /// Names a domain, whatever it is called.
    DomainId
}
id! {
    /// Names an account, whatever it is called.
    AccountId
}
id! {
    /// Names a mailbox through all its renamings; a mailbox created anew under an old name has a new id.
    MailboxId
}
id! {
    /// Names a file or directory through all its renamings.
    FileId
}
id! {
    /// Names a message of the queue.
    QueuedId
}

/// The number of a message in its mailbox: from 1, rising, never used twice under one UIDVALIDITY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub u32);

impl Uid {
    /// The number of the first message of a mailbox.
    pub const FIRST: Self = Self(1);

    pub(crate) fn from_row(value: i64) -> Result<Self> {
        u32::try_from(value).map(Self).map_err(|_| Error::damaged(format!("{value} as a UID")))
    }
}

impl From<Uid> for Value<'_> {
    fn from(uid: Uid) -> Self {
        Self::Integer(uid.0.into())
    }
}

/// A modification sequence: rises by one with each change of a mailbox that is visible in its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Modseq(pub i64);

impl Modseq {
    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl From<Modseq> for Value<'_> {
    fn from(modseq: Modseq) -> Self {
        Self::Integer(modseq.0)
    }
}

/// 64 bits that nobody can guess.
pub(crate) fn random() -> Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::unwritable("the system's random numbers".as_ref(), io::Error::from(error)))?;
    Ok(u64::from_le_bytes(bytes))
}

/// The number that exactly `digits` hexadecimal digits in lower case stand for.
pub(crate) fn parse_hex(text: &str, digits: usize) -> Option<u128> {
    let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != digits || !text.bytes().all(lower) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_from_its_text_and_from_no_other() {
        let id = AccountId(0x1f);
        assert_eq!(id.to_string(), "000000000000001f");
        assert_eq!(AccountId::parse("000000000000001f"), Some(id));
        for wrong in
            ["", "1f", "000000000000001F", "00000000000000001f", "+00000000000001f", "00000000000000é"]
        {
            assert_eq!(AccountId::parse(wrong), None, "{wrong}");
        }
    }
}
