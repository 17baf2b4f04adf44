//! How does a page become a piece of another one?
//!
//! Tags are read as browsers read them and written anew: what is opened in the piece is closed in it, what was not opened
//! in it is not closed, and what belongs to a page as a whole, or runs, or makes a browser read what follows in another
//! way, is left out. So nothing in it reaches beyond it. It is no filter for what is shown: that is the page's matter,
//! which shows mail in a sandbox.

/// Deepest nesting of elements; tags within are left out, their texts are not.
const DEPTH_CAP: usize = 100;
/// Most attributes of a tag.
const ATTRIBUTE_CAP: usize = 100;

/// Elements that have no end.
const VOID: [&str; 13] = [
    "area", "br", "col", "embed", "hr", "img", "input", "keygen", "param", "source", "track", "wbr",
    "basefont",
];
/// Elements that are left out with all that is in them.
const DROPPED: [&str; 12] = [
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "svg", "math",
    "template", "object",
];
/// Elements whose tags are left out.
const UNWRAPPED: [&str; 13] = [
    "html",
    "head",
    "body",
    "meta",
    "base",
    "link",
    "frameset",
    "frame",
    "noscript",
    "plaintext",
    "form",
    "select",
    "button",
];
/// Elements that end where the next one of their kind begins.
const IMPLIED: [&str; 6] = ["p", "td", "th", "tr", "option", "a"];
/// Elements that end where one of the others in their row begins, even if other elements are open in them.
const ITEMS: [&[&str]; 2] = [&["li"], &["dt", "dd"]];
/// Elements that an item does not end beyond (HTML, the start tags of `li`, `dd` and `dt` in a body).
const AROUND_ITEMS: [&str; 43] = [
    "applet",
    "article",
    "aside",
    "blockquote",
    "caption",
    "center",
    "colgroup",
    "dd",
    "details",
    "dir",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "li",
    "listing",
    "main",
    "marquee",
    "menu",
    "nav",
    "ol",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

/// The page as a piece.
pub(super) fn fragment(page: &str) -> String {
    let mut writer = Writer { out: String::with_capacity(page.len()), open: Vec::new() };
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let (text, tail) = rest.split_at(at);
        writer.out.push_str(text);
        rest = writer.markup(tail);
    }
    writer.out.push_str(rest);
    while let Some(name) = writer.open.pop() {
        writer.end(&name);
    }
    writer.out
}

struct Writer {
    out: String,
    /// The elements that are open, outermost first.
    open: Vec<String>,
}

