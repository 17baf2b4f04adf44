//! What a response says: its three digits and the phrase that goes with them.

use std::fmt;

/// The status code of a response, 100 to 699 (RFC 3261 §7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

macro_rules! status_codes {
    ($($(#[$note:meta])* $name:ident = $code:literal $phrase:literal,)*) => {
        impl StatusCode {
            $($(#[$note])* pub const $name: Self = Self($code);)*

            /// The usual reason phrase (RFC 3261 §21), or that of the class for a code not known here.
            pub fn phrase(self) -> &'static str {
                match self.0 {
                    $($code => $phrase,)*
                    100..=199 => "Session Progress",
                    200..=299 => "OK",
                    300..=399 => "Multiple Choices",
                    400..=499 => "Bad Request",
                    500..=599 => "Server Internal Error",
                    _ => "Busy Everywhere",
                }
            }
        }
    };
}

status_codes! {
    /// 100.
    TRYING = 100 "Trying",
    /// 180.
    RINGING = 180 "Ringing",
    /// 181.
    CALL_IS_BEING_FORWARDED = 181 "Call Is Being Forwarded",
    /// 182.
    QUEUED = 182 "Queued",
    /// 183.
    SESSION_PROGRESS = 183 "Session Progress",
    /// 200.
    OK = 200 "OK",
    /// 202.
    ACCEPTED = 202 "Accepted",
    /// 302.
    MOVED_TEMPORARILY = 302 "Moved Temporarily",
    /// 400.
    BAD_REQUEST = 400 "Bad Request",
    /// 401.
    UNAUTHORIZED = 401 "Unauthorized",
    /// 403.
    FORBIDDEN = 403 "Forbidden",
    /// 404.
    NOT_FOUND = 404 "Not Found",
    /// 405.
    METHOD_NOT_ALLOWED = 405 "Method Not Allowed",
    /// 406.
    NOT_ACCEPTABLE = 406 "Not Acceptable",
    /// 407.
    PROXY_AUTHENTICATION_REQUIRED = 407 "Proxy Authentication Required",
    /// 408.
    REQUEST_TIMEOUT = 408 "Request Timeout",
    /// 413.
    REQUEST_ENTITY_TOO_LARGE = 413 "Request Entity Too Large",
    /// 414.
    REQUEST_URI_TOO_LONG = 414 "Request-URI Too Long",
    /// 415.
    UNSUPPORTED_MEDIA_TYPE = 415 "Unsupported Media Type",
    /// 416.
    UNSUPPORTED_URI_SCHEME = 416 "Unsupported URI Scheme",
    /// 420.
    BAD_EXTENSION = 420 "Bad Extension",
    /// 423.
    INTERVAL_TOO_BRIEF = 423 "Interval Too Brief",
    /// 480.
    TEMPORARILY_UNAVAILABLE = 480 "Temporarily Unavailable",
    /// 481.
    CALL_DOES_NOT_EXIST = 481 "Call/Transaction Does Not Exist",
    /// 482.
    LOOP_DETECTED = 482 "Loop Detected",
    /// 483.
    TOO_MANY_HOPS = 483 "Too Many Hops",
    /// 484.
    ADDRESS_INCOMPLETE = 484 "Address Incomplete",
    /// 485.
    AMBIGUOUS = 485 "Ambiguous",
    /// 486.
    BUSY_HERE = 486 "Busy Here",
    /// 487.
    REQUEST_TERMINATED = 487 "Request Terminated",
    /// 488.
    NOT_ACCEPTABLE_HERE = 488 "Not Acceptable Here",
    /// 491.
    REQUEST_PENDING = 491 "Request Pending",
    /// 500.
    SERVER_INTERNAL_ERROR = 500 "Server Internal Error",
    /// 501.
    NOT_IMPLEMENTED = 501 "Not Implemented",
    /// 503.
    SERVICE_UNAVAILABLE = 503 "Service Unavailable",
    /// 504.
    SERVER_TIMEOUT = 504 "Server Time-out",
    /// 505.
    VERSION_NOT_SUPPORTED = 505 "Version Not Supported",
    /// 513.
    MESSAGE_TOO_LARGE = 513 "Message Too Large",
    /// 600.
    BUSY_EVERYWHERE = 600 "Busy Everywhere",
    /// 603.
    DECLINE = 603 "Decline",
    /// 604.
    DOES_NOT_EXIST_ANYWHERE = 604 "Does Not Exist Anywhere",
    /// 606.
    NOT_ACCEPTABLE_ANYWHERE = 606 "Not Acceptable",
}

impl StatusCode {
    /// The code, if it is one a response may have.
    pub fn new(code: u16) -> Option<Self> {
        (100..=699).contains(&code).then_some(Self(code))
    }

    /// The three digits as a number.
    pub fn code(self) -> u16 {
        self.0
    }

    /// The first digit, 1 to 6.
    pub fn class(self) -> u16 {
        self.0 / 100
    }

    /// Whether more responses to the same request will follow: 1xx.
    pub fn is_provisional(self) -> bool {
        self.class() == 1
    }

    /// Whether the request was granted: 2xx.
    pub fn is_success(self) -> bool {
        self.class() == 2
    }

    /// Whether the request was answered and not granted: 3xx to 6xx.
    pub fn is_failure(self) -> bool {
        self.class() >= 3
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_outside_100_to_699_is_no_status_code() {
        assert_eq!(
            [99, 100, 699, 700].map(StatusCode::new),
            [None, Some(StatusCode(100)), Some(StatusCode(699)), None]
        );
    }

    #[test]
    fn an_unknown_code_has_the_phrase_of_its_class() {
        let phrases = [199, 299, 399, 499, 599, 699].map(|code| StatusCode(code).phrase());
        assert_eq!(
            phrases,
            [
                "Session Progress",
                "OK",
                "Multiple Choices",
                "Bad Request",
                "Server Internal Error",
                "Busy Everywhere"
            ]
        );
    }
}
