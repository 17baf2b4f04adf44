//! `login`: who is the client?

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use protocol::{Challenge, ErrorCode, Login as Request};

use crate::account::Account;
use crate::clock;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::key::random_text;
use crate::login::{Exchange, Login, Progress, admit};
use crate::session::Step;

pub(super) fn handle() -> Result<Step, Failure> {
    super::too_late()
}

pub(super) async fn before_login(login: &mut Login, request: Request) -> Result<Progress, Failure> {
    login.exchange = None;
    let numbered = request.numbered.0;
    if let Some(method) = &request.method {
        return begin_exchange(login, method, request.value.as_deref(), numbered).await;
    }
    let account = greet(&login.hub, login.address, request.account, request.password, request.ticket).await?;
    login.begin(account, numbered)
}

/// Lets in who shows a password or a ticket.
pub(crate) async fn greet(
    hub: &Hub,
    address: IpAddr,
    account: Option<String>,
    password: Option<String>,
    ticket: Option<String>,
) -> Result<Arc<Account>, Failure> {
    match (account, password, ticket) {
        (_, _, Some(ticket)) => hub.accounts.by_ticket(&ticket, clock::seconds()).await,
        (Some(account), Some(password), None) => {
            admit(hub, address, &account, hub.accounts.by_password(&account, password)).await
        }
        (_, _, None) => {
            let text = "give authData and password, or a ticket, or a method";
            Err(Failure::because(ErrorCode::BadRequest, text))
        }
    }
}

async fn begin_exchange(
    login: &mut Login,
    method: &str,
    first: Option<&str>,
    numbered: bool,
) -> Result<Progress, Failure> {
    if method.eq_ignore_ascii_case("PLAIN") {
        login.exchange = Some(Exchange::Plain { numbered });
        return match first {
            Some(value) => super::auth::proceed(login, value).await,
            None => Ok(Progress::Continue(vec![Challenge { value: String::new() }.into()])),
        };
    }
    if method.eq_ignore_ascii_case("CRAM-MD5") && login.hub.accounts.offers_cram() {
        let challenge = format!("<{}@ximss-gateway>", random_text(24));
        let value = STANDARD.encode(&challenge);
        login.exchange = Some(Exchange::Cram { challenge, numbered });
        return Ok(Progress::Continue(vec![Challenge { value }.into()]));
    }
    let offered = if login.hub.accounts.offers_cram() { "PLAIN or CRAM-MD5" } else { "PLAIN" };
    Err(Failure::because(
        ErrorCode::BadRequest,
        format!("the method {method:?} is not offered: use {offered}"),
    ))
}
