//! `signalBind`: let calls and messages reach this session.

use protocol::SignalBind;

use crate::failure::Failure;
use crate::leg::LegKind;
use crate::session::{Session, Step};

pub(super) fn handle(session: &mut Session, request: SignalBind) -> Result<Step, Failure> {
    session.hub.sessions.bind(&session.handle, request.client, request.mode)?;
    session.calls.bind(request.sdp.as_ref(), LegKind::WebRtc);
    Ok(Step::Done)
}
