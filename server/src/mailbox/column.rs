//! By what is a view sorted, and where are the values that it is sorted by?

use protocol::Field;
use storage::{Message, SortColumn, SortKey, Summary};

use super::collation;
use super::sorted::{Value, Values};
use crate::mail;

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

    /// Whether its values are texts.
    pub(crate) const fn is_text(&self) -> bool {
        match self {
            Self::Uid | Self::Size | Self::InternalDate => false,
            Self::Stored(StoredField::Sent | StoredField::Original) => false,
            Self::Flags | Self::Stored(_) | Self::Header(_) => true,
        }
    }

    /// Whether messages can be sorted by it only if its values are read.
    pub(crate) const fn needs_values(&self) -> bool {
        !matches!(self, Self::Uid | Self::Flags)
    }

    /// Its value in what is known of every message.
    pub(crate) fn push_value(&self, summary: &Summary<'_>, into: &mut Values) {
        match (self, summary.key) {
            (Self::Size, _) => into.push_number(i64::try_from(summary.size).unwrap_or(i64::MAX)),
            (Self::InternalDate, _) => into.push_number(summary.internal_date),
            (Self::Stored(StoredField::Original), SortKey::Integer(0)) => {
                into.push_number(summary.uid.0.into())
            }
            (_, SortKey::Integer(number)) => into.push_number(number),
            (_, SortKey::Text(text)) => into.push_text(text),
            (_, SortKey::None) => into.push_number(0),
        }
    }

    /// Its value in one message.
    pub(crate) fn value(&self, message: &Message, header: &[u8]) -> Value {
        let fields = &message.fields;
        let text = |text: &str| Value::Text(collation::key(text));
        match self {
            Self::Uid | Self::Flags => Value::Number(message.uid.0.into()),
            Self::Size => Value::Number(i64::try_from(message.blob.size).unwrap_or(i64::MAX)),
            Self::InternalDate => Value::Number(message.internal_date),
            Self::Stored(StoredField::Sent) => Value::Number(fields.sent.unwrap_or(message.internal_date)),
            Self::Stored(StoredField::Original) => {
                Value::Number(message.original_uid.unwrap_or(message.uid).0.into())
            }
            Self::Stored(StoredField::Subject) => text(&fields.subject),
            Self::Stored(StoredField::From) if fields.from_name.is_empty() => text(&fields.from_address),
            Self::Stored(StoredField::From) => text(&fields.from_name),
            Self::Stored(StoredField::FromAddress) => text(&fields.from_address),
            Self::Stored(StoredField::To) => text(&fields.to),
            Self::Stored(StoredField::Cc) => text(&fields.cc),
            Self::Header(name) => text(&mail::sort_text(name, header)),
        }
    }
}
