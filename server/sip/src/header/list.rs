//! Lists of tokens: Allow, Supported, Require, Accept.

use super::HeaderName;
use crate::message::Headers;
use crate::scan::{self, trim};

impl Headers {
    /// The elements of a list of tokens, such as the option tags of Supported; elements that are no UTF-8 are passed over.
    pub fn tokens(&self, name: HeaderName) -> impl Iterator<Item = &str> {
        self.values(name)
            .flat_map(scan::elements)
            .filter_map(Result::ok)
            .filter_map(|token| std::str::from_utf8(token).ok())
    }

    /// Whether the sender takes an answer of the type `application/sdp`: there is no Accept, or it lists the type
    /// (RFC 3261 §20.1).
    pub(crate) fn accepts_sdp(&self) -> bool {
        let mut present = false;
        for range in self.tokens(HeaderName::Accept) {
            present = true;
            let media = range.split(';').next().unwrap_or_default();
            if ["application/sdp", "application/*", "*/*"]
                .iter()
                .any(|known| media.trim().eq_ignore_ascii_case(known))
            {
                return true;
            }
        }
        !present
    }

    /// Whether the body is of the type `application/sdp`.
    pub(crate) fn is_sdp(&self) -> bool {
        self.value(HeaderName::ContentType).is_some_and(|value| {
            let media = value.split(|&byte| byte == b';').next().unwrap_or_default();
            let media: Vec<u8> = trim(media).iter().copied().filter(|byte| !b" \t".contains(byte)).collect();
            media.eq_ignore_ascii_case(b"application/sdp")
        })
    }

    /// Whether the body is encoded in some way other than `identity`.
    pub(crate) fn is_encoded(&self) -> bool {
        self.tokens(HeaderName::ContentEncoding).any(|coding| !coding.eq_ignore_ascii_case("identity"))
    }
}
