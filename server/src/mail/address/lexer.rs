//! Of which words, quoted strings, comments and brackets is an address field made (RFC 5322 §3.2)?

use crate::mail::word;

/// A piece of an address field.
pub(super) enum Token<'a> {
    /// An atom, several atoms joined by dots or `@`, or an encoded word.
    Word(&'a str),
    /// The content of a quoted string.
    Quoted(String),
    /// The content of a comment.
    Comment(String),
    /// The address in angle brackets.
    Angle(String),
    Comma,
    Colon,
    Semicolon,
}

/// What of the field is still to be read, and which brackets are known to be closed nowhere in it.
pub(super) struct Lexer<'a> {
    rest: &'a str,
    open_quote: bool,
    open_comment: bool,
    open_angle: bool,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { rest: text, open_quote: false, open_comment: false, open_angle: false }
    }

    /// The next token, and whether there is white space before it.
    pub(super) fn next_token(&mut self) -> Option<(Token<'a>, bool)> {
        let mut spaced = false;
        loop {
            let trimmed = self.rest.trim_start();
            spaced |= trimmed.len() < self.rest.len();
            self.rest = trimmed;
            let token = match trimmed.chars().next()? {
                '"' => self.quoted(),
                '(' => self.comment(),
                '<' => Some(self.angle()),
                ',' => self.special(Token::Comma),
                ':' => self.special(Token::Colon),
                ';' => self.special(Token::Semicolon),
                ')' | '>' => self.skip(),
                _ => Some(self.word()),
            };
            if let Some(token) = token {
                return Some((token, spaced));
            }
        }
    }

    /// Steps over one character that means nothing; it has one byte.
    fn skip(&mut self) -> Option<Token<'a>> {
        self.rest = self.rest.get(1..).unwrap_or_default();
        None
    }

    fn special(&mut self, token: Token<'a>) -> Option<Token<'a>> {
        self.skip();
        Some(token)
    }

    fn quoted(&mut self) -> Option<Token<'a>> {
        let quoted = if self.open_quote { None } else { delimited(self.rest, '"', '"') };
        self.open_quote |= quoted.is_none();
        self.delimited(quoted, Token::Quoted)
    }

    fn comment(&mut self) -> Option<Token<'a>> {
        let comment = if self.open_comment { None } else { delimited(self.rest, '(', ')') };
        self.open_comment |= comment.is_none();
        self.delimited(comment, Token::Comment)
    }

    fn delimited(
        &mut self,
        found: Option<(String, &'a str)>,
        token: fn(String) -> Token<'a>,
    ) -> Option<Token<'a>> {
        let Some((text, rest)) = found else { return self.skip() };
        self.rest = rest;
        Some(token(text))
    }

    fn angle(&mut self) -> Token<'a> {
        let inner = self.rest.get(1..).unwrap_or_default();
        let mut quoted = false;
        let closing = |c: char| {
            quoted ^= c == '"';
            c == '>' && !quoted
        };
        let closed = if self.open_angle { None } else { inner.find(closing).or_else(|| inner.find('>')) };
        self.open_angle |= closed.is_none();
        let end = closed.or_else(|| inner.find([',', ';'])).unwrap_or(inner.len());
        let (address, rest) = inner.split_at(end);
        self.rest = rest.strip_prefix('>').unwrap_or(rest);
        Token::Angle(bracketed(address))
    }

    fn word(&mut self) -> Token<'a> {
        let length = word::length(self.rest).unwrap_or_else(|| {
            let mut literal = false;
            let ends = |c: char| {
                literal = (literal || c == '[') && c != ']';
                !literal && (c.is_whitespace() || matches!(c, '"' | '(' | ')' | '<' | '>' | ',' | ':' | ';'))
            };
            self.rest.find(ends).unwrap_or(self.rest.len())
        });
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        Token::Word(word)
    }
}

/// The content of a quoted string or comment, whose quoted pairs are undone (RFC 5322 §3.2.1), and what follows
/// it. Comments nest.
fn delimited(text: &str, open: char, close: char) -> Option<(String, &str)> {
    let (mut content, mut depth, mut escaped) = (String::new(), 0_usize, false);
    for (position, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
            continue;
        } else if c == close && depth == 0 {
            return Some((content, text.get(position + c.len_utf8()..)?));
        } else if c == close {
            depth -= 1;
        } else if c == open {
            depth += 1;
        }
        content.push(c);
    }
    None
}

/// The address in angle brackets without the route before it (RFC 5322 §4.4) or the scheme that some put there.
fn bracketed(text: &str) -> String {
    let text = text.trim().trim_start_matches('<');
    let scheme = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let text = text.get(scheme.map_or(0, str::len)..).unwrap_or_default();
    let text = match text.split_once(':') {
        Some((route, address)) if route.starts_with('@') => address,
        Some(_) | None => text,
    };
    if text.contains('"') { text.trim().to_owned() } else { text.split_whitespace().collect() }
}
