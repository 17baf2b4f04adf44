//! `messageRedirect`: send messages on.

use std::sync::Arc;

use protocol::{ErrorCode, FlagTerms, Flags, MessageRedirect, Recipient, Rights};
use storage::Blob;

use super::message_submit::tidy;
use super::selection::Selection;
use crate::composing::{self, Author};
use crate::delivery::{self, Envelope, EnvelopeAddress};
use crate::failure::Failure;
use crate::hub::Hub;
use crate::mail;
use crate::mailbox::Command;
use crate::session::{Session, Step};

/// Messages that are sent on by one request.
const MOST: usize = 100;

pub(super) fn handle(session: &Session, request: MessageRedirect) -> Result<Step, Failure> {
    let selection = Selection::of(super::folder(session, &request.folder)?, request.set);
    let account = Arc::clone(session.handle.account());
    let (hub, zone) = (Arc::clone(&session.hub), session.zone.clone());
    let redirect = async move {
        let (mailbox, uids) = selection.open(Rights::READ).await?;
        if uids.is_empty() {
            return Err(ErrorCode::NoSuchMessage.into());
        }
        if uids.len() > MOST {
            let text = format!("{} messages cannot be sent on at once, but {MOST} can", uids.len());
            return Err(Failure::because(ErrorCode::LimitReached, text));
        }
        // All are written before the first is sent: what cannot be written is found in time.
        let mut written = Vec::with_capacity(uids.len());
        for uid in uids {
            let author = Author::new(&account, &zone);
            let original = hub.storage.message_blob(mailbox.id(), storage::Uid(uid)).await?;
            written.push((uid, write(&hub, &author, original, &request.recipients).await?));
        }
        for (uid, (blob, recipients)) in written {
            let envelope = Envelope { sender: EnvelopeAddress::parse(&account.address), recipients };
            delivery::submit(&hub, &account, envelope, blob, None).await?;
            let terms = FlagTerms { set: Flags::REDIRECTED, clear: Flags::NONE };
            tidy(selection.gate(), Rights::WRITE, |reply| Command::Mark(vec![uid], terms, reply)).await;
        }
        Ok(())
    };
    Ok(Step::after(Arc::clone(&session.hub).to_the_end(redirect), |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}

/// The message with what tells who sends it on, and to whom it goes.
async fn write(
    hub: &Hub,
    author: &Author,
    original: Blob,
    to: &[Recipient],
) -> Result<(Blob, Vec<EnvelopeAddress>), Failure> {
    let account = author.account();
    let from = (account.real_name.as_deref(), account.address.as_str());
    let (fields, recipients) = mail::resent(&mut author.stamp(), from, to)?;
    delivery::refuse_too_many(hub, recipients.len())?;
    let recipients = recipients.iter().map(|address| super::envelope_address(address));
    let recipients = recipients.collect::<Result<_, _>>()?;
    Ok((composing::redirect(hub, &fields, original).await?, recipients))
}
