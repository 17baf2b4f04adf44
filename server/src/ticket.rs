//! What may a client show in place of a password when it comes back?
//!
//! A ticket names an account, when it expires and which version of the account's key it was made with; all of
//! that signed with the server's key. Setting a password raises the version, so that older tickets end. A
//! server that was restarted accepts tickets without asking anyone: five thousand clients that come back at
//! once cost no password check.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::key::ServerKey;

/// What a ticket says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// The account's id, as storage has it.
    pub(crate) account: String,
    /// The version of the account's key.
    pub(crate) key_version: i64,
    /// Until when it is accepted, in seconds since 1970.
    pub(crate) expires: i64,
}

const SIGNATURE: usize = 32;

impl Ticket {
    /// The ticket as a client keeps it.
    pub(crate) fn issue(&self, key: &ServerKey) -> String {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&self.expires.to_be_bytes());
        bytes.extend_from_slice(&self.key_version.to_be_bytes());
        bytes.extend_from_slice(self.account.as_bytes());
        let signature = key.sign(&bytes);
        bytes.extend_from_slice(&signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The ticket, if it is one of ours and has not expired at `now` (seconds since 1970).
    pub(crate) fn accept(text: &str, key: &ServerKey, now: i64) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
        let (body, signature) = bytes.split_at_checked(bytes.len().checked_sub(SIGNATURE)?)?;
        if !key.verify(body, signature) {
            return None;
        }
        let (1, rest) = body.split_first().map(|(version, rest)| (*version, rest))? else { return None };
        let (expires, rest) = rest.split_first_chunk::<8>()?;
        let (key_version, account) = rest.split_first_chunk::<8>()?;
        let ticket = Self {
            account: String::from_utf8(account.to_vec()).ok()?,
            key_version: i64::from_be_bytes(*key_version),
            expires: i64::from_be_bytes(*expires),
        };
        (ticket.expires > now).then_some(ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ServerKey {
        ServerKey::open(&tempfile::tempdir().unwrap().path().join("server.key")).unwrap()
    }

    #[test]
    fn a_ticket_is_accepted_until_it_expires() {
        let key = key();
        let ticket = Ticket { account: "01J".to_owned(), key_version: 3, expires: 1_000 };
        let text = ticket.issue(&key);
        assert_eq!(Ticket::accept(&text, &key, 999), Some(ticket));
        assert_eq!(Ticket::accept(&text, &key, 1_000), None);
    }

    #[test]
    fn a_changed_or_foreign_ticket_is_not() {
        let (ours, theirs) = (key(), key());
        let text = Ticket { account: "a".to_owned(), key_version: 1, expires: 1_000 }.issue(&ours);
        assert_eq!(Ticket::accept(&text, &theirs, 0), None);
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(Ticket::accept(std::str::from_utf8(&changed).unwrap(), &ours, 0), None, "{at}");
        }
        for text in ["", "x", "AAAA"] {
            assert_eq!(Ticket::accept(text, &ours, 0), None);
        }
    }
}
