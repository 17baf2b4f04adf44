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

/// Makes the first accounts, if the data folder has no domain yet.
pub(crate) async fn prepare(storage: &Storage, accounts: &Accounts) -> storage::Result<Vec<Newcomer>> {
    let mut newcomers = Vec::new();
    if !storage.domains().await?.is_empty() {
        return Ok(newcomers);
    }
    for (name, real_name) in ACCOUNTS {
        let address = Address { name: name.to_owned(), domain: Some(DOMAIN.to_owned()) };
        let password = random_text(12);
        let account = accounts.create(&address, real_name, &password).await?;
        let inbox = storage.find_mailbox(account.id, &MailboxName::inbox()).await?;
        if let Some(inbox) = inbox {
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
