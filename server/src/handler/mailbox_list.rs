//! `mailboxList`: which mailboxes are there?

use std::sync::Arc;

use protocol::{Flag, Mailbox, MailboxList, Rights, Scalar};

use super::pages::send_all;
use super::pattern::Pattern;
use crate::account::Account;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::name::shared;
use crate::session::{Session, Step};

/// A mailbox as the user names it.
struct Entry {
    name: String,
    mailbox: storage::Mailbox,
    /// What the user may do, where that is not everything.
    rights: Option<Rights>,
}

pub(super) fn handle(session: &Session, request: MailboxList) -> Result<Step, Failure> {
    let (hub, account) = (Arc::clone(&session.hub), Arc::clone(session.handle.account()));
    let filter = request.filter.map(|filter| with_domain(filter, &account.domain));
    let foreign = filter.clone().filter(|filter| filter.starts_with('~'));
    let pattern = Pattern::of(filter)?;
    let list = async move {
        match foreign {
            Some(filter) => entries_of_others(&hub, &account, &filter).await,
            None => own_entries(&hub, &account, "").await,
        }
    };
    Ok(Step::after(list, move |_, _, entries| {
        let entries = entries?;
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        let wanted = entries.iter().filter(|entry| {
            let right_class = request.class.as_ref().is_none_or(|class| *class == entry.mailbox.class);
            pattern.matches(entry.name.trim_end_matches('/'))
                && right_class
                && (request.pure_folder.0 || !entry.is_container())
        });
        let reports = wanted.map(|entry| report(entry, has_children(&names, &entry.name)));
        Ok(send_all(reports.collect()))
    }))
}

/// A filter for the mailboxes of others, with the user's own domain where it names none.
fn with_domain(filter: String, domain: &str) -> String {
    let Some((owner, rest)) = filter.strip_prefix('~').and_then(|foreign| foreign.split_once('/')) else {
        return filter;
    };
    let owner = owner.to_lowercase();
    if owner.contains(['@', '*', '%']) {
        format!("~{owner}/{rest}")
    } else {
        format!("~{owner}@{domain}/{rest}")
    }
}

async fn own_entries(hub: &Hub, account: &Account, prefix: &str) -> Result<Vec<Entry>, Failure> {
    let mailboxes = hub.storage.mailboxes(account.id).await?.into_iter();
    let entry = |mailbox: storage::Mailbox| Entry {
        name: format!("{prefix}{}", mailbox.name),
        mailbox,
        rights: None,
    };
    Ok(mailboxes.map(entry).collect())
}

/// The mailboxes of others that the user may see; or the user's own, if asked for in this form.
async fn entries_of_others(hub: &Hub, account: &Account, filter: &str) -> Result<Vec<Entry>, Failure> {
    let own = format!("~{}/", account.address);
    if filter.starts_with(&own) {
        return own_entries(hub, account, &own).await;
    }
    let shared = shared(hub, account.id).await?.into_iter();
    let mut entries: Vec<Entry> =
        shared.map(|(name, mailbox, rights)| Entry { name, mailbox, rights: Some(rights) }).collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

impl Entry {
    fn is_container(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// Whether there are mailboxes below the one of this name; `names` are sorted.
fn has_children(names: &[&str], name: &str) -> bool {
    let parent = format!("{}/", name.trim_end_matches('/'));
    let place = names.partition_point(|other| *other <= parent.as_str());
    names.get(place).is_some_and(|next| next.starts_with(&parent))
}

fn report(entry: &Entry, has_children: bool) -> Mailbox {
    let (mailbox, container) = (&entry.mailbox, entry.is_container());
    let count = |number: i64| Some(u64::try_from(number).unwrap_or(0)).filter(|_| !container);
    Mailbox {
        mailbox: entry.name.clone(),
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
        rights: entry.rights.map(|rights| rights.to_wire().into_owned()),
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

    #[test]
    fn a_filter_for_another_account_is_completed() {
        for (filter, expected) in [
            ("*", "*"),
            ("~Bob/*", "~bob@x.org/*"),
            ("~bob@Y.org/A/%", "~bob@y.org/A/%"),
            ("~*/INBOX", "~*/INBOX"),
            ("~*", "~*"),
            ("A/~b/c", "A/~b/c"),
        ] {
            assert_eq!(with_domain(filter.to_owned(), "x.org"), expected);
        }
    }
}