impl Writer {
    /// Takes what begins with `<`, and returns what follows it.
    fn markup<'a>(&mut self, text: &'a str) -> &'a str {
        let behind = text.get(1..).unwrap_or_default();
        if let Some(comment) = behind.strip_prefix("!--") {
            let ends = |at: usize| {
                let inner = comment.get(..at).unwrap_or_default();
                // `<!-->` and `<!--->` are comments too.
                matches!(inner, "" | "-") || inner.ends_with("--") || inner.ends_with("--!")
            };
            let end = comment.match_indices('>').find(|(at, _)| ends(*at));
            return end.and_then(|(at, _)| comment.get(at + 1..)).unwrap_or_default();
        }
        if behind.starts_with(['!', '?']) {
            return behind.split_once('>').map_or("", |(_, rest)| rest);
        }
        let (is_end, name) = match behind.strip_prefix('/') {
            Some(name) => (true, name),
            None => (false, behind),
        };
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            if is_end {
                // Browsers take it for a comment.
                return name.split_once('>').map_or("", |(_, rest)| rest);
            }
            self.out.push_str("&lt;");
            return behind;
        }
        let Some((tag, rest)) = Tag::read(name) else { return "" };
        if is_end {
            self.close(&tag.name);
            return rest;
        }
        if DROPPED.contains(&tag.name.as_str()) {
            return after_end_of(&tag.name, rest);
        }
        self.start(tag);
        rest
    }

    fn start(&mut self, tag: Tag<'_>) {
        let is_void = VOID.contains(&tag.name.as_str());
        if UNWRAPPED.contains(&tag.name.as_str()) || (!is_void && self.open.len() >= DEPTH_CAP) {
            return;
        }
        if IMPLIED.contains(&tag.name.as_str()) && self.open.last() == Some(&tag.name) {
            self.close(&tag.name);
        }
        if let Some(item) = self.ended_item(&tag.name) {
            self.close(&item);
        }
        self.out.push('<');
        self.out.push_str(&tag.name);
        for (name, value) in tag.attributes {
            self.out.push(' ');
            self.out.push_str(&name);
            self.out.push_str("=\"");
            self.out.push_str(&value.replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;"));
            self.out.push('"');
        }
        self.out.push('>');
        if !is_void {
            self.open.push(tag.name);
        }
    }

    /// The item that ends where an element of this name begins. Browsers close what is open in it, so its end tags must not
    /// come later: they would close what is around the piece.
    fn ended_item(&self, name: &str) -> Option<String> {
        let row = ITEMS.iter().find(|row| row.contains(&name))?;
        let is_end = |open: &&String| AROUND_ITEMS.contains(&open.as_str());
        self.open.iter().rev().find(is_end).filter(|open| row.contains(&open.as_str())).cloned()
    }

    /// Ends an element that is open, and those in it.
    fn close(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|open| open == name) {
            while self.open.len() > at {
                let Some(inner) = self.open.pop() else { return };
                self.end(&inner);
            }
        }
    }

    fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}

/// What follows the end tag of this name, which is looked for as browsers do in scripts.
fn after_end_of<'a>(name: &str, text: &'a str) -> &'a str {
    let mut rest = text;
    while let Some((_, tail)) = rest.split_once("</") {
        let is_end = tail.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
        let behind = tail.get(name.len()..).unwrap_or_default();
        if is_end && behind.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')) {
            return behind.split_once('>').map_or("", |(_, rest)| rest);
        }
        rest = tail;
    }
    ""
}

/// A tag.
struct Tag<'a> {
    /// In lower case.
    name: String,
    /// Names in lower case and their values as they stand there, without quotes; those that run something are not there.
    attributes: Vec<(String, &'a str)>,
}

impl<'a> Tag<'a> {
    /// The tag whose name the text begins with, and what follows its `>`; none if it has none.
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let end = text.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))?;
        let (name, mut rest) = text.split_at(end);
        // What browsers know has names of these letters.
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let mut tag = Self { name: name.to_ascii_lowercase(), attributes: Vec::new() };
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if let Some(behind) = rest.strip_prefix('>') {
                return Some((tag, behind));
            }
            // A name may begin with `=`.
            let from = usize::from(rest.starts_with('='));
            let length =
                rest.get(from..)?.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '='))?;
            let (name, behind) = rest.split_at_checked(from + length)?;
            let value;
            (value, rest) = attribute_value(behind)?;
            let name = name.to_ascii_lowercase();
            let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            let is_new = tag.attributes.iter().all(|(known, _)| *known != name);
            if is_plain && is_new && !name.starts_with("on") && tag.attributes.len() < ATTRIBUTE_CAP {
                tag.attributes.push((name, value));
            }
        }
    }
}

/// The value behind the name of an attribute, and what follows it.
fn attribute_value(text: &str) -> Option<(&str, &str)> {
    let Some(value) = text.trim_ascii_start().strip_prefix('=') else { return Some(("", text)) };
    let value = value.trim_ascii_start();
    match value.chars().next()? {
        quote @ ('"' | '\'') => value.get(1..)?.split_once(quote),
        _ => {
            let end = value.find(|c: char| c.is_ascii_whitespace() || c == '>')?;
            Some(value.split_at(end))
        }
    }
}

#[cfg(test)]
mod tests;
