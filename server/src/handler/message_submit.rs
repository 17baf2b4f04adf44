//! `messageSubmit`: send a message.

use std::collections::HashSet;
use std::sync::Arc;

use protocol::{ErrorCode, FlagTerms, Flags, MessageSubmit, Rights};
use storage::{MailboxId, NewMessage};
use tokio::sync::oneshot;
use tracing::debug;

use crate::composing::{self, Author, Sources, Written};
use crate::delivery::{self, Destination, Envelope, EnvelopeAddress};
use crate::failure::Failure;
use crate::hub::Hub;
use crate::mail;
use crate::mailbox::{Command, Gate, stored};
use crate::name::MailboxRef;
use crate::preference;
use crate::session::{Session, Step};

/// Addresses that a message is sent in the name of; each is looked up.
const MOST_AUTHORS: usize = 10;

pub(super) fn handle(session: &Session, request: MessageSubmit) -> Result<Step, Failure> {
    let account = Arc::clone(session.handle.account());
    let mut email = request.email;
    let mut names = mail::settle_author(&mut email, &account.address, account.real_name.as_deref());
    let mut known = HashSet::new();
    names.retain(|name| known.insert(name.clone()));
    if names.len() > MOST_AUTHORS {
        let text = format!("a message may be from {MOST_AUTHORS} addresses at most");
        return Err(Failure::because(ErrorCode::LimitReached, text));
    }
    let recipients = mail::recipients(&email)?;
    delivery::refuse_too_many(&session.hub, recipients.len())?;
    let recipients =
        recipients.iter().map(|address| super::envelope_address(address)).collect::<Result<_, _>>()?;
    let replied = Mentioned::of(session, request.reply_folder.as_deref(), request.reply_uid, "reply")?;
    let draft = Mentioned::of(session, request.draft_folder.as_deref(), request.draft_uid, "draft")?;
    let sources = Sources::of(session, &email)?;
    let author = Author::new(&account, &session.zone);
    let hub = Arc::clone(&session.hub);
    let submit = async move {
        for name in names {
            refuse_foreign(&hub, &author, &name).await?;
        }
        let sent_box = if request.no_sent_copy.0 { None } else { Some(sent_box(&hub, &author).await?) };
        let Written { own, sent } = composing::write(&hub, &author, email, &sources, true).await?;
        let copy = sent_box.map(|mailbox| (mailbox, NewMessage { flags: stored(Flags::SEEN), ..own }));
        let envelope = Envelope { sender: EnvelopeAddress::parse(&account.address), recipients };
        delivery::submit(&hub, &account, envelope, sent, copy).await?;
        if let Some(Mentioned { gate, uid }) = replied {
            let terms = FlagTerms { set: Flags::ANSWERED, clear: Flags::NONE };
            tidy(&gate, Rights::WRITE, |reply| Command::Mark(vec![uid], terms, reply)).await;
        }
        if let Some(Mentioned { gate, uid }) = draft {
            tidy(&gate, Rights::TRASH.union(Rights::EXPUNGE), |reply| Command::Remove(vec![uid], reply))
                .await;
        }
        Ok(())
    };
    Ok(Step::after(Arc::clone(&session.hub).to_the_end(submit), |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}

/// A message that a request mentions by an open folder and a UID.
struct Mentioned {
    gate: Gate,
    uid: u32,
}

impl Mentioned {
    /// None if the folder is not open any more, which is no reason not to send.
    fn of(
        session: &Session,
        folder: Option<&str>,
        uid: Option<u32>,
        what: &str,
    ) -> Result<Option<Self>, Failure> {
        match (folder, uid) {
            (None, None) => Ok(None),
            (Some(folder), Some(uid)) => {
                let open = session.folders.get(folder);
                if open.is_none() {
                    debug!(
                        "the folder of a message that was answered, or of a draft, is not open: it stays as it was"
                    );
                }
                Ok(open.map(|open| Self { gate: open.gate().clone(), uid }))
            }
            (Some(_), None) | (None, Some(_)) => {
                let text = format!("the attributes {what}Folder and {what}UID belong together");
                Err(Failure::because(ErrorCode::BadRequest, text))
            }
        }
    }
}

/// Refuses to send in somebody else's name.
async fn refuse_foreign(hub: &Hub, author: &Author, name: &str) -> Result<(), Failure> {
    let account = author.account();
    let is_own = match EnvelopeAddress::parse(name) {
        Some(address) => delivery::resolve(&hub.storage, &address).await? == Destination::Account(account.id),
        None => false,
    };
    if is_own {
        return Ok(());
    }
    let name: String = name.chars().take(100).collect();
    let text = format!("the message cannot be from {name:?}: it should be from {}", account.address);
    Err(Failure::because(ErrorCode::AccessDenied, text))
}

/// The mailbox for the author's own copies.
async fn sent_box(hub: &Hub, author: &Author) -> Result<MailboxId, Failure> {
    let account = author.account();
    let settings = preference::settings(&hub.storage, account.id).await?;
    let sent_box = MailboxRef::parse(&settings.sent_box, account)?;
    let sent_box = sent_box.find_or_create(hub, Some(String::new()), Rights::INSERT).await?;
    Ok(sent_box.need(Rights::INSERT)?.id)
}

/// Does what follows a message that was sent, if the user may. That it fails would be no reason to send the message again.
pub(super) async fn tidy(
    gate: &Gate,
    rights: Rights,
    command: impl FnOnce(oneshot::Sender<Result<(), Failure>>) -> Command,
) {
    let done = async { gate.pass(rights).await?.ask(command).await? };
    if let Err(failure) = done.await {
        debug!(code = ?failure.code(), "a message that was answered or sent on, or a draft, stays as it was");
    }
}
