//! How is a text quoted in plain text?

use mail_parser::decoders::html::html_to_text;

use super::super::tree::Entity;

/// Longest line of a paragraph that is broken anew, in characters.
const WIDTH: usize = 76;

/// The text of an answer.
pub(super) fn answer(attribution: &str, texts: Vec<(&Entity, String)>) -> String {
    let mut out = format!("{attribution}\n");
    for (entity, text) in texts {
        for (depth, paragraph) in paragraphs(entity, text) {
            quoted(depth + 1, &paragraph, &mut out);
        }
    }
    out
}

/// The text of a message for others.
pub(super) fn forward(summary: &[(&str, String)], texts: Vec<(&Entity, String)>) -> String {
    let mut out = "---------- Forwarded message ----------\n".to_owned();
    for (name, value) in summary {
        out.push_str(&format!("{name}: {value}\n"));
    }
    for (entity, text) in texts {
        out.push('\n');
        for (depth, paragraph) in paragraphs(entity, text) {
            quoted(depth, &paragraph, &mut out);
        }
    }
    out
}

/// Adds a paragraph at a depth of quotation. One that came flowed is broken anew; others have their own lines.
fn quoted(depth: usize, paragraph: &Paragraph, out: &mut String) {
    let marks = ">".repeat(depth);
    let mut line = |text: &str| {
        out.push_str(&marks);
        if depth > 0 && !text.is_empty() {
            out.push(' ');
        }
        out.push_str(text);
        out.push('\n');
    };
    match paragraph {
        Paragraph::Line(text) => line(text),
        Paragraph::Flowed(text) => {
            let width = WIDTH.saturating_sub(depth + 1).max(WIDTH / 2);
            let (mut open, mut length) = (String::new(), 0);
            for word in text.split(' ') {
                let count = word.chars().count();
                if length > 0 && length + 1 + count > width {
                    line(open.trim_end());
                    open.clear();
                    length = 0;
                } else if length > 0 {
                    open.push(' ');
                    length += 1;
                }
                open.push_str(word);
                length += count;
            }
            line(open.trim_end());
        }
    }
}

/// A piece of text within one depth of quotation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Paragraph {
    /// A line as it was.
    Line(String),
    /// Lines that were one before they were broken (RFC 3676).
    Flowed(String),
}

/// The paragraphs of a text with their depths; blank lines at its end do not count.
fn paragraphs(entity: &Entity, text: String) -> Vec<(usize, Paragraph)> {
    let is = |name: &str, wanted: &str| {
        entity.content_type.parameter(name).is_some_and(|value| value.trim().eq_ignore_ascii_case(wanted))
    };
    if entity.content_type.subtype == "html" {
        return lines(&html_to_text(&text));
    }
    if is("format", "flowed") { flowed(text.trim_end(), is("delsp", "yes")) } else { lines(&text) }
}

fn lines(text: &str) -> Vec<(usize, Paragraph)> {
    let line = |line: &str| {
        let (depth, rest) = depth(line);
        // A mark is followed by one blank.
        let rest = if depth > 0 { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
        (depth, Paragraph::Line(rest.trim_end().to_owned()))
    };
    text.trim_end().lines().map(line).collect()
}

/// Puts lines together that end with a blank (RFC 3676 §4.1, §4.2).
fn flowed(text: &str, delete_space: bool) -> Vec<(usize, Paragraph)> {
    let mut done = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for line in text.lines() {
        let (depth, rest) = depth(line);
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let is_signature = rest == "-- ";
        if let Some((known, paragraph)) = open.take_if(|(known, _)| *known != depth || is_signature) {
            done.push((known, Paragraph::Flowed(paragraph)));
        }
        let goes_on = rest.ends_with(' ') && !is_signature;
        let piece = if goes_on && delete_space { rest.strip_suffix(' ').unwrap_or(rest) } else { rest };
        match &mut open {
            Some((_, paragraph)) => paragraph.push_str(piece),
            None if goes_on => open = Some((depth, piece.to_owned())),
            None => {
                done.push((depth, Paragraph::Line(rest.to_owned())));
                continue;
            }
        }
        if !goes_on && let Some((depth, paragraph)) = open.take() {
            done.push((depth, Paragraph::Flowed(paragraph)));
        }
    }
    done.extend(open.map(|(depth, paragraph)| (depth, Paragraph::Flowed(paragraph))));
    done
}

/// How many marks of quotation a line begins with, and what follows them.
fn depth(line: &str) -> (usize, &str) {
    let rest = line.trim_start_matches('>');
    // No one quotes deeper; what goes on like that is no quotation.
    if line.len() - rest.len() > 64 { (0, line) } else { (line.len() - rest.len(), rest) }
}
