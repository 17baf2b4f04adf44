//! A browser's connectivity check (RFC 8489, RFC 8445 §7.1), written by hand so that its parts can be changed before it is
//! signed.

use aws_lc_rs::hmac;

const USERNAME: u16 = 0x0006;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const ICE_CONTROLLING: u16 = 0x802a;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const FINGERPRINT: u16 = 0x8028;
/// Message type, length, magic cookie, transaction.
const HEADER: usize = 20;

/// A binding request without its signature.
pub(super) fn unsigned(ufrag: &str) -> Vec<u8> {
    let mut message = header().to_vec();
    attribute(&mut message, USERNAME, format!("{ufrag}:theirs").as_bytes());
    attribute(&mut message, PRIORITY, &[0x6e, 0x7f, 0x1e, 0xff]);
    attribute(&mut message, ICE_CONTROLLING, &[1; 8]);
    attribute(&mut message, USE_CANDIDATE, &[]);
    message
}

fn header() -> [u8; HEADER] {
    let mut header = [7; HEADER];
    header[..8].copy_from_slice(&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
    header
}

/// A request with these attributes, and what proves it: MESSAGE-INTEGRITY and FINGERPRINT.
pub(super) fn signed(request: &[u8], password: &str) -> Vec<u8> {
    let mut message = header().to_vec();
    message.extend(request.get(HEADER..).unwrap_or_default());
    message.resize(message.len().next_multiple_of(4), 0);
    set_length(&mut message, 24);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let tag = hmac::sign(&key, &message);
    attribute(&mut message, MESSAGE_INTEGRITY, tag.as_ref());
    set_length(&mut message, 8);
    let fingerprint = crc32(&message) ^ 0x5354_554e;
    attribute(&mut message, FINGERPRINT, &fingerprint.to_be_bytes());
    message
}

fn attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend(u16::try_from(value.len()).expect("attributes are short").to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
    set_length(message, 0);
}

/// The length counts what follows the header, and what is still to come.
fn set_length(message: &mut [u8], more: usize) {
    let length = u16::try_from(message.len() - HEADER + more).unwrap_or(u16::MAX);
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
