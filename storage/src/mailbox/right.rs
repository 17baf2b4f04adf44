//! What may others do with a mailbox?
//!
//! Rights only add up: what an account was granted itself, and what was granted to every account of the domain. The
//! owner is not looked up here: who owns a mailbox may do everything with it.

use super::{create, from_row};
use crate::Storage;
use crate::error::{Aggregate, Error, Result};
use crate::id::{AccountId, MailboxId};
use crate::mailbox::{self, Mailbox};
use crate::name::MailboxName;
use crate::statement::{Connection, Row, Sql, Value};

const EFFECTIVE: Sql = Sql::same(
    "SELECT rights FROM mailbox_right WHERE mailbox = $1 AND (account = $2 OR (account IS NULL AND \
     (SELECT o.domain FROM mailbox b JOIN account o ON o.id = b.account WHERE b.id = $1) = \
     (SELECT domain FROM account WHERE id = $2)))",
);
const GRANTS: Sql = Sql::same(
    "SELECT r.account, r.rights, a.name, d.name FROM mailbox_right r LEFT JOIN account a ON a.id = r.account \
     LEFT JOIN domain d ON d.id = a.domain WHERE r.mailbox = $1 ORDER BY a.name, d.name",
);
const SHARED: Sql = Sql::same(
    "SELECT b.id, b.account, b.name, b.class, b.uid_validity, b.uid_next, b.modseq, b.messages, b.unseen, b.media, \
     b.unseen_media, b.size, b.oldest, o.name, d.name, r.rights FROM mailbox_right r \
     JOIN mailbox b ON b.id = r.mailbox JOIN account o ON o.id = b.account JOIN domain d ON d.id = o.domain \
     WHERE b.account <> $1 AND (r.account = $1 OR (r.account IS NULL AND o.domain = \
     (SELECT domain FROM account WHERE id = $1)))",
);
const REVOKE: Sql = Sql::same("DELETE FROM mailbox_right WHERE mailbox = $1 AND COALESCE(account, '') = $2");
const GRANT: Sql = Sql::same("INSERT INTO mailbox_right (mailbox, account, rights) VALUES ($1, $2, $3)");
const GRANT_ANYONE: Sql =
    Sql::same("INSERT INTO mailbox_right (mailbox, account, rights) VALUES ($1, NULL, $2)");
const ACCOUNT: Sql = Sql::same("SELECT id FROM account WHERE id = $1");
const COUNT: Sql = Sql::same("SELECT COUNT(*) FROM mailbox_right WHERE mailbox = $1");
const INHERIT: Sql = Sql::same(
    "INSERT INTO mailbox_right (mailbox, account, rights) SELECT $2, account, rights FROM mailbox_right \
     WHERE mailbox = $1",
);
/// Grants of a mailbox.
const MOST: i64 = 1_000;

/// A set of up to 63 rights. What each bit means is the caller's affair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rights(i64);

impl Rights {
    /// No right.
    pub const NONE: Self = Self(0);

    /// The set with these bits. They are stored as they are and must keep their meaning for good.
    pub const fn from_bits(bits: i64) -> Self {
        Self(bits)
    }

    /// The bits of the set.
    pub const fn bits(self) -> i64 {
        self.0
    }

    /// The rights of either set.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Who has been granted rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grantee {
    /// An account.
    Account(AccountId),
    /// Every account of the domain that the mailbox is in.
    Anyone,
}

/// What somebody has been granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub grantee: Grantee,
    /// The name and the domain of an account.
    pub address: Option<(String, String)>,
    /// What.
    pub rights: Rights,
}

/// A mailbox of somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// The name of its owner.
    pub owner: String,
    /// The name of its owner's domain.
    pub domain: String,
    /// What the asking account may do with it.
    pub rights: Rights,
}

impl Storage {
    /// What an account has been granted to somebody else's mailbox; none where there is no such mailbox.
    pub async fn rights(&self, mailbox: MailboxId, account: AccountId) -> Result<Rights> {
        let mut reader = self.pool().reader().await?;
        let mut rights = Rights::NONE;
        let values = [mailbox.into(), account.into()];
        let mut connection = reader.connection();
        let granted = connection.for_each(EFFECTIVE, &values, |row| {
            rights = rights.union(Rights(row.integer(0)?));
            Ok(())
        });
        granted.await?;
        Ok(rights)
    }

    /// All that has been granted to a mailbox, by name; what everyone has comes first.
    pub async fn grants(&self, mailbox: MailboxId) -> Result<Vec<Grant>> {
        grants(&mut self.pool().reader().await?.connection(), mailbox).await
    }

    /// Sets what these may do with a mailbox, and leaves others what they have: all or none. At most 1,000 in all.
    pub async fn set_grants(&self, mailbox: MailboxId, changes: Vec<(Grantee, Rights)>) -> Result<()> {
        self.pool().write((mailbox, changes), |c, (mailbox, all)| Box::pin(set(c, *mailbox, all))).await
    }

