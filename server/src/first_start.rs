//! What does a newcomer find? A domain, two accounts with mail in them, and where to go.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use protocol::Flags;
use storage::{MailboxName, Storage};

use crate::account::{Accounts, Address};
use crate::administration::store;
use crate::clock;
use crate::config::Config;
use crate::key::random_text;
use crate::mail;
use crate::net::Kind;

/// The domain of the first accounts.
const DOMAIN: &str = "localhost";

/// The first accounts and what their owners are called.
const ACCOUNTS: [(&str, &str); 2] = [("alice", "Alice"), ("bob", "Bob")];

/// An account that was made, with its password.
pub(crate) struct Newcomer {
    address: String,
    password: String,
}

/// The setting that tells how far the first start has come.
const SETTING: &str = "first_start";
const BEGUN: &[u8] = b"begun";
const DONE: &[u8] = b"done";

/// Makes the first accounts, if the database has no domain yet. A first start that was cut off is completed: accounts
/// that it had made get passwords anew, since nobody was told those they have.
pub(crate) async fn prepare(storage: &Storage, accounts: &Accounts) -> storage::Result<Vec<Newcomer>> {
    let mut newcomers = Vec::new();
    match storage.setting(SETTING).await?.as_deref() {
        Some(BEGUN) => {}
        None if storage.domains().await?.is_empty() => storage.set_setting(SETTING, BEGUN.to_vec()).await?,
        None | Some(_) => return Ok(newcomers),
    }
    for (name, real_name) in ACCOUNTS {
        let address = Address { name: name.to_owned(), domain: Some(DOMAIN.to_owned()) };
        let password = random_text(12);
        let account = match accounts.find(&address).await? {
            Some(account) => {
                accounts.set_password(&account, &password).await?;
                account.into()
            }
            None => accounts.create(&address, real_name, &password).await?,
        };
        let inbox = storage.find_mailbox(account.id, &MailboxName::inbox()).await?;
        if let Some(inbox) = inbox.filter(|inbox| inbox.counts.messages == 0) {
            let now = clock::milliseconds();
            let day = 86_400_000;
            let messages = mail::welcome(&account.address, now);
            let count = i64::try_from(messages.len()).unwrap_or(0);
            let messages =
                messages.into_iter().zip(0..).map(|(raw, n)| (raw, now - (count - n) * day, Flags::RECENT));
            store(storage, None, inbox.id, messages.collect()).await?;
        }
        newcomers.push(Newcomer { address: account.address, password });
    }
    Ok(newcomers)
}

/// The passwords were told: the first start is over.
pub(crate) async fn done(storage: &Storage) -> storage::Result<()> {
    storage.set_setting(SETTING, DONE.to_vec()).await
}

/// What is told on standard output: the passwords, once, and where to point browser and phone.
pub(crate) fn introduction(
    config: &Config,
    newcomers: &[Newcomer],
    listeners: &[(Kind, SocketAddr)],
    sip: &[SocketAddr],
) -> String {
    let mut out = String::new();
    if !newcomers.is_empty() {
        out.push_str(
            "\nThis is the first start. Two accounts were made; their passwords are shown only now:\n\n",
        );
        for Newcomer { address, password } in newcomers {
            _ = writeln!(out, "    {address:<18} {password}");
        }
        out.push_str("\n(Another password: ximss-gateway account password NAME@DOMAIN)\n");
    }
    if let Some(url) = page(config, listeners) {
        _ = writeln!(out, "\nBrowser:  {url}   log in, read mail, and call echo@{DOMAIN} to hear yourself");
    }
    if let Some(address) = sip.first() {
        let proxy = SocketAddr::new(config.sip.advertise.unwrap_or(address.ip()), address.port());
        _ = writeln!(
            out,
            "Phone:    user alice, domain {DOMAIN}, proxy {proxy}, transport UDP or TCP, the account's password"
        );
    }
    out
}

