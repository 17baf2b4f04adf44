//! What does a folder show of a message, and what is it sorted and filtered by?

use jiff::tz::TimeZone;
use protocol::{Field, Flags, Scalar, Time, ViewerField};

use super::header::Header;
use super::{address, date};

/// What is known of a message beside its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meta {
    /// Its number in the mailbox.
    pub(crate) uid: u32,
    /// The number of the message that it is an edited copy of; its own number if it is none.
    pub(crate) original_uid: u32,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// When it came, in milliseconds since 1970; none of a message that has gone, of which only numbers and flags
    /// are known.
    pub(crate) internal_date: Option<i64>,
    /// Its flags.
    pub(crate) flags: Flags,
}

/// The viewer fields of a message, in the order and spelling that the client asked for. A field that the message
/// does not have is there, empty. `header` is its header block, `zone` the user's, for local times.
pub(crate) fn viewer_fields(
    wanted: &[Field],
    meta: &Meta,
    header: &[u8],
    zone: &TimeZone,
) -> Vec<ViewerField> {
    let header = Header::read(header);
    let mut shown = Vec::with_capacity(wanted.len());
    for field in wanted {
        let before = shown.len();
        match Source::of(field.name()) {
            Source::Uid => shown.push(text(field, meta.uid.to_string())),
            Source::OriginalUid => shown.push(text(field, meta.original_uid.to_string())),
            Source::Size => shown.extend(meta.internal_date.map(|_| text(field, meta.size.to_string()))),
            Source::Flags => shown.push(text(field, meta.flags.to_wire().into_owned())),
            Source::InternalDate => {
                shown.extend(meta.internal_date.map(|date| instant(field, Time(date), zone)))
            }
            Source::Date(name) => shown.extend(sent(&header, name).map(|time| instant(field, time, zone))),
            Source::Email(name) => {
                shown.extend(address::of(&header, name).into_iter().map(|entry| ViewerField {
                    field: field.clone(),
                    text: entry.address,
                    real_name: entry.name,
                    local_time: None,
                }));
            }
            source @ (Source::Priority | Source::Address(_) | Source::Text(_)) => {
                shown.extend(source.text(&header).map(|value| text(field, value)));
            }
        }
        if shown.len() == before {
            shown.push(text(field, String::new()));
        }
    }
    shown
}

/// The decoded value of the field of this name in a header block; none if it is not there, or is no field of the
/// header but of the metadata. Dates come as they do on the wire, addresses as a folder shows them.
pub(super) fn text_of(name: &str, header: &[u8]) -> Option<String> {
    Source::of(name).text(&Header::read(header))
}

/// The values of all fields that can be asked for of a header block and are not just the decoded text of one.
pub(super) fn shown_texts(header: &[u8]) -> Vec<String> {
    let header = Header::read(header);
    let mut names: Vec<String> =
        header.fields().iter().map(|field| field.name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    let sources = names.iter().flat_map(|name| {
        let prefixed = protocol::is_address_field(name).then_some(Source::Email(name));
        [Some(Source::of(name)), prefixed]
    });
    let sources = sources.flatten().filter(|source| !matches!(source, Source::Text(_)));
    sources.chain([Source::Priority]).filter_map(|source| source.text(&header)).collect()
}

/// What messages are sorted by when it is the field of this name: its value. Empty if the header block has no such
/// field.
pub(crate) fn sort_text(name: &str, header: &[u8]) -> String {
    let text = text_of(name, header).unwrap_or_default();
    if Source::of(name) != Source::Priority {
        return text;
    }
    // High before the rest before Low, not by the alphabet.
    let rank = match text.as_str() {
        "High" => "1",
        "Low" => "3",
        _ => "2",
    };
    rank.to_owned()
}

/// Where the value of a field comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source<'a> {
    Uid,
    OriginalUid,
    Size,
    InternalDate,
    Flags,
    Priority,
    /// The addresses in the header field of this name.
    Email(&'a str),
    /// The names in the address field of this name.
    Address(&'a str),
    Date(&'a str),
    /// Any other header field.
    Text(&'a str),
}

impl<'a> Source<'a> {
    fn of(name: &'a str) -> Self {
        let email = |name: &&str| protocol::is_address_field(name);
        let metadata = [
            ("UID", Self::Uid),
            ("ORIGUID", Self::OriginalUid),
            ("SIZE", Self::Size),
            ("INTERNALDATE", Self::InternalDate),
            ("FLAGS", Self::Flags),
            ("Pty", Self::Priority),
        ];
        if let Some((_, source)) = metadata.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            source
        } else if protocol::is_address_field(name) {
            Self::Address(name)
        } else if is_date(name) {
            Self::Date(name)
        } else if let Some(name) = prefixed(name).filter(email) {
            Self::Email(name)
        } else {
            Self::Text(name)
        }
    }

    /// The value in a header.
    fn text(self, header: &Header<'_>) -> Option<String> {
        match self {
            Self::Uid | Self::OriginalUid | Self::Size | Self::InternalDate | Self::Flags => None,
            Self::Priority => header.text("X-Priority").map(|value| priority(&value).to_owned()),
            Self::Email(name) => joined(header, name, |entry| entry.address.clone()),
            Self::Address(name) => joined(header, name, |entry| entry.shown().to_owned()),
            Self::Date(name) => sent(header, name).map(|time| time.to_wire().into_owned()),
            Self::Text(name) => header.text(name),
        }
    }
}

/// Whether the header field of this name is a date.
pub(super) fn is_date(name: &str) -> bool {
    ["Date", "Resent-Date"].iter().any(|date| date.eq_ignore_ascii_case(name))
}

/// What an `X-Priority` field says: `High`, `Low` or nothing. 1 is the highest and 5 the lowest.
pub(super) fn priority(value: &str) -> &'static str {
    let value = value.trim_ascii_start().to_ascii_lowercase();
    if value.starts_with(['1', '2', 'h']) {
        "High"
    } else if value.starts_with(['4', '5', 'l']) {
        "Low"
    } else {
        ""
    }
}

fn prefixed(name: &str) -> Option<&str> {
    name.split_at_checked(2).filter(|(prefix, _)| prefix.eq_ignore_ascii_case("E-")).map(|(_, name)| name)
}

fn joined(header: &Header<'_>, name: &str, shown: fn(&address::Address) -> String) -> Option<String> {
    header.first(name)?;
    let shown: Vec<String> =
        address::of(header, name).iter().map(shown).filter(|text| !text.is_empty()).collect();
    Some(shown.join(", "))
}

fn sent(header: &Header<'_>, name: &str) -> Option<Time> {
    header.first(name).and_then(|field| date::read(&field.unfolded())).map(|date| date.time)
}

fn text(field: &Field, text: String) -> ViewerField {
    ViewerField::text(field.clone(), text)
}

fn instant(field: &Field, time: Time, zone: &TimeZone) -> ViewerField {
    let local_time = Some(time.local(zone));
    ViewerField { local_time, ..text(field, time.to_wire().into_owned()) }
}

#[cfg(test)]
mod tests;
