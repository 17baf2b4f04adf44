//! Which header fields are known, and the typed view of each.

mod auth;
mod contact;
mod cseq;
mod list;
mod name_addr;
mod number;
mod reason;
mod via;

pub use auth::AuthParams;
pub use contact::Contacts;
pub use cseq::CSeq;
pub use name_addr::NameAddr;
pub(crate) use number::delta_seconds;
pub use reason::Reason;
pub(crate) use via::MAGIC_COOKIE;
pub use via::Via;

use std::fmt;

macro_rules! header_names {
    ($($name:ident $text:literal $($compact:literal)?,)*) => {
        /// The name of a header field. Names compare without regard to case; compact forms are the same name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum HeaderName {
            $(#[doc = concat!("`", $text, "`.")] $name,)*
            /// Any other; the field itself knows its text.
            Other,
        }

        impl HeaderName {
            /// The name as this implementation writes it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other => "header field",
                }
            }

            /// The name that `text`, in long or compact form, stands for.
            pub(crate) fn of(text: &str) -> Self {
                $(if text.eq_ignore_ascii_case($text) $(|| text.eq_ignore_ascii_case($compact))? {
                    return Self::$name;
                })*
                Self::Other
            }
        }
    };
}

header_names! {
    Via "Via" "v",
    From "From" "f",
    To "To" "t",
    CallId "Call-ID" "i",
    CSeq "CSeq",
    MaxForwards "Max-Forwards",
    Contact "Contact" "m",
    ContentLength "Content-Length" "l",
    ContentType "Content-Type" "c",
    ContentEncoding "Content-Encoding" "e",
    ContentDisposition "Content-Disposition",
    RecordRoute "Record-Route",
    Route "Route",
    Expires "Expires",
    MinExpires "Min-Expires",
    Allow "Allow",
    Supported "Supported" "k",
    Require "Require",
    ProxyRequire "Proxy-Require",
    Unsupported "Unsupported",
    Authorization "Authorization",
    ProxyAuthorization "Proxy-Authorization",
    WwwAuthenticate "WWW-Authenticate",
    ProxyAuthenticate "Proxy-Authenticate",
    Accept "Accept",
    AcceptEncoding "Accept-Encoding",
    UserAgent "User-Agent",
    Server "Server",
    Reason "Reason",
    RetryAfter "Retry-After",
    Date "Date",
    Timestamp "Timestamp",
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A header field that the caller of the endpoint adds to a message of its own, such as `Alert-Info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraHeader {
    name: String,
    value: String,
}

/// Why an [`ExtraHeader`] cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtraHeaderError {
    /// The name is not a token.
    #[error("{0:?} is not the name of a header field")]
    Name(String),
    /// The endpoint writes this header field itself.
    #[error("{0} is written by the endpoint itself")]
    Reserved(HeaderName),
    /// The value holds a control character, such as a line end.
    #[error("the value of {0} holds a control character")]
    Value(String),
}

impl ExtraHeader {
    /// A header field with this name and value.
    pub fn new(name: &str, value: &str) -> Result<Self, ExtraHeaderError> {
        if name.is_empty() || !name.bytes().all(crate::scan::is_token) {
            return Err(ExtraHeaderError::Name(name.to_owned()));
        }
        let known = HeaderName::of(name);
        if known != HeaderName::Other {
            return Err(ExtraHeaderError::Reserved(known));
        }
        if value.chars().any(char::is_control) {
            return Err(ExtraHeaderError::Value(name.to_owned()));
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_in_any_case_and_in_its_compact_form() {
        let names = ["MaX-fOrWaRdS", "v", "V", "call-id", "I", "Xyzzy", "C%6Fntact"].map(HeaderName::of);
        assert_eq!(
            names,
            [
                HeaderName::MaxForwards,
                HeaderName::Via,
                HeaderName::Via,
                HeaderName::CallId,
                HeaderName::CallId,
                HeaderName::Other,
                HeaderName::Other
            ]
        );
    }

    #[test]
    fn an_extra_header_can_neither_smuggle_a_line_nor_replace_what_the_endpoint_writes() {
        assert_eq!(
            ExtraHeader::new("Alert-Info", "a\r\nVia: b"),
            Err(ExtraHeaderError::Value("Alert-Info".into()))
        );
        assert_eq!(ExtraHeader::new("v", "x"), Err(ExtraHeaderError::Reserved(HeaderName::Via)));
        assert_eq!(ExtraHeader::new("A b", "x"), Err(ExtraHeaderError::Name("A b".into())));
    }
}
