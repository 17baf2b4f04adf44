//! Which mailbox does a client's name stand for?

use protocol::ErrorCode;
use storage::{AccountId, Mailbox, MailboxName, Storage};

use crate::account::Account;
use crate::failure::Failure;

/// A mailbox as a client names it: of its own account, or `~account@domain/mailbox` of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailboxRef {
    /// Whose it is.
    pub(crate) account: AccountId,
    /// What it is called there.
    pub(crate) name: MailboxName,
}

impl MailboxRef {
    /// Reads a name that a client of `account` uses. The mailboxes of others are closed to it, whether they exist
    /// or not.
    pub(crate) fn parse(text: &str, account: &Account) -> Result<Self, Failure> {
        let name = match text.strip_prefix('~') {
            None => text,
            Some(foreign) => {
                let (owner, name) = foreign.split_once('/').unwrap_or((foreign, "INBOX"));
                let own =
                    owner.eq_ignore_ascii_case(&account.address) || owner.eq_ignore_ascii_case(&account.name);
                if !own {
                    return Err(ErrorCode::AccessDenied.into());
                }
                name
            }
        };
        let name = MailboxName::parse(name)
            .map_err(|error| Failure::because(ErrorCode::NoSuchMailbox, error.to_string()))?;
        Ok(Self { account: account.id, name })
    }

    /// The mailbox. If there is none and a class is given, it is created.
    pub(crate) async fn find_or_create(
        &self,
        storage: &Storage,
        class: Option<String>,
    ) -> Result<Mailbox, Failure> {
        if let Some(mailbox) = storage.find_mailbox(self.account, &self.name).await? {
            if self.name.as_str().ends_with('/') {
                return Err(Failure::because(
                    ErrorCode::NoSuchMailbox,
                    "it contains mailboxes, but no messages",
                ));
            }
            return Ok(mailbox);
        }
        let class = class.ok_or(ErrorCode::NoSuchMailbox)?;
        match storage.create_mailbox(self.account, self.name.clone(), class).await {
            // Somebody else was faster.
            Err(storage::Error::AlreadyExists { .. }) => {
                let mailbox = storage.find_mailbox(self.account, &self.name).await?;
                mailbox.ok_or_else(|| ErrorCode::NoSuchMailbox.into())
            }
            created => Ok(created?),
        }
    }
}
