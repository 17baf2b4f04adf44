//! What is at which URL?
//!
//! The fixed segments of a path match in any case, names in it do not. Everything under `/Session/` belongs to a
//! live session; an unknown one is answered with 550, which clients take for the end of theirs.

mod activity;
mod answer;
mod binding;
mod body;
mod files;
mod login;
mod origin;
mod page;
mod path;

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tracing::debug;

use super::listener::{Client, Starttls};
use super::websocket::{self, Entry};
use super::{Stream, tcp};
use crate::hub::Hub;
use crate::metrics::{Counted, Transport};
use crate::session::{Handle, SessionId};
use activity::Activity;
use answer::{Answer, empty, text};
use path::Target;

/// How long a connection that is to end may still take.
const GOODBYE: Duration = Duration::from_secs(5);

/// What requests of one connection share.
#[derive(Clone)]
struct Context {
    client: Arc<Client>,
    activity: Arc<Activity>,
    is_tls: bool,
}

impl Context {
    fn hub(&self) -> &Arc<Hub> {
        &self.client.hub
    }
}

/// Serves a connection until it ends. If its first byte is `<` it is XIMSS, not HTTP.
pub(super) async fn serve(client: Client, mut stream: Stream, starttls: Starttls) {
    let address = client.address;
    let time = client.hub.config.limits.http_header_time.0;
    match tokio::time::timeout(time, stream.first_byte()).await {
        Ok(Ok(Some(b'<'))) => return tcp::serve(client, stream, starttls).await,
        Ok(Ok(Some(_))) => {}
        Ok(Ok(None) | Err(_)) => return,
        Err(_) => return debug!(%address, "nothing was sent in time"),
    }
    let _counted = Counted::new(&client.hub.metrics, Transport::Http);
    let activity = Activity::new(time);
    let context =
        Context { is_tls: stream.is_tls(), client: Arc::new(client), activity: Arc::clone(&activity) };
    let service = service_fn(move |request| {
        let context = context.clone();
        async move { Ok::<_, Infallible>(answer(context, request).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(time).max_buf_size(64 * 1024);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(64).max_header_list_size(32 * 1024);
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = activity.over() => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(GOODBYE, connection).await {
                Ok(served) => served,
                Err(_) => return debug!(%address, "HTTP connection closed: nothing more was asked for"),
            }
        }
    };
    if let Err(error) = served {
        debug!(%address, %error, "HTTP connection lost");
    }
}

/// Answers one request, whatever it asks for.
async fn answer(context: Context, request: Request<Incoming>) -> Answer {
    let activity = Arc::clone(&context.activity);
    let open = activity.begin();
    let version = request.version();
    let mut answer = judge(context, request).await;
    // HTTP/2 has no such header: there a connection ends by a frame of its own.
    if version == Version::HTTP_2 && answer.headers_mut().remove(CONNECTION).is_some() {
        activity.close();
    }
    answer.map(|body| open.until_sent(body))
}

/// Answers a request if its origin may ask.
async fn judge(context: Context, request: Request<Incoming>) -> Answer {
    let origin = match origin::judge(context.hub(), context.is_tls, &request) {
        Ok(origin) => origin,
        Err(refusal) => return *refusal,
    };
    if request.method() == Method::OPTIONS {
        return origin::preflight(origin);
    }
    let is_page = origin.is_none();
    let mut answer = route(context, request).await;
    if let Some(origin) = origin {
        origin::allow(&mut answer, origin);
    }
    let headers = answer.headers_mut();
    headers.entry("x-content-type-options").or_insert(HeaderValue::from_static("nosniff"));
    headers.entry("referrer-policy").or_insert(HeaderValue::from_static("no-referrer"));
    if is_page {
        headers.entry("cross-origin-resource-policy").or_insert(HeaderValue::from_static("same-origin"));
    }
    answer
}

async fn route(context: Context, request: Request<Incoming>) -> Answer {
    let Some(target) = Target::of(request.uri().path()) else {
        return page::answer(&request);
    };
    match target {
        Target::Login => login::answer(&context, request).await,
        Target::WebSocket => upgrade(context, request, Entry::Login),
        Target::Session(id, rest) => {
            let session = SessionId::parse(&id).and_then(|id| context.hub().sessions.find(&id));
            let Some(session) = session else { return gone() };
            in_session(context, request, session, rest).await
        }
    }
}

async fn in_session(
    context: Context,
    request: Request<Incoming>,
    session: Handle,
    rest: path::InSession,
) -> Answer {
    use path::InSession as At;
    match rest {
        At::Sync => binding::post(&context, &session, request, true).await,
        At::Async => binding::post(&context, &session, request, false).await,
        At::Poll => binding::poll(&session, &request).await,
        At::Kill => binding::kill(&session),
        At::WebSocket => {
            let acknowledged = path::parameter(request.uri(), "ackSeq").map(|text| text.parse());
            match acknowledged.transpose() {
                Ok(acknowledged) => upgrade(context, request, Entry::Attach(session, acknowledged)),
                Err(_) => text(StatusCode::BAD_REQUEST, "ackSeq should be a number"),
            }
        }
        At::Mime { folder, item } => files::mime(&context, &session, &request, &folder, &item).await,
        At::Upload(id) => files::upload(&context, &session, request, &id).await,
        At::Profile(property) => files::profile(&context, &session, &request, &property).await,
        At::Download(name) => files::download(&context, &session, &request, &name).await,
        At::Unknown => text(StatusCode::NOT_FOUND, "there is nothing at this URL of the session"),
    }
}

/// The session is unknown, expired or closed: 550, which clients know to be final.
fn gone() -> Answer {
    let status = StatusCode::from_u16(550).unwrap_or(StatusCode::GONE);
    text(status, "the session is unknown, or has ended")
}

/// RFC 6455 §4.2: answers the handshake and hands the connection over.
fn upgrade(context: Context, mut request: Request<Incoming>, entry: Entry) -> Answer {
    let headers = request.headers();
    let is = |name, value: &str| {
        headers
            .get(name)
            .and_then(|v: &HeaderValue| v.to_str().ok())
            .is_some_and(|v| v.split(',').any(|part| part.trim().eq_ignore_ascii_case(value)))
    };
    let key = headers.get(SEC_WEBSOCKET_KEY).cloned();
    let (Some(key), true, true, &Method::GET) =
        (key, is(UPGRADE, "websocket"), is(SEC_WEBSOCKET_VERSION, "13"), request.method())
    else {
        let mut answer = text(StatusCode::UPGRADE_REQUIRED, "this URL is for WebSocket connections");
        answer.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
        answer.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return answer;
    };
    let subprotocol = is(SEC_WEBSOCKET_PROTOCOL, "ximss");
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let Ok(parts) = auto::upgrade::downcast::<TokioIo<Stream>>(upgraded) else { return };
        // A client that sends frames before it has the answer to its handshake breaks RFC 6455 §4.1.
        if !parts.read_buf.is_empty() {
            return;
        }
        // Empty as it is, it holds the 8 KiB that the handshake was read into, and would as long as the connection.
        drop(parts.read_buf);
        // The requests of this connection are over, so nobody else holds the client.
        if let Some(client) = Arc::into_inner(context.client) {
            websocket::serve(client, parts.io.into_inner(), entry).await;
        }
    });
    let mut answer = empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = answer.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = derive_accept_key(key.as_bytes()).parse() {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    if subprotocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("ximss"));
    }
    answer
}
