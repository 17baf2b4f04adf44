//! What does `ximss-gateway mail export` do? It writes the messages that it is sent to files.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, split};

use super::{connect, line_of, lock, messages, offline};
use crate::administration::{Answer, Command, LONGEST_MESSAGE, MessageHeader};
use crate::config::Config;
use crate::mail::{Exporter, Imported, is_mbox};

/// What is exported, and where to.
#[derive(Debug)]
pub enum Exported {
    /// A mailbox, into an mbox file or a Maildir.
    Mailbox {
        /// Its name.
        name: String,
        /// The file or folder, which must be new.
        target: PathBuf,
    },
    /// All mailboxes of the account, each into one of its own in this folder.
    All {
        /// The folder, made if it is missing.
        folder: PathBuf,
    },
}

/// Exports messages; returns how many were written.
///
/// # Errors
/// If they cannot be read or written, or some had to be left out; the text says how many were written.
pub async fn export(config: &Config, address: String, exported: Exported) -> anyhow::Result<u64> {
    let mut target = Target { exported, open: None, written: 0, left_out: 0 };
    let mailbox = match &target.exported {
        Exported::Mailbox { name, .. } => Some(name.clone()),
        Exported::All { .. } => None,
    };
    let command = Command::MailExport { address, mailbox };
    let Some(_lock) = lock(config, &command)? else {
        receive(connect(config).await?, command, &mut target).await?;
        return target.finish();
    };
    let administration = offline(config).await?;
    let (client, server) = tokio::io::duplex(1 << 20);
    let (received, served) =
        tokio::join!(receive(client, command, &mut target), administration.converse(server));
    received?;
    served?;
    target.finish()
}

/// Where messages go.
struct Target {
    exported: Exported,
    open: Option<(Exporter, PathBuf)>,
    written: u64,
    left_out: u64,
}

async fn receive(
    stream: impl AsyncRead + AsyncWrite,
    command: Command,
    target: &mut Target,
) -> anyhow::Result<()> {
    let (reader, mut writer) = split(stream);
    let mut reader = BufReader::with_capacity(256 * 1024, reader);
    writer.write_all(&line_of(&command)).await?;
    let mut line = String::new();
    while reader.read_line(&mut line).await? > 0 {
        match serde_json::from_str(&line)? {
            Answer::Mailbox(name) => target.begin(&name)?,
            Answer::Message(MessageHeader { length, internal_date, flags }) => {
                let mut raw = vec![0; length.min(LONGEST_MESSAGE)];
                reader.read_exact(&mut raw).await?;
                let flags = protocol::Flags::from_bits(flags);
                target.write(&Imported { raw, internal_date, flags })?;
            }
            Answer::Line(line) => {
                eprintln!("{line}");
                target.left_out += 1;
            }
            Answer::Stored(_) => {}
            Answer::Done => return Ok(()),
            Answer::Failed(text) => bail!("{text} ({} written)", messages(target.written)),
        }
        line.clear();
    }
    bail!("the gateway stopped; {} written", messages(target.written))
}

impl Target {
    /// Messages of this mailbox follow.
    fn begin(&mut self, name: &str) -> anyhow::Result<()> {
        self.close()?;
        let path = match &self.exported {
            Exported::Mailbox { target, .. } => target.clone(),
            Exported::All { folder } => place(folder, name),
        };
        if let (Exported::All { .. }, Some(folder)) = (&self.exported, path.parent()) {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let exporter = Exporter::create(&path).with_context(|| {
            format!("cannot write to {}: nothing that is there is written over", path.display())
        })?;
        self.open = Some((exporter, path));
        Ok(())
    }

    fn write(&mut self, message: &Imported) -> anyhow::Result<()> {
        let (exporter, path) = self.open.as_mut().context("a message came before its mailbox")?;
        exporter.write(message).with_context(|| format!("cannot write to {}", path.display()))?;
        self.written += 1;
        Ok(())
    }

    fn close(&mut self) -> anyhow::Result<()> {
        let Some((exporter, path)) = self.open.take() else { return Ok(()) };
        exporter.finish().with_context(|| format!("cannot write to {}", path.display()))
    }

    fn finish(mut self) -> anyhow::Result<u64> {
        self.close()?;
        if self.left_out > 0 {
            bail!("{} exported, and {} left out, as said above", messages(self.written), self.left_out);
        }
        Ok(self.written)
    }
}

/// Where in a folder a mailbox goes: below those that its name has in front of a `/`.
fn place(folder: &Path, name: &str) -> PathBuf {
    let mut place = folder.to_owned();
    // A trailing / is that of a mailbox that only holds others.
    for part in name.trim_end_matches('/').split('/') {
        place.push(safe(part));
    }
    if is_mbox(folder) {
        let mut name = place.file_name().unwrap_or_default().to_owned();
        name.push(".mbox");
        place.set_file_name(name);
    }
    place
}

/// A part of a mailbox's name as the name of a file: what has a meaning there is written as in a URL.
fn safe(part: &str) -> String {
    let is_taken = ["cur", "new", "tmp", "dovecot-keywords", ""].contains(&part);
    let encoded = |(place, letter): (usize, char)| {
        if letter.is_control() || letter == '%' || (place == 0 && (letter == '.' || is_taken)) {
            let mut bytes = [0; 4];
            letter.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")).collect()
        } else {
            letter.to_string()
        }
    };
    part.char_indices().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mailbox_has_a_place_of_its_own_within_the_folder() {
        let table = [
            ("INBOX", "out/INBOX"),
            ("Work/A", "out/Work/A"),
            ("Work/", "out/Work"),
            ("../up", "out/%2E./up"),
            ("a/cur", "out/a/%63ur"),
            ("100%\u{7}", "out/100%25%07"),
            ("Entwürfe", "out/Entwürfe"),
        ];
        for (name, path) in table {
            assert_eq!(place(Path::new("out"), name), Path::new(path), "{name}");
        }
        assert_eq!(place(Path::new("x.mbox"), "Work/v1.2"), Path::new("x.mbox/Work/v1.2.mbox"));
    }
}
