//! Who sends a message, and to whom?

use protocol::{Email, Header};

use super::super::address;
use super::Unwritable;
use super::field::{Mailbox, is_atom};

/// Longest address, and longest part of it before the `@`, in bytes (RFC 5321 §4.5.3.1).
const ADDRESS_CAP: usize = 254;
const LOCAL_CAP: usize = 64;
/// Fields that tell how a message came: those of one that is sent anew are not its own.
const TRACE: &[&str] = &["Return-Path", "Received", "Delivered-To", "X-Real-To"];

/// Makes a message ready to be sent by the owner of an address: an author is there, and fields that tell how it came are
/// not. Returns whose names it is sent in.
pub(crate) fn settle_author(email: &mut Email, address: &str, real_name: Option<&str>) -> Vec<String> {
    email.headers.retain(|header| {
        let name = name(header);
        let is_resent = name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("Resent-"));
        !is_resent && !TRACE.iter().any(|trace| trace.eq_ignore_ascii_case(name))
    });
    let of = |wanted: &str| {
        let entries = email.headers.iter().filter(|header| is(header, wanted)).flat_map(entries);
        entries.map(|entry| entry.address.unwrap_or(entry.name)).collect::<Vec<_>>()
    };
    let (mut names, sender) = (of("From"), of("Sender"));
    if names.is_empty() {
        email.headers.retain(|header| !is(header, "From"));
        let author = Header::Address {
            name: "From".to_owned(),
            real_name: real_name.map(str::to_owned),
            address: address.to_owned(),
        };
        email.headers.insert(0, author);
        names.push(address.to_owned());
    }
    names.extend(sender);
    names
}

/// The addresses that a message goes to, each once.
pub(crate) fn recipients(email: &Email) -> Result<Vec<String>, Unwritable> {
    let to = email.headers.iter().filter(|header| ["To", "Cc", "Bcc"].iter().any(|name| is(header, name)));
    addressees(to)
}

/// The addresses that these fields name, each once.
pub(super) fn addressees<'a>(fields: impl Iterator<Item = &'a Header>) -> Result<Vec<String>, Unwritable> {
    let mut recipients: Vec<String> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for entry in fields.flat_map(entries) {
        let address = entry.address.unwrap_or(entry.name);
        if !is_address(&address) {
            return Err(Unwritable::Address(shorten(&address)));
        }
        if known.insert(folded(&address)) {
            recipients.push(address);
        }
    }
    if recipients.is_empty() { Err(Unwritable::NoRecipient) } else { Ok(recipients) }
}

/// Domains are the same in any case (RFC 5321 §2.4).
fn folded(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => address.to_owned(),
    }
}

/// The entries of an address element. It should hold one address; people's programs put lists and `Ann <a@b>` there too.
/// What is no address stays as a name, so that nothing of a draft is lost.
pub(super) fn entries(header: &Header) -> Vec<Mailbox> {
    let Header::Address { real_name, address, .. } = header else { return Vec::new() };
    let name = real_name.clone().unwrap_or_default();
    let address = address.trim();
    if address.is_empty() && name.trim().is_empty() {
        return Vec::new();
    }
    if is_writable(address) {
        return vec![Mailbox { name, address: Some(address.to_owned()) }];
    }
    // With a colon it might be the name of a group, or of another field.
    let is_list = !address.contains(|c: char| c == ':' || c.is_control());
    let read = if is_list { address::read(address) } else { Vec::new() };
    if !read.is_empty() && read.iter().all(|entry| is_address(&entry.address)) {
        let alone = read.len() == 1;
        let mailbox = |entry: address::Address| Mailbox {
            name: entry.name.or_else(|| alone.then(|| name.clone())).unwrap_or_default(),
            address: Some(entry.address),
        };
        return read.into_iter().map(mailbox).collect();
    }
    let name = match (name.trim(), address) {
        ("", address) => address.to_owned(),
        (name, "") => name.to_owned(),
        (name, address) => format!("{name} <{address}>"),
    };
    vec![Mailbox { name, address: None }]
}

/// Whether the text is an address, or the local part of one, that can stand in a header field.
fn is_writable(text: &str) -> bool {
    is_address(text) || (is_local(text) && !text.starts_with('"'))
}

/// Whether the text is an address that mail can be sent to (RFC 5321 §4.1.2, with the letters of RFC 6531).
pub(super) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    text.len() <= ADDRESS_CAP && is_local(local) && is_domain(domain)
}

