//! What names a session, and proves that its client may use it?

use std::fmt;

use crate::key::{random, random_text};
use crate::password::same;

/// A session's id: six digits to find it by and twenty letters and digits, 119 bits, that only its client knows.
/// Deployed clients expect this form: `NNNNNN-XXXXXXXXXXXXXXXXXXXX`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionId {
    number: u32,
    secret: Box<str>,
}

impl SessionId {
    /// How many sessions there can be at once.
    pub(crate) const NUMBERS: u32 = 1_000_000;

    /// A new id that nobody can guess.
    pub(crate) fn new() -> Self {
        let number = u32::from_be_bytes(random::<4>()) % Self::NUMBERS;
        Self { number, secret: random_text(20).into() }
    }

    /// The number, by which the session is found. It is no secret.
    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// Reads an id as clients send it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (number, secret) = text.split_once('-')?;
        let well_formed = number.len() == 6
            && number.bytes().all(|b| b.is_ascii_digit())
            && secret.len() == 20
            && secret.bytes().all(|b| b.is_ascii_alphanumeric());
        if !well_formed {
            return None;
        }
        Some(Self { number: number.parse().ok()?, secret: secret.into() })
    }

    /// Whether this is the same id; takes the same time wherever they differ.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.number == other.number && same(&self.secret, &other.secret)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}-{}", self.number, self.secret)
    }
}

/// Logs show the number only.
impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_written_and_logs_without_its_secret() {
        let id = SessionId::new();
        let text = id.to_string();
        assert_eq!(text.len(), 27);
        assert!(SessionId::parse(&text).unwrap().is(&id));
        assert_eq!(format!("{id:?}"), text[..6]);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "123456",
            "12345-AAAAAAAAAAAAAAAAAAAA",
            "123456-AAAAAAAAAAAAAAAAAAA",
            "123456-AAAAAAAAAAAAAAAAAA/A",
            "+23456-AAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(SessionId::parse(text).is_none(), "{text}");
        }
    }
}
