//! What is changed in a stored message that goes to others as it is?

use std::ops::Range;

use protocol::{Header, Recipient};

use super::super::header;
use super::super::line::Lines;
use super::{Stamp, Unwritable, envelope, field};

/// The fields that stand before a message that somebody sends on (RFC 5322 §3.6.6), and the addresses that it goes to.
pub(crate) fn resent(
    stamp: &mut Stamp<'_>,
    (real_name, address): (Option<&str>, &str),
    to: &[Recipient],
) -> Result<(Vec<u8>, Vec<String>), Unwritable> {
    let element = |to: &Recipient| Header::Address {
        name: "Resent-To".to_owned(),
        real_name: to.real_name.clone(),
        address: to.address.clone(),
    };
    let to: Vec<Header> = to.iter().map(element).collect();
    let recipients = envelope::addressees(to.iter())?;
    let from =
        field::Mailbox { name: real_name.unwrap_or_default().to_owned(), address: Some(address.to_owned()) };
    let to: Vec<field::Mailbox> = to.iter().flat_map(envelope::entries).collect();
    let fields = [
        field::addresses("Resent-From", &[from]),
        field::addresses("Resent-To", &to),
        field::text("Resent-Date", &stamp.date(stamp.now)),
        field::words("Resent-Message-ID", std::iter::once(stamp.message_id().as_str())),
    ];
    Ok((fields.concat().into_bytes(), recipients))
}

/// Where those fields of a message stand that others are not told: who got it secretly. A line that mbox files put
/// before a message goes too. None if the header does not end within these bytes.
pub(crate) fn secrets(start: &[u8], is_whole: bool) -> Option<Vec<Range<u64>>> {
    let body = header::body_start(start);
    if body == start.len() && !is_whole {
        return None;
    }
    let block = start.get(..body)?;
    let mut secrets: Vec<Range<u64>> = Vec::new();
    let mut is_secret = false;
    for line in Lines::new(block) {
        let bytes = block.get(line.clone())?;
        is_secret = match bytes.first() {
            Some(b' ' | b'\t') => is_secret,
            _ if line.start == 0 && bytes.starts_with(b"From ") => true,
            _ => {
                let name = bytes.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii();
                [&b"Bcc"[..], b"Resent-Bcc"].iter().any(|secret| secret.eq_ignore_ascii_case(name))
            }
        };
        if is_secret {
            secrets.push(line.start as u64..line.end as u64);
        }
    }
    Some(secrets)
}

/// How the bytes of a message can go, as far as they were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Passage {
    length: usize,
    has_eight_bit: bool,
    is_unfit: bool,
    after_cr: bool,
}

impl Passage {
    /// Sees the next bytes.
    pub(crate) fn see(&mut self, bytes: &[u8]) {
        for byte in bytes {
            // RFC 2045 §2.8: lines of at most 998 bytes, and CR and LF only together.
            self.is_unfit |= self.after_cr != (*byte == b'\n') || *byte == 0;
            self.after_cr = *byte == b'\r';
            self.has_eight_bit |= !byte.is_ascii();
            self.length = if *byte == b'\n' { 0 } else { self.length + 1 };
            self.is_unfit |= self.length > 999;
        }
    }

    /// The transfer encoding that lets them through.
    pub(crate) const fn transfer(self) -> Transfer {
        match (self.is_unfit || self.after_cr, self.has_eight_bit) {
            (true, _) => Transfer::Base64,
            (false, true) => Transfer::EightBit,
            (false, false) => Transfer::SevenBit,
        }
    }
}

/// How an attached content is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transfer {
    /// As it is.
    SevenBit,
    /// As it is, with bytes that are no ASCII.
    EightBit,
    /// In lines of base64.
    Base64,
}

impl Transfer {
    /// The value of `Content-Transfer-Encoding`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::SevenBit => "7bit",
            Self::EightBit => "8bit",
            Self::Base64 => "base64",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_secrets(raw: &str) -> Option<String> {
        let mut out = String::new();
        let mut at = 0;
        for secret in secrets(raw.as_bytes(), false)? {
            out.push_str(&raw[at..usize::try_from(secret.start).unwrap()]);
            at = usize::try_from(secret.end).unwrap();
        }
        Some(out + &raw[at..])
    }

    #[test]
    fn secret_recipients_are_cut_out_with_all_their_lines() {
        let table = [
            ("A: 1\r\nBcc: x@y,\r\n z@y\r\nB: 2\r\n\r\nBcc: body", Some("A: 1\r\nB: 2\r\n\r\nBcc: body")),
            ("bcc : x@y\nRESENT-BCC: a\nB: 2\n\nx", Some("B: 2\n\nx")),
            ("From x Mon Jan\nA: 1\n\nx", Some("A: 1\n\nx")),
            ("A: 1\r\nB: 2\r\n", None),
        ];
        for (raw, rest) in table {
            assert_eq!(without_secrets(raw).as_deref(), rest, "{raw}");
        }
    }

    #[test]
    fn the_passage_of_a_message_is_told_from_its_bytes() {
        let transfer = |pieces: &[&[u8]]| {
            let mut passage = Passage::default();
            pieces.iter().for_each(|piece| passage.see(piece));
            passage.transfer()
        };
        assert_eq!(transfer(&[b"a\r", b"\nb"]), Transfer::SevenBit);
        assert_eq!(transfer(&[b"a\r\n\xc3\xb6"]), Transfer::EightBit);
        for unfit in [&b"a\nb"[..], b"a\rb", b"a\r", b"\0", &[b'x'; 1_000]] {
            assert_eq!(transfer(&[unfit]), Transfer::Base64);
        }
        assert_eq!(transfer(&[&[b'x'; 998], b"\r\n"]), Transfer::SevenBit);
    }
}
