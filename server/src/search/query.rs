//! What does the filter of a `folderSearch` ask for?
//!
//! Search keys of IMAP (RFC 3501, 6.4.4), read strictly: what is not understood is refused, and the refusal says what
//! would be. Only literals (`{3}`) are left out: an attribute has quoted strings.

use jiff::civil::Date;
use protocol::{Field, FlagTerms, Flags, Range, Scalar};

use crate::mailbox::Numbers;

/// How deep keys may be nested.
const LEVELS: usize = 30;
/// How many keys there may be.
const KEYS: usize = 1_000;
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A filter that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query(pub(super) Key);

/// What is asked of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// All of these.
    All(Vec<Self>),
    /// One of the two.
    Either(Box<(Self, Self)>),
    /// Not this.
    Not(Box<Self>),
    /// These flags, and not those.
    Flags(FlagTerms),
    /// What no message has.
    Never,
    /// A UID in the set.
    Uids(Set),
    /// A position, counted from 1, in the set.
    Numbers(Set),
    /// More bytes.
    Larger(u64),
    /// Less bytes.
    Smaller(u64),
    /// When it came.
    Came(Day),
    /// When it was sent.
    Sent(Day),
    /// A text.
    Text(TextKey),
}

/// When something was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    Before(Date),
    On(Date),
    Since(Date),
}

/// Where a text is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum TextKey {
    /// In the header field of this name.
    Field(String, String),
    Body(String),
    Anywhere(String),
}

/// Numbers, of which `*` is the largest there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set {
    /// The ranges without `*`.
    numbers: Numbers,
    /// From where ranges go to `*`, or back to it.
    to_last: Vec<u32>,
}

impl Set {
    pub(super) fn contains(&self, number: u32, last: u32) -> bool {
        let reaches = |bound: &u32| (number >= *bound && number <= last) || (number == last && last < *bound);
        self.numbers.contains(number) || self.to_last.iter().any(reaches)
    }
}

impl Query {
    /// Reads a filter, or says what is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut parser = Parser { rest: text.trim_matches(' '), keys: 0 };
        if let Some(after) = parser.word_is("CHARSET") {
            parser.rest = after;
            let name = parser.string("the name of a charset")?;
            if !["utf-8", "us-ascii"].contains(&name.to_ascii_lowercase().as_str()) {
                return Err(format!("texts are Unicode: leave out CHARSET {name}"));
            }
            parser.space()?;
        }
        if parser.rest.is_empty() {
            return Err("it is empty: ALL finds all messages".to_owned());
        }
        let keys = parser.keys(0)?;
        match parser.rest {
            "" => Ok(Self(keys)),
            rest => Err(format!("there is no key that {:?} ends", start(rest))),
        }
    }
}

impl Key {
    /// The texts that are looked for.
    pub(super) fn texts(&self) -> Vec<&TextKey> {
        match self {
            Self::All(keys) => keys.iter().flat_map(Self::texts).collect(),
            Self::Either(pair) => pair.0.texts().into_iter().chain(pair.1.texts()).collect(),
            Self::Not(key) => key.texts(),
            Self::Text(key) => vec![key],
            Self::Flags(_) | Self::Never | Self::Uids(_) | Self::Numbers(_) => Vec::new(),
            Self::Larger(_) | Self::Smaller(_) | Self::Came(_) | Self::Sent(_) => Vec::new(),
        }
    }

    /// Whether sizes or dates are asked for.
    pub(super) fn needs_facts(&self) -> bool {
        match self {
            Self::All(keys) => keys.iter().any(Self::needs_facts),
            Self::Either(pair) => pair.0.needs_facts() || pair.1.needs_facts(),
            Self::Not(key) => key.needs_facts(),
            Self::Larger(_) | Self::Smaller(_) | Self::Came(_) | Self::Sent(_) => true,
            Self::Flags(_) | Self::Never | Self::Uids(_) | Self::Numbers(_) | Self::Text(_) => false,
        }
    }

    /// How long it takes to judge, roughly.
    fn cost(&self) -> u8 {
        match self {
            Self::Flags(_) | Self::Never | Self::Uids(_) | Self::Numbers(_) => 0,
            Self::Larger(_) | Self::Smaller(_) | Self::Came(_) | Self::Sent(_) => 1,
            Self::Text(TextKey::Field(..)) => 2,
            Self::Text(TextKey::Body(_) | TextKey::Anywhere(_)) => 3,
            Self::All(keys) => keys.iter().map(Self::cost).max().unwrap_or(0),
            Self::Either(pair) => pair.0.cost().max(pair.1.cost()),
            Self::Not(key) => key.cost(),
        }
    }
}

