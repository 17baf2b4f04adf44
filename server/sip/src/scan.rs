//! How one header value is read: tokens, white space, quoted strings, lists.
//!
//! Values come unfolded (see `parse`), so white space is space and tab alone.

use std::borrow::Cow;

use crate::error::Flaw;

/// A position in a value.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn is_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// Skips spaces and tabs.
    pub(crate) fn skip_space(&mut self) {
        self.take_while(|byte| byte == b' ' || byte == b'\t');
    }

    /// Takes `byte` if it is next.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        if next {
            self.advance(1);
        }
        next
    }

    /// Takes `byte` and the white space around it, if it is the next thing.
    pub(crate) fn eat_separator(&mut self, byte: u8) -> bool {
        let mut ahead = self.clone();
        ahead.skip_space();
        let found = ahead.eat(byte);
        if found {
            ahead.skip_space();
            *self = ahead;
        }
        found
    }

    /// Takes the bytes up to the first that `belongs` refuses.
    pub(crate) fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.rest.iter().position(|&byte| !belongs(byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    /// Takes a token of one character or more (RFC 3261 §25.1).
    pub(crate) fn token(&mut self) -> Result<&'a str, Flaw> {
        let token = self.take_while(is_token);
        match std::str::from_utf8(token) {
            Ok("") | Err(_) => Err(if self.is_end() { Flaw::Empty } else { Flaw::Character }),
            Ok(token) => Ok(token),
        }
    }

    /// Takes a quoted string, which must be next; what is returned has its quotes and escapes still.
    pub(crate) fn quoted(&mut self) -> Result<&'a [u8], Flaw> {
        let length = quoted_length(self.rest).ok_or(Flaw::Quote)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Flaw::Quote)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes a decimal number.
    pub(crate) fn number(&mut self) -> Result<u64, Flaw> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        decimal(digits)
    }

    /// Succeeds if only white space is left.
    pub(crate) fn finish(mut self) -> Result<(), Flaw> {
        self.skip_space();
        if self.is_end() { Ok(()) } else { Err(Flaw::Trailing) }
    }
}

/// Whether a byte may stand in a token (RFC 3261 §25.1).
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}

/// A number in decimal digits, however many leading zeros it has.
pub(crate) fn decimal(digits: &[u8]) -> Result<u64, Flaw> {
    if digits.is_empty() {
        return Err(Flaw::Number);
    }
    digits.iter().try_fold(0_u64, |number, &digit| {
        let value = if digit.is_ascii_digit() { u64::from(digit - b'0') } else { return Err(Flaw::Number) };
        number.checked_mul(10).and_then(|shifted| shifted.checked_add(value)).ok_or(Flaw::Number)
    })
}

/// The bytes without the spaces and tabs around them.
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// What a quoted string means: without its quotes and escapes. Anything else means itself.
pub(crate) fn unquote(text: &str) -> Cow<'_, str> {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Cow::Borrowed(text);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next()),
            other => plain.push(other),
        }
    }
    Cow::Owned(plain)
}

/// The elements of a comma-separated value; commas in quotes and angle brackets do not count (RFC 3261 §7.3.1).
pub(crate) fn elements(value: &[u8]) -> Elements<'_> {
    Elements { rest: Some(value) }
}

/// See [`elements`].
#[derive(Debug, Clone)]
pub(crate) struct Elements<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<&'a [u8], Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let length = match element_length(rest) {
            Ok(length) => length,
            Err(flaw) => return Some(Err(flaw)),
        };
        self.rest = rest.get(length + 1..);
        let element = trim(rest.get(..length).unwrap_or(rest));
        Some(if element.is_empty() { Err(Flaw::Empty) } else { Ok(element) })
    }
}

/// How many bytes come before the comma that ends the first element.
fn element_length(rest: &[u8]) -> Result<usize, Flaw> {
    let mut at = 0;
    let mut bracketed = false;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'"' if !bracketed => {
                at += quoted_length(rest.get(at..).unwrap_or_default()).ok_or(Flaw::Quote)?;
                continue;
            }
            b'<' => bracketed = true,
            b'>' => bracketed = false,
            b',' if !bracketed => return Ok(at),
            _ => {}
        }
        at += 1;
    }
    if bracketed { Err(Flaw::Bracket) } else { Ok(at) }
}

/// How many bytes the quoted string at the start takes, its quotes included.
fn quoted_length(bytes: &[u8]) -> Option<usize> {
    if bytes.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(value: &str) -> Vec<Result<&str, Flaw>> {
        elements(value.as_bytes())
            .map(|element| element.map(|bytes| std::str::from_utf8(bytes).unwrap()))
            .collect()
    }

    #[test]
    fn commas_in_quotes_and_brackets_do_not_split() {
        assert_eq!(
            split(r#"  "a, \" b" <sip:x,y> ;q=1 , <sip:z> "#),
            [Ok(r#""a, \" b" <sip:x,y> ;q=1"#), Ok("<sip:z>")]
        );
    }

    #[test]
    fn an_empty_element_is_an_error_and_the_others_are_still_seen() {
        assert_eq!(split("a,,b"), [Ok("a"), Err(Flaw::Empty), Ok("b")]);
    }

    #[test]
    fn an_open_quote_or_bracket_ends_the_list() {
        assert_eq!(split(r#"a, "b"#), [Ok("a"), Err(Flaw::Quote)]);
        assert_eq!(split("a, <b"), [Ok("a"), Err(Flaw::Bracket)]);
    }

    #[test]
    fn unquoting_takes_the_backslash_from_every_escaped_character() {
        assert_eq!(unquote(r#""J \\\"R\" \B""#), r#"J \"R" B"#);
        assert_eq!(unquote("plain"), "plain");
    }

    #[test]
    fn a_number_beyond_64_bits_is_refused_rather_than_wrapped() {
        assert_eq!(decimal(b"18446744073709551615"), Ok(u64::MAX));
        assert_eq!(decimal(b"18446744073709551616"), Err(Flaw::Number));
        assert_eq!(decimal(b"-1"), Err(Flaw::Number));
        assert_eq!(decimal(b"0068"), Ok(68));
    }
}
