//! By what is a view sorted, and where are the values kept that it is sorted by?

use std::cmp::Ordering;

use protocol::Field;
use storage::SortColumn;

/// A field that messages can be sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SortField {
    /// The unique id: the order of arrival.
    Uid,
    /// The size in bytes.
    Size,
    /// When the message came.
    InternalDate,
    /// The flags, as a text.
    Flags,
    /// A field that is stored as a column.
    Stored(StoredField),
    /// Any other header field; its name in lower case.
    Header(String),
}

/// A field that is stored as a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum StoredField {
    /// `Date`.
    Sent,
    /// `ORIGUID`.
    Original,
    /// `Subject`.
    Subject,
    /// `From`.
    From,
    /// `E-From`.
    FromAddress,
    /// `To`.
    To,
    /// `Cc`.
    Cc,
}

impl SortField {
    /// The field that a client names; without one, the UID.
    pub(crate) fn of(field: Option<&Field>) -> Self {
        let name = field.map_or_else(|| "uid".to_owned(), |field| field.name().to_ascii_lowercase());
        match name.as_str() {
            "uid" => Self::Uid,
            "size" => Self::Size,
            "internaldate" => Self::InternalDate,
            "flags" => Self::Flags,
            "date" => Self::Stored(StoredField::Sent),
            "origuid" => Self::Stored(StoredField::Original),
            "subject" => Self::Stored(StoredField::Subject),
            "from" => Self::Stored(StoredField::From),
            "e-from" => Self::Stored(StoredField::FromAddress),
            "to" => Self::Stored(StoredField::To),
            "cc" => Self::Stored(StoredField::Cc),
            _ => Self::Header(name),
        }
    }

    /// The column to be read for it.
    pub(crate) const fn column(&self) -> SortColumn {
        match self {
            Self::Uid | Self::Size | Self::InternalDate | Self::Flags | Self::Header(_) => SortColumn::None,
            Self::Stored(StoredField::Sent) => SortColumn::Sent,
            Self::Stored(StoredField::Original) => SortColumn::OriginalUid,
            Self::Stored(StoredField::Subject) => SortColumn::Subject,
            Self::Stored(StoredField::From) => SortColumn::From,
            Self::Stored(StoredField::FromAddress) => SortColumn::FromAddress,
            Self::Stored(StoredField::To) => SortColumn::To,
            Self::Stored(StoredField::Cc) => SortColumn::Cc,
        }
    }

    /// Whether its keys are texts.
    const fn is_text(&self) -> bool {
        match self {
            Self::Uid | Self::Size | Self::InternalDate => false,
            Self::Stored(StoredField::Sent | StoredField::Original) => false,
            Self::Flags | Self::Stored(_) | Self::Header(_) => true,
        }
    }

    /// Whether a view sorted by it needs values beside what every entry has.
    pub(crate) const fn needs_column(&self) -> bool {
        !matches!(self, Self::Uid | Self::Flags)
    }
}

/// The value of a message that it is sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// A number.
    Number(i64),
    /// A text, folded for comparison.
    Text(Box<str>),
}

impl Key {
    /// A text for comparison, without regard to case.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_lowercase().into())
    }
}

/// The keys of all messages of a mailbox, in the order of its entries.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    /// Numbers.
    Numbers(Vec<i64>),
    /// Texts.
    Texts(Vec<Box<str>>),
}

impl Column {
    /// A column that holds these keys of a field.
    pub(crate) fn of(field: &SortField, keys: Vec<Key>) -> Self {
        if field.is_text() {
            return Self::Texts(keys.into_iter().map(into_text).collect());
        }
        Self::Numbers(keys.iter().map(number).collect())
    }

    /// Compares the messages at two places.
    pub(crate) fn compare(&self, a: usize, b: usize) -> Ordering {
        match self {
            Self::Numbers(numbers) => numbers.get(a).cmp(&numbers.get(b)),
            Self::Texts(texts) => texts.get(a).cmp(&texts.get(b)),
        }
    }

    /// Puts a key in at a place.
    pub(crate) fn insert(&mut self, at: usize, key: Key) {
        match self {
            Self::Numbers(numbers) => numbers.insert(at.min(numbers.len()), number(&key)),
            Self::Texts(texts) => texts.insert(at.min(texts.len()), into_text(key)),
        }
    }

    /// Keeps the keys at the places for which `keep` says so.
    pub(crate) fn retain(&mut self, keep: &[bool]) {
        let mut places = keep.iter();
        let mut next = || places.next().copied().unwrap_or(true);
        match self {
            Self::Numbers(numbers) => numbers.retain(|_| next()),
            Self::Texts(texts) => texts.retain(|_| next()),
        }
    }
}

const fn number(key: &Key) -> i64 {
    match key {
        Key::Number(number) => *number,
        Key::Text(_) => 0,
    }
}

fn into_text(key: Key) -> Box<str> {
    match key {
        Key::Text(text) => text,
        Key::Number(_) => Box::default(),
    }
}
