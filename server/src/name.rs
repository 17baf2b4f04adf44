//! Which mailbox does a client's name stand for, and what may the client's user do with it?
//!
//! A name leads to a mailbox by [`Access`] only, which gives it to those who say what they want to do and have the
//! right to. Of a mailbox of somebody else the answer beyond that is always the same, whether there is one or not.

use protocol::{ErrorCode, Rights};
use storage::{AccountId, Mailbox, MailboxId, MailboxName, Shared};

use crate::account::{Account, Address};
use crate::failure::Failure;
use crate::hub::Hub;

/// A mailbox as a client names it: of its own account, or `~account@domain/mailbox` of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailboxRef {
    user: AccountId,
    /// Whose it is, if somebody else's.
    owner: Option<Address>,
    name: MailboxName,
}

/// A mailbox, as far as the rights to it go.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    mailbox: Mailbox,
    rights: Rights,
    user: AccountId,
}

impl MailboxRef {
    /// Reads a name that a client of `account` uses.
    pub(crate) fn parse(text: &str, account: &Account) -> Result<Self, Failure> {
        let (owner, name) = match text.strip_prefix('~') {
            None => (None, text),
            Some(foreign) => {
                let (owner, name) = foreign.split_once('/').unwrap_or((foreign, "INBOX"));
                let owner = Address::parse(owner).ok_or(ErrorCode::AccessDenied)?;
                (Some(owner).filter(|owner| !is_own(owner, account)), name)
            }
        };
        let name = MailboxName::parse(name)
            .map_err(|error| Failure::because(ErrorCode::NoSuchMailbox, error.to_string()))?;
        // Without a domain it is the user's own.
        let domain =
            |owner: Address| Address { domain: owner.domain.or(Some(account.domain.clone())), ..owner };
        Ok(Self { user: account.id, owner: owner.map(domain), name })
    }

    /// The mailbox.
    pub(crate) async fn find(&self, hub: &Hub) -> Result<Access, Failure> {
        self.look_up(hub).await?.ok_or_else(|| self.hiding(ErrorCode::NoSuchMailbox))
    }

    /// The mailbox, if there is one.
    pub(crate) async fn look_up(&self, hub: &Hub) -> Result<Option<Access>, Failure> {
        self.look_up_named(hub, &self.name).await
    }

    /// A mailbox that can have messages, for who needs these rights to it. If there is none and a class is given, it is
    /// created.
    pub(crate) async fn find_or_create(
        &self,
        hub: &Hub,
        class: Option<String>,
        rights: Rights,
    ) -> Result<Access, Failure> {
        let found = match (self.look_up(hub).await?, class) {
            (Some(found), _) => found,
            (None, None) => return Err(self.hiding(ErrorCode::NoSuchMailbox)),
            (None, Some(class)) => match self.create_with(hub, class, rights).await {
                // Somebody else was faster.
                Err(failure) if failure.code() == ErrorCode::MailboxExists => self.find(hub).await?,
                created => created?,
            },
        };
        if self.name.as_str().ends_with('/') {
            found.need(Rights::LOOKUP)?;
            return Err(Failure::because(ErrorCode::NoSuchMailbox, "it contains mailboxes, but no messages"));
        }
        found.need(rights)?;
        Ok(found)
    }

    /// Creates the mailbox. One of somebody else gets the rights of the one above it, to which the user needs `k`.
    pub(crate) async fn create(&self, hub: &Hub, class: String) -> Result<Access, Failure> {
        self.create_with(hub, class, Rights::NONE).await
    }

    /// The same for who needs these rights to what is created: else there shall be nothing.
    async fn create_with(&self, hub: &Hub, class: String, rights: Rights) -> Result<Access, Failure> {
        let created = if self.owner.is_none() {
            hub.storage.create_mailbox(self.user, self.name.clone(), class).await
        } else {
            let above = self.above(hub).await?;
            let above = above.need(Rights::CREATE.union(rights))?.id;
            hub.storage.create_mailbox_like(above, self.name.clone(), class).await
        };
        let mailbox = self.unless_taken(hub, created).await?;
        Access::of(hub, mailbox, self.user).await
    }

    /// Gives the mailbox, with `children` those below it too, another name. Needs `x` to each that is somebody else's,
    /// and `k` to the one above its new place.
    pub(crate) async fn rename(
        &self,
        hub: &Hub,
        to: &Self,
        children: bool,
    ) -> Result<Vec<MailboxId>, Failure> {
        let account = self.with_all(hub, children, Rights::DELETE).await?;
        if to.owner(hub).await? != Some(account) {
            let text = "a mailbox cannot be renamed into another account: copy its messages";
            return Err(Failure::because(ErrorCode::BadRequest, text));
        }
        if to.owner.is_some() {
            to.above(hub).await?.need(Rights::CREATE)?;
        }
        let renamed = hub.storage.rename_mailbox(account, self.name.clone(), to.name.clone(), children).await;
        to.unless_taken(hub, renamed).await
    }

    /// Removes the mailbox, with `children` those below it too: what was removed. Needs `x` to each that is somebody
    /// else's.
    pub(crate) async fn remove(&self, hub: &Hub, children: bool) -> Result<Vec<MailboxId>, Failure> {
        let account = self.with_all(hub, children, Rights::DELETE).await?;
        Ok(hub.storage.remove_mailbox_named(account, self.name.clone(), children).await?)
    }

