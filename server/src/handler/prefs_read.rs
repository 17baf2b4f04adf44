//! `prefsRead`: which preferences are set?

use protocol::{Preference, Prefs, PrefsRead};

use crate::failure::Failure;
use crate::preference;
use crate::session::{Session, Step};

#[expect(clippy::unnecessary_wraps, reason = "handlers have one form")]
pub(super) fn handle(session: &Session, request: PrefsRead) -> Result<Step, Failure> {
    let storage = session.hub.storage.clone();
    let account = session.handle.account().id;
    let kind = request.kind.clone();
    let read = async move {
        let scope = preference::Scope::of(kind.as_deref())?;
        Ok::<_, Failure>(preference::read(&storage, account, scope).await?)
    };
    Ok(Step::after(read, move |session, reply, preferences| {
        let wanted = |preference: &Preference| {
            request.names.is_empty()
                || request.names.iter().any(|name| name.0.eq_ignore_ascii_case(&preference.name))
        };
        let preferences = preferences?.into_iter().filter(wanted).collect();
        session.send(reply, Prefs { kind: request.kind, preferences });
        Ok(Step::Done)
    }))
}
