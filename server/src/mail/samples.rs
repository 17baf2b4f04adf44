//! Which messages are the functions of this module tried on, and what do they make of them?
//!
//! Lines end with LF here; the tests change that. An outline has the columns of the message on its first line, and
//! then a line for every message and part of the presentation.

mod broken;
mod header;
mod structure;
mod text;

use std::fmt::Write;

use jiff::tz::{Offset, TimeZone};
use protocol::{Email, Header, Mime, MimeBody, Scalar, Time};

use crate::mail::{email, fields};

/// A message and its outline.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) raw: &'static [u8],
    pub(super) outline: &'static str,
}

/// All samples.
pub(super) fn samples() -> impl Iterator<Item = &'static Sample> {
    [text::SAMPLES, header::SAMPLES, structure::SAMPLES, broken::SAMPLES].into_iter().flatten()
}

/// What the columns and the presentation of a message say.
pub(super) fn outline(raw: &[u8]) -> String {
    let storage::Fields { sent, subject, from_name, from_address, to, cc, message_id, attachment } =
        fields(raw);
    let sent = sent.map(|sent| Time(sent).to_wire().into_owned()).unwrap_or_default();
    let attachment = if attachment { "attachment" } else { "" };
    let columns = [&subject, &from_name, &from_address, &to, &cc, &sent, &message_id, attachment];
    let mut out = columns.into_iter().filter(|column| !column.is_empty()).collect::<Vec<_>>().join(" | ");
    let zone = TimeZone::fixed(Offset::constant(3));
    email_outline(&email(raw, None, u64::MAX, &zone).unwrap(), 0, &mut out);
    out
}

fn email_outline(email: &Email, level: usize, out: &mut String) {
    let indent = "  ".repeat(level);
    let id = email.part_id.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
    _ = write!(out, "\n{indent}EMail{id}");
    for header in &email.headers {
        _ = match header {
            Header::Address { name, real_name, address } => {
                write!(out, " {name}={:?}/{address}", real_name.as_deref().unwrap_or_default())
            }
            Header::Date { name, time, local_time, time_shift } => {
                write!(out, " {name}={}/{local_time}/{time_shift}", time.to_wire())
            }
            Header::Text { name, .. } if name.eq_ignore_ascii_case("Content-Type") => Ok(()),
            Header::Text { name, value } => write!(out, " {name}={value:?}"),
        };
    }
    if let Some(mime) = &email.mime {
        mime_outline(mime, level + 1, out);
    }
}

fn mime_outline(mime: &Mime, level: usize, out: &mut String) {
    let indent = "  ".repeat(level);
    _ = write!(
        out,
        "\n{indent}{} {}/{}",
        mime.part_id.as_deref().unwrap_or("-"),
        mime.media_type,
        mime.subtype
    );
    let named = [
        ("charset", &mime.charset),
        ("id", &mime.content_id),
        ("disposition", &mime.disposition),
        ("description", &mime.description),
        ("location", &mime.location),
        ("error", &mime.parse_error),
    ];
    for (name, value) in named.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        _ = write!(out, " {name}={value:?}");
    }
    for (name, value) in mime.parameters.iter().chain(&mime.disposition_parameters) {
        _ = write!(out, " {name}:{value:?}");
    }
    match &mime.body {
        MimeBody::Omitted | MimeBody::Xml(_) => {}
        MimeBody::Text(text) => _ = write!(out, " = {text:?}"),
        MimeBody::Parts(parts) => parts.iter().for_each(|part| mime_outline(part, level + 1, out)),
        MimeBody::Email(email) => email_outline(email, level + 1, out),
    }
}