    /// Whose the mailbox is, if the user has the right to it, and with `children` to all below it.
    async fn with_all(&self, hub: &Hub, children: bool, right: Rights) -> Result<AccountId, Failure> {
        if self.owner.is_none() {
            return Ok(self.user);
        }
        let account = self.find(hub).await?.need(right)?.account;
        let stem = format!("{}/", self.name.as_str().trim_end_matches('/'));
        let all = if children { hub.storage.mailboxes(account).await? } else { Vec::new() };
        for mailbox in all.into_iter().filter(|mailbox| mailbox.name.as_str().starts_with(&stem)) {
            Access::of(hub, mailbox, self.user).await?.need(right)?;
        }
        Ok(account)
    }

    /// The mailbox that this one, somebody else's, is below.
    async fn above(&self, hub: &Hub) -> Result<Access, Failure> {
        let name = self.name.as_str().trim_end_matches('/');
        let (above, _) = name.rsplit_once('/').ok_or(ErrorCode::AccessDenied)?;
        for name in [above.to_owned(), format!("{above}/")] {
            if let Some(found) = self.look_up_named(hub, &MailboxName::parse(&name)?).await? {
                return Ok(found);
            }
        }
        Err(ErrorCode::AccessDenied.into())
    }

    async fn look_up_named(&self, hub: &Hub, name: &MailboxName) -> Result<Option<Access>, Failure> {
        let Some(owner) = self.owner(hub).await? else { return Ok(None) };
        let Some(mailbox) = hub.storage.find_mailbox(owner, name).await? else { return Ok(None) };
        Access::of(hub, mailbox, self.user).await.map(Some)
    }

    async fn owner(&self, hub: &Hub) -> Result<Option<AccountId>, Failure> {
        Ok(match &self.owner {
            None => Some(self.user),
            Some(owner) => hub.accounts.find(owner).await?.map(|account| account.id),
        })
    }

    /// That a name is taken, only who sees the mailbox that has it is told.
    async fn unless_taken<T>(&self, hub: &Hub, done: storage::Result<T>) -> Result<T, Failure> {
        let done = done.map_err(Failure::from);
        if done.as_ref().is_err_and(|failure| failure.code() == ErrorCode::MailboxExists) {
            self.find(hub).await?.need(Rights::LOOKUP)?;
        }
        done
    }

    /// What a client is told that cannot be done: of a mailbox of somebody else, always the same.
    fn hiding(&self, code: ErrorCode) -> Failure {
        if self.owner.is_some() { ErrorCode::AccessDenied.into() } else { code.into() }
    }
}

impl Access {
    async fn of(hub: &Hub, mailbox: Mailbox, user: AccountId) -> Result<Self, Failure> {
        let rights = if mailbox.account == user {
            Rights::ALL
        } else {
            rights_of(hub.storage.rights(mailbox.id, user).await?)
        };
        Ok(Self { mailbox, rights, user })
    }

    /// The mailbox, for who needs these rights to do something with it.
    pub(crate) fn need(&self, rights: Rights) -> Result<&Mailbox, Failure> {
        if self.rights.contains(rights) { Ok(&self.mailbox) } else { Err(ErrorCode::AccessDenied.into()) }
    }

    /// What the user may do; who may do nothing is not told that there is anything.
    pub(crate) fn rights(&self) -> Result<Rights, Failure> {
        if self.rights == Rights::NONE { Err(ErrorCode::AccessDenied.into()) } else { Ok(self.rights) }
    }

    /// The user, and what they may do, if the mailbox is somebody else's.
    pub(crate) fn guest(&self) -> Option<(AccountId, Rights)> {
        (self.mailbox.account != self.user).then_some((self.user, self.rights))
    }
}

/// The mailboxes of others that a user may see, as the user names them, and what the user may do with each.
pub(crate) async fn shared(hub: &Hub, user: AccountId) -> Result<Vec<(String, Mailbox, Rights)>, Failure> {
    let shared = hub.storage.shared_mailboxes(user).await?.into_iter();
    let named = shared.map(|Shared { mailbox, owner, domain, rights }| {
        (format!("~{owner}@{domain}/{}", mailbox.name), mailbox, rights_of(rights))
    });
    Ok(named.filter(|(_, _, rights)| rights.contains(Rights::LOOKUP)).collect())
}

/// Whether the address is the account's own.
fn is_own(address: &Address, account: &Account) -> bool {
    let domain = address.domain.as_ref();
    address.name.eq_ignore_ascii_case(&account.name)
        && domain.is_none_or(|domain| domain.eq_ignore_ascii_case(&account.domain))
}

/// Stored rights; bits that mean nothing are dropped.
pub(crate) fn rights_of(rights: storage::Rights) -> Rights {
    Rights::from_bits(u16::try_from(rights.bits() & i64::from(Rights::ALL.bits())).unwrap_or_default())
}

/// Rights as they are stored.
pub(crate) fn stored_rights(rights: Rights) -> storage::Rights {
    storage::Rights::from_bits(rights.bits().into())
}
