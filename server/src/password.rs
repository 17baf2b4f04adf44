//! How is a password checked, and what is kept of it?
//!
//! Kept are an Argon2id hash (RFC 9106) for logins and, sealed with the server's key, what other protocols need
//! because they never send the password: the HA1 of SIP digest (RFC 7616, RFC 8760) and, if CRAM-MD5 is on, the
//! two states of HMAC-MD5 (RFC 2195 §2).

use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use md5::digest::common::hazmat::{SerializableState, SerializedState};
use md5::{Digest, Md5};
use sip::Ha1;
use tokio::sync::Semaphore;

use crate::key::random;

/// Checks passwords, a bounded number at a time: each check costs 19 MiB and tens of milliseconds.
pub(crate) struct Passwords {
    permits: Semaphore,
    /// Checks that are under way or wait.
    waiting: AtomicUsize,
    /// A hash of no password, checked when the account is unknown: so that this takes as long.
    nobody: String,
}

impl Passwords {
    /// One check at a time for each processor, at least two.
    pub(crate) fn new() -> Self {
        let permits = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        Self {
            permits: Semaphore::new(permits),
            waiting: AtomicUsize::new(0),
            nobody: hash_now(&hex(&random::<16>())),
        }
    }

    /// The hash to be kept, in PHC string format.
    pub(crate) async fn hash(&self, password: String) -> String {
        let _permit = self.permits.acquire().await;
        tokio::task::spawn_blocking(move || hash_now(&password)).await.unwrap_or_default()
    }

    /// Whether the password has this hash. Without a hash, because the account is unknown, the answer is no and
    /// takes as long.
    pub(crate) async fn verify(&self, hash: Option<String>, password: String) -> Result<bool, Busy> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let _place = Place::take(&self.waiting)?;
        let _permit = self.permits.acquire().await;
        let right = tokio::task::spawn_blocking(move || verify_now(&hash, &password)).await.unwrap_or(false);
        Ok(right && known)
    }
}

/// Too many passwords wait to be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

/// Passwords that may wait to be checked: those of a few seconds.
const WAITING: usize = 256;

/// A place among those who wait; it is free again when this is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self, Busy> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) < WAITING { Ok(place) } else { Err(Busy) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// OWASP's second choice of parameters: 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> String {
    let hash = argon2().hash_password_with_salt(password.as_bytes(), &random::<16>());
    // It fails for passwords longer than 4 GiB. An empty hash matches no password.
    hash.map(|hash| hash.to_string()).unwrap_or_default()
}

fn verify_now(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

/// What other protocols need in place of the password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Digests {
    /// For SIP: H(user:realm:password).
    pub(crate) ha1: Ha1,
    /// For CRAM-MD5, if it was on when the password was set.
    pub(crate) cram: Option<CramVerifier>,
}

/// The states of HMAC-MD5 after its two padded keys.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CramVerifier {
    inner: Vec<u8>,
    outer: Vec<u8>,
}

impl Digests {
    /// The digests of a password.
    pub(crate) fn of(user: &str, realm: &str, password: &str, cram: bool) -> Self {
        Self { ha1: Ha1::new(user, realm, password), cram: cram.then(|| CramVerifier::of(password)) }
    }

    /// The digests as bytes, to be sealed.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&self.ha1.md5);
        bytes.extend_from_slice(&self.ha1.sha256);
        if let Some(cram) = &self.cram {
            bytes.extend_from_slice(&cram.inner);
            bytes.extend_from_slice(&cram.outer);
        }
        bytes
    }

    /// The digests of these bytes; `None` if they are none.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (1, bytes) = bytes.split_first().map(|(version, rest)| (*version, rest))? else { return None };
        let (md5, bytes) = bytes.split_first_chunk::<16>()?;
        let (sha256, bytes) = bytes.split_first_chunk::<32>()?;
        let cram = if bytes.is_empty() {
            None
        } else {
            let (inner, outer) = bytes.split_at(bytes.len() / 2);
            Some(CramVerifier { inner: inner.to_vec(), outer: outer.to_vec() })
        };
        Some(Self { ha1: Ha1 { md5: *md5, sha256: *sha256 }, cram })
    }
}

impl CramVerifier {
    fn of(password: &str) -> Self {
        let mut key = [0; 64];
        let hashed;
        let source = if password.len() > 64 {
            hashed = Md5::digest(password.as_bytes());
            hashed.as_slice()
        } else {
            password.as_bytes()
        };
        for (place, byte) in key.iter_mut().zip(source) {
            *place = *byte;
        }
        let state = |pad: u8| Md5::new_with_prefix(key.map(|byte| byte ^ pad)).serialize().to_vec();
        Self { inner: state(0x36), outer: state(0x5c) }
    }

    /// The answer, in hexadecimal digits, of who knows the password.
    pub(crate) fn answer(&self, challenge: &[u8]) -> Option<String> {
        let inner = restore(&self.inner)?.chain_update(challenge).finalize();
        Some(hex(&restore(&self.outer)?.chain_update(inner).finalize()))
    }
}

fn restore(state: &[u8]) -> Option<Md5> {
    let state = SerializedState::<Md5>::try_from(state).ok()?;
    Md5::deserialize(&state).ok()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether two texts are equal; takes the same time wherever they differ.
pub(crate) fn same(a: &str, b: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_hash_and_nothing_matches_an_unknown_account() {
        let passwords = Passwords::new();
        let hash = passwords.hash("se:cret".to_owned()).await;
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let verify = async |hash: Option<String>, password: &str| {
            passwords.verify(hash, password.to_owned()).await.unwrap()
        };
        assert!(verify(Some(hash.clone()), "se:cret").await);
        assert!(!verify(Some(hash), "secret").await);
        assert!(!verify(None, "").await);
        assert!(!verify(Some(String::new()), "").await);
    }

    #[test]
    fn the_ha1_is_that_of_rfc_2617_section_3_5() {
        let digests = Digests::of("Mufasa", "testrealm@host.com", "Circle Of Life", false);
        assert_eq!(hex(&digests.ha1.md5), "939e7578ed9e3c518a452acee763bce9");
    }

    #[test]
    fn cram_answers_as_in_rfc_2195_section_2() {
        let digests = Digests::of("tim", "x", "tanstaaftanstaaf", true);
        let restored = Digests::from_bytes(&digests.to_bytes()).unwrap();
        assert!(restored == digests);
        let challenge = b"<1896.697170952@postoffice.reston.mci.net>";
        let answer = restored.cram.unwrap().answer(challenge);
        assert_eq!(answer.as_deref(), Some("b913a602c7eda7a495b4e6e7334d3890"));
        assert!(CramVerifier::of(&"long".repeat(30)).answer(b"x").is_some());
    }

    #[test]
    fn wrong_bytes_are_no_digests() {
        let bytes = Digests::of("a", "b", "c", false).to_bytes();
        assert!(Digests::from_bytes(&bytes[..20]).is_none());
        assert!(Digests::from_bytes(&[]).is_none());
        assert!(Digests::from_bytes(&[2; 49]).is_none());
    }
}
