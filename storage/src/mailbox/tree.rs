//! How are mailboxes renamed and removed together with those below them?

use super::from_row;
use crate::Storage;
use crate::account;
use crate::error::{Aggregate, Error, Result};
use crate::event::Event;
use crate::id::{AccountId, MailboxId};
use crate::name::MailboxName;
use crate::statement::{Connection, Sql};

const OF_ACCOUNT: Sql = Sql::same("SELECT id, name FROM mailbox WHERE account = $1");
const RENAME: Sql = Sql::same("UPDATE mailbox SET name = $2 WHERE id = $1");

impl Storage {
    /// Gives a mailbox another name, and those below it the place below that; they keep their ids, UIDVALIDITY and
    /// messages. Without `children` those below stay where they are. All or none: [`Error::AlreadyExists`] if one of the
    /// new names is taken. Returns what was renamed. INBOX keeps its name; what is below it need not.
    pub async fn rename_mailbox(
        &self,
        account: AccountId,
        from: MailboxName,
        to: MailboxName,
        children: bool,
    ) -> Result<Vec<MailboxId>> {
        let args = (account, from, to, children);
        let renamed = self.pool().write(args, |c, (account, from, to, children)| {
            Box::pin(rename(c, *account, from, to, *children))
        });
        renamed.await
    }

    /// Removes a mailbox with its messages, and with `children` those below it. Returns what was removed. INBOX stays.
    pub async fn remove_mailbox_named(
        &self,
        account: AccountId,
        name: MailboxName,
        children: bool,
    ) -> Result<Vec<MailboxId>> {
        let args = (account, name, children);
        let removed = self
            .pool()
            .write(args, |c, (account, name, children)| Box::pin(remove(c, *account, name, *children)));
        removed.await
    }
}

/// A mailbox of a tree, and what its name has after that of the tree.
struct Branch {
    id: MailboxId,
    rest: String,
}

/// The mailbox of this name and those below it, shorter names first. At least one.
async fn branches(
    connection: &mut Connection<'_>,
    account: AccountId,
    root: &MailboxName,
    children: bool,
) -> Result<Vec<Branch>> {
    account::lock(connection, account).await?;
    let root = root.as_str();
    let stem = root.trim_end_matches('/');
    let mut branches = Vec::new();
    let values = [account.into()];
    let all = connection.for_each(OF_ACCOUNT, &values, |row| {
        let name = row.text(1)?;
        let below = name.strip_prefix(stem).filter(|rest| children && rest.starts_with('/'));
        if let Some(rest) = if name == root { name.strip_prefix(stem) } else { below } {
            branches.push(Branch { id: MailboxId::from_row(row.text(0)?)?, rest: rest.to_owned() });
        }
        Ok(())
    });
    all.await?;
    if branches.is_empty() {
        return Err(Error::NotFound { what: Aggregate::Mailbox });
    }
    branches.sort_by_key(|branch| branch.rest.len());
    Ok(branches)
}

async fn rename(
    connection: &mut Connection<'_>,
    account: AccountId,
    from: &MailboxName,
    to: &MailboxName,
    children: bool,
) -> Result<Vec<MailboxId>> {
    let refuse = |reason| Err(Error::InvalidName { what: Aggregate::Mailbox, reason });
    let (old, new) = (from.as_str().trim_end_matches('/'), to.as_str().trim_end_matches('/'));
    if *from == MailboxName::inbox() {
        return refuse("INBOX cannot be renamed");
    }
    if children && new.strip_prefix(old).is_some_and(|rest| rest.starts_with('/')) {
        return refuse("it would be below itself");
    }
    if from.as_str().ends_with('/') != to.as_str().ends_with('/') {
        return refuse("what holds messages has no / at its end, and what only holds mailboxes has one");
    }
    let branches = branches(connection, account, from, children).await?;
    let mut renamed = Vec::with_capacity(branches.len());
    for Branch { id, rest } in branches {
        let name = MailboxName::parse(&format!("{new}{rest}"))?;
        taken(connection, account, &name, id).await?;
        connection.execute(RENAME, &[id.into(), (&name).into()]).await?;
        let from = MailboxName::from_row(&format!("{old}{rest}"));
        connection.tell(Event::Renamed { mailbox: id, account, from, to: name });
        renamed.push(id);
    }
    Ok(renamed)
}

