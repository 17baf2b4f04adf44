//! How are the aliases and quotas of accounts kept?

use storage::{OwnQuota, Quota, Usage};
use tokio::io::AsyncWriteExt;

use super::{Administration, Answer, Outcome, QuotaChange, parse, say, text};
use crate::account::Address;

/// Gives an account another name.
pub(super) async fn add_alias(administration: &Administration, address: &str, alias: &str) -> Outcome<()> {
    let account = administration.account(address).await?;
    let (name, domain) = split(alias)?;
    let found = administration.storage.find_domain(&domain).await.map_err(text)?;
    let domain = found
        .ok_or_else(|| format!("there is no domain {domain} here: a domain comes with its first account"))?;
    match administration.storage.add_alias(domain.id, &name, account.id).await {
        Err(storage::Error::AlreadyExists { what }) => Err(format!("{alias} is an {what} already")),
        added => added.map_err(text),
    }
}

/// Lists the other names of an account.
pub(super) async fn list_aliases(
    administration: &Administration,
    address: &str,
    writer: &mut (impl AsyncWriteExt + Unpin),
) -> Outcome<()> {
    let account = administration.account(address).await?;
    for alias in administration.storage.aliases(account.id).await.map_err(text)? {
        let line = format!("{}@{}", alias.name, alias.domain);
        say(writer, &Answer::Line(line)).await.map_err(text)?;
    }
    Ok(())
}

/// Takes a name from the account that it is another name of.
pub(super) async fn remove_alias(administration: &Administration, alias: &str) -> Outcome<()> {
    let (name, domain) = split(alias)?;
    let none = || format!("{alias} is not an alias: see `ximss-gateway account alias list`");
    let domain = administration.storage.find_domain(&domain).await.map_err(text)?.ok_or_else(none)?;
    match administration.storage.remove_alias(domain.id, &name).await {
        Err(storage::Error::NotFound { .. }) => Err(none()),
        removed => removed.map_err(text),
    }
}

/// Changes what an account may keep, and tells that and what it keeps.
pub(super) async fn quota(
    administration: &Administration,
    address: &str,
    change: QuotaChange,
    writer: &mut (impl AsyncWriteExt + Unpin),
) -> Outcome<()> {
    let storage = &administration.storage;
    let account = administration.account(address).await?.id;
    if change != QuotaChange::default() {
        let own = if change.reset {
            OwnQuota::default()
        } else {
            storage.own_quota(account).await.map_err(text)?
        };
        let own = OwnQuota {
            mail_size: change.bytes.or(own.mail_size),
            messages: change.messages.or(own.messages),
            mailboxes: change.mailboxes.or(own.mailboxes),
        };
        storage.set_own_quota(account, own).await.map_err(text)?;
    }
    let (Usage { mail_size, messages, mailboxes }, limits) = storage.usage(account).await.map_err(text)?;
    let Quota { mail_size: size_limit, messages: messages_limit, mailboxes: mailboxes_limit } = limits;
    for line in [
        format!("{mail_size} of {size_limit} bytes of mail"),
        format!("{messages} of {messages_limit} messages"),
        format!("{mailboxes} of {mailboxes_limit} mailboxes"),
    ] {
        say(writer, &Answer::Line(line)).await.map_err(text)?;
    }
    Ok(())
}

/// The name and the domain of an address.
fn split(address: &str) -> Outcome<(String, String)> {
    let Address { name, domain } = parse(address)?;
    Ok((name, domain.unwrap_or_default()))
}
