//! `prefsStore`: set preferences.

use protocol::PrefsStore;

use crate::failure::Failure;
use crate::preference;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: PrefsStore) -> Result<Step, Failure> {
    let storage = session.hub.storage.clone();
    let account = session.handle.account().id;
    preference::Scope::writable(request.kind.as_deref())?;
    for preference in &request.preferences {
        preference::check(preference)?;
    }
    let store = async move {
        preference::store(&storage, account, &request.preferences).await?;
        preference::settings(&storage, account).await
    };
    Ok(Step::after(store, |session, _, settings| {
        session.zone = settings?.zone;
        Ok(Step::Done)
    }))
}
