//! Who has an account, and how are they let in?

use std::sync::Arc;

use protocol::ErrorCode;
use storage::{AccountId, Credentials, NewAccount, Storage};

use crate::failure::Failure;
use crate::key::{ServerKey, random_text};
use crate::password::{Busy, Digests, Passwords, hex, same};
use crate::ticket::Ticket;

/// An account, as those who are logged in to it know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its id.
    pub(crate) id: AccountId,
    /// `name@domain`.
    pub(crate) address: String,
    /// The part before the `@`.
    pub(crate) name: String,
    /// The part after it.
    pub(crate) domain: String,
    /// What its owner is called.
    pub(crate) real_name: Option<String>,
    /// The version of its key; rises with each change of the password.
    pub(crate) key_version: i64,
}

/// The accounts.
pub(crate) struct Accounts {
    storage: Storage,
    key: Arc<ServerKey>,
    passwords: Passwords,
    cram_md5: bool,
}

/// `name` or `name@domain`, in lower case: accounts are found whatever their case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The part before the `@`.
    pub(crate) name: String,
    /// The part after it.
    pub(crate) domain: Option<String>,
}

const TOO_MANY: &str = "too many users are logging in: try again in a few seconds";

/// How long a challenge for CRAM-MD5 by HTTP is accepted, in seconds.
const NONCE_LIFETIME: i64 = 120;

impl Address {
    /// Reads an address. Names of accounts have letters, digits, `.`, `-`, `_` and `+`; domains are DNS names.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let (name, domain) = match text.split_once('@') {
            Some((name, domain)) => (name, Some(domain)),
            None => (text.as_str(), None),
        };
        let good_name = !name.is_empty()
            && name.len() <= 64
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'));
        let good_domain = domain.is_none_or(|domain| {
            !domain.is_empty()
                && domain.len() <= 253
                && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
        });
        (good_name && good_domain).then(|| Self { name: name.to_owned(), domain: domain.map(str::to_owned) })
    }
}

impl Accounts {
    /// The accounts in this storage, their secrets sealed with this key.
    pub(crate) fn new(storage: Storage, key: Arc<ServerKey>, cram_md5: bool) -> Self {
        Self { storage, key, passwords: Passwords::new(), cram_md5 }
    }

    /// The domain of addresses that name none: the oldest one.
    pub(crate) async fn default_domain(&self) -> storage::Result<String> {
        let domains = self.storage.domains().await?;
        let oldest = domains.into_iter().min_by_key(|domain| domain.created);
        Ok(oldest.map_or_else(|| "localhost".to_owned(), |domain| domain.name))
    }

    /// The stored account of an address, if there is one.
    pub(crate) async fn find(&self, address: &Address) -> storage::Result<Option<storage::Account>> {
        let domain = match &address.domain {
            Some(domain) => domain.clone(),
            None => self.default_domain().await?,
        };
        self.storage.find_account(&address.name, &domain).await
    }

    /// Lets in who knows the password. Whether the account or the password is wrong takes the same time and gives
    /// the same answer.
    pub(crate) async fn by_password(&self, address: &str, password: String) -> Result<Arc<Account>, Failure> {
        let account = match Address::parse(address) {
            Some(address) => self.find(&address).await?,
            None => None,
        };
        let hash = account.as_ref().map(|account| account.credentials.password_hash.clone());
        let right = self.passwords.verify(hash, password).await;
        let right = right.map_err(|Busy| Failure::because(ErrorCode::TemporaryFailure, TOO_MANY))?;
        match account {
            Some(account) if right => Ok(Arc::new(Account::from(account))),
            _ => Err(ErrorCode::IncorrectPassword.into()),
        }
    }

    /// Lets in who shows a ticket. `now` is in seconds since 1970.
    pub(crate) async fn by_ticket(&self, ticket: &str, now: i64) -> Result<Arc<Account>, Failure> {
        let wrong = || {
            Failure::because(
                ErrorCode::IncorrectPassword,
                "the ticket is not valid: log in with the password",
            )
        };
        let ticket = Ticket::accept(ticket, &self.key, now).ok_or_else(wrong)?;
        let id = AccountId::parse(&ticket.account).ok_or_else(wrong)?;
        let account = match self.storage.account(id).await {
            Err(storage::Error::NotFound { .. }) => return Err(wrong()),
            account => account?,
        };
        if account.key_version != ticket.key_version {
            return Err(wrong());
        }
        Ok(Arc::new(Account::from(account)))
    }

    /// Lets in who has answered a CRAM-MD5 challenge rightly; `answer` is in hexadecimal digits.
    pub(crate) async fn by_cram(
        &self,
        address: &str,
        challenge: &str,
        answer: &str,
    ) -> Result<Arc<Account>, Failure> {
        let account = match Address::parse(address) {
            Some(address) => self.find(&address).await?,
            None => None,
        };
        let expected = account.as_ref().and_then(|account| self.digests(account));
        let expected = expected.and_then(|digests| digests.cram?.answer(challenge.as_bytes()));
        match (account, expected) {
            (Some(account), Some(expected)) if same(&expected, &answer.to_ascii_lowercase()) => {
                Ok(Arc::new(Account::from(account)))
            }
            _ => Err(ErrorCode::IncorrectPassword.into()),
        }
    }

