//! What do encoded words in a header field say (RFC 2047, RFC 2231 §5)?

use super::{charset, transfer};

/// Longest data of an encoded word, in bytes. The standard allows 75 for all of it; many programs write more.
const WORD_CAP: usize = 8 * 1024;

/// The text with its encoded words decoded, without control characters and blanks around it.
///
/// Words next to each other are decoded as one when they have the same character set: many programs break
/// them within a character.
pub(super) fn decode(text: &str) -> String {
    let mut decoder = Decoder { out: String::with_capacity(text.len()), open: None };
    let mut rest = text;
    while let Some(position) = rest.find("=?") {
        let (literal, tail) = rest.split_at(position);
        match Word::read(tail) {
            Some(word) => {
                rest = tail.get(word.length..).unwrap_or_default();
                decoder.literal(literal, true);
                decoder.word(&word);
            }
            None => {
                decoder.literal(literal, false);
                decoder.literal("=?", false);
                rest = tail.get(2..).unwrap_or_default();
            }
        }
    }
    decoder.literal(rest, false);
    decoder.close();
    plain(&decoder.out)
}

/// How long the encoded word at the beginning of the text is, if there is one.
pub(super) fn length(text: &str) -> Option<usize> {
    Word::read(text).map(|word| word.length)
}

/// The text with blanks in place of control characters, and none around it.
pub(super) fn plain(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The decoded text so far, and the bytes of the words at its end that wait for more.
struct Decoder<'a> {
    out: String,
    open: Option<(&'a str, Vec<u8>)>,
}

impl<'a> Decoder<'a> {
    /// Text that is not encoded; blanks between two encoded words do not count (RFC 2047 §6.2).
    fn literal(&mut self, text: &str, before_word: bool) {
        let is_between_words = before_word && self.open.is_some();
        if text.is_empty() || (is_between_words && text.trim_ascii().is_empty()) {
            return;
        }
        self.close();
        self.out.push_str(text);
    }

    fn word(&mut self, word: &Word<'a>) {
        match &mut self.open {
            // A word that has gone back to ASCII (RFC 1468) is whole.
            Some((charset, bytes))
                if charset.eq_ignore_ascii_case(word.charset) && !bytes.ends_with(b"\x1b(B") =>
            {
                word.append(bytes);
            }
            Some(_) | None => {
                self.close();
                let mut bytes = Vec::new();
                word.append(&mut bytes);
                self.open = Some((word.charset, bytes));
            }
        }
    }

    fn close(&mut self) {
        if let Some((charset, bytes)) = self.open.take() {
            self.out.push_str(&charset::decode(Some(charset), &bytes));
        }
    }
}

/// `=?charset?encoding?data?=`.
struct Word<'a> {
    charset: &'a str,
    is_base64: bool,
    data: &'a str,
    length: usize,
}

impl<'a> Word<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (charset, rest) = text.strip_prefix("=?")?.split_once('?')?;
        if charset.is_empty() || charset.len() > 64 || !charset.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let is_base64 = match rest.as_bytes() {
            [b'B' | b'b', b'?', ..] => true,
            [b'Q' | b'q', b'?', ..] => false,
            _ => return None,
        };
        let rest = rest.get(2..)?;
        let window = rest.as_bytes().get(..WORD_CAP).unwrap_or(rest.as_bytes());
        let length = if is_base64 {
            let end = memchr::memchr(b'?', window)?;
            window.get(end + 1).filter(|byte| **byte == b'=').map(|_| end)?
        } else {
            memchr::memmem::find(window, b"?=")?
        };
        let length_before = charset.len() + "=???".len() + 1;
        Some(Self {
            charset,
            is_base64,
            data: rest.get(..length)?,
            length: length_before + length + "?=".len(),
        })
    }

    /// Adds the bytes that the word stands for. What is not ASCII in it was forgotten to be encoded.
    fn append(&self, out: &mut Vec<u8>) {
        let data = charset::encode(self.charset, self.data);
        if self.is_base64 {
            out.extend(transfer::base64(&data).0);
        } else {
            transfer::unescape(&data, true, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_are_decoded_where_they_stand() {
        let table = [
            ("plain text", "plain text"),
            ("=?utf-8?Q?J=C3=B6rg?=", "Jörg"),
            ("=?UTF-8?b?SsO2cmc=?=", "Jörg"),
            ("Re: =?iso-8859-1?q?Gr=FC=DFe_an?= alle", "Re: Grüße an alle"),
            ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
            ("=?utf-8?Q?a?=\t =?iso-8859-1?Q?b?= c", "ab c"),
            ("(=?utf-8?Q?x?=)", "(x)"),
            ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
            ("=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
            ("=?utf-8*de?Q?gr=C3=BCn?=", "grün"),
            ("=?utf-8?Q?=3D=3F?=", "=?"),
            ("=?utf-8?Q??=", ""),
            ("=?iso-8859-1?Q?J\u{fc}rgen_=FC?=", "Jürgen ü"),
        ];
        for (encoded, text) in table {
            assert_eq!(decode(encoded), text, "{encoded}");
        }
    }

    #[test]
    fn a_character_broken_over_two_words_is_whole_again() {
        assert_eq!(decode("=?utf-8?Q?J=C3?= =?UTF-8?Q?=B6rg?="), "Jörg");
        assert_eq!(decode("=?utf-8?B?SsM=?= =?utf-8?B?tnJn?="), "Jörg");
        let japanese = "=?iso-2022-jp?B?GyRCJDMbKEI=?= =?iso-2022-jp?B?GyRCJHMbKEI=?=";
        assert_eq!(decode(japanese), "こん");
    }

    #[test]
    fn what_is_no_encoded_word_stays() {
        for text in
            ["=?", "=?utf-8?", "=?utf-8?X?a?=", "=?utf-8?Q?a", "a =?b c?Q?d?=", "=?utf-8?B?a?b?=", "x=?=?="]
        {
            assert_eq!(decode(text), text);
        }
    }

    #[test]
    fn control_characters_become_blanks() {
        assert_eq!(decode("=?utf-8?Q?a=0D=0ABcc:_x?="), "a  Bcc: x");
    }

    #[test]
    fn the_length_of_a_word_covers_all_of_it() {
        assert_eq!(length("=?utf-8?Q?Doe,_John?= <a@b>"), Some(21));
        assert_eq!(length("=?utf-8?B?SsO2cmc=?=x"), Some(20));
        assert_eq!(length("x=?utf-8?Q?a?="), None);
    }
}
