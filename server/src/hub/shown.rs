//! What is known of messages that folders have shown lately?
//!
//! Many sessions view the same mailbox, and each shows the message that has just come: it is read, and its header taken
//! apart, for the first of them only. Messages never change but for their flags, which folders know themselves.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::tz::TimeZone;
use protocol::{Field, Flags, Scalar, ViewerField};
use storage::{MailboxId, Message, Storage, Uid};

use crate::mail::{self, Meta};

/// Bytes of all that is kept, about.
const KEPT: usize = 16 << 20;
/// Bytes that a message takes beside its header, about.
const WEIGHT: usize = 1_500;

/// A message that was shown.
pub(crate) struct ShownMessage {
    message: Message,
    header: Vec<u8>,
    /// The fields that it was shown with first, without flags.
    fields: OnceLock<(Arc<[Field]>, TimeZone, Vec<ViewerField>)>,
}

/// The messages that were shown lately.
#[derive(Default)]
pub(crate) struct Shown(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    messages: HashMap<(MailboxId, Uid), Arc<ShownMessage>>,
    /// The one that was read first comes first. Some have gone, but no more than there are, and a few.
    order: VecDeque<(MailboxId, Uid)>,
    bytes: usize,
    /// How often messages were removed: what was read before that is not kept.
    removals: u64,
}

impl Shown {
    /// Messages of a mailbox; those that are not there are left out.
    pub(crate) async fn of(
        &self,
        storage: &Storage,
        mailbox: MailboxId,
        uids: &[Uid],
    ) -> storage::Result<HashMap<Uid, Arc<ShownMessage>>> {
        let mut found = HashMap::new();
        let mut missing = Vec::new();
        let removals = {
            let kept = self.lock();
            for uid in uids {
                match kept.messages.get(&(mailbox, *uid)) {
                    Some(message) => {
                        found.insert(*uid, Arc::clone(message));
                    }
                    None => missing.push(*uid),
                }
            }
            kept.removals
        };
        if missing.is_empty() {
            return Ok(found);
        }
        let mut headers: HashMap<Uid, Vec<u8>> =
            storage.headers(mailbox, &missing).await?.into_iter().collect();
        let read = storage.messages(mailbox, &missing).await?;
        let mut kept = self.lock();
        for message in read {
            let uid = message.uid;
            let header = headers.remove(&uid).unwrap_or_default();
            let message = Arc::new(ShownMessage { message, header, fields: OnceLock::new() });
            if kept.removals == removals {
                kept.keep((mailbox, uid), &message);
            }
            found.insert(uid, message);
        }
        Ok(found)
    }

    /// Messages were removed.
    pub(crate) fn forget(&self, mailbox: MailboxId, uids: &[u32]) {
        if uids.is_empty() {
            return;
        }
        let mut kept = self.lock();
        kept.removals += 1;
        for uid in uids {
            kept.remove((mailbox, Uid(*uid)));
        }
        let Kept { messages, order, .. } = &mut *kept;
        if order.len() > 2 * messages.len() + 100 {
            order.retain(|key| messages.contains_key(key));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, key: (MailboxId, Uid), message: &Arc<ShownMessage>) {
        self.bytes += message.weight();
        if let Some(before) = self.messages.insert(key, Arc::clone(message)) {
            self.bytes -= before.weight();
        } else {
            self.order.push_back(key);
        }
        while self.bytes > KEPT {
            let Some(first) = self.order.pop_front() else { break };
            self.remove(first);
        }
    }

    fn remove(&mut self, key: (MailboxId, Uid)) {
        if let Some(message) = self.messages.remove(&key) {
            self.bytes -= message.weight();
        }
    }
}

impl ShownMessage {
    const fn weight(&self) -> usize {
        self.header.capacity() + WEIGHT
    }

