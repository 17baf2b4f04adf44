//! Is this datagram a connectivity check, whose is it, and what is its answer (RFC 8445 §7, RFC 8489)?

use std::net::SocketAddr;
use std::sync::Arc;

use rtc_crypto::RTCCryptoProvider;
use rtc_stun::attributes::{
    ATTR_FINGERPRINT, ATTR_ICE_CONTROLLED, ATTR_ICE_CONTROLLING, ATTR_MESSAGE_INTEGRITY, ATTR_PRIORITY,
    ATTR_USE_CANDIDATE, ATTR_USERNAME, AttrType,
};
use rtc_stun::error_code::{CODE_ROLE_CONFLICT, CODE_UNKNOWN_ATTRIBUTE, ErrorCode};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, Message, MessageType, Setter};
use rtc_stun::uattrs::UnknownAttributes;
use rtc_stun::xoraddr::XorMappedAddress;

/// Reads checks and writes their answers.
pub(crate) struct Reader {
    crypto: Arc<dyn RTCCryptoProvider>,
    /// The check under way; its buffers are used again for the next one.
    message: Message,
}

/// A connectivity check that is well formed; whether it is authentic is for [`Reader::is_authentic`] to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// The first half of USERNAME: which leg it is for.
    pub(crate) ufrag: String,
    /// USE-CANDIDATE: the pair is nominated.
    pub(crate) nominates: bool,
    /// The peer believes that it is controlled, which the gateway always is.
    has_role_conflict: bool,
    unknown: Vec<AttrType>,
}

/// The longest check that is read; real ones have 100 to 150 octets.
const LONGEST: usize = 1_500;
/// The longest user name fragment (RFC 8839 §5.4).
const LONGEST_UFRAG: usize = 256;

impl Reader {
    pub(crate) fn new(crypto: Arc<dyn RTCCryptoProvider>) -> Self {
        Self { crypto, message: Message::new() }
    }

    /// Reads a datagram; nothing but a whole binding request with a user name and a right FINGERPRINT is a check.
    pub(crate) fn read(&mut self, datagram: &[u8]) -> Option<Check> {
        let [_, _, l0, l1] = *datagram.first_chunk::<4>()?;
        let is_whole = datagram.len() == 20 + usize::from(u16::from_be_bytes([l0, l1]));
        if !is_whole || datagram.len() > LONGEST {
            return None;
        }
        self.message.unmarshal_binary(datagram).ok()?;
        if self.message.typ != BINDING_REQUEST || FINGERPRINT.check(&self.message).is_err() {
            return None;
        }
        // What follows MESSAGE-INTEGRITY is not covered by it and does not count (RFC 8489 §14.5).
        let covered = || self.message.attributes.0.iter().take_while(|a| a.typ != ATTR_MESSAGE_INTEGRITY);
        let has = |kind: AttrType| covered().any(|attribute| attribute.typ == kind);
        let user_name = covered().find(|attribute| attribute.typ == ATTR_USERNAME)?;
        let (ufrag, _) = std::str::from_utf8(&user_name.value).ok()?.split_once(':')?;
        Some(Check {
            ufrag: Some(ufrag).filter(|ufrag| ufrag.len() <= LONGEST_UFRAG)?.to_owned(),
            nominates: has(ATTR_USE_CANDIDATE),
            has_role_conflict: has(ATTR_ICE_CONTROLLED),
            unknown: covered().map(|attribute| attribute.typ).filter(is_unknown).collect(),
        })
    }

    /// Whether the check just read was made with `password`.
    pub(crate) fn is_authentic(&mut self, password: &str) -> bool {
        MessageIntegrity::check(&mut self.message, password.as_bytes(), self.crypto.crypto()).is_ok()
    }

    /// Writes the answer to the authentic check just read into the octets returned, and whether the check counts.
    pub(crate) fn answer(&self, check: &Check, from: SocketAddr, password: &str) -> Option<(Vec<u8>, bool)> {
        let failure = if !check.unknown.is_empty() {
            Some(CODE_UNKNOWN_ATTRIBUTE)
        } else if check.has_role_conflict {
            Some(CODE_ROLE_CONFLICT)
        } else {
            None
        };
        let response = match failure {
            None => {
                let mapped = XorMappedAddress { ip: from.ip(), port: from.port() };
                self.response(BINDING_SUCCESS, password, vec![Box::new(mapped)])
            }
            Some(code @ ErrorCode(_)) => {
                let mut content: Vec<Box<dyn Setter>> = vec![Box::new(code)];
                if code == CODE_UNKNOWN_ATTRIBUTE {
                    content.push(Box::new(UnknownAttributes(check.unknown.clone())));
                }
                self.response(BINDING_ERROR, password, content)
            }
        };
        response.map(|octets| (octets, failure.is_none()))
    }

    fn response(&self, kind: MessageType, password: &str, content: Vec<Box<dyn Setter>>) -> Option<Vec<u8>> {
        let mut response = Message::new();
        let integrity =
            MessageIntegrity::new_raw_integrity_with_provider(password.as_bytes(), self.crypto.crypto());
        response.set_type(kind);
        response.write_header();
        self.message.transaction_id.add_to(&mut response).ok()?;
        for setter in &content {
            setter.add_to(&mut response).ok()?;
        }
        integrity.add_to(&mut response).ok()?;
        FINGERPRINT.add_to(&mut response).ok()?;
        Some(response.raw)
    }
}

/// Attributes that must be understood have numbers below 0x8000 (RFC 8489 §14).
fn is_unknown(kind: &AttrType) -> bool {
    let known = [
        ATTR_USERNAME,
        ATTR_MESSAGE_INTEGRITY,
        ATTR_FINGERPRINT,
        ATTR_PRIORITY,
        ATTR_USE_CANDIDATE,
        ATTR_ICE_CONTROLLED,
        ATTR_ICE_CONTROLLING,
    ];
    kind.value() < 0x8000 && !known.contains(kind)
}