/// Where the page is. Browsers give the microphone to pages of this machine and to those with TLS only.
fn page(config: &Config, listeners: &[(Kind, SocketAddr)]) -> Option<String> {
    let find = |wanted| listeners.iter().find(|(kind, _)| *kind == wanted);
    let reachable = |address: SocketAddr| {
        let told = config.media.advertise.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        SocketAddr::new(if address.ip().is_unspecified() { told } else { address.ip() }, address.port())
    };
    let http = find(Kind::Http).map(|(_, address)| reachable(*address));
    let https = find(Kind::Https).map(|(_, address)| reachable(*address));
    match (http, https) {
        (Some(http), Some(https)) if !http.ip().is_loopback() => Some(format!("https://{https}/")),
        (Some(http), _) => Some(format!("http://{http}/")),
        (None, https) => https.map(|https| format!("https://{https}/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many accounts there are, and the messages in their INBOXes.
    async fn stock(storage: &Storage) -> (usize, Vec<i64>) {
        let domain = storage.domains().await.unwrap().remove(0);
        let accounts = storage.accounts(domain.id).await.unwrap();
        let mut messages = Vec::new();
        for account in &accounts {
            let inbox = storage.find_mailbox(account.id, &MailboxName::inbox()).await.unwrap().unwrap();
            messages.push(inbox.counts.messages);
        }
        (accounts.len(), messages)
    }

    #[tokio::test]
    async fn a_first_start_that_was_cut_off_is_completed_and_its_passwords_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let database = storage::Database::Sqlite { path: folder.path().join("gateway.sqlite") };
        let config = storage::Config { database, blobs: folder.path().join("blobs").into() };
        let storage = Storage::open(config).await.unwrap();
        let key =
            std::sync::Arc::new(crate::key::ServerKey::open(&folder.path().join("server.key")).unwrap());
        let accounts = Accounts::new(storage.clone(), key, false);
        // It was killed when it had made the first account, without mail.
        storage.set_setting(SETTING, BEGUN.to_vec()).await.unwrap();
        let alice = Address { name: "alice".to_owned(), domain: Some(DOMAIN.to_owned()) };
        accounts.create(&alice, "Alice", "nobody knows").await.unwrap();
        let told = prepare(&storage, &accounts).await.unwrap();
        assert_eq!(
            told.iter().map(|one| &*one.address).collect::<Vec<_>>(),
            ["alice@localhost", "bob@localhost"]
        );
        let (count, messages) = stock(&storage).await;
        assert!(count == 2 && messages.iter().all(|count| *count > 0), "{count}, {messages:?}");
        // Killed again before the passwords were told: there is no more mail, but passwords are made again.
        assert_eq!(prepare(&storage, &accounts).await.unwrap().len(), 2);
        assert_eq!(stock(&storage).await, (2, messages));
        done(&storage).await.unwrap();
        assert_eq!(prepare(&storage, &accounts).await.unwrap().len(), 0);
    }

    #[test]
    fn the_page_is_where_a_browser_gets_at_it_and_gives_the_microphone() {
        let listeners = |http: &str, https: &str| {
            [(Kind::Http, http.parse().unwrap()), (Kind::Https, https.parse().unwrap())]
        };
        let mut config = Config::default();
        let local = listeners("127.0.0.1:8100", "127.0.0.1:9100");
        assert_eq!(page(&config, &local).as_deref(), Some("http://127.0.0.1:8100/"));
        config.media.advertise = Some("192.0.2.1".parse().unwrap());
        let everywhere = listeners("0.0.0.0:8100", "0.0.0.0:9100");
        assert_eq!(page(&config, &everywhere).as_deref(), Some("https://192.0.2.1:9100/"));
        assert_eq!(page(&config, &everywhere[..1]).as_deref(), Some("http://192.0.2.1:8100/"));
        assert_eq!(page(&config, &[]), None);
    }

    #[test]
    fn a_phone_is_told_the_advertised_address() {
        let mut config = Config::default();
        config.sip.advertise = Some("2001:db8::1".parse().unwrap());
        let text = introduction(&config, &[], &[], &["[::]:5060".parse().unwrap()]);
        assert!(text.contains("proxy [2001:db8::1]:5060"), "{text}");
    }
}
