//! `starttls`: make the connection a TLS one.

use protocol::ErrorCode;

use crate::failure::Failure;
use crate::login::{Login, Progress};
use crate::session::Step;

pub(super) fn handle() -> Result<Step, Failure> {
    super::too_late()
}

pub(super) fn before_login(login: &Login) -> Result<Progress, Failure> {
    if login.can_starttls {
        return Ok(Progress::Starttls);
    }
    Err(Failure::because(ErrorCode::WrongState, "TLS is on already, or this transport cannot begin it"))
}
