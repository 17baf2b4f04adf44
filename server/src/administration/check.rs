//! What of everything that is stored is damaged, and what of that can be mended?
//!
//! A line for each damage, and one at the end that sums up. The order is such that what one step mends the next one counts.

use bytes::Bytes;
use futures_util::future::join_all;
use storage::{Account, Blob, Error, Mailbox, MessageRows, Miscounted, NamedBlob, Storage, Uid};
use tokio::io::AsyncWriteExt;

use super::{Administration, Answer, LONGEST_MESSAGE, Outcome, say, text};
use crate::mail;

/// Blobs whose sizes are asked for at the same time.
const AT_ONCE: usize = 32;

/// A check that is under way.
struct Check<'c, W> {
    storage: &'c Storage,
    mend: bool,
    writer: &'c mut W,
    tally: Tally,
}

/// What was seen so far.
#[derive(Clone, Copy, Default)]
struct Tally {
    accounts: u64,
    mailboxes: u64,
    messages: u64,
    damages: u64,
    mended: u64,
}

/// Whether mending can do anything about a damage.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Remedy {
    Mending,
    None,
}

/// Checks an account, or everything. Fails if damage remains.
pub(super) async fn run(
    administration: &Administration,
    account: Option<Account>,
    mend: bool,
    writer: &mut (impl AsyncWriteExt + Unpin),
) -> Outcome<()> {
    let storage = &administration.storage;
    let mut check = Check { storage, mend, writer, tally: Tally::default() };
    match account {
        Some(account) => check.account(&account).await?,
        None => check.everything().await?,
    }
    check.sum_up().await
}