/// Refuses a name that another mailbox has.
async fn taken(
    connection: &mut Connection<'_>,
    account: AccountId,
    name: &MailboxName,
    by: MailboxId,
) -> Result<()> {
    let row = connection.optional(super::BY_NAME, &[account.into(), name.into()]).await?;
    match row.as_ref().map(from_row).transpose()? {
        Some(other) if other.id != by => Err(Error::AlreadyExists { what: Aggregate::Mailbox }),
        Some(_) | None => Ok(()),
    }
}

async fn remove(
    connection: &mut Connection<'_>,
    account: AccountId,
    name: &MailboxName,
    children: bool,
) -> Result<Vec<MailboxId>> {
    if *name == MailboxName::inbox() {
        return Err(Error::InvalidName { what: Aggregate::Mailbox, reason: "INBOX cannot be removed" });
    }
    let mut removed = Vec::new();
    for Branch { id, .. } in branches(connection, account, name, children).await? {
        super::remove(connection, id).await?;
        removed.push(id);
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use crate::harness::{message, on_both};
    use crate::{Aggregate, Error, MailboxName};

    fn named(text: &str) -> MailboxName {
        MailboxName::parse(text).unwrap()
    }

    on_both! {
        async fn a_tree_is_renamed_as_a_whole_or_not_at_all(bed: &Bed) {
            let account = bed.account("alice").await.id;
            for name in ["Work", "Work/", "Work/A", "Work/A/B", "Workshop", "Play/A"] {
                bed.mailbox(account, name).await;
            }
            let names = async || {
                let all = bed.storage.mailboxes(account).await.unwrap();
                all.into_iter().map(|mailbox| mailbox.name.to_string()).collect::<Vec<_>>()
            };
            let before = bed.storage.find_mailbox(account, &named("Work/A")).await.unwrap().unwrap();
            let untouched = names().await;
            let rename = async |from, to, children| {
                bed.storage.rename_mailbox(account, named(from), named(to), children).await
            };
            let refused = rename("Work", "Play", true).await.unwrap_err();
            assert!(matches!(refused, Error::AlreadyExists { what: Aggregate::Mailbox }), "{refused}");
            assert_eq!(names().await, untouched);
            assert_eq!(rename("Work", "Job", true).await.unwrap().len(), 4);
            assert_eq!(names().await, ["INBOX", "Job", "Job/", "Job/A", "Job/A/B", "Play/A", "Workshop"]);
            let after = bed.storage.find_mailbox(account, &named("Job/A")).await.unwrap().unwrap();
            assert_eq!((after.id, after.uid_validity), (before.id, before.uid_validity));
            // Up, past its own place.
            assert_eq!(rename("Job/A", "A", true).await.unwrap().len(), 2);
            assert_eq!(rename("Job", "Work", false).await.unwrap().len(), 1);
            assert_eq!(names().await, ["A", "A/B", "INBOX", "Job/", "Play/A", "Work", "Workshop"]);
            for (from, to, text) in [
                ("INBOX", "In", "INBOX cannot be renamed"),
                ("A", "A/C", "it would be below itself"),
                ("A", "C/", "what holds messages"),
            ] {
                let refused = rename(from, to, true).await.unwrap_err().to_string();
                assert!(refused.contains(text), "{refused}");
            }
            let gone = rename("Nowhere", "Somewhere", true).await.unwrap_err();
            assert!(matches!(gone, Error::NotFound { what: Aggregate::Mailbox }), "{gone}");
        }

        async fn a_tree_is_removed_with_its_messages(bed: &Bed) {
            let account = bed.account("alice").await.id;
            for name in ["Work", "Work/A", "Work/A/B", "Workshop"] {
                let mailbox = bed.mailbox(account, name).await;
                bed.storage.append(mailbox, vec![message(1)]).await.unwrap();
            }
            let remove = async |name, children| {
                bed.storage.remove_mailbox_named(account, named(name), children).await
            };
            assert_eq!(remove("Work", false).await.unwrap().len(), 1);
            assert_eq!(remove("Work/A", true).await.unwrap().len(), 2);
            let refused = remove("inbox", true).await.unwrap_err().to_string();
            assert!(refused.contains("INBOX cannot be removed"), "{refused}");
            let gone = remove("Work", true).await.unwrap_err();
            assert!(matches!(gone, Error::NotFound { what: Aggregate::Mailbox }), "{gone}");
            bed.assert_sound().await;
            assert_eq!(bed.storage.mailboxes(account).await.unwrap().len(), 2);
        }
    }
}
