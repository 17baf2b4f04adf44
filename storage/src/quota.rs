//! How much may an account keep, and how much does it keep?
//!
//! What it keeps is the sum of its mailboxes' counters, taken within the change that adds to them. On SQLite changes are
//! one after the other. On PostgreSQL those that come near to the limit take turns, by a lock of the account; far from
//! it, where no few of them can reach it, they do not wait for each other.

use crate::Storage;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::id::{AccountId, MailboxId};
use crate::statement::{Connection, Row, Sql};

/// No more than this many of what is counted: it is added to, and stored as a signed number.
const MOST: u64 = 1 << 60;
/// From how many hundredths of its quota on an account is warned.
const WARNED_AT: i64 = 90;
/// Changes take turns once half of the quota is used, or when they are larger than this part of it.
const LARGE: i64 = 1_000;

const TAKE_TURNS: Sql = Sql {
    sqlite: "SELECT id FROM account WHERE id = $1",
    postgres: "SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE",
};
const OTHERS: Sql = Sql::same(
    "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT), CAST(COALESCE(SUM(messages), 0) AS BIGINT) FROM mailbox \
     WHERE account = $1 AND id <> $2",
);
const USAGE: Sql = Sql::same(
    "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT), CAST(COALESCE(SUM(messages), 0) AS BIGINT), COUNT(*) FROM mailbox \
     WHERE account = $1",
);
const FIND: Sql = Sql::same("SELECT mail_size, messages, mailboxes FROM quota WHERE account = $1");
const SET: Sql = Sql::same(
    "INSERT INTO quota (account, mail_size, messages, mailboxes) VALUES ($1, $2, $3, $4) ON CONFLICT (account) \
     DO UPDATE SET mail_size = excluded.mail_size, messages = excluded.messages, mailboxes = excluded.mailboxes",
);

/// What an account may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of all messages.
    pub mail_size: u64,
    /// Messages.
    pub messages: u64,
    /// Mailboxes.
    pub mailboxes: u64,
}

/// What an account may keep in place of what all may; `None`: the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnQuota {
    /// Bytes of all messages.
    pub mail_size: Option<u64>,
    /// Messages.
    pub messages: Option<u64>,
    /// Mailboxes.
    pub mailboxes: Option<u64>,
}

/// What an account keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of all messages.
    pub mail_size: u64,
    /// Messages.
    pub messages: u64,
    /// Mailboxes.
    pub mailboxes: u64,
}

impl Quota {
    /// As much as there is room for.
    pub const UNLIMITED: Self = Self { mail_size: MOST, messages: MOST, mailboxes: MOST };

    fn with(self, own: OwnQuota) -> Self {
        Self {
            mail_size: own.mail_size.unwrap_or(self.mail_size),
            messages: own.messages.unwrap_or(self.messages),
            mailboxes: own.mailboxes.unwrap_or(self.mailboxes),
        }
    }
}

impl Storage {
    /// What an account keeps, and what it may keep.
    pub async fn usage(&self, account: AccountId) -> Result<(Usage, Quota)> {
        let mut reader = self.pool().reader().await?;
        let mut connection = reader.connection();
        let usage = connection.optional(USAGE, &[account.into()]).await?;
        let count = |column| usage.as_ref().map_or(Ok(0), |row: &Row| row.integer(column)).map(unsigned);
        let usage = Usage { mail_size: count(0)?, messages: count(1)?, mailboxes: count(2)? };
        Ok((usage, self.pool().quota().with(own(&mut connection, account).await?)))
    }

    /// What an account may keep in place of what all may.
    pub async fn own_quota(&self, account: AccountId) -> Result<OwnQuota> {
        own(&mut self.pool().reader().await?.connection(), account).await
    }

    /// Sets what an account may keep. What it has stays, if it is more.
    pub async fn set_own_quota(&self, account: AccountId, quota: OwnQuota) -> Result<()> {
        self.pool().write((account, quota), |c, (account, quota)| Box::pin(set(c, *account, *quota))).await
    }
}

/// Counters of a mailbox to which something was added, and what was added.
pub(crate) struct Added {
    pub(crate) account: AccountId,
    pub(crate) mailbox: MailboxId,
    /// Bytes and messages: of the mailbox as it is now, and of the account's others.
    pub(crate) own: [i64; 2],
    pub(crate) others: [i64; 2],
    /// What was added of each.
    pub(crate) more: [i64; 2],
    /// What the account may have in place of what all may.
    pub(crate) limits: [Option<i64>; 2],
}

/// Refuses what takes an account over its quota, in the change that it is; or warns the account, the once that it comes
/// near.
pub(crate) async fn check(connection: &mut Connection<'_>, mut added: Added) -> Result<()> {
    let quota = connection.quota();
    let limits = [
        added.limits[0].unwrap_or_else(|| signed(quota.mail_size)),
        added.limits[1].unwrap_or_else(|| signed(quota.messages)),
    ];
    let totals = |added: &Added| [added.own[0] + added.others[0], added.own[1] + added.others[1]];
    let each = |total: [i64; 2]| total.into_iter().zip(added.more).zip(limits);
    let near = each(totals(&added)).any(|((total, more), limit)| total > limit / 2 || more > limit / LARGE);
    if near && !connection.is_sqlite() {
        connection.optional(TAKE_TURNS, &[added.account.into()]).await?;
        if let Some(row) = connection.optional(OTHERS, &[added.account.into(), added.mailbox.into()]).await? {
            added.others = [row.integer(0)?, row.integer(1)?];
        }
    }
    let total = totals(&added);
    for ((total, limit), what) in total.into_iter().zip(limits).zip(["bytes of mail", "messages"]) {
        if total > limit {
            return Err(Error::OverQuota { what, limit: unsigned(limit) });
        }
    }
    let is_reached =
        |total: i64, limit: i64| i128::from(total) * 100 >= i128::from(limit) * i128::from(WARNED_AT);
    let crossed = total.into_iter().zip(added.more).zip(limits);
    let crossed = crossed.into_iter().any(|((total, more), limit)| {
        is_reached(total, limit) && !is_reached(total.saturating_sub(more), limit)
    });
    if crossed {
        connection.tell(Event::NearlyFull(added.account));
    }
    Ok(())
}

/// Refuses another mailbox to an account that is locked.
pub(crate) async fn check_mailboxes(connection: &mut Connection<'_>, account: AccountId) -> Result<()> {
    let usage = connection.optional(USAGE, &[account.into()]).await?;
    let mailboxes = usage.map_or(Ok(0), |row| row.integer(2))?;
    let limit = connection.quota().with(own(connection, account).await?).mailboxes;
    if unsigned(mailboxes) >= limit { Err(Error::OverQuota { what: "mailboxes", limit }) } else { Ok(()) }
}

async fn own(connection: &mut Connection<'_>, account: AccountId) -> Result<OwnQuota> {
    let Some(row) = connection.optional(FIND, &[account.into()]).await? else {
        return Ok(OwnQuota::default());
    };
    let number = |column| Ok::<_, Error>(row.maybe_integer(column)?.map(unsigned));
    Ok(OwnQuota { mail_size: number(0)?, messages: number(1)?, mailboxes: number(2)? })
}

async fn set(connection: &mut Connection<'_>, account: AccountId, quota: OwnQuota) -> Result<()> {
    crate::account::lock(connection, account).await?;
    let number = |value: Option<u64>| value.map(signed).into();
    let values = [account.into(), number(quota.mail_size), number(quota.messages), number(quota.mailboxes)];
    connection.execute(SET, &values).await.map(drop)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number.min(MOST)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
