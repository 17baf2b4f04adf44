//! How is a text quoted in HTML?

mod fragment;

use super::super::tree::Entity;
use fragment::fragment;

/// The page of an answer.
pub(super) fn answer(attribution: &str, texts: &[(&Entity, String)]) -> String {
    let (attribution, quoted) = (escaped(attribution), all(texts));
    format!("<p>{attribution}</p>\n<blockquote type=\"cite\">{quoted}</blockquote>\n")
}

/// The page of a message for others.
pub(super) fn forward(summary: &[(&str, String)], texts: &[(&Entity, String)]) -> String {
    let fields: Vec<_> =
        summary.iter().map(|(name, value)| format!("<b>{name}:</b> {}", escaped(value))).collect();
    let text = all(texts);
    format!(
        "<p>---------- Forwarded message ----------<br>\n{}</p>\n<div>{text}</div>\n",
        fields.join("<br>\n")
    )
}

/// The texts of the message, each within itself.
fn all(texts: &[(&Entity, String)]) -> String {
    let mut out = String::new();
    for (entity, text) in texts {
        if entity.content_type.subtype == "html" {
            out.push_str(&fragment(text));
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
