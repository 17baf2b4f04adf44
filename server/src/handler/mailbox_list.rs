//! `mailboxList`: which mailboxes are there?

use protocol::{Flag, Mailbox, MailboxList};

use super::pattern::Pattern;
use crate::failure::Failure;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MailboxList) -> Result<Step, Failure> {
    let pattern = Pattern::of(request.filter)?;
    let storage = session.hub.storage.clone();
    let account = session.handle.account().id;
    let list = async move { storage.mailboxes(account).await };
    Ok(Step::after(list, move |session, reply, mailboxes| {
        let mailboxes = mailboxes?;
        let names: Vec<&str> = mailboxes.iter().map(|mailbox| mailbox.name.as_str()).collect();
        for mailbox in &mailboxes {
            let name = mailbox.name.as_str();
            let container = name.ends_with('/');
            let right_class = request.class.as_ref().is_none_or(|class| *class == mailbox.class);
            if !pattern.matches(name.trim_end_matches('/'))
                || !right_class
                || (container && !request.pure_folder.0)
            {
                continue;
            }
            session.send(reply, report(mailbox, container, has_children(&names, name)));
        }
        Ok(Step::Done)
    }))
}

/// Whether there are mailboxes below the one of this name; `names` are sorted.
fn has_children(names: &[&str], name: &str) -> bool {
    let parent = format!("{}/", name.trim_end_matches('/'));
    let place = names.partition_point(|other| *other <= parent.as_str());
    names.get(place).is_some_and(|next| next.starts_with(&parent))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_mailboxes_below_has_children() {
        let names = ["A", "A-B", "A/", "A/B", "A/B/C", "AB", "D/"];
        let with = names.iter().filter(|name| has_children(&names, name)).copied();
        assert_eq!(with.collect::<Vec<_>>(), ["A", "A/", "A/B"]);
    }
}
