//! What may a name be that is stored and indexed?

use std::fmt;

use crate::error::{Aggregate, Error, Result};
use crate::statement::Value;

/// The longest name of a domain, account, preference or upload, in bytes: PostgreSQL indexes no more than
/// 2,700 bytes of a row.
const LONGEST: usize = 255;
/// The longest name of a mailbox, its parents' included, in bytes.
const LONGEST_MAILBOX: usize = 1_000;
const INBOX: &str = "INBOX";

/// The name of a mailbox: parts divided by `/`, at most 1,000 bytes. One `/` may stand at the end: the name of a
/// place that only has mailboxes below it, independent of the name without. INBOX as the first part is the same
/// whatever its case; else case matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxName(String);

impl MailboxName {
    /// Reads a name; [`Error::InvalidName`] when it is none.
    pub fn parse(text: &str) -> Result<Self> {
        let what = Aggregate::Mailbox;
        check_text(what, text, LONGEST_MAILBOX)?;
        if text.strip_suffix('/').unwrap_or(text).split('/').any(str::is_empty) {
            return Err(Error::InvalidName { what, reason: "a part of it is empty" });
        }
        let first = text.split('/').next().unwrap_or(text);
        let rest = text.strip_prefix(first).unwrap_or_default();
        if first.eq_ignore_ascii_case(INBOX) {
            Ok(Self(format!("{INBOX}{rest}")))
        } else {
            Ok(Self(text.into()))
        }
    }

    pub(crate) fn from_row(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name of the mailbox that every account has.
    pub fn inbox() -> Self {
        Self(INBOX.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'a> From<&'a MailboxName> for Value<'a> {
    fn from(name: &'a MailboxName) -> Self {
        (&name.0).into()
    }
}

/// Checks a name of one part: not empty, at most 255 bytes, no control characters.
pub(crate) fn check(what: Aggregate, name: &str) -> Result<()> {
    check_text(what, name, LONGEST)
}

/// Checks a name of at most `longest` bytes.
fn check_text(what: Aggregate, name: &str, longest: usize) -> Result<()> {
    let refuse = |reason| Err(Error::InvalidName { what, reason });
    if name.is_empty() {
        return refuse("it is empty");
    }
    if name.len() > longest {
        return refuse("it is too long");
    }
    if name.chars().any(char::is_control) {
        return refuse("it has control characters");
    }
    Ok(())
}

/// The form under which a name is found whatever its case.
pub(crate) fn key(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_part_of_a_mailbox_name_is_inbox_whatever_its_case() {
        let named = |text| MailboxName::parse(text).unwrap().to_string();
        assert_eq!(named("inbox"), "INBOX");
        assert_eq!(named("InBox/Work"), "INBOX/Work");
        assert_eq!(named("Work/inbox"), "Work/inbox");
        assert_eq!(named("inboxes"), "inboxes");
        assert_eq!(named("Archive/"), "Archive/");
        assert_eq!(named("Entwürfe 📝"), "Entwürfe 📝");
    }

    #[test]
    fn what_is_no_mailbox_name_is_refused_with_the_reason() {
        let refusal = |text: &str| MailboxName::parse(text).unwrap_err().to_string();
        assert_eq!(refusal(""), "no mailbox can be named so: it is empty");
        assert_eq!(refusal("a\0b"), "no mailbox can be named so: it has control characters");
        assert_eq!(refusal(&"é".repeat(501)), "no mailbox can be named so: it is too long");
        for text in ["/", "/a", "a//b", "a//"] {
            assert_eq!(refusal(text), "no mailbox can be named so: a part of it is empty", "{text}");
        }
    }
}
