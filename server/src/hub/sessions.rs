//! Which sessions are there, and which of them take calls for an account?

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::{BindMode, ErrorCode};
use storage::AccountId;
use tokio::sync::mpsc;

use super::Hub;
use crate::account::Account;
use crate::failure::Failure;
use crate::session::{End, Handle, Link, Session, SessionId};

/// Inputs that may wait for a session. Requests are limited further, so there is always room for events.
const INPUTS: usize = 256;

/// The sessions of this server.
#[derive(Default)]
pub(crate) struct Sessions {
    directory: Mutex<Directory>,
}

#[derive(Default)]
struct Directory {
    by_number: HashMap<u32, Handle>,
    by_account: HashMap<AccountId, Vec<Handle>>,
    bound: HashMap<AccountId, Vec<Bound>>,
    /// Those that hear of changes to the list of mailboxes.
    watching: HashMap<u32, Handle>,
}

/// A session that takes signals for its account.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    /// Its name among those of the account.
    pub(crate) client: String,
    /// The session.
    pub(crate) session: Handle,
}

impl Sessions {
    /// Begins a session, attached by `link` or by HTTP.
    pub(crate) fn begin(
        &self,
        hub: &Arc<Hub>,
        account: Arc<Account>,
        link: Option<Link>,
    ) -> Result<Handle, Failure> {
        let (sender, inputs) = mpsc::channel(INPUTS);
        let mut directory = self.lock();
        let limit = usize::try_from(hub.config.session.per_account).unwrap_or(usize::MAX);
        if directory.by_account.get(&account.id).is_some_and(|sessions| sessions.len() >= limit) {
            return Err(Failure::because(ErrorCode::LimitReached, "the account has too many sessions"));
        }
        let full = usize::try_from(SessionId::NUMBERS / 2).unwrap_or(usize::MAX);
        if directory.by_number.len() >= full {
            return Err(Failure::because(ErrorCode::LimitReached, "the server has too many sessions"));
        }
        // At most half of the numbers are in use, so this ends soon.
        let id = std::iter::repeat_with(SessionId::new)
            .find(|id| !directory.by_number.contains_key(&id.number()))
            .unwrap_or_else(SessionId::new);
        let handle = Handle::new(id, account, sender);
        directory.by_number.insert(handle.id().number(), handle.clone());
        directory.by_account.entry(handle.account().id).or_default().push(handle.clone());
        drop(directory);
        hub.spawn(Session::new(Arc::clone(hub), handle.clone(), link).run(inputs));
        Ok(handle)
    }

    /// The session of this id.
    pub(crate) fn find(&self, id: &SessionId) -> Option<Handle> {
        self.lock().by_number.get(&id.number()).filter(|handle| handle.id().is(id)).cloned()
    }

    /// A session has ended.
    pub(crate) fn forget(&self, session: &Handle) {
        let mut directory = self.lock();
        directory.by_number.remove(&session.id().number());
        directory.watching.remove(&session.id().number());
        let account = session.account().id;
        directory.unbind(session);
        if let Some(sessions) = directory.by_account.get_mut(&account) {
            sessions.retain(|other| !other.is(session));
            if sessions.is_empty() {
                directory.by_account.remove(&account);
            }
        }
    }

    /// The sessions of an account.
    pub(crate) fn of(&self, account: AccountId) -> Vec<Handle> {
        self.lock().by_account.get(&account).cloned().unwrap_or_default()
    }

    /// Whether the session hears of changes to the list of mailboxes, from now on.
    pub(crate) fn watch(&self, session: &Handle, wanted: bool) {
        let (mut directory, number) = (self.lock(), session.id().number());
        if wanted {
            directory.watching.insert(number, session.clone());
        } else {
            directory.watching.remove(&number);
        }
    }

    /// Whether any session hears of changes to the list of mailboxes.
    pub(crate) fn is_watched(&self) -> bool {
        !self.lock().watching.is_empty()
    }

    /// The sessions that hear of changes to the list of mailboxes.
    pub(crate) fn watching(&self) -> Vec<Handle> {
        self.lock().watching.values().cloned().collect()
    }

    /// Ends the sessions of an account.
    pub(crate) fn end_account(&self, account: AccountId, end: End) {
        for session in self.of(account) {
            // One that has ended needs no telling.
            _ = session.end(end);
        }
    }

    /// Ends all sessions.
    pub(crate) fn end_all(&self, end: End) {
        let sessions: Vec<Handle> = self.lock().by_number.values().cloned().collect();
        for session in sessions {
            // One that has ended needs no telling.
            _ = session.end(end);
        }
    }

    /// Lets signals for the account reach the session, under the name that is returned.
    pub(crate) fn bind(
        &self,
        session: &Handle,
        client: Option<String>,
        mode: Option<BindMode>,
    ) -> Result<String, Failure> {
        let mut directory = self.lock();
        let wanted = client.unwrap_or_else(|| format!("client-{:06}", session.id().number()));
        let mut client = wanted.clone();
        let is_taken = |bound: &Vec<Bound>| {
            bound.iter().any(|other| other.client == wanted && !other.session.is(session))
        };
        // A session that cannot have another name keeps the one that it has.
        if mode == Some(BindMode::Fixed) && directory.bound.get(&session.account().id).is_some_and(is_taken) {
            return Err(ErrorCode::ClientIdInUse.into());
        }
        directory.unbind(session);
        let bound = directory.bound.entry(session.account().id).or_default();
        if let Some(at) = bound.iter().position(|other| other.client == wanted) {
            match mode {
                Some(BindMode::Kill) => {
                    let other = bound.remove(at);
                    _ = other.session.end(End::Replaced);
                }
                Some(BindMode::Fixed) | None => client = format!("{wanted}-{:06}", session.id().number()),
            }
        }
        bound.push(Bound { client: client.clone(), session: session.clone() });
        Ok(client)
    }

    /// No more signals for the session.
    pub(crate) fn unbind(&self, session: &Handle) {
        self.lock().unbind(session);
    }

    /// The sessions that take signals for the account.
    pub(crate) fn bound(&self, account: AccountId) -> Vec<Bound> {
        self.lock().bound.get(&account).cloned().unwrap_or_default()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().by_number.len()
    }

    fn lock(&self) -> MutexGuard<'_, Directory> {
        self.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Directory {
    fn unbind(&mut self, session: &Handle) {
        let account = session.account().id;
        if let Some(bound) = self.bound.get_mut(&account) {
            bound.retain(|other| !other.session.is(session));
            if bound.is_empty() {
                self.bound.remove(&account);
            }
        }
    }
}
