//! `/XIMSSLogin/`: requests before a session, and the ways into one by HTTP.

use std::sync::Arc;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Method, Request, StatusCode};
use protocol::{Element, ErrorCode, Message, RequestHeader, Response};

use super::Context;
use super::answer::{Answer, text, xml};
use super::binding::{Refusal, envelope, read_body};
use super::path::form;
use crate::account::Account;
use crate::clock;
use crate::failure::Failure;
use crate::handler;
use crate::login::{Login, admit, greeting, welcome};
use crate::net::tcp::limits;
use crate::session::{End, Handle, SessionId, envelope_of};

/// The parameters of a login, from the query, a form, or Basic credentials. Names match in any case.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn is_set(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value != "0")
    }
}

/// Answers a request to `/XIMSSLogin/`.
pub(super) async fn answer(context: &Context, request: Request<Incoming>) -> Answer {
    let mut parameters = Parameters(form(request.uri().query().unwrap_or_default()).collect());
    let basic = request.headers().get(AUTHORIZATION).and_then(basic_credentials);
    if let Some((user, password)) = basic {
        parameters.0.push(("userName".to_owned(), user));
        parameters.0.push(("password".to_owned(), password));
    }
    match *request.method() {
        Method::POST => match read_post(context, request).await {
            Ok(Post::Nothing) => {}
            Ok(Post::Form(fields)) => parameters.0.extend(fields),
            Ok(Post::Requests(requests)) => return before_session(context, &requests).await,
            Err(refusal) => return *refusal,
        },
        Method::GET => {}
        _ => return text(StatusCode::METHOD_NOT_ALLOWED, "use GET or POST"),
    }
    let since = Instant::now();
    let outcome = log_in(context, &parameters).await;
    context.hub().metrics.request("login", outcome.as_ref().err().map(Failure::code), since.elapsed());
    match outcome {
        Ok(session) => {
            let message = Message::from(session).encode(None).to_xml();
            xml(format!("<XIMSS>{message}</XIMSS>").into())
        }
        Err(failure) if parameters.is_set("errorAsXML") => xml(envelope_of(failure.response())),
        Err(failure) => refuse(&failure),
    }
}

/// What was posted.
enum Post {
    Nothing,
    Form(Vec<(String, String)>),
    Requests(Vec<Element>),
}

/// Reads a form or an envelope. Clients give an envelope all kinds of media types, that of forms among them, so that its
/// first byte counts.
async fn read_post(context: &Context, request: Request<Incoming>) -> Result<Post, Refusal> {
    let hub = context.hub();
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_form = media_type.trim().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
    let limits = limits(&hub.config.limits, true);
    let body = read_body(hub, request.into_body(), limits.bytes, true).await?;
    if let Some(body) = &body
        && is_form
        && body.trim_ascii_start().first() != Some(&b'<')
    {
        return Ok(Post::Form(form(&String::from_utf8_lossy(body)).collect()));
    }
    let envelope = envelope(hub, body, &limits)?;
    Ok(if envelope.requests.is_empty() { Post::Nothing } else { Post::Requests(envelope.requests) })
}

/// Without `errorAsXML` a failed login is an HTTP status.
fn refuse(failure: &Failure) -> Answer {
    let code = failure.code();
    if matches!(code, ErrorCode::LimitReached | ErrorCode::TemporaryFailure | ErrorCode::ServerFailure) {
        return text(StatusCode::SERVICE_UNAVAILABLE, "no session can be begun just now");
    }
    let mut answer = text(StatusCode::UNAUTHORIZED, "incorrect password or account name");
    answer
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"XIMSS\", charset=\"UTF-8\""));
    answer
}

fn basic_credentials(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// Requests without a session: `listFeatures`, `noop` and the like.
async fn before_session(context: &Context, requests: &[Element]) -> Answer {
    let hub = context.hub();
    let mut login = Login::new(Arc::clone(hub), context.client.address, false);
    let mut out = Vec::new();
    for request in requests {
        if ["login", "auth", "resume", "starttls"].iter().any(|name| request.is(name)) {
            let text = "log in with the parameters of /XIMSSLogin/, or by WebSocket or TCP";
            let response = Response::failure_with(ErrorCode::WrongState, text);
            let id = RequestHeader::id_of(request);
            out.push(Message::from(response).encode(id).to_xml().into());
        } else {
            login.handle(request, &mut out).await;
        }
    }
    let mut envelope = b"<XIMSS>".to_vec();
    out.iter().for_each(|message: &bytes::Bytes| envelope.extend_from_slice(message));
    envelope.extend_from_slice(b"</XIMSS>");
    xml(envelope.into())
}

async fn log_in(context: &Context, parameters: &Parameters) -> Result<protocol::Session, Failure> {
    let hub = context.hub();
    if let Some(id) = parameters.value("sessionid") {
        let user = parameters.value("userName").unwrap_or_default();
        let session = SessionId::parse(id).and_then(|id| hub.sessions.find(&id));
        // The id is the secret; the name, if given, has to fit it.
        let fits = |account: &Account| {
            let user = user.trim();
            user.is_empty()
                || user.eq_ignore_ascii_case(&account.name)
                || user.eq_ignore_ascii_case(&account.address)
        };
        match session.filter(|session| fits(session.account())) {
            Some(session) if parameters.is_set("killOld") => return replace(context, session).await,
            Some(session) => return Ok(greeting(&session, None)),
            // The session has ended: then by what else there is.
            None if PROOFS.iter().any(|name| parameters.value(name).is_some()) => {}
            None => return Err(ErrorCode::IncorrectPassword.into()),
        }
    }
    if parameters.is_set("loginAsGuest") {
        return Err(Failure::because(ErrorCode::IncorrectPassword, "guests are not admitted"));
    }
    let owned = |name| parameters.value(name).map(str::to_owned);
    let account = match (parameters.value("nonce"), parameters.value("authData")) {
        (Some(nonce), Some(data)) if hub.accounts.offers_cram() => {
            if !hub.accounts.is_nonce(nonce, clock::seconds()) {
                return Err(Failure::because(
                    ErrorCode::IncorrectPassword,
                    "the nonce is too old: ask for features again",
                ));
            }
            let answer = STANDARD.decode(data.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let answer = answer.ok_or(ErrorCode::IncorrectPassword)?;
            let name = parameters.value("userName").unwrap_or_default();
            let proof = hub.accounts.by_cram(name, nonce, answer.trim());
            admit(hub, context.client.address, name, proof).await?
        }
        _ => {
            let password = owned("password").or_else(|| owned("userName").map(|_| String::new()));
            let address = context.client.address;
            handler::greet(hub, address, owned("userName"), password, owned("ticket")).await?
        }
    };
    begin(context, account)
}

/// What may prove who a user is, beside the id of a session.
const PROOFS: [&str; 3] = ["password", "ticket", "authData"];

/// Ends a session and begins another in its place: for the same account, as long as its password is the same.
async fn replace(context: &Context, old: Handle) -> Result<protocol::Session, Failure> {
    let account = Arc::clone(old.account());
    // One that has ended meanwhile is as good as ended.
    _ = old.end(End::Replaced);
    let stored = context.hub().storage.account(account.id).await?;
    if stored.key_version != account.key_version {
        return Err(ErrorCode::IncorrectPassword.into());
    }
    let session = context.hub().sessions.begin(context.hub(), account, None)?;
    Ok(greeting(&session, None))
}

fn begin(context: &Context, account: Arc<Account>) -> Result<protocol::Session, Failure> {
    let hub = context.hub();
    let session = hub.sessions.begin(hub, account, None)?;
    Ok(welcome(hub, &session, None))
}