fn is_local(local: &str) -> bool {
    let quoted = local.strip_prefix('"').and_then(|local| local.strip_suffix('"'));
    let is_word = |word: &str| {
        let letters = word.chars().map(|c| if !c.is_ascii() && c.is_alphanumeric() { 'x' } else { c });
        is_atom(&letters.collect::<String>())
    };
    local.len() <= LOCAL_CAP
        && match quoted {
            Some(inner) => is_quotable(inner),
            None => local.split('.').all(is_word),
        }
}

/// Whether the text is the inside of a quoted string.
fn is_quotable(inner: &str) -> bool {
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        let good = match c {
            '\\' => characters.next().is_some_and(|c| matches!(c, ' '..='~')),
            '"' => false,
            c => matches!(c, ' '..='~'),
        };
        if !good {
            return false;
        }
    }
    true
}

fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']')) {
        return !literal.is_empty()
            && literal.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-".contains(&b));
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.split('.').all(is_label)
}

/// The name of a header element.
pub(super) fn name(header: &Header) -> &str {
    match header {
        Header::Address { name, .. } | Header::Date { name, .. } | Header::Text { name, .. } => name,
    }
}

pub(super) fn is(header: &Header, wanted: &str) -> bool {
    name(header).eq_ignore_ascii_case(wanted)
}

/// As much of what a client wrote as an answer shall say.
pub(super) fn shorten(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, address: &str) -> Header {
        Header::Address { name: name.to_owned(), real_name: None, address: address.to_owned() }
    }

    fn email(headers: &[(&str, &str)]) -> Email {
        let headers = headers.iter().map(|(name, address)| header(name, address)).collect();
        Email { headers, ..Email::default() }
    }

    #[test]
    fn addresses_are_told_from_what_is_none() {
        let long = format!("{}@example.org", "x".repeat(64));
        let good = ["a@b", "a.b+c@example.org", "\"a b\"@x.y", "jörg@müller.example", "a@[192.0.2.1]", &long];
        for address in good {
            assert!(is_address(address), "{address}");
        }
        let longer = format!("{}@example.org", "x".repeat(65));
        let wrong = [
            "",
            "a",
            "@b",
            "a@",
            "a b@c",
            "a@b c",
            "a@b\r\nX: y",
            "<a@b>",
            "a,b@c",
            ".a@b",
            "a..b@c",
            "a@b..c",
            "a@-b",
            "\"a\"b\"@c",
            "a@b@c",
            "a@[]",
            "a@b>",
            "a\0@b",
            "a@b\u{202e}",
            &longer,
        ];
        for address in wrong {
            assert!(!is_address(address), "{address:?}");
        }
    }

    #[test]
    fn recipients_are_named_once_and_wrong_ones_are_told() {
        let all = email(&[("To", "a@b"), ("cc", "Ann <c@d>, e@f"), ("BCC", "a@B"), ("From", "x@y")]);
        assert_eq!(recipients(&all), Ok(["a@b", "c@d", "e@f"].map(str::to_owned).to_vec()));
        assert_eq!(recipients(&email(&[("From", "x@y")])), Err(Unwritable::NoRecipient));
        assert_eq!(recipients(&email(&[("To", " ")])), Err(Unwritable::NoRecipient));
        let wrong = recipients(&email(&[("To", "a@b"), ("To", "nobody at all")]));
        assert_eq!(wrong, Err(Unwritable::Address("nobody at all".to_owned())));
        let injected = "a@b\r\nBcc: x@y";
        assert_eq!(recipients(&email(&[("To", injected)])), Err(Unwritable::Address(injected.to_owned())));
        let wrong = recipients(&email(&[("To", "bob")]));
        assert_eq!(wrong, Err(Unwritable::Address("bob".to_owned())));
    }

    #[test]
    fn the_author_is_supplied_and_whose_names_are_used_is_told() {
        let settle = |headers: &[(&str, &str)]| {
            let mut email = email(headers);
            (settle_author(&mut email, "alice@x", Some("Alice")), email.headers)
        };
        let own = Header::Address {
            name: "From".to_owned(),
            real_name: Some("Alice".to_owned()),
            address: "alice@x".to_owned(),
        };
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let supplied = settle(&[("To", "b@c"), ("From", "")]);
        assert_eq!(supplied, (names(&["alice@x"]), vec![own, header("To", "b@c")]));
        let given =
            [("Return-Path", "x@y"), ("From", "Bob <bob@X>"), ("Resent-To", "z@z"), ("Sender", "eve@x")];
        let kept = vec![header("From", "Bob <bob@X>"), header("Sender", "eve@x")];
        assert_eq!(settle(&given), (names(&["bob@X", "eve@x"]), kept));
    }
}
