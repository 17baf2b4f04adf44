//! How do the contacts of a folder get out, as one file?

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{ACCEPT_RANGES, CACHE_CONTROL, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tracing::warn;

use super::{denied, describe};
use crate::hub::Hub;
use crate::mail::{self, CardStyle, FileName};
use crate::mailbox::LookUp;
use crate::net::http::answer::{Answer, text};
use crate::net::http::path::parameter;
use crate::net::http::{Context, gone};
use crate::session::{Handle, Input, Locate};

/// `GET /Session/ID/Export/folder/file`: the contacts in all messages that the folder shows, in its order. They are read
/// one after the other while they are sent.
pub(in crate::net::http) async fn export(
    context: &Context,
    session: &Handle,
    request: &Request<Incoming>,
    folder: &str,
    file: &str,
) -> Answer {
    let name = folder.to_owned();
    let located = session.ask(|reply| Input::Locate(Box::new(Locate { folder: name, reply }))).await;
    let Ok(located) = located else { return gone() };
    let Some(folder) = located else { return text(StatusCode::NOT_FOUND, "the folder is not open") };
    if let Err(failure) = folder.may_read().await {
        return denied(&failure);
    }
    let is_old =
        parameter(request.uri(), "oldStyle").is_some_and(|value| !matches!(&*value, "" | "0" | "no"));
    let (style, content_type) = if is_old {
        (CardStyle::Old, "text/x-vcard; charset=utf-8")
    } else {
        (CardStyle::New, "text/vcard; charset=utf-8")
    };
    let export = Export {
        hub: Arc::clone(context.hub()),
        session: session.clone(),
        uids: folder.uids(),
        folder,
        style,
    };
    let mut answer = Response::new(BodyExt::boxed_unsync(StreamBody::new(export.pieces())));
    let disposition =
        FileName::new(file).map_or_else(|| "attachment".to_owned(), |name| name.disposition("attachment"));
    describe(&mut answer, content_type, &disposition);
    let headers = answer.headers_mut();
    headers.remove(ACCEPT_RANGES);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// An export on its way.
struct Export {
    hub: Arc<Hub>,
    session: Handle,
    folder: LookUp,
    uids: std::vec::IntoIter<u32>,
    style: CardStyle,
}

impl Export {
    fn pieces(self) -> impl Stream<Item = io::Result<Frame<Bytes>>> + Send {
        stream::try_unfold(self, |mut export| async move {
            while let Some(uid) = export.uids.next() {
                if export.session.inputs().is_closed() {
                    return Err(io::Error::other("the session has ended"));
                }
                export.folder.may_read().await.map_err(|_| io::Error::other("the right to read has gone"))?;
                let cards = export.cards(uid).await?;
                if !cards.is_empty() {
                    return Ok(Some((Frame::data(Bytes::from(cards)), export)));
                }
            }
            Ok(None)
        })
    }

    /// The contacts in a message. One that has gone meanwhile, or whose content is missing, has none.
    async fn cards(&self, uid: u32) -> io::Result<String> {
        let read = async {
            let blob = self.hub.storage.message_blob(self.folder.mailbox(), storage::Uid(uid)).await?;
            self.hub.message(blob).await
        };
        let (raw, room) = match read.await {
            Ok(read) => read,
            Err(storage::Error::NotFound { .. }) => return Ok(String::new()),
            Err(error @ (storage::Error::MissingBlob { .. } | storage::Error::TooLarge { .. })) => {
                warn!(%error, uid, "the contacts of a message are not exported");
                return Ok(String::new());
            }
            Err(error) => return Err(io::Error::other(error)),
        };
        let style = self.style;
        let cards = tokio::task::spawn_blocking(move || {
            let _room = room;
            mail::contacts(&raw, style)
        });
        cards.await.map_err(io::Error::other)
    }
}