    /// Whether CRAM-MD5 is offered.
    pub(crate) const fn offers_cram(&self) -> bool {
        self.cram_md5
    }

    /// A challenge for CRAM-MD5 by HTTP, where nothing is remembered between two requests.
    pub(crate) fn nonce(&self, now: i64) -> String {
        let body = format!("{now}.{}", random_text(16));
        let signature = self.key.sign(body.as_bytes());
        format!("{body}.{}", hex(signature.get(..16).unwrap_or_default()))
    }

    /// Whether it is one of our challenges, made a short time ago.
    pub(crate) fn is_nonce(&self, nonce: &str, now: i64) -> bool {
        let Some((body, signature)) = nonce.rsplit_once('.') else { return false };
        let expected = hex(self.key.sign(body.as_bytes()).get(..16).unwrap_or_default());
        let made = body.split('.').next().and_then(|seconds| seconds.parse::<i64>().ok());
        same(&expected, signature) && made.is_some_and(|made| (0..=NONCE_LIFETIME).contains(&(now - made)))
    }

    /// A ticket for the account that expires at `expires`, in seconds since 1970.
    pub(crate) fn ticket(&self, account: &Account, expires: i64) -> String {
        Ticket { account: account.id.to_string(), key_version: account.key_version, expires }.issue(&self.key)
    }

    /// What SIP needs of the account's password.
    pub(crate) fn digests(&self, account: &storage::Account) -> Option<Digests> {
        let purpose = purpose(&account.name, &account.domain_name);
        match self.key.open_sealed(&purpose, &account.credentials.digests) {
            Ok(bytes) => Digests::from_bytes(&bytes),
            Err(error) => {
                tracing::warn!(account = %account.name, %error, "the account must set its password again for SIP");
                None
            }
        }
    }

    /// Creates an account. The domain is created if it is new.
    pub(crate) async fn create(
        &self,
        address: &Address,
        real_name: &str,
        password: &str,
    ) -> storage::Result<Account> {
        let name = match &address.domain {
            Some(domain) => domain.clone(),
            None => self.default_domain().await?,
        };
        let domain = match self.storage.find_domain(&name).await? {
            Some(domain) => domain,
            None => self.storage.create_domain(&name).await?,
        };
        let credentials = self.credentials(&address.name, &domain.name, password).await;
        let (domain, name, real_name) = (domain.id, address.name.clone(), real_name.to_owned());
        let account = NewAccount { domain, name, real_name, credentials };
        Ok(Account::from(self.storage.create_account(account).await?))
    }

    /// Sets the password of an account; tickets of before end.
    pub(crate) async fn set_password(
        &self,
        account: &storage::Account,
        password: &str,
    ) -> storage::Result<()> {
        let credentials = self.credentials(&account.name, &account.domain_name, password).await;
        self.storage.set_credentials(account.id, credentials).await.map(drop)
    }

    /// An access password of a file of an account, so that it can be stored and read again.
    pub(crate) fn seal_file_password(&self, owner: AccountId, password: &str) -> Vec<u8> {
        self.key.seal(&file_purpose(owner), password.as_bytes())
    }

    /// What [`Self::seal_file_password`] was given; `None` if it was not sealed for this account with this key.
    pub(crate) fn open_file_password(&self, owner: AccountId, sealed: &[u8]) -> Option<String> {
        let opened = self.key.open_sealed(&file_purpose(owner), sealed).ok()?;
        String::from_utf8(opened).ok()
    }

    async fn credentials(&self, name: &str, domain: &str, password: &str) -> Credentials {
        let password_hash = self.passwords.hash(password.to_owned()).await;
        let digests = Digests::of(name, domain, password, self.cram_md5).to_bytes();
        Credentials { password_hash, digests: self.key.seal(&purpose(name, domain), &digests) }
    }
}

/// Digests are sealed for one account, so that they cannot be given to another in the database.
fn purpose(name: &str, domain: &str) -> Vec<u8> {
    format!("digests of {name}@{domain}").into_bytes()
}

fn file_purpose(owner: AccountId) -> Vec<u8> {
    format!("file passwords of {owner}").into_bytes()
}

impl From<storage::Account> for Account {
    fn from(account: storage::Account) -> Self {
        Self {
            id: account.id,
            address: format!("{}@{}", account.name, account.domain_name),
            name: account.name,
            domain: account.domain_name,
            real_name: Some(account.real_name).filter(|name| !name.is_empty()),
            key_version: account.key_version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_folded_and_checked() {
        let address = |name: &str, domain: Option<&str>| {
            Some(Address { name: name.to_owned(), domain: domain.map(str::to_owned) })
        };
        assert_eq!(Address::parse(" Alice@Example.org"), address("alice", Some("example.org")));
        assert_eq!(Address::parse("bob"), address("bob", None));
        for wrong in ["", "@x", "a@", "a b", "a@b@c", "a@b/c", "a<b"] {
            assert_eq!(Address::parse(wrong), None, "{wrong}");
        }
    }
}