impl<W: AsyncWriteExt + Unpin> Check<'_, W> {
    async fn everything(&mut self) -> Outcome<()> {
        for line in self.storage.check_database().await.map_err(text)? {
            self.damage(&format!("the database file is damaged ({line}): restore a backup"), Remedy::None)
                .await?;
            // What such a file seems to say may be wrong, and nothing is changed for it.
            self.mend = false;
        }
        for dangling in self.storage.check_dangling(self.mend).await.map_err(text)? {
            let remedy = if dangling.is_removable { Remedy::Mending } else { Remedy::None };
            self.damage(&format!("{} {}", dangling.rows, dangling.what), remedy).await?;
        }
        for domain in self.storage.domains().await.map_err(text)? {
            for account in self.storage.accounts(domain.id).await.map_err(text)? {
                self.account(&account).await?;
            }
        }
        for blob in self.storage.check_references(self.mend).await.map_err(text)? {
            let kept = blob.kept.map_or("no row".to_owned(), |kept| format!("{kept} kept"));
            let line = format!("the blob {} is named {} times, with {kept}", blob.key, blob.named);
            self.damage(&line, Remedy::Mending).await?;
        }
        self.named().await?;
        let orphans = self.storage.check_orphans().await.map_err(text)?;
        if orphans.blobs > 0 {
            let (blobs, bytes) = (orphans.blobs, orphans.bytes);
            self.line(format!(
                "{blobs} blobs of {bytes} bytes are named by nobody: they are swept after an hour"
            ))
            .await?;
        }
        Ok(())
    }

    async fn account(&mut self, account: &Account) -> Outcome<()> {
        self.tally.accounts += 1;
        let address = format!("{}@{}", account.name, account.domain_name);
        for mailbox in self.storage.mailboxes(account.id).await.map_err(text)? {
            let place = format!("{address} {}", mailbox.name);
            let checked = self.mailbox(&mailbox, &place).await;
            // One that was removed meanwhile has no faults.
            if checked.is_err()
                && !matches!(self.storage.mailbox(mailbox.id).await, Err(Error::NotFound { .. }))
            {
                return checked;
            }
        }
        self.files(account, &address).await
    }

    async fn files(&mut self, account: &Account, address: &str) -> Outcome<()> {
        for path in self.storage.check_torn_files(account.id).await.map_err(text)? {
            let line = format!("{address}: the file {path} has not all of its bytes");
            self.damage(&line, Remedy::None).await?;
        }
        if let Some(found) = self.storage.check_file_usage(account.id, self.mend).await.map_err(text)? {
            let (kept, counted) = (found.kept, found.counted);
            let line = format!(
                "{address}: {} files of {} bytes are kept, and {} of {} are right",
                kept.files, kept.bytes, counted.files, counted.bytes
            );
            self.damage(&line, Remedy::Mending).await?;
        }
        Ok(())
    }

    async fn mailbox(&mut self, mailbox: &Mailbox, place: &str) -> Outcome<()> {
        self.tally.mailboxes += 1;
        let mut last = Uid(0);
        loop {
            let rows = self.storage.check_messages(mailbox.id, last).await.map_err(text)?;
            let Some(end) = rows.last() else { break };
            last = end.uid;
            for some in rows.chunks(AT_ONCE) {
                let sizes = some.iter().map(|row| self.size(row.blob)).collect::<Vec<_>>();
                for (row, size) in some.iter().zip(join_all(sizes).await) {
                    self.tally.messages += 1;
                    self.message(mailbox, row, size?, place).await?;
                }
            }
        }
        let strays = self.storage.check_strays(mailbox.id, self.mend).await.map_err(text)?;
        if strays > 0 {
            self.damage(
                &format!("{place}: {strays} fields or headers belong to no message"),
                Remedy::Mending,
            )
            .await?;
        }
        if let Some(found) = self.storage.check_counters(mailbox.id, self.mend).await.map_err(text)? {
            self.damage(&format!("{place}: {}", miscounted(&found)), Remedy::Mending).await?;
        }
        Ok(())
    }

    async fn message(
        &mut self,
        mailbox: &Mailbox,
        row: &MessageRows,
        size: Option<u64>,
        place: &str,
    ) -> Outcome<()> {
        let place = format!("{place} UID {}", row.uid.0);
        match size {
            Some(size) if size == row.blob.size => {}
            Some(size) => {
                let line =
                    format!("{place}: its content has {size} bytes, and its row says {}", row.blob.size);
                // A content that was cut off is lost, and has to be told each time.
                let remedy = if size < row.blob.size { Remedy::None } else { Remedy::Mending };
                if self.mend && remedy == Remedy::Mending {
                    let blob = Blob { size, ..row.blob };
                    self.storage.mend_size(mailbox.id, row.uid, blob).await.map_err(text)?;
                }
                self.damage(&line, remedy).await?;
            }
            None => self.missing(&place, row.blob).await?,
        }
        if !row.has_fields || !row.has_header {
            // What is left of it says more than a content that is not there, and may come back.
            let is_readable = size == Some(row.blob.size) || (!row.has_fields && !row.has_header);
            let remedy = if is_readable { Remedy::Mending } else { Remedy::None };
            if self.mend && is_readable {
                let raw = match size {
                    Some(_) => self.read(row.blob).await?,
                    // Without them it would not even be shown.
                    None => Bytes::new(),
                };
                let header = mail::header_block(&raw).to_vec();
                self.storage
                    .mend_fields(mailbox.id, row.uid, mail::fields(&raw), header)
                    .await
                    .map_err(text)?;
            }
            self.damage(&format!("{place}: its fields or its header are missing"), remedy).await?;
        }
        Ok(())
    }

    async fn missing(&mut self, place: &str, blob: Blob) -> Outcome<()> {
        self.damage(&format!("{place}: its content is missing, the blob {}", blob.key), Remedy::None).await
    }

    /// The size of a blob in the store; none if it is not there.
    fn size(&self, blob: Blob) -> impl Future<Output = Outcome<Option<u64>>> + Send + use<W> {
        let storage = self.storage.clone();
        async move {
            match storage.blobs().size(blob.key).await {
                Ok(size) => Ok(Some(size)),
                Err(Error::MissingBlob { .. }) => Ok(None),
                Err(error) => Err(text(error)),
            }
        }
    }

    async fn read(&self, blob: Blob) -> Outcome<Bytes> {
        self.storage.blobs().bytes(blob.key, LONGEST_MESSAGE as u64).await.map_err(text)
    }

    /// Blobs of what is no message.
    async fn named(&mut self) -> Outcome<()> {
        let mut last: Option<NamedBlob> = None;
        loop {
            let page = self.storage.check_named(last.as_ref()).await.map_err(text)?;
            if page.is_empty() {
                return Ok(());
            }
            for some in page.chunks(AT_ONCE) {
                let sizes = some.iter().map(|named| self.size(named.blob)).collect::<Vec<_>>();
                for (NamedBlob { place, blob }, size) in some.iter().zip(join_all(sizes).await) {
                    match size? {
                        Some(size) if size == blob.size => {}
                        Some(size) => {
                            let line = format!(
                                "{place}: its content has {size} bytes, and its row says {}",
                                blob.size
                            );
                            self.damage(&line, Remedy::None).await?;
                        }
                        None => self.missing(place, *blob).await?,
                    }
                }
            }
            last = page.into_iter().next_back();
        }
    }

    async fn sum_up(&mut self) -> Outcome<()> {
        let Tally { accounts, mailboxes, messages, damages, mended } = self.tally;
        self.line(format!(
            "{accounts} accounts, {mailboxes} mailboxes and {messages} messages were checked: {damages} damages, {mended} mended"
        ))
        .await?;
        match damages - mended {
            0 => Ok(()),
            remaining if self.mend => Err(format!("{remaining} damages remain that cannot be mended")),
            remaining => {
                Err(format!("{remaining} damages: mend them with `ximss-gateway mail check --mend`"))
            }
        }
    }

    async fn damage(&mut self, line: &str, remedy: Remedy) -> Outcome<()> {
        let outcome = match remedy {
            Remedy::Mending if self.mend => ": mended",
            Remedy::Mending => "",
            Remedy::None => ": it cannot be mended",
        };
        self.tally.damages += 1;
        self.tally.mended += u64::from(remedy == Remedy::Mending && self.mend);
        self.line(format!("{line}{outcome}")).await
    }

    async fn line(&mut self, line: String) -> Outcome<()> {
        say(self.writer, &Answer::Line(line)).await.map_err(text)
    }
}

/// Which counters are wrong.
fn miscounted(found: &Miscounted) -> String {
    let (kept, counted) = (&found.kept, &found.counted);
    let date = |date: Option<i64>| date.unwrap_or_default();
    let table = [
        ("messages", kept.counts.messages, counted.counts.messages),
        ("unseen messages", kept.counts.unseen, counted.counts.unseen),
        ("media messages", kept.counts.media, counted.counts.media),
        ("unseen media messages", kept.counts.unseen_media, counted.counts.unseen_media),
        ("bytes", kept.counts.size, counted.counts.size),
        ("as the oldest date", date(kept.counts.oldest), date(counted.counts.oldest)),
        ("as the next UID", kept.uid_next.0.into(), counted.uid_next.0.into()),
        ("as the last change", kept.modseq.0, counted.modseq.0),
    ];
    let wrong = table.iter().filter(|(_, kept, counted)| kept != counted);
    let words = wrong.map(|(what, kept, counted)| format!("{kept} {what} are kept, and {counted} are right"));
    words.collect::<Vec<_>>().join("; ")
}
