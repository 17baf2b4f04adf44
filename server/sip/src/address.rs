//! Which account a URI stands for.

use std::fmt;

use crate::uri::Uri;

/// Who is registered, called or calls: the user and domain of a SIP URI in canonical form (RFC 3261 §10.3 step 5).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressOfRecord {
    user: String,
    domain: String,
}

impl AddressOfRecord {
    /// The address of an account; the domain is taken in lower case.
    pub fn new(user: &str, domain: &str) -> Self {
        Self { user: user.to_owned(), domain: domain.to_ascii_lowercase() }
    }

    /// The address a SIP URI stands for: its user without escapes and its host. Port and parameters do not count.
    pub fn of(uri: &Uri) -> Option<Self> {
        let uri = uri.as_sip()?;
        Some(Self::new(&uri.user()?, &uri.host().to_string()))
    }

    /// The user, without escapes, in the case it was written in.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The domain in lower case.
    pub fn domain(&self) -> &str {
        &self.domain
    }
}

impl fmt::Display for AddressOfRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.domain)
    }
}
