//! What is an address of an envelope?

use std::fmt;

/// A mailbox of RFC 5321 §4.1.2, with the characters of RFC 6531. It is kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct EnvelopeAddress {
    text: String,
    /// The local part as it is meant: without quotes.
    local: String,
    /// Where the domain begins in the text.
    domain: usize,
}

/// Bytes of a path without its brackets, of a local part and of a label (RFC 5321 §4.5.3.1, RFC 1035 §2.3.4).
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;
const LONGEST_LABEL: usize = 63;

impl EnvelopeAddress {
    /// Reads `local@domain`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST || text.chars().any(char::is_control) {
            return None;
        }
        let (local, domain) = match text.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let (local, domain) = text.split_once('@')?;
                (dot_string(local).then(|| local.to_owned())?, domain)
            }
        };
        let good = !local.is_empty() && local.len() <= LONGEST_LOCAL && is_domain(domain);
        good.then(|| Self { text: text.to_owned(), local, domain: text.len() - domain.len() })
    }

    /// The part before the `@`, without quotes.
    pub(crate) fn local(&self) -> &str {
        &self.local
    }

    /// The part after the `@`.
    pub(crate) fn domain(&self) -> &str {
        self.text.get(self.domain..).unwrap_or_default()
    }

    /// Whether only servers that know SMTPUTF8 can take it.
    pub(crate) fn is_international(&self) -> bool {
        !self.text.is_ascii()
    }
}

impl fmt::Display for EnvelopeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text of a quoted string behind its first quote, and the domain behind it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut local = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((local, text.get(at..)?.strip_prefix("\"@")?)),
            '\\' => local.push(characters.next()?.1),
            character => local.push(character),
        }
    }
    None
}

fn dot_string(text: &str) -> bool {
    let atom = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    text.split('.').all(|part| !part.is_empty() && part.chars().all(atom))
}

fn is_domain(text: &str) -> bool {
    if let Some(literal) = text.strip_prefix('[') {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-');
        return literal.strip_suffix(']').is_some_and(|inner| !inner.is_empty() && inner.chars().all(good));
    }
    let good = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii() || c == '-';
    let label = |label: &str| !label.is_empty() && label.len() <= LONGEST_LABEL && label.chars().all(good);
    text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_its_local_part_and_its_domain() {
        let parts = |text: &str| {
            let address = EnvelopeAddress::parse(text)?;
            assert_eq!(address.to_string(), text);
            Some((address.local().to_owned(), address.domain().to_owned()))
        };
        let is = |local: &str, domain: &str| Some((local.to_owned(), domain.to_owned()));
        assert_eq!(parts("Ann.Lee+x@Example.org"), is("Ann.Lee+x", "Example.org"));
        assert_eq!(parts("\"a \\\"b\\\"@c\"@example.org"), is("a \"b\"@c", "example.org"));
        assert_eq!(parts("jörg@bücher.example"), is("jörg", "bücher.example"));
        assert_eq!(parts("a@[IPv6:2001:db8::1]"), is("a", "[IPv6:2001:db8::1]"));
        assert!(EnvelopeAddress::parse("jörg@example.org").is_some_and(|address| address.is_international()));
    }

    #[test]
    fn what_is_no_address_is_none() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}", "b.".repeat(130));
        for text in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b c",
            ".a@b",
            "a.@b",
            "a..b@c",
            "a@b..c",
            "a@-b\r\nRCPT",
            "a\0@b",
            "\"a@b",
            "\"\"@b",
            "\"a\"b@c",
            "\"a\\",
            "<a@b>",
            "a@[]",
            "a@[1.2.3.4",
            "a@b.",
            "a,b@c",
            &long,
            &longer,
        ] {
            assert_eq!(EnvelopeAddress::parse(text), None, "{text}");
        }
    }
}
