//! Which request of a dialog this is.

use std::fmt;

use crate::error::Flaw;
use crate::method::Method;
use crate::scan::Scanner;

/// The CSeq header field (RFC 3261 §20.16).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CSeq {
    /// The sequence number, below 2³¹ (RFC 3261 §8.1.1.5).
    pub number: u32,
    /// The method of the request.
    pub method: Method,
}

impl CSeq {
    /// Reads the value and nothing else.
    pub fn parse(value: &[u8]) -> Result<Self, Flaw> {
        let mut scanner = Scanner::new(value);
        scanner.skip_space();
        let number = u32::try_from(scanner.number()?).map_err(|_| Flaw::Number)?;
        if number >= 1 << 31 {
            return Err(Flaw::Number);
        }
        scanner.skip_space();
        let method = Method::from_token(scanner.token()?);
        scanner.finish()?;
        Ok(Self { number, method })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_do_not_count_and_overflow_is_refused() {
        assert_eq!(CSeq::parse(b"0009   INVITE"), Ok(CSeq { number: 9, method: Method::Invite }));
        assert_eq!(CSeq::parse(b"2147483648 INVITE"), Err(Flaw::Number));
        assert_eq!(CSeq::parse(b"36893488147419103232 REGISTER"), Err(Flaw::Number));
        assert_eq!(CSeq::parse(b"1"), Err(Flaw::Empty));
        assert_eq!(CSeq::parse(b"1 INVITE x"), Err(Flaw::Trailing));
    }
}
