//! `auth`: the next step of a SASL exchange.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use protocol::{Auth, ErrorCode};

use crate::failure::Failure;
use crate::login::{Exchange, Login, Progress, admit};
use crate::session::Step;

pub(super) fn handle() -> Result<Step, Failure> {
    super::too_late()
}

pub(super) async fn before_login(login: &mut Login, request: &Auth) -> Result<Progress, Failure> {
    proceed(login, &request.value).await
}

/// Takes the client's message of the exchange under way.
pub(super) async fn proceed(login: &mut Login, value: &str) -> Result<Progress, Failure> {
    let Some(exchange) = login.exchange.take() else {
        return Err(Failure::because(ErrorCode::WrongState, "begin with login and a method"));
    };
    let text = STANDARD.decode(value.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let malformed =
        || Failure::because(ErrorCode::BadRequest, "the value is not the base64 text that the method wants");
    let text = text.ok_or_else(malformed)?;
    match exchange {
        Exchange::Plain { numbered } => {
            // RFC 4616: authorization identity, NUL, account, NUL, password.
            let mut parts = text.splitn(3, '\0');
            let (Some(identity), Some(name), Some(password)) = (parts.next(), parts.next(), parts.next())
            else {
                return Err(malformed());
            };
            if !identity.is_empty() && !identity.eq_ignore_ascii_case(name) {
                let text = "nobody may act as somebody else here: leave the authorization identity empty";
                return Err(Failure::because(ErrorCode::AccessDenied, text));
            }
            let proof = login.hub.accounts.by_password(name, password.to_owned());
            let account = admit(&login.hub, login.address, name, proof).await?;
            login.begin(account, numbered)
        }
        Exchange::Cram { challenge, numbered } => {
            let (account, answer) = text.rsplit_once(' ').ok_or_else(malformed)?;
            let proof = login.hub.accounts.by_cram(account, &challenge, answer);
            let account = admit(&login.hub, login.address, account, proof).await?;
            login.begin(account, numbered)
        }
    }
}