/// What is left to be read.
struct Parser<'a> {
    rest: &'a str,
    keys: usize,
}

impl<'a> Parser<'a> {
    /// Keys up to the end, or to a closing parenthesis. The cheap ones are judged first.
    fn keys(&mut self, level: usize) -> Result<Key, String> {
        let mut keys = vec![self.key(level)?];
        while self.rest.starts_with(' ') {
            self.space()?;
            keys.push(self.key(level)?);
        }
        keys.sort_by_key(Key::cost);
        Ok(Key::All(keys))
    }

    fn key(&mut self, level: usize) -> Result<Key, String> {
        self.keys += 1;
        if level > LEVELS || self.keys > KEYS {
            return Err(format!("it has more than {KEYS} keys, or more than {LEVELS} levels"));
        }
        if let Some(rest) = self.rest.strip_prefix('(') {
            self.rest = rest;
            let keys = self.keys(level + 1)?;
            let missing = || format!("a closing parenthesis is missing before {:?}", start(self.rest));
            self.rest = self.rest.strip_prefix(')').ok_or_else(missing)?;
            return Ok(keys);
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '*') {
            return Ok(Key::Numbers(self.set()?));
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        let name = name.to_ascii_uppercase();
        let before = std::mem::replace(&mut self.rest, rest);
        if let Some(key) = flag_key(&name) {
            return Ok(key);
        }
        match name.as_str() {
            "ALL" => Ok(Key::All(Vec::new())),
            "NOT" => Ok(Key::Not(Box::new(self.argument(|p| p.key(level + 1))?))),
            "OR" => {
                let one = self.argument(|p| p.key(level + 1))?;
                let other = self.argument(|p| p.key(level + 1))?;
                Ok(Key::Either(Box::new((one, other))))
            }
            "UID" => self.argument(|p| p.set().map(Key::Uids)),
            "LARGER" => self.argument(|p| p.number().map(Key::Larger)),
            "SMALLER" => self.argument(|p| p.number().map(Key::Smaller)),
            "KEYWORD" => self.keyword(false),
            "UNKEYWORD" => self.keyword(true),
            "BODY" => self.text(TextKey::Body),
            "TEXT" => self.text(TextKey::Anywhere),
            "HEADER" => {
                let name = self.argument(|p| p.string("the name of a header field"))?;
                if Field::new(&name).is_none() {
                    return Err(format!("{name:?} is no name of a header field"));
                }
                self.text(|text| TextKey::Field(name, text))
            }
            "FROM" | "TO" | "CC" | "BCC" | "SUBJECT" => {
                let field = name.clone();
                self.text(|text| TextKey::Field(field, text))
            }
            "BEFORE" => self.argument(|p| p.date().map(Day::Before).map(Key::Came)),
            "ON" => self.argument(|p| p.date().map(Day::On).map(Key::Came)),
            "SINCE" => self.argument(|p| p.date().map(Day::Since).map(Key::Came)),
            "SENTBEFORE" => self.argument(|p| p.date().map(Day::Before).map(Key::Sent)),
            "SENTON" => self.argument(|p| p.date().map(Day::On).map(Key::Sent)),
            "SENTSINCE" => self.argument(|p| p.date().map(Day::Since).map(Key::Sent)),
            _ => Err(format!(
                "{:?} is no search key of IMAP, such as UNSEEN or SUBJECT \"tea\"",
                start(before)
            )),
        }
    }

    /// What follows a key after one blank.
    fn argument<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.space()?;
        read(self)
    }

    fn text(&mut self, key: impl FnOnce(String) -> TextKey) -> Result<Key, String> {
        self.argument(|p| p.string("a text")).map(key).map(Key::Text)
    }

    fn keyword(&mut self, is_not: bool) -> Result<Key, String> {
        let name = self.argument(|p| p.string("the name of a flag"))?;
        // A flag that this server does not know is one that no message has.
        let key = match Flags::from_wire(&name) {
            Some(set) if set != Flags::NONE => Key::Flags(FlagTerms { set, clear: Flags::NONE }),
            Some(_) | None => Key::Never,
        };
        Ok(if is_not { Key::Not(Box::new(key)) } else { key })
    }

    fn space(&mut self) -> Result<(), String> {
        let rest = self.rest.trim_start_matches(' ');
        if rest.len() == self.rest.len() || rest.is_empty() {
            return Err(format!("something is missing before {:?}", start(rest)));
        }
        self.rest = rest;
        Ok(())
    }

