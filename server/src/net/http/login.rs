//! `/XIMSSLogin/`: requests before a session, and the ways into one by HTTP.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Method, Request, StatusCode};
use protocol::{Element, ErrorCode, FeaturesReport, Message, Response};

use super::Context;
use super::answer::{Answer, text, xml};
use super::binding::{read_body, read_envelope};
use super::path::form;
use crate::account::Account;
use crate::clock;
use crate::failure::Failure;
use crate::handler;
use crate::login::{Login, greeting};
use crate::session::{End, Input, SessionId, envelope_of};

/// Bytes of a login form.
const LONGEST_FORM: usize = 16 * 1024;

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
    let is_form =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
            value.trim().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
        });
    match *request.method() {
        Method::POST if is_form => match read_body(context.hub(), request.into_body(), LONGEST_FORM).await {
            Ok(Some(body)) => {
                // Some clients post an envelope under the media type of forms.
                if body.trim_ascii_start().first() == Some(&b'<') {
                    return text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send the envelope as text/xml");
                }
                parameters.0.extend(form(&String::from_utf8_lossy(&body)));
            }
            Ok(None) => return text(StatusCode::PAYLOAD_TOO_LARGE, "the form is too long"),
            Err(refusal) => return *refusal,
        },
        Method::POST => match read_envelope(context.hub(), request.into_body(), true).await {
            Ok(envelope) if envelope.requests.is_empty() => {}
            Ok(envelope) => return before_session(context, &envelope.requests).await,
            Err(refusal) => return *refusal,
        },
        Method::GET => {}
        _ => return text(StatusCode::METHOD_NOT_ALLOWED, "use GET or POST"),
    }
    match log_in(context, &parameters).await {
        Ok(session) => {
            let message = Message::from(session).encode(None).to_xml();
            xml(format!("<XIMSS>{message}</XIMSS>").into())
        }
        Err(failure) if parameters.is_set("errorAsXML") => xml(envelope_of(failure.response())),
        Err(failure) => refuse(&failure),
    }
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
    let mut login = Login::new(Arc::clone(hub), false);
    let mut out = Vec::new();
    for request in requests {
        let id = request.attribute("id");
        if request.is("listFeatures") {
            // By HTTP the nonce comes back with the answer, in another request.
            let nonce = hub.accounts.offers_cram().then(|| hub.accounts.nonce(clock::seconds()));
            let features = handler::features(&hub.accounts, false, nonce);
            let domain = request.attribute("domain").map(str::to_owned);
            out.push(Message::from(FeaturesReport { domain, features }).encode(id).to_xml().into());
            out.push(Message::from(Response::OK).encode(id).to_xml().into());
        } else if ["login", "auth", "resume", "starttls"].iter().any(|name| request.is(name)) {
            let text = "log in with the parameters of /XIMSSLogin/, or by WebSocket or TCP";
            let response = Response::failure_with(ErrorCode::WrongState, text);
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
        if let Some(session) = session.filter(|session| fits(session.account())) {
            if !parameters.is_set("killOld") {
                return Ok(greeting(hub, &session, None));
            }
            let account = Arc::clone(session.account());
            // One that has ended meanwhile is as good as ended.
            _ = session.send(Input::End(End::Replaced)).await;
            return begin(context, account);
        }
        if parameters.value("password").is_none() {
            return Err(ErrorCode::IncorrectPassword.into());
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
            hub.accounts
                .by_cram(parameters.value("userName").unwrap_or_default(), nonce, answer.trim())
                .await?
        }
        _ => {
            let password = owned("password").or_else(|| owned("userName").map(|_| String::new()));
            handler::greet(hub, owned("userName"), password, owned("ticket")).await?
        }
    };
    begin(context, account)
}

fn begin(context: &Context, account: Arc<Account>) -> Result<protocol::Session, Failure> {
    let hub = context.hub();
    let session = hub.sessions.begin(hub, account, None)?;
    Ok(greeting(hub, &session, None))
}
