//! How one side proves that it knows a password: digest access authentication (RFC 7616, RFC 8760, RFC 3261 §22.4).

use std::fmt;

use md5::Md5;
use sha2::{Digest as _, Sha256};

use crate::header::AuthParams;
use crate::method::Method;
use crate::random::hex;
use crate::write::quoted;

/// What a password hashes to for one user and realm: all that is needed to verify or to answer a challenge.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ha1 {
    /// MD5 of `user:realm:password`.
    pub md5: [u8; 16],
    /// SHA-256 of the same.
    pub sha256: [u8; 32],
}

impl Ha1 {
    /// The hashes of a password.
    pub fn new(user: &str, realm: &str, password: &str) -> Self {
        let text = format!("{user}:{realm}:{password}");
        Self { md5: Md5::digest(&text).into(), sha256: Sha256::digest(&text).into() }
    }

    fn hex(&self, algorithm: DigestAlgorithm) -> String {
        match algorithm {
            DigestAlgorithm::Md5 => hex(&self.md5),
            DigestAlgorithm::Sha256 => hex(&self.sha256),
        }
    }
}

impl fmt::Debug for Ha1 {
    /// The hashes are as good as the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ha1(…)")
    }
}

/// What the endpoint answers a challenge with, and whose challenges it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The only realm that is answered. `None` answers whatever realm the peer names: only for a peer that passes on
    /// no responses of others, since any of them could then collect answers.
    pub realm: Option<String>,
    /// The user name.
    pub user: String,
    /// The password, or what it hashes to.
    pub secret: Secret,
}

/// A password, or what it hashes to.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// The password in plain text.
    Password(String),
    /// Its hashes, for the user and the realm of the [`Credentials`].
    Ha1(Ha1),
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A hash function that digests are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestAlgorithm {
    /// MD5, the only one that older phones know.
    Md5,
    /// SHA-256 (RFC 8760).
    Sha256,
}

impl DigestAlgorithm {
    /// The name in a header field (RFC 7616 §6.1).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    /// The algorithm of this name; without a name it is MD5 (RFC 7616 §3.3).
    fn of(name: Option<&str>) -> Option<Self> {
        let Some(name) = name else { return Some(Self::Md5) };
        [Self::Sha256, Self::Md5].into_iter().find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name))
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(&Sha256::digest(text)),
        }
    }
}

/// A challenge that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) realm: String,
    pub(crate) nonce: String,
    pub(crate) stale: bool,
    algorithm: DigestAlgorithm,
    opaque: Option<String>,
    /// Whether `auth` is among the offered qualities of protection; without any, the digest is that of RFC 2069.
    qop: bool,
}

impl Challenge {
    /// Reads a challenge; `None` if it is of a scheme, an algorithm or a quality of protection not known here.
    pub(crate) fn of(params: &AuthParams) -> Option<Self> {
        if !params.scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let qop = params.value("qop");
        let auth = qop.is_some_and(|list| list.split(',').any(|one| one.trim().eq_ignore_ascii_case("auth")));
        if qop.is_some() && !auth {
            return None;
        }
        Some(Self {
            realm: params.value("realm")?.to_owned(),
            nonce: params.value("nonce")?.to_owned(),
            stale: params.value("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
            algorithm: DigestAlgorithm::of(params.value("algorithm"))?,
            opaque: params.value("opaque").map(str::to_owned),
            qop: auth,
        })
    }

    /// The value of the Authorization that answers it, the first time its nonce is used.
    pub(crate) fn answer(
        &self,
        credentials: &Credentials,
        method: &Method,
        uri: &str,
        cnonce: &str,
    ) -> String {
        let Self { realm, nonce, algorithm, .. } = self;
        let user = &credentials.user;
        let ha1 = match &credentials.secret {
            Secret::Password(password) => algorithm.hash(&format!("{user}:{realm}:{password}")),
            Secret::Ha1(ha1) => ha1.hex(*algorithm),
        };
        let quality = self.qop.then_some(Quality { nc: "00000001", cnonce });
        let response = response(*algorithm, &ha1, nonce, quality, method, uri);
        let mut value = format!(
            "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{uri}\", response=\"{response}\", algorithm={}",
            quoted(user),
            quoted(realm),
            quoted(nonce),
            algorithm.as_str()
        );
        if let Some(Quality { nc, cnonce }) = quality {
            value.push_str(&format!(", qop=auth, nc={nc}, cnonce=\"{cnonce}\""));
        }
        if let Some(opaque) = &self.opaque {
            value.push_str(&format!(", opaque=\"{}\"", quoted(opaque)));
        }
        value
    }
}

/// An answer to a challenge of ours, well-formed but not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) user: String,
    pub(crate) realm: String,
    pub(crate) nonce: String,
    pub(crate) uri: String,
    /// How often the nonce was used, this time included; `None` in the form of RFC 2069, which does not count.
    pub(crate) count: Option<u32>,
    pub(crate) algorithm: DigestAlgorithm,
    response: String,
    nc: String,
    cnonce: String,
}

impl Authorization {
    /// Reads an answer; `None` if something it needs is missing or of a kind that was not offered.
    pub(crate) fn of(params: &AuthParams) -> Option<Self> {
        if !params.scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let owned = |name: &str| params.value(name).map(str::to_owned);
        let (count, nc, cnonce) = match params.value("qop") {
            None => (None, String::new(), String::new()),
            Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                let nc = owned("nc")?;
                (Some(u32::from_str_radix(&nc, 16).ok()?), nc, owned("cnonce")?)
            }
            Some(_) => return None,
        };
        Some(Self {
            user: owned("username")?,
            realm: owned("realm")?,
            nonce: owned("nonce")?,
            uri: owned("uri")?,
            count,
            algorithm: DigestAlgorithm::of(params.value("algorithm"))?,
            response: owned("response")?,
            nc,
            cnonce,
        })
    }

    /// Whether it was made with the password of these hashes, for a request of this method.
    pub(crate) fn is_by(&self, ha1: &Ha1, method: &Method) -> bool {
        let quality = self.count.is_some().then_some(Quality { nc: &self.nc, cnonce: &self.cnonce });
        let ha1 = ha1.hex(self.algorithm);
        let expected = response(self.algorithm, &ha1, &self.nonce, quality, method, &self.uri);
        same(expected.as_bytes(), self.response.to_ascii_lowercase().as_bytes())
    }
}

/// What `qop=auth` adds to a digest.
#[derive(Debug, Clone, Copy)]
struct Quality<'a> {
    nc: &'a str,
    cnonce: &'a str,
}

/// The digest itself (RFC 7616 §3.4.1); without a quality that of RFC 2069.
fn response(
    algorithm: DigestAlgorithm,
    ha1: &str,
    nonce: &str,
    quality: Option<Quality<'_>>,
    method: &Method,
    uri: &str,
) -> String {
    let ha2 = algorithm.hash(&format!("{method}:{uri}"));
    algorithm.hash(&match quality {
        Some(Quality { nc, cnonce }) => format!("{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}"),
        None => format!("{ha1}:{nonce}:{ha2}"),
    })
}

/// Whether both are the same, in a time that does not tell where they differ.
pub(crate) fn same(one: &[u8], another: &[u8]) -> bool {
    one.len() == another.len()
        && one.iter().zip(another).fold(0, |differing, (one, another)| differing | (one ^ another)) == 0
}

#[cfg(test)]
mod tests;
