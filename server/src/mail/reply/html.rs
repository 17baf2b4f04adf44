//! How is a text quoted in HTML?

mod fragment;

use jiff::tz::TimeZone;

use super::super::header::Header;
use super::super::tree::Tree;
use super::content::{Content, attribution, summary};
use fragment::fragment;

/// The page of an answer.
pub(super) fn answer(
    tree: &Tree<'_>,
    content: &Content,
    header: &Header<'_>,
    zone: &TimeZone,
    room: u64,
) -> String {
    let quoted = texts(tree, content, room);
    let attribution = escaped(&attribution(header, zone));
    format!("<p>{attribution}</p>\n<blockquote type=\"cite\">{quoted}</blockquote>\n")
}

/// The page of a message for others.
pub(super) fn forward(
    tree: &Tree<'_>,
    content: &Content,
    header: &Header<'_>,
    zone: &TimeZone,
    room: u64,
) -> String {
    let fields = summary(header, zone);
    let fields: Vec<_> =
        fields.into_iter().map(|(name, value)| format!("<b>{name}:</b> {}", escaped(&value))).collect();
    let text = texts(tree, content, room);
    format!(
        "<p>---------- Forwarded message ----------<br>\n{}</p>\n<div>{text}</div>\n",
        fields.join("<br>\n")
    )
}

/// The texts of the message, each within itself.
fn texts(tree: &Tree<'_>, content: &Content, room: u64) -> String {
    let mut out = String::new();
    for (entity, text) in content.decoded(tree, room) {
        if entity.content_type.subtype == "html" {
            out.push_str(&fragment(&text));
        } else {
            out.push_str("<div style=\"white-space: pre-wrap\">");
            out.push_str(&escaped(text.trim_end()));
            out.push_str("</div>");
        }
    }
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
