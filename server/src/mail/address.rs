//! Who is named by an address field?
//!
//! The grammar is that of RFC 5322 §3.4 with the obsolete forms of §4.4, read leniently: commas and semicolons
//! both separate, brackets and quotes may be left open, a name may stand there without an address.

mod lexer;

use std::borrow::Cow;

use lexer::{Lexer, Token};

use super::header::Header;
use super::word;

/// Most addresses read from one field.
const ADDRESS_CAP: usize = 2_000;

/// One entry of an address field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// The real name, or the comment that stands for it.
    pub(super) name: Option<String>,
    /// `local@domain`, without angle brackets. Empty where only a name is given, such as that of an empty group.
    pub(super) address: String,
}

impl Address {
    /// The real name if there is one, else the address.
    pub(super) fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.address)
    }

    /// Name and address as people write them.
    pub(super) fn readable(&self) -> Cow<'_, str> {
        match &self.name {
            Some(name) if self.address.is_empty() => Cow::Borrowed(name),
            Some(name) => Cow::Owned(format!("{name} <{}>", self.address)),
            None => Cow::Borrowed(&self.address),
        }
    }
}

/// The entries of all fields of that name.
pub(super) fn of(header: &Header<'_>, name: &str) -> Vec<Address> {
    header.all(name).flat_map(|field| read(&field.unfolded())).collect()
}

/// The entries of an unfolded field.
pub(super) fn read(text: &str) -> Vec<Address> {
    let mut list = List::default();
    let mut lexer = Lexer::new(text);
    while let Some((token, spaced)) = lexer.next_token() {
        match token {
            Token::Word(text) => list.open.push(text, false, spaced),
            Token::Quoted(text) => list.open.push(&text, true, spaced),
            Token::Comment(text) => list.open.comments.push(text),
            Token::Angle(address) => list.open.angle = Some(address),
            Token::Comma => list.close(),
            Token::Colon => list.open_group(),
            Token::Semicolon => list.close_group(),
        }
        if list.done.len() >= ADDRESS_CAP {
            return list.done;
        }
    }
    list.close_group();
    list.done
}

/// The entries so far and the one being read.
#[derive(Default)]
struct List {
    done: Vec<Address>,
    open: Entry,
    /// The name of the group being read and how many entries there were before it.
    group: Option<(String, usize)>,
}

impl List {
    fn close(&mut self) {
        self.done.extend(std::mem::take(&mut self.open).address());
    }

    fn open_group(&mut self) {
        let is_name = self.open.angle.is_none() && !self.open.pieces.iter().any(|p| p.text.contains('@'));
        if is_name {
            self.close_group_before(self.done.len());
            let name = phrase(&std::mem::take(&mut self.open).pieces);
            self.group = Some((name, self.done.len()));
        }
    }

    fn close_group(&mut self) {
        self.close();
        self.close_group_before(self.done.len());
    }

    /// Nobody in a group is told by its name, as in `undisclosed-recipients:;`.
    fn close_group_before(&mut self, end: usize) {
        if let Some((name, start)) = self.group.take()
            && start == end
            && !name.is_empty()
        {
            self.done.push(Address { name: Some(name), address: String::new() });
        }
    }
}

/// A word or quoted string outside of angle brackets.
struct Piece {
    text: String,
    quoted: bool,
    /// Whether there is white space before it.
    spaced: bool,
}

/// The entry being read.
#[derive(Default)]
struct Entry {
    pieces: Vec<Piece>,
    comments: Vec<String>,
    angle: Option<String>,
}

impl Entry {
    fn push(&mut self, text: &str, quoted: bool, spaced: bool) {
        self.pieces.push(Piece { text: text.to_owned(), quoted, spaced });
    }

    fn address(mut self) -> Option<Address> {
        let comment = word::decode(&self.comments.join(" "));
        let address = match self.angle.take() {
            Some(address) => address,
            None => self.bare_address(),
        };
        let name = phrase(&self.pieces);
        let name = match (name.is_empty(), comment.is_empty()) {
            (true, _) => comment,
            (false, true) => name,
            (false, false) => format!("{name} ({comment})"),
        };
        let address = word::plain(&address);
        let name = Some(name).filter(|name| !name.is_empty());
        (name.is_some() || !address.is_empty()).then_some(Address { name, address })
    }

    /// Takes the address out of the words when no brackets mark it: what has the `@`, or else the only word.
    fn bare_address(&mut self) -> String {
        let Some(at) = self.pieces.iter().rposition(|piece| !piece.quoted && piece.text.contains('@')) else {
            let is_only_word = matches!(self.pieces.as_slice(), [only] if !only.quoted && word::length(&only.text).is_none());
            return if is_only_word {
                self.pieces.pop().map(|piece| piece.text).unwrap_or_default()
            } else {
                String::new()
            };
        };
        let starts = |piece: &Piece, with: [char; 2]| !piece.quoted && piece.text.starts_with(with);
        let ends = |piece: &Piece, with: [char; 2]| !piece.quoted && piece.text.ends_with(with);
        // White space may stand around `@` and dots (RFC 5322 §4.4).
        let (mut from, mut till) = (at, at + 1);
        while from > 0 && self.pieces.get(from).is_some_and(|piece| starts(piece, ['@', '.'])) {
            from -= 1;
        }
        while let (Some(last), Some(next)) = (self.pieces.get(till - 1), self.pieces.get(till)) {
            if !ends(last, ['@', '.']) && !starts(next, ['.', '.']) {
                break;
            }
            till += 1;
        }
        let quote = |piece: Piece| if piece.quoted { format!("\"{}\"", piece.text) } else { piece.text };
        self.pieces.drain(from..till).map(quote).collect()
    }
}

/// The words of a name, decoded.
fn phrase(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        if piece.spaced && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&piece.text);
    }
    word::decode(&text)
}

#[cfg(test)]
mod tests;