    /// Its fields, with the flags that the folder knows.
    pub(crate) fn fields(&self, wanted: &Arc<[Field]>, flags: Flags, zone: &TimeZone) -> Vec<ViewerField> {
        let first = || (Arc::clone(wanted), zone.clone(), self.read_fields(wanted, Flags::NONE, zone));
        let (known, known_zone, fields) = self.fields.get_or_init(first);
        if known != wanted || known_zone != zone {
            return self.read_fields(wanted, flags, zone);
        }
        let mut fields = fields.clone();
        for field in fields.iter_mut().filter(|field| field.field.is("FLAGS")) {
            field.text = flags.to_wire().into_owned();
        }
        fields
    }

    fn read_fields(&self, wanted: &[Field], flags: Flags, zone: &TimeZone) -> Vec<ViewerField> {
        let message = &self.message;
        let meta = Meta {
            uid: message.uid.0,
            original_uid: message.original_uid.unwrap_or(message.uid).0,
            size: message.blob.size,
            internal_date: Some(message.internal_date),
            flags,
        };
        mail::viewer_fields(wanted, &meta, &self.header, zone)
    }
}

#[cfg(test)]
mod tests {
    use storage::{Config, Database, Fields, MailboxName, NewMessage};

    use super::*;

    fn names(names: &[&str]) -> Arc<[Field]> {
        names.iter().map(|name| Field::new(name).unwrap()).collect()
    }

    async fn storage(folder: &std::path::Path) -> (Storage, MailboxId) {
        let database = Database::Sqlite { path: folder.join("rows") };
        let storage = Storage::open(Config { database, blobs: folder.join("blobs").into() }).await.unwrap();
        let domain = storage.create_domain("localhost").await.unwrap();
        let credentials = storage::Credentials { password_hash: String::new(), digests: Vec::new() };
        let account = storage::NewAccount {
            domain: domain.id,
            name: "alice".into(),
            real_name: String::new(),
            credentials,
        };
        let account = storage.create_account(account).await.unwrap();
        let inbox = storage.find_mailbox(account.id, &MailboxName::inbox()).await.unwrap().unwrap();
        (storage, inbox.id)
    }

    #[tokio::test]
    async fn a_message_is_read_once_and_shown_with_the_flags_that_a_folder_knows() {
        let folder = tempfile::tempdir().unwrap();
        let (storage, inbox) = storage(folder.path()).await;
        let message = NewMessage {
            blob: storage.blobs().put_bytes("x").await.unwrap(),
            internal_date: 0,
            flags: storage::Flags::NONE,
            original_uid: None,
            fields: Fields::default(),
            header: b"Subject: tea\r\n\r\n".to_vec(),
        };
        storage.append(inbox, vec![message]).await.unwrap();
        let shown = Shown::default();
        let first = shown.of(&storage, inbox, &[Uid(1), Uid(2)]).await.unwrap();
        let again = shown.of(&storage, inbox, &[Uid(1)]).await.unwrap();
        assert!(first.len() == 1 && Arc::ptr_eq(&first[&Uid(1)], &again[&Uid(1)]));
        let texts = |wanted: &[&str], flags| {
            let fields = again[&Uid(1)].fields(&names(wanted), flags, &TimeZone::UTC);
            fields.into_iter().map(|field| field.text).collect::<Vec<_>>()
        };
        assert_eq!(texts(&["FLAGS", "Subject"], Flags::SEEN), ["Seen", "tea"]);
        assert_eq!(texts(&["FLAGS", "Subject"], Flags::FLAGGED), ["Flagged", "tea"]);
        assert_eq!(texts(&["UID", "flags"], Flags::SEEN), ["1", "Seen"]);
        storage.remove(inbox, &[Uid(1)]).await.unwrap();
        shown.forget(inbox, &[1]);
        assert!(shown.of(&storage, inbox, &[Uid(1)]).await.unwrap().is_empty());
        assert_eq!(shown.lock().bytes, 0);
        storage.close().await;
    }
}
