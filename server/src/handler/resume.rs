//! `resume`: go on with a session whose connection was lost.

use protocol::{ErrorCode, Resume};

use crate::clock;
use crate::failure::Failure;
use crate::login::{Begun, Login, Progress, new_link, welcome};
use crate::session::{SessionId, Step};

pub(super) fn handle() -> Result<Step, Failure> {
    super::too_late()
}

pub(super) async fn before_login(login: &mut Login, request: &Resume) -> Result<Progress, Failure> {
    // The ticket is checked first: without it nobody learns which sessions there are.
    let account = login.hub.accounts.by_ticket(&request.ticket, clock::seconds()).await?;
    let session = SessionId::parse(&request.session).and_then(|id| login.hub.sessions.find(&id));
    let session = session.filter(|session| session.account().id == account.id);
    let session = session.ok_or(ErrorCode::NoSuchSession)?;
    let (link, messages) = new_link(&login.hub, true);
    let id = link.id;
    let attached = session.attach(link, Some(request.acknowledged)).await;
    let attached = attached.map_err(|_| Failure::from(ErrorCode::NoSuchSession))?;
    let requests = attached.map_err(|text| Failure::because(ErrorCode::BadRequest, text))?;
    let greeting = welcome(&login.hub, &session, Some(requests)).into();
    Ok(Progress::Begun(Begun { greeting, session, link: id, messages }))
}
