//! What does a newcomer find? A domain, two accounts with mail in them, and where to go.

use std::fmt::Write;

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
    listeners: &[(Kind, std::net::SocketAddr)],
    sip: &[std::net::SocketAddr],
) -> String {
    let mut out = String::new();
    let url = |kind: Kind, scheme: &str| {
        listeners
            .iter()
            .find(|(known, _)| *known == kind)
            .map(|(_, address)| format!("{scheme}://{address}/"))
    };
    if !newcomers.is_empty() {
        out.push_str(
            "\nThis is the first start. Two accounts were made; their passwords are shown only now:\n\n",
        );
        for Newcomer { address, password } in newcomers {
            _ = writeln!(out, "    {address:<18} {password}");
        }
        out.push_str("\n(Another password: ximss-gateway account password NAME@DOMAIN)\n");
    }
    if let Some(url) = url(Kind::Http, "http").or_else(|| url(Kind::Https, "https")) {
        _ = writeln!(out, "\nBrowser:  {url}   log in, read mail, and call echo@{DOMAIN} to hear yourself");
    }
    if let Some(address) = sip.first() {
        let host = if config.sip.advertise.is_empty() {
            address.ip().to_string()
        } else {
            config.sip.advertise.clone()
        };
        _ = writeln!(
            out,
            "Phone:    user alice, domain {DOMAIN}, proxy {host}:{}, transport UDP or TCP, the account's password",
            address.port()
        );
    }
    out
}