    /// The mailboxes of others to which an account has been granted anything, by owner and name.
    pub async fn shared_mailboxes(&self, account: AccountId) -> Result<Vec<Shared>> {
        let mut reader = self.pool().reader().await?;
        let mut shared = reader.connection().rows(SHARED, &[account.into()], shared_from_row).await?;
        let place = |one: &Shared| (one.domain.clone(), one.owner.clone(), one.mailbox.name.clone());
        shared.sort_by_cached_key(place);
        // A mailbox is there once for each of its grants that reach the account.
        shared.dedup_by(|next, kept| {
            let same = next.mailbox.id == kept.mailbox.id;
            if same {
                kept.rights = kept.rights.union(next.rights);
            }
            same
        });
        Ok(shared)
    }

    /// Creates a mailbox of the account that has this one, with the same grants: for somebody who was granted as much,
    /// and shall find in the new one what he has in the other.
    pub async fn create_mailbox_like(
        &self,
        parent: MailboxId,
        name: MailboxName,
        class: String,
    ) -> Result<Mailbox> {
        let args = (parent, name, class);
        self.pool()
            .write(args, |c, (parent, name, class)| Box::pin(create_like(c, *parent, name, class)))
            .await
    }
}

fn shared_from_row(row: &Row) -> Result<Shared> {
    Ok(Shared {
        mailbox: from_row(row)?,
        owner: row.text(13)?.to_owned(),
        domain: row.text(14)?.to_owned(),
        rights: Rights(row.integer(15)?),
    })
}

async fn grants(connection: &mut Connection<'_>, mailbox: MailboxId) -> Result<Vec<Grant>> {
    let grant = |row: &Row| {
        Ok(match row.maybe_text(0)? {
            Some(id) => Grant {
                grantee: Grantee::Account(AccountId::from_row(id)?),
                address: Some((row.text(2)?.to_owned(), row.text(3)?.to_owned())),
                rights: Rights(row.integer(1)?),
            },
            None => Grant { grantee: Grantee::Anyone, address: None, rights: Rights(row.integer(1)?) },
        })
    };
    let mut grants = connection.rows(GRANTS, &[mailbox.into()], grant).await?;
    grants.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(grants)
}

async fn set(
    connection: &mut Connection<'_>,
    mailbox: MailboxId,
    changes: &[(Grantee, Rights)],
) -> Result<()> {
    mailbox::lock(connection, mailbox).await?;
    for (grantee, rights) in changes {
        let account = match grantee {
            Grantee::Account(account) => account.to_string(),
            Grantee::Anyone => String::new(),
        };
        connection.execute(REVOKE, &[mailbox.into(), (&account).into()]).await?;
        if *rights == Rights::NONE {
            continue;
        }
        match grantee {
            Grantee::Account(account) => {
                let found = connection.optional(ACCOUNT, &[(*account).into()]).await?;
                found.ok_or(Error::NotFound { what: Aggregate::Account })?;
                connection.execute(GRANT, &[mailbox.into(), (*account).into(), (*rights).into()]).await?
            }
            Grantee::Anyone => connection.execute(GRANT_ANYONE, &[mailbox.into(), (*rights).into()]).await?,
        };
    }
    let count = connection.optional(COUNT, &[mailbox.into()]).await?.map_or(Ok(0), |row| row.integer(0))?;
    if count > MOST { Err(Error::Exhausted { what: Aggregate::Right }) } else { Ok(()) }
}

async fn create_like(
    connection: &mut Connection<'_>,
    parent: MailboxId,
    name: &MailboxName,
    class: &str,
) -> Result<Mailbox> {
    let account = mailbox::find(connection, mailbox::BY_ID, parent).await?.account;
    let mailbox = create(connection, account, name, class).await?;
    connection.execute(INHERIT, &[parent.into(), mailbox.id.into()]).await?;
    Ok(mailbox)
}

impl From<Rights> for Value<'_> {
    fn from(rights: Rights) -> Self {
        Self::Integer(rights.0)
    }
}

#[cfg(test)]
mod tests {
    use super::MOST;
    use crate::harness::{new_account, on_both};
    use crate::{Aggregate, Error, Grantee, MailboxName, Rights};

    const READ: Rights = Rights::from_bits(1);
    const WRITE: Rights = Rights::from_bits(1 << 40);

    fn named(text: &str) -> MailboxName {
        MailboxName::parse(text).unwrap()
    }

