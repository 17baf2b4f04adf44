//! `mailboxList`: which mailboxes are there?

use protocol::{Flag, Mailbox, MailboxList};

use crate::failure::Failure;
use crate::session::{Session, Step};

#[expect(clippy::unnecessary_wraps, reason = "handlers have one form")]
pub(super) fn handle(session: &Session, request: MailboxList) -> Result<Step, Failure> {
    let storage = session.hub.storage.clone();
    let account = session.handle.account().id;
    let list = async move { storage.mailboxes(account).await };
    Ok(Step::after(list, move |session, reply, mailboxes| {
        let mailboxes = mailboxes?;
        let names: Vec<&str> = mailboxes.iter().map(|mailbox| mailbox.name.as_str()).collect();
        let filter = request.filter.as_deref().unwrap_or("*");
        for mailbox in &mailboxes {
            let name = mailbox.name.as_str();
            let container = name.ends_with('/');
            let right_class = request.class.as_ref().is_none_or(|class| *class == mailbox.class);
            if !matches(filter, name.trim_end_matches('/'))
                || !right_class
                || (container && !request.pure_folder.0)
            {
                continue;
            }
            let parent = format!("{}/", name.trim_end_matches('/'));
            let has_children =
                names.iter().any(|other| other.len() > parent.len() && other.starts_with(&parent));
            session.send(reply, report(mailbox, container, has_children));
        }
        Ok(Step::Done)
    }))
}

fn report(mailbox: &storage::Mailbox, container: bool, has_children: bool) -> Mailbox {
    let count = |number: i64| Some(u64::try_from(number).unwrap_or(0)).filter(|_| !container);
    Mailbox {
        mailbox: mailbox.name.as_str().to_owned(),
        uid_validity: Some(mailbox.uid_validity).filter(|_| !container),
        uid_next: Some(mailbox.uid_next.0).filter(|_| !container),
        messages: count(mailbox.counts.messages),
        messages_too: count(mailbox.counts.messages),
        unseen: count(mailbox.counts.unseen),
        size: count(mailbox.counts.size),
        size_too: count(mailbox.counts.size),
        class: Some(mailbox.class.clone()).filter(|class| !class.is_empty()),
        pure_folder: Flag(container),
        has_children: Flag(has_children),
        rights: None,
    }
}

/// A pattern as of IMAP LIST (RFC 3501 §6.3.8): `*` stands for any text, `%` for any text without `/`.
fn matches(pattern: &str, name: &str) -> bool {
    // The names that the pattern read so far can end at, as byte offsets; no backtracking.
    let mut ends = vec![0];
    for c in pattern.chars() {
        let mut next = Vec::new();
        for end in ends {
            let rest = name.get(end..).unwrap_or_default();
            match c {
                '*' | '%' => {
                    let wild = rest.char_indices().take_while(|(_, c2)| c == '*' || *c2 != '/');
                    next.extend(std::iter::once(end).chain(wild.map(|(at, c2)| end + at + c2.len_utf8())));
                }
                _ if rest.starts_with(c) => next.push(end + c.len_utf8()),
                _ => {}
            }
        }
        next.sort_unstable();
        next.dedup();
        ends = next;
    }
    ends.contains(&name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_imap() {
        for (pattern, name, expected) in [
            ("*", "INBOX", true),
            ("*", "A/B/C", true),
            ("%", "A", true),
            ("%", "A/B", false),
            ("%/%", "A/B", true),
            ("A*", "A/B", true),
            ("A%", "A/B", false),
            ("*B", "A/B", true),
            ("INBOX", "INBOX", true),
            ("INBOX", "INBOX2", false),
            ("", "INBOX", false),
            ("é%", "éa", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_hostile_pattern_costs_little() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(199)));
    }
}
