//! What is a blob called?

use std::fmt;

use crate::clock;
use crate::error::{Error, Result};
use crate::id::{parse_hex, random};
use crate::statement::Value;

/// Bits of randomness in a key, under the time.
const RANDOM_BITS: u32 = 64;
const DIGITS: usize = 28;

/// Names a blob: 28 hexadecimal digits, 12 of the time in milliseconds and 16 random ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey(u128);

/// A blob that is whole on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Blob {
    /// Its name.
    pub key: BlobKey,
    /// Its length in bytes.
    pub size: u64,
}

impl BlobKey {
    pub(crate) fn new() -> Result<Self> {
        let time = u128::try_from(clock::now()).unwrap_or_default() & ((1 << 48) - 1);
        Ok(Self((time << RANDOM_BITS) | u128::from(random()?)))
    }

    /// Reads what [`Display`](fmt::Display) writes: 28 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        parse_hex(text, DIGITS).map(Self)
    }

    pub(crate) fn from_row(text: &str) -> Result<Self> {
        Self::parse(text).ok_or_else(|| Error::damaged(format!("{text:?} as the key of a blob")))
    }

    /// Its place below the root: one of 256 folders, told by the last two digits, which are random.
    pub(crate) fn path(self) -> String {
        format!("{:02x}/{self}", self.0 & 0xff)
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:028x}", self.0)
    }
}

impl fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobKey({:028x})", self.0)
    }
}

impl From<BlobKey> for Value<'_> {
    fn from(key: BlobKey) -> Self {
        Self::Text(key.to_string().into())
    }
}

impl Blob {
    pub(crate) fn from_row(key: &str, size: i64) -> Result<Self> {
        Ok(Self { key: BlobKey::from_row(key)?, size: read_size(size)? })
    }

    /// The size as the database holds it.
    pub(crate) fn stored_size(&self) -> i64 {
        i64::try_from(self.size).unwrap_or(i64::MAX)
    }
}

/// A size as the database holds it.
pub(crate) fn read_size(size: i64) -> Result<u64> {
    u64::try_from(size).map_err(|_| Error::damaged(format!("{size} as a size")))
}