    on_both! {
        async fn rights_add_up_and_end_at_the_domain(bed: &Bed) {
            let (alice, bob) = (bed.account("alice").await.id, bed.account("bob").await.id);
            let other = bed.storage.create_domain("example.net").await.unwrap();
            let eve = bed.storage.create_account(new_account(&other, "eve")).await.unwrap().id;
            let work = bed.mailbox(alice, "Work").await;
            let rights = async |account| bed.storage.rights(work, account).await.unwrap();
            let set = async |changes: Vec<_>| bed.storage.set_grants(work, changes).await.unwrap();
            assert_eq!(rights(bob).await, Rights::NONE);
            set(vec![(Grantee::Account(bob), READ), (Grantee::Anyone, WRITE)]).await;
            assert_eq!((rights(bob).await, rights(eve).await), (READ.union(WRITE), Rights::NONE));
            // Others keep what they have.
            set(vec![(Grantee::Account(eve), READ), (Grantee::Anyone, Rights::NONE)]).await;
            assert_eq!((rights(bob).await, rights(eve).await), (READ, READ));
            set(vec![(Grantee::Account(bob), WRITE), (Grantee::Account(bob), Rights::NONE)]).await;
            assert_eq!((rights(bob).await, rights(eve).await), (Rights::NONE, READ));
            let grants = bed.storage.grants(work).await.unwrap();
            assert_eq!(grants.len(), 1);
            assert_eq!(grants[0].address, Some(("eve".into(), "example.net".into())));
            // They go with the account, with the mailbox, and stay through a renaming.
            bed.storage.rename_mailbox(alice, named("Work"), named("Play"), false).await.unwrap();
            assert_eq!(rights(eve).await, READ);
            bed.storage.remove_account(eve).await.unwrap();
            assert_eq!(bed.storage.grants(work).await.unwrap(), []);
            set(vec![(Grantee::Account(bob), READ)]).await;
            bed.storage.remove_mailbox(work).await.unwrap();
            assert_eq!(rights(bob).await, Rights::NONE);
            assert_eq!(bed.count("SELECT COUNT(*) FROM mailbox_right").await, 0);
        }

        async fn an_account_sees_what_is_shared_with_it_once(bed: &Bed) {
            let (alice, bob) = (bed.account("alice").await.id, bed.account("bob").await.id);
            let carol = bed.account("carol").await.id;
            for (account, name, grants) in [
                (alice, "Work", vec![(Grantee::Account(bob), READ), (Grantee::Anyone, WRITE)]),
                (alice, "Secret", vec![(Grantee::Account(carol), READ)]),
                (bob, "Own", vec![(Grantee::Anyone, READ)]),
                (carol, "A", vec![(Grantee::Anyone, READ)]),
            ] {
                let mailbox = bed.mailbox(account, name).await;
                bed.storage.set_grants(mailbox, grants).await.unwrap();
            }
            let shared = bed.storage.shared_mailboxes(bob).await.unwrap();
            let seen: Vec<_> = shared
                .iter()
                .map(|one| (one.owner.as_str(), one.domain.as_str(), one.mailbox.name.as_str(), one.rights))
                .collect();
            let expected =
                [("alice", "example.org", "Work", READ.union(WRITE)), ("carol", "example.org", "A", READ)];
            assert_eq!(seen, expected);
        }

        async fn a_mailbox_that_another_makes_has_the_grants_of_the_one_above(bed: &Bed) {
            let (alice, bob) = (bed.account("alice").await.id, bed.account("bob").await.id);
            let work = bed.mailbox(alice, "Work").await;
            bed.storage.set_grants(work, vec![(Grantee::Account(bob), READ), (Grantee::Anyone, WRITE)]).await.unwrap();
            let below = bed.storage.create_mailbox_like(work, named("Work/A"), "C".into()).await.unwrap();
            assert_eq!((below.account, below.class.as_str()), (alice, "C"));
            assert_eq!(bed.storage.grants(below.id).await.unwrap(), bed.storage.grants(work).await.unwrap());
            let taken = bed.storage.create_mailbox_like(work, named("Work/A"), String::new()).await.unwrap_err();
            assert!(matches!(taken, Error::AlreadyExists { what: Aggregate::Mailbox }), "{taken}");
        }

        async fn a_mailbox_has_so_many_grants_and_none_for_nobody(bed: &Bed) {
            let alice = bed.account("alice").await.id;
            let work = bed.mailbox(alice, "Work").await;
            let gone = bed.account("gone").await.id;
            bed.storage.remove_account(gone).await.unwrap();
            let refused = bed.storage.set_grants(work, vec![(Grantee::Anyone, READ), (Grantee::Account(gone), READ)]);
            let refused = refused.await.unwrap_err();
            assert!(matches!(refused, Error::NotFound { what: Aggregate::Account }), "{refused}");
            assert_eq!(bed.storage.grants(work).await.unwrap(), [], "all or none");
            let domain = bed.domain().await;
            let mut all = Vec::new();
            for number in 0..=MOST {
                let account = bed.storage.create_account(new_account(&domain, &format!("n{number}"))).await.unwrap();
                all.push((Grantee::Account(account.id), READ));
            }
            let refused = bed.storage.set_grants(work, all.clone()).await.unwrap_err();
            assert!(matches!(refused, Error::Exhausted { what: Aggregate::Right }), "{refused}");
            all.pop();
            bed.storage.set_grants(work, all).await.unwrap();
            assert_eq!(bed.storage.grants(work).await.unwrap().len(), 1_000);
        }
    }
}
