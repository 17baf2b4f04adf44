//! How is a property written as a content line?

use std::fmt::Write;

use super::super::content_line::{escape, parameter, write as fold};
use super::Style;
use super::property::{Content, Property};

/// Adds the line of a property.
pub(super) fn write(out: &mut String, property: &Property, style: Style) {
    match style {
        Style::New => {
            let mut line = head(property, style);
            match &property.content {
                Content::Binary(base64, media_type) => {
                    let kind = media_type.as_deref().map(format).map(|kind| format!(";TYPE={kind}"));
                    _ = write!(line, ";ENCODING=b{}:{base64}", kind.unwrap_or_default());
                }
                content
                @ (Content::Text(_) | Content::Uri(_) | Content::List(_) | Content::Components(_)) => {
                    line.push(':');
                    line.push_str(&value(content, escape));
                }
            }
            fold(out, &line);
        }
        Style::Old => write_old(out, property),
    }
}

/// A line of version 2.1: what is not plain ASCII on one line is quoted-printable.
fn write_old(out: &mut String, property: &Property) {
    let head = head(property, Style::Old);
    match &property.content {
        Content::Binary(base64, media_type) => {
            let kind = media_type.as_deref().map(format).map(|kind| format!(";{kind}")).unwrap_or_default();
            out.push_str(&head);
            _ = write!(out, ";ENCODING=BASE64{kind}:\r\n");
            for line in base64.as_bytes().chunks(72) {
                out.push(' ');
                out.extend(line.iter().copied().map(char::from));
                out.push_str("\r\n");
            }
            // An empty line ends the bytes.
            out.push_str("\r\n");
        }
        content @ (Content::Text(_) | Content::Uri(_) | Content::List(_) | Content::Components(_)) => {
            let escaped = |text: &str| text.replace('\\', "\\\\").replace(';', "\\;");
            let in_list = |text: &str| escaped(text).replace(',', "\\,");
            let value = match content {
                Content::List(_) => value(content, in_list),
                Content::Text(_) | Content::Uri(_) | Content::Components(_) | Content::Binary(..) => {
                    value(content, escaped)
                }
            };
            let is_plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            if is_plain && head.len() + value.len() < 200 {
                _ = write!(out, "{head}:{value}\r\n");
            } else {
                _ = write!(out, "{head};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:");
                quoted_printable(out, &value);
                out.push_str("\r\n");
            }
        }
    }
}

fn head(property: &Property, style: Style) -> String {
    let Property { group, name, types, parameters, .. } = property;
    let dot = if group.is_empty() { "" } else { "." };
    let mut head = format!("{group}{dot}{name}");
    match style {
        Style::New if !types.is_empty() => {
            let types: Vec<String> = types.iter().map(|kind| parameter(kind)).collect();
            _ = write!(head, ";TYPE={}", types.join(","));
        }
        Style::New => {}
        Style::Old => {
            for kind in types.iter().filter(|kind| !kind.is_empty() && is_bare(kind)) {
                _ = write!(head, ";{kind}");
            }
        }
    }
    for (name, value) in parameters {
        match style {
            Style::New => _ = write!(head, ";{name}={}", parameter(value)),
            Style::Old if is_bare(value) => _ = write!(head, ";{name}={value}"),
            // Version 2.1 has no way to say it.
            Style::Old => {}
        }
    }
    head
}

/// Whether a parameter of version 2.1 may have this value.
fn is_bare(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b';' | b':' | b'=' | b',' | b'"'))
}

/// The type of version 3.0 that a media type stands for.
fn format(media_type: &str) -> String {
    let kind = media_type.rsplit('/').next().unwrap_or_default().to_ascii_uppercase();
    kind.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+' | '_')).collect()
}

fn value(content: &Content, escape: impl Fn(&str) -> String) -> String {
    let joined = |texts: &[String], separator: &str| {
        texts.iter().map(|text| escape(text)).collect::<Vec<_>>().join(separator)
    };
    match content {
        Content::Text(text) => escape(text),
        Content::Uri(uri) => uri.chars().filter(|c| !c.is_control()).collect(),
        Content::List(texts) => joined(texts, ","),
        Content::Components(texts) => joined(texts, ";"),
        Content::Binary(base64, _) => base64.clone(),
    }
}

fn quoted_printable(out: &mut String, text: &str) {
    let mut width = 0;
    for byte in text.replace('\n', "\r\n").bytes() {
        if width > 70 {
            out.push_str("=\r\n");
            width = 0;
        }
        if matches!(byte, b'!'..=b'~') && byte != b'=' {
            out.push(char::from(byte));
            width += 1;
        } else {
            _ = write!(out, "={byte:02X}");
            width += 3;
        }
    }
}
