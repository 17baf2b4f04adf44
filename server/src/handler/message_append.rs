//! `messageAppend`: store a message in a mailbox.

use std::sync::Arc;

use protocol::{Email, ErrorCode, Flags, MessageAdded, MessageAppend, Rights};
use storage::{FlagEdit, MailboxId, NewMessage};

use super::transfer::withheld;
use crate::composing::{self, Author, Sources};
use crate::delivery;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::mailbox::{self, Gate, stored};
use crate::name::MailboxRef;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MessageAppend) -> Result<Step, Failure> {
    let target = Target::of(session, &request)?;
    let content = Content::of(session, request.email, request.upload)?;
    let author = Author::new(session.handle.account(), &session.zone);
    let hub = Arc::clone(&session.hub);
    let flags = stored(request.flags.unwrap_or(Flags::NONE));
    let (internal_date, replaces) = (request.internal_date, request.replaces);
    let append = async move {
        let mut needed = Rights::INSERT;
        if replaces.is_some() {
            needed = needed.union(Rights::TRASH).union(Rights::EXPUNGE);
        }
        let (mailbox, edit) = target.open(&hub, needed).await?;
        let mut message = content.message(&hub, &author).await?;
        message.flags = edit.of(flags);
        if let Some(date) = internal_date {
            message.internal_date = date.0;
        }
        if let Some(older) = replaces {
            return mailbox::replace(&hub, mailbox, older, message).await;
        }
        let appended = hub.storage.append(mailbox, vec![message]).await?;
        let uid = appended.first().ok_or(ErrorCode::ServerFailure)?.uid.0;
        hub.mailboxes.arrived(mailbox, vec![uid]).await;
        Ok(uid)
    };
    let report = request.report.is_some();
    // Folders on the mailbox are told even if the session ends meanwhile.
    let append = Arc::clone(&session.hub).to_the_end(append);
    Ok(Step::after(append, move |session, reply, uid| {
        let uid = uid?;
        if report {
            session.send(reply, MessageAdded { uid });
        }
        Ok(Step::Done)
    }))
}

/// Where it is stored.
enum Target {
    Folder(Gate),
    Mailbox(MailboxRef, Option<String>),
}

impl Target {
    fn of(session: &Session, request: &MessageAppend) -> Result<Self, Failure> {
        match (&request.folder, &request.target) {
            (Some(folder), None) => Ok(Self::Folder(super::folder(session, folder)?.gate().clone())),
            (None, Some(name)) => {
                let mailbox = MailboxRef::parse(name, session.handle.account())?;
                Ok(Self::Mailbox(mailbox, request.class.clone()))
            }
            (None, None) | (Some(_), Some(_)) => {
                let text = "give either folder, which is open, or targetMailbox";
                Err(Failure::because(ErrorCode::BadRequest, text))
            }
        }
    }

    /// The mailbox, for who needs these rights to it, and what becomes of the flags of a message that comes into it.
    async fn open(self, hub: &Hub, rights: Rights) -> Result<(MailboxId, FlagEdit), Failure> {
        match self {
            Self::Folder(gate) => {
                let mailbox = gate.pass(rights).await?.id();
                Ok((mailbox, withheld(gate.rights().await?)))
            }
            Self::Mailbox(mailbox, class) => {
                let access = mailbox.find_or_create(hub, class, rights).await?;
                let mailbox = access.need(rights)?.id;
                Ok((mailbox, withheld(access.guest().map(|(_, rights)| rights))))
            }
        }
    }
}

/// What is stored.
enum Content {
    Email(Box<Email>, Sources),
    /// A file of the session's upload set.
    Upload(String, String),
}

impl Content {
    fn of(session: &Session, email: Option<Email>, upload: Option<String>) -> Result<Self, Failure> {
        match (email, upload) {
            (Some(email), None) => {
                let sources = Sources::of(session, &email)?;
                Ok(Self::Email(Box::new(email), sources))
            }
            (None, Some(id)) => Ok(Self::Upload(session.handle.id().to_string(), id)),
            (None, None) | (Some(_), Some(_)) => {
                let text = "give either the message as <EMail> or the uploadID of one";
                Err(Failure::because(ErrorCode::BadRequest, text))
            }
        }
    }

    async fn message(self, hub: &Arc<Hub>, author: &Author) -> Result<NewMessage, Failure> {
        match self {
            Self::Email(email, sources) => {
                Ok(composing::write(hub, author, *email, &sources, false).await?.own)
            }
            Self::Upload(session, id) => {
                let upload = hub.storage.upload(&session, &id).await?;
                let limit = hub.config.mail.message;
                if upload.blob.size > limit.0 {
                    return Err(composing::too_large(limit));
                }
                let (now, flags) = (author.now(), storage::Flags::NONE);
                Ok(delivery::new_message(hub, upload.blob, now, flags).await?)
            }
        }
    }
}
