//! Does a DTLS certificate match what the SDP promised?

use std::fmt;

use aws_lc_rs::digest::{self, Algorithm, SHA256, SHA384, SHA512};

/// A hash function of `a=fingerprint` that is strong enough to be believed (RFC 8122 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HashFunction {
    /// `sha-256`.
    Sha256,
    /// `sha-384`.
    Sha384,
    /// `sha-512`.
    Sha512,
}

impl HashFunction {
    const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Sha256 => &SHA256,
            Self::Sha384 => &SHA384,
            Self::Sha512 => &SHA512,
        }
    }
}

/// The hash of a certificate in DER form, as `a=fingerprint` carries it (RFC 8122).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    hash: HashFunction,
    digest: Vec<u8>,
}

/// Why an `a=fingerprint` value could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FingerprintError {
    /// The hash function is unknown or too weak to identify anyone (md5, sha-1): such a fingerprint counts as absent.
    #[error("fingerprint with the unsupported hash function {0:?}")]
    Unsupported(String),
    /// The value is not bytes in hexadecimal with colons between, or not as many as the hash yields.
    #[error("malformed fingerprint {0:?}")]
    Malformed(String),
}

impl Fingerprint {
    /// The fingerprint of `certificate` (DER).
    #[must_use]
    pub fn of(hash: HashFunction, certificate: &[u8]) -> Self {
        Self { hash, digest: digest::digest(hash.algorithm(), certificate).as_ref().to_vec() }
    }

    /// Reads the value of an `a=fingerprint` attribute, e.g. `sha-256 4F:8C:…`.
    ///
    /// # Errors
    /// [`FingerprintError`], which tells an unsupported hash from a malformed value.
    pub fn parse(value: &str) -> Result<Self, FingerprintError> {
        let malformed = || FingerprintError::Malformed(value.to_owned());
        let (name, bytes) = value.trim().split_once(' ').ok_or_else(malformed)?;
        let hash = HashFunction::ALL
            .into_iter()
            .find(|hash| hash.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| FingerprintError::Unsupported(name.to_owned()))?;
        let digest = bytes
            .trim()
            .split(':')
            .map(hexadecimal)
            .collect::<Option<Vec<u8>>>()
            .filter(|digest| digest.len() == hash.algorithm().output_len())
            .ok_or_else(malformed)?;
        Ok(Self { hash, digest })
    }

    /// Whether `certificate` (DER) is one of those that `promised` names.
    ///
    /// Only the strongest hash function in the list counts, and one match of it is enough (RFC 8122 §5).
    #[must_use]
    pub fn any_matches(promised: &[Self], certificate: &[u8]) -> bool {
        let Some(strongest) = promised.iter().map(|fingerprint| fingerprint.hash).max() else { return false };
        let actual = Self::of(strongest, certificate);
        promised.contains(&actual)
    }
}

impl fmt::Display for Fingerprint {
    /// Writes the attribute's value, e.g. `sha-256 4F:8C:…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hash.name())?;
        for (index, byte) in self.digest.iter().enumerate() {
            let separator = if index == 0 { ' ' } else { ':' };
            write!(f, "{separator}{byte:02X}")?;
        }
        Ok(())
    }
}

/// One byte written as exactly two hexadecimal digits (`from_str_radix` alone would take a sign).
fn hexadecimal(pair: &str) -> Option<u8> {
    let two_digits = pair.len() == 2 && pair.bytes().all(|letter| letter.is_ascii_hexdigit());
    two_digits.then(|| u8::from_str_radix(pair, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_back_whatever_the_case_of_its_letters() {
        for hash in HashFunction::ALL {
            let fingerprint = Fingerprint::of(hash, b"certificate");
            assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Ok(fingerprint.clone()));
            assert_eq!(Fingerprint::parse(&fingerprint.to_string().to_lowercase()), Ok(fingerprint.clone()));
            assert_eq!(Fingerprint::parse(&fingerprint.to_string().to_uppercase()), Ok(fingerprint));
        }
    }

    #[test]
    fn the_digest_is_that_of_the_hash_function() {
        assert_eq!(
            Fingerprint::of(HashFunction::Sha256, b"abc").to_string(),
            "sha-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD"
        );
    }

    #[test]
    fn weak_and_malformed_fingerprints_are_told_apart() {
        let cases = [
            ("sha-1 AA:BB", FingerprintError::Unsupported("sha-1".into())),
            ("sha-256", FingerprintError::Malformed("sha-256".into())),
            ("sha-256 AA:BB", FingerprintError::Malformed("sha-256 AA:BB".into())),
            ("sha-256 AAA:B", FingerprintError::Malformed("sha-256 AAA:B".into())),
        ];
        for (value, error) in cases {
            assert_eq!(Fingerprint::parse(value), Err(error));
        }
        let signed = Fingerprint::of(HashFunction::Sha256, b"abc").to_string().replace(":78:", ":+8:");
        assert_eq!(Fingerprint::parse(&signed), Err(FingerprintError::Malformed(signed)));
    }

    #[test]
    fn only_the_strongest_hash_function_of_the_list_is_believed() {
        let weak_match = Fingerprint::of(HashFunction::Sha256, b"certificate");
        let strong_match = Fingerprint::of(HashFunction::Sha512, b"certificate");
        let strong_other = Fingerprint::of(HashFunction::Sha512, b"other");
        assert!(Fingerprint::any_matches(&[weak_match.clone(), strong_match.clone()], b"certificate"));
        assert!(Fingerprint::any_matches(&[strong_other.clone(), strong_match], b"certificate"));
        assert!(!Fingerprint::any_matches(&[weak_match, strong_other], b"certificate"));
        assert!(!Fingerprint::any_matches(&[], b"certificate"));
    }
}