    /// What is left after this word, if it comes next.
    fn word_is(&self, word: &str) -> Option<&'a str> {
        let (first, rest) = self.rest.split_at_checked(word.len())?;
        rest.strip_prefix(' ').filter(|_| first.eq_ignore_ascii_case(word))
    }

    /// A word, or a quoted string.
    fn string(&mut self, what: &str) -> Result<String, String> {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find([' ', '(', ')', '"', '{', '\\']).unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end);
            if word.is_empty() {
                return Err(format!("{what} is missing before {:?}: put it in quotation marks", start(rest)));
            }
            self.rest = rest;
            return Ok(word.to_owned());
        };
        let mut text = String::new();
        let mut chars = quoted.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = quoted.get(at + 1..).unwrap_or_default();
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some((_, c @ ('"' | '\\'))) => text.push(c),
                    _ => {
                        return Err(
                            "a backslash stands before a quotation mark or another backslash".to_owned()
                        );
                    }
                },
                c => text.push(c),
            }
        }
        Err("a closing quotation mark is missing".to_owned())
    }

    fn number(&mut self) -> Result<u64, String> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        let number =
            digits.parse().map_err(|_| format!("a number is missing before {:?}", start(self.rest)))?;
        self.rest = rest;
        Ok(number)
    }

    /// A day as `1-Feb-2024`, in quotation marks or not.
    fn date(&mut self) -> Result<Date, String> {
        let text = self.string("a date")?;
        let date = || {
            let mut parts = text.split('-');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))?;
            let is_whole = parts.next().is_none() && year.len() == 4 && (1..=2).contains(&day.len());
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let month = i8::try_from(month + 1).ok()?;
            let found = Date::new(year.parse().ok()?, month, day.parse().ok()?).ok()?;
            (is_whole && digits(day) && digits(year)).then_some(found)
        };
        date().ok_or_else(|| format!("{text:?} is no date: write it as 1-Feb-2024"))
    }

    /// A set of numbers: `1,5:9,20:*`.
    fn set(&mut self) -> Result<Set, String> {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit() && !matches!(c, '*' | ':' | ','))
            .unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        let (mut ranges, mut to_last) = (Vec::new(), Vec::new());
        for piece in text.split(',') {
            let (from, till) = piece.split_once(':').unwrap_or((piece, piece));
            match (bound(from), bound(till)) {
                (Some(Some(from)), Some(Some(till))) => {
                    ranges.push(Range { from: from.min(till), till: from.max(till) });
                }
                (Some(Some(from)), Some(None)) | (Some(None), Some(Some(from))) => to_last.push(from),
                (Some(None), Some(None)) => to_last.push(u32::MAX),
                _ => {
                    let text = start(if text.is_empty() { self.rest } else { text });
                    return Err(format!("{text:?} is no set of numbers, such as 1,5:9,20:*"));
                }
            }
        }
        self.rest = rest;
        Ok(Set { numbers: Numbers::of(&ranges), to_last })
    }
}

/// A number from 1 on, or none for `*`.
fn bound(text: &str) -> Option<Option<u32>> {
    match text {
        "*" => Some(None),
        digits => digits.parse().ok().filter(|number| *number > 0).map(Some),
    }
}

fn flag_key(name: &str) -> Option<Key> {
    let (set, clear) = match name {
        "ANSWERED" => (Flags::ANSWERED, Flags::NONE),
        "DELETED" => (Flags::DELETED, Flags::NONE),
        "DRAFT" => (Flags::DRAFT, Flags::NONE),
        "FLAGGED" => (Flags::FLAGGED, Flags::NONE),
        "RECENT" => (Flags::RECENT, Flags::NONE),
        "SEEN" => (Flags::SEEN, Flags::NONE),
        "NEW" => (Flags::RECENT, Flags::SEEN),
        "OLD" => (Flags::NONE, Flags::RECENT),
        "UNANSWERED" => (Flags::NONE, Flags::ANSWERED),
        "UNDELETED" => (Flags::NONE, Flags::DELETED),
        "UNDRAFT" => (Flags::NONE, Flags::DRAFT),
        "UNFLAGGED" => (Flags::NONE, Flags::FLAGGED),
        "UNSEEN" => (Flags::NONE, Flags::SEEN),
        _ => return None,
    };
    Some(Key::Flags(FlagTerms { set, clear }))
}

/// As much of a text as a message can show.
fn start(text: &str) -> String {
    text.chars().take(30).collect()
}

#[cfg(test)]
mod tests;
