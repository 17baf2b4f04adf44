//! Why a call ended: the Reason header field.

use std::fmt;

use super::HeaderName;
use crate::error::Flaw;
use crate::message::Headers;
use crate::params::Params;
use crate::scan::Scanner;
use crate::status::StatusCode;
use crate::write::quoted;

/// One reason (RFC 3326 §2), such as `SIP;cause=200;text="Call completed elsewhere"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    protocol: String,
    /// The code, in the terms of the protocol: a SIP status code, or a Q.850 cause.
    pub cause: Option<u16>,
    /// What a person may read.
    pub text: Option<String>,
}

impl Reason {
    /// A reason in terms of a SIP status code.
    pub fn sip(cause: StatusCode, text: &str) -> Self {
        Self { protocol: "SIP".to_owned(), cause: Some(cause.code()), text: Some(text.to_owned()) }
    }

    /// A reason in terms of an ISDN cause, 0 to 127.
    pub fn q850(cause: u16, text: &str) -> Self {
        Self { protocol: "Q.850".to_owned(), cause: Some(cause), text: Some(text.to_owned()) }
    }

    /// Whose codes `cause` is of: `SIP`, `Q.850` or another token.
    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    /// Reads one value and nothing else.
    pub fn parse(value: &[u8]) -> Result<Self, Flaw> {
        let mut scanner = Scanner::new(value);
        scanner.skip_space();
        let protocol = scanner.token()?.to_owned();
        let params = Params::scan_header(&mut scanner)?;
        scanner.finish()?;
        Ok(Self {
            protocol,
            cause: params.raw("cause").and_then(|cause| cause.parse().ok()),
            text: params.value("text").map(std::borrow::Cow::into_owned),
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.protocol)?;
        if let Some(cause) = self.cause {
            write!(f, ";cause={cause}")?;
        }
        self.text.as_ref().map_or(Ok(()), |text| write!(f, ";text=\"{}\"", quoted(text)))
    }
}

impl Headers {
    /// The first reason that can be read; one in terms of SIP goes before others.
    pub fn reason(&self) -> Option<Reason> {
        let reasons = || self.list(HeaderName::Reason).filter_map(|value| Reason::parse(value.ok()?).ok());
        reasons().find(|reason| reason.protocol.eq_ignore_ascii_case("SIP")).or_else(|| reasons().next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_as_it_is_written() {
        let reason = Reason::sip(StatusCode::OK, "Call \"completed\" elsewhere");
        assert_eq!(reason.to_string(), "SIP;cause=200;text=\"Call \\\"completed\\\" elsewhere\"");
        assert_eq!(Reason::parse(reason.to_string().as_bytes()), Ok(reason));
    }
}
