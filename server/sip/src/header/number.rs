//! Numbers: Max-Forwards, Expires, Min-Expires, Retry-After.

use super::HeaderName;
use crate::error::{Defect, Flaw};
use crate::message::Headers;
use crate::scan::{Scanner, decimal, trim};

impl Headers {
    /// How many more hops the request may take; at most 255 (RFC 3261 §20.22).
    pub(crate) fn max_forwards(&self) -> Result<Option<u8>, Defect> {
        let name = HeaderName::MaxForwards;
        let Some(value) = self.single(name)? else { return Ok(None) };
        let number = decimal(trim(value)).and_then(|number| u8::try_from(number).map_err(|_| Flaw::Number));
        number.map(Some).map_err(|flaw| Defect::Malformed(name, flaw))
    }

    /// Expires in seconds. A number too large is the largest, and anything else but a number is absent
    /// (RFC 3261 §20.19, RFC 4475 §3.1.2.4).
    pub fn expires(&self) -> Option<u32> {
        self.value(HeaderName::Expires).and_then(|value| delta_seconds(trim(value)))
    }

    /// Min-Expires in seconds (RFC 3261 §20.23).
    pub fn min_expires(&self) -> Option<u32> {
        self.value(HeaderName::MinExpires).and_then(|value| delta_seconds(trim(value)))
    }

    /// Retry-After in seconds, without its comment and parameters (RFC 3261 §20.33).
    pub fn retry_after(&self) -> Option<u32> {
        let mut scanner = Scanner::new(trim(self.value(HeaderName::RetryAfter)?));
        delta_seconds(scanner.take_while(|byte| byte.is_ascii_digit()))
    }
}

/// A number of seconds; one beyond 32 bits is the largest of them.
pub(crate) fn delta_seconds(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(decimal(digits).ok().and_then(|number| u32::try_from(number).ok()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_too_large_are_the_largest_and_what_is_no_number_is_absent() {
        let read = [&b"60"[..], b"280297596632815", b"", b"-1", b"Fri"].map(delta_seconds);
        assert_eq!(read, [Some(60), Some(u32::MAX), None, None, None]);
    }
}
