//! What do `ximss-gateway account`, `mail` and `config` do?
//!
//! All but `config` act on the data folder itself when no gateway uses it, and through its control socket when one does.

mod export;

use std::io::{IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, split};

use crate::account::Accounts;
use crate::administration::{Administration, Answer, Command, LONGEST_MESSAGE, MessageHeader};
use crate::config::Config;
use crate::folder_lock::{FolderLock, LockError};
use crate::mail::{Imported, Importer};
use crate::net::control;
use crate::{open_key, open_storage};

pub use export::{Exported, export};

/// Runs a command; hands the lines it has to say to `say` as they come.
///
/// # Errors
/// If it cannot be done; the text says what to do.
pub async fn run(
    config: &Config,
    command: Command,
    say: impl FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Some(_lock) = lock(config, &command)? else {
        return talk(connect(config).await?, command, say).await;
    };
    let administration = offline(config).await?;
    let (client, server) = tokio::io::duplex(64 * 1024);
    let (talked, served) = tokio::join!(talk(client, command, say), administration.converse(server));
    // When one side breaks off, the other fails too, and knows less of why.
    talked?;
    Ok(served?)
}

/// Imports a file or folder of messages; returns how many were stored.
///
/// # Errors
/// If it cannot be read or stored. What was stored before stays; the text says how much.
pub async fn import(config: &Config, address: String, mailbox: String, source: &Path) -> anyhow::Result<u64> {
    let importer = Importer::open(source, LONGEST_MESSAGE)?;
    let command = Command::MailImport { address, mailbox };
    let Some(_lock) = lock(config, &command)? else {
        return send_mail(connect(config).await?, command, importer).await;
    };
    let administration = offline(config).await?;
    let (client, server) = tokio::io::duplex(1 << 20);
    let (sent, served) = tokio::join!(send_mail(client, command, importer), administration.converse(server));
    let sent = sent?;
    served?;
    Ok(sent)
}

/// Takes the data folder; `None` if another process has it.
fn lock(config: &Config, command: &Command) -> anyhow::Result<Option<FolderLock>> {
    // Who mistypes the folder should not get an empty new one.
    if !matches!(command, Command::AccountAdd { .. }) && !config.data.exists() {
        bail!(
            "there is no data folder {}: name the right one with --data, or start the gateway once to make it",
            config.data.display()
        );
    }
    match FolderLock::take(&config.data) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::InUse { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn connect(config: &Config) -> anyhow::Result<tokio::net::UnixStream> {
    let path = control::path(&config.data);
    control::connect(&config.data).await.with_context(|| {
        format!(
            "the data folder {} is in use, and its control socket {} does not answer: wait until the other command \
             has ended or the gateway is ready, then try again",
            config.data.display(),
            path.display()
        )
    })
}

/// What went wrong, with all that caused it, each once: many errors repeat their cause.
#[must_use]
pub fn explain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

async fn offline(config: &Config) -> anyhow::Result<Administration> {
    let storage = open_storage(config).await?;
    let accounts = Accounts::new(storage.clone(), Arc::new(open_key(config)?), config.auth.cram_md5);
    Ok(Administration { storage, accounts: Arc::new(accounts), data: config.data.clone(), hub: None })
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite,
    command: Command,
    mut say: impl FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (reader, mut writer) = split(stream);
    writer.write_all(&line_of(&command)).await?;
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        match serde_json::from_str(&line)? {
            Answer::Line(line) => say(&line)?,
            Answer::Stored(_) | Answer::Mailbox(_) | Answer::Message(_) => {}
            Answer::Done => return Ok(()),
            Answer::Failed(text) => bail!(text),
        }
    }
    bail!("the gateway stopped before the command was done")
}

async fn send_mail(
    stream: impl AsyncRead + AsyncWrite,
    command: Command,
    mut importer: Importer,
) -> anyhow::Result<u64> {
    let (reader, mut writer) = split(stream);
    let mut left_out = 0;
    let bar = progress_bar(importer.total());
    writer.write_all(&line_of(&command)).await?;
    let send = async {
        while let Some(message) = importer.next() {
            bar.set_position(importer.position());
            match message {
                Ok(message) => send_message(&mut writer, &message).await?,
                Err(error) => {
                    left_out += 1;
                    bar.suspend(|| eprintln!("left out: {error}"));
                }
            }
        }
        let end = MessageHeader { length: 0, internal_date: 0, flags: 0 };
        writer.write_all(&line_of(&end)).await?;
        writer.flush().await
    };
    let receive = async {
        let mut lines = BufReader::new(reader).lines();
        let mut stored = 0;
        while let Some(line) = lines.next_line().await? {
            match serde_json::from_str(&line)? {
                Answer::Stored(count) => stored = count,
                Answer::Done => return Ok(stored),
                Answer::Failed(text) => bail!("{text} ({} stored)", messages(stored)),
                Answer::Line(_) | Answer::Mailbox(_) | Answer::Message(_) => {}
            }
        }
        bail!("the gateway stopped; {} stored", messages(stored))
    };
    let (sent, received) = tokio::join!(send, receive);
    bar.finish_and_clear();
    // When the other side has failed, sending fails too; its reason is the better one.
    let stored = received?;
    sent?;
    if left_out > 0 {
        bail!("{} imported, and {left_out} left out, as said above", messages(stored));
    }
    Ok(stored)
}

/// So many messages, in words.
#[must_use]
pub fn messages(count: u64) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}

async fn send_message(writer: &mut (impl AsyncWriteExt + Unpin), message: &Imported) -> std::io::Result<()> {
    let header = MessageHeader {
        length: message.raw.len(),
        internal_date: message.internal_date,
        flags: message.flags.bits(),
    };
    writer.write_all(&line_of(&header)).await?;
    writer.write_all(&message.raw).await
}

fn progress_bar(total: u64) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(total) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn line_of(value: &impl serde::Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

/// A password from standard input, its line end cut off; or a random one, and whether it is that.
///
/// # Errors
/// If standard input cannot be read or is empty.
pub fn password(from_stdin: bool) -> anyhow::Result<(String, bool)> {
    if !from_stdin {
        return Ok((crate::key::random_text(16), true));
    }
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).context("cannot read the password")?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("the password on standard input is empty");
    }
    Ok((password.to_owned(), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(folder: &tempfile::TempDir) -> Config {
        Config { data: folder.path().join("data"), ..Config::default() }
    }

    #[tokio::test]
    async fn only_a_new_account_makes_a_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&folder);
        let error = run(&config, Command::AccountList, |_| Ok(())).await.unwrap_err().to_string();
        assert!(error.contains("there is no data folder") && error.contains("--data"), "{error}");
        assert!(!config.data.exists());
    }

    #[tokio::test]
    async fn a_source_that_is_not_there_is_named_before_anything_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("old.mbox");
        let outcome = import(&config(&folder), "a@example.org".to_owned(), "INBOX".to_owned(), &source).await;
        let error = explain(&outcome.unwrap_err());
        assert!(error.contains("cannot open") && error.contains("old.mbox: No such file"), "{error}");
        assert_eq!(error.matches("No such file").count(), 1, "{error}");
    }

    #[test]
    fn a_cause_that_is_told_already_is_not_told_again() {
        let cause = anyhow::anyhow!("no space");
        let error = cause.context("cannot write f: no space").context("cannot save");
        assert_eq!(explain(&error), "cannot save: cannot write f: no space");
    }
}
