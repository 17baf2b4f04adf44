//! What do sessions hear of changes in storage?
//!
//! Storage tells of each change once it is durable. A new, renamed or removed mailbox, and changed rights, are passed on
//! at once to the sessions that want it and may see the mailbox; changed counters at most once a second for a mailbox,
//! read once for all sessions.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use protocol::{MailboxChange, MailboxReport, Rights, Scalar};
use storage::{AccountId, Event, Grant, Grantee, Mailbox, MailboxId, MailboxName};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;
use tracing::debug;

use crate::account::Account;
use crate::hub::Hub;
use crate::name::rights_of;
use crate::session::{Handle, Input};

/// How long counters of a mailbox are not told again.
const PAUSE: Duration = Duration::from_secs(1);
const NEARLY_FULL: &str = "mail storage is 90 % full: remove messages to make room";

/// Passes news on until the server stops.
pub(crate) async fn run(hub: Arc<Hub>) {
    let mut events = hub.storage.events();
    let mut desk = Desk { hub: Arc::clone(&hub), counted: Counted::default(), missed: Missed::default() };
    loop {
        let due = desk.due();
        tokio::select! {
            () = hub.shutdown.cancelled() => break,
            event = events.recv() => match event {
                Ok(event) => desk.pass_on(event).await,
                Err(RecvError::Lagged(_)) => desk.missed.add(hub.sessions.watching()),
                Err(RecvError::Closed) => break,
            },
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => desk.on_time().await,
        }
    }
}

struct Desk {
    hub: Arc<Hub>,
    counted: Counted,
    missed: Missed,
}

/// Sessions to which something could not be told, and when they are told that.
#[derive(Default)]
struct Missed {
    sessions: Vec<Handle>,
    due: Option<Instant>,
}

/// Mailboxes whose counters were told less than a pause ago, the oldest first, and whether they have changed again.
#[derive(Default)]
struct Counted {
    queue: VecDeque<(Instant, MailboxId)>,
    changed: HashMap<MailboxId, bool>,
}

/// Sessions that may see a mailbox, each with its name for it, and its user's rights where they are not all.
type Audience = Vec<(Handle, Option<Rights>)>;

impl Counted {
    /// The counters of a mailbox have changed; whether that may be told now.
    fn change(&mut self, mailbox: MailboxId, now: Instant) -> bool {
        if let Some(changed) = self.changed.get_mut(&mailbox) {
            *changed = true;
            return false;
        }
        self.changed.insert(mailbox, false);
        self.queue.push_back((now + PAUSE, mailbox));
        true
    }

    /// When something may be told again.
    fn due(&self) -> Option<Instant> {
        self.queue.front().map(|(due, _)| *due)
    }

    /// A mailbox that has changed again and may be told of by now.
    fn next(&mut self, now: Instant) -> Option<MailboxId> {
        while let Some((_, mailbox)) = self.queue.pop_front_if(|(due, _)| *due <= now) {
            if self.changed.remove(&mailbox) == Some(true) {
                return Some(mailbox);
            }
        }
        None
    }
}

impl Missed {
    fn add(&mut self, sessions: Vec<Handle>) {
        for session in sessions {
            if !self.sessions.iter().any(|other| other.is(&session)) {
                self.sessions.push(session);
            }
        }
        self.due.get_or_insert_with(|| Instant::now() + PAUSE);
    }

    fn take(&mut self, now: Instant) -> Vec<Handle> {
        match self.due.take_if(|due| *due <= now) {
            Some(_) => std::mem::take(&mut self.sessions),
            None => Vec::new(),
        }
    }
}

impl Desk {
    fn due(&self) -> Option<Instant> {
        self.counted.due().into_iter().chain(self.missed.due).min()
    }

    async fn pass_on(&mut self, event: Event) {
        if let Event::NearlyFull(account) = event {
            for session in self.hub.sessions.of(account) {
                // One that has ended needs no telling, and one that takes nothing in cannot be told.
                _ = session.inputs().try_send(Input::Alert(NEARLY_FULL.into()));
            }
            return;
        }
        if !self.hub.sessions.is_watched() {
            return;
        }
        if let Event::Counted { mailbox, .. } = event
            && !self.counted.change(mailbox, Instant::now())
        {
            return;
        }
        let watching = self.hub.sessions.watching();
        let told = match event {
            Event::Counted { mailbox, .. } => self.tell_counters(watching, mailbox).await,
            Event::Created(mailbox) => self.tell_created(watching, &mailbox).await,
            Event::Renamed { mailbox, account, from, to } => {
                self.tell_renamed(watching, mailbox, account, (from, to)).await
            }
            Event::Removed { mailbox, grants } => self.tell_removed(watching, &mailbox, &grants).await,
            Event::Granted { mailbox, before } => self.tell_granted(watching, mailbox, &before).await,
            Event::NearlyFull(_) => Ok(()),
        };
        self.unless_gone(told);
    }

    async fn on_time(&mut self) {
        let now = Instant::now();
        while let Some(mailbox) = self.counted.next(now) {
            let watching = self.hub.sessions.watching();
            self.counted.change(mailbox, now);
            let told = self.tell_counters(watching, mailbox).await;
            self.unless_gone(told);
        }
        for session in self.missed.take(now) {
            self.send(&session, MailboxReport::of(None, MailboxChange::Updated));
        }
    }

    /// What cannot be read now was perhaps removed meanwhile, and that is told next; if not, the list is to be read anew.
    fn unless_gone(&mut self, told: storage::Result<()>) {
        match told {
            Ok(()) | Err(storage::Error::NotFound { .. }) => {}
            Err(error) => {
                debug!(%error, "a change to a mailbox could not be told");
                self.missed.add(self.hub.sessions.watching());
            }
        }
    }

    fn send(&mut self, session: &Handle, report: MailboxReport) {
        if let Err(TrySendError::Full(_)) = session.inputs().try_send(Input::Mailbox(Box::new(report))) {
            self.missed.add(vec![session.clone()]);
        }
    }

    async fn tell_counters(&mut self, watching: Vec<Handle>, mailbox: MailboxId) -> storage::Result<()> {
        let mailbox = self.hub.storage.mailbox(mailbox).await?;
        self.tell_with_counters(watching, &mailbox, MailboxChange::Updated).await
    }

    async fn tell_created(&mut self, watching: Vec<Handle>, mailbox: &Mailbox) -> storage::Result<()> {
        self.tell_with_counters(watching, mailbox, MailboxChange::Created).await
    }

    async fn tell_with_counters(
        &mut self,
        watching: Vec<Handle>,
        mailbox: &Mailbox,
        mode: MailboxChange,
    ) -> storage::Result<()> {
        let owner = Owner::of(&self.hub, mailbox.account, &watching).await?;
        let grants = self.grants(&owner, mailbox.id).await?;
        for (session, rights) in owner.audience(watching, &grants) {
            let name = owner.name(&mailbox.name, rights);
            self.send(&session, described(mailbox, name, mode, rights));
        }
        Ok(())
    }

    async fn tell_renamed(
        &mut self,
        watching: Vec<Handle>,
        mailbox: MailboxId,
        account: AccountId,
        (from, to): (MailboxName, MailboxName),
    ) -> storage::Result<()> {
        let owner = Owner::of(&self.hub, account, &watching).await?;
        let grants = self.grants(&owner, mailbox).await?;
        for (session, rights) in owner.audience(watching, &grants) {
            let report = MailboxReport {
                new_name: Some(owner.name(&to, rights)),
                ..MailboxReport::of(Some(owner.name(&from, rights)), MailboxChange::Renamed)
            };
            self.send(&session, report);
        }
        Ok(())
    }

    async fn tell_removed(
        &mut self,
        watching: Vec<Handle>,
        mailbox: &Mailbox,
        grants: &[Grant],
    ) -> storage::Result<()> {
        let owner = Owner::of(&self.hub, mailbox.account, &watching).await?;
        for (session, rights) in owner.audience(watching, grants) {
            let name = owner.name(&mailbox.name, rights);
            self.send(&session, MailboxReport::of(Some(name), MailboxChange::Removed));
        }
        Ok(())
    }

    /// Whoever sees the mailbox from now on, or does no longer, or may do other things with it, is told that.
    async fn tell_granted(
        &mut self,
        watching: Vec<Handle>,
        mailbox: MailboxId,
        before: &[Grant],
    ) -> storage::Result<()> {
        let mailbox = self.hub.storage.mailbox(mailbox).await?;
        let after = self.hub.storage.grants(mailbox.id).await?;
        let owner = Owner::of(&self.hub, mailbox.account, &watching).await?;
        for session in watching.into_iter().filter(|session| session.account().id != mailbox.account) {
            let rights = |grants| owner.rights(grants, session.account());
            let (before, after) = (rights(before), rights(&after));
            let mode = match (before.contains(Rights::LOOKUP), after.contains(Rights::LOOKUP)) {
                (false, true) => MailboxChange::Created,
                (true, false) => MailboxChange::Removed,
                (true, true) if before != after => MailboxChange::Updated,
                (true, true) | (false, false) => continue,
            };
            let name = owner.name(&mailbox.name, Some(after));
            let report = if mode == MailboxChange::Removed {
                MailboxReport::of(Some(name), mode)
            } else {
                described(&mailbox, name, mode, Some(after))
            };
            self.send(&session, report);
        }
        Ok(())
    }

    /// What was granted to a mailbox; nothing needs to be read where only the owner listens.
    async fn grants(&self, owner: &Owner, mailbox: MailboxId) -> storage::Result<Vec<Grant>> {
        if owner.place.is_none() { Ok(Vec::new()) } else { self.hub.storage.grants(mailbox).await }
    }
}

/// Whose a mailbox is, seen by those who listen.
struct Owner {
    account: AccountId,
    /// The address and its domain, if somebody else listens.
    place: Option<(String, String)>,
}

impl Owner {
    async fn of(hub: &Hub, account: AccountId, watching: &[Handle]) -> storage::Result<Self> {
        let is_own = |session: &Handle| session.account().id == account;
        let place = if watching.iter().all(is_own) {
            None
        } else {
            let owner = hub.storage.account(account).await?;
            Some((format!("{}@{}", owner.name, owner.domain_name), owner.domain_name))
        };
        Ok(Self { account, place })
    }

    /// How the mailbox is called by its owner, or by who has some rights to it.
    fn name(&self, name: &MailboxName, rights: Option<Rights>) -> String {
        match (&self.place, rights) {
            (Some((address, _)), Some(_)) => format!("~{address}/{name}"),
            _ => name.to_string(),
        }
    }

    /// The sessions that may see a mailbox.
    fn audience(&self, watching: Vec<Handle>, grants: &[Grant]) -> Audience {
        let seen = watching.into_iter().filter_map(|session| {
            if session.account().id == self.account {
                return Some((session, None));
            }
            let rights = self.rights(grants, session.account());
            rights.contains(Rights::LOOKUP).then_some((session, Some(rights)))
        });
        seen.collect()
    }

    fn rights(&self, grants: &[Grant], account: &Account) -> Rights {
        let is_neighbour = self.place.as_ref().is_some_and(|(_, domain)| *domain == account.domain);
        let reaches = |grant: &&Grant| match grant.grantee {
            Grantee::Account(id) => id == account.id,
            Grantee::Anyone => is_neighbour,
        };
        grants.iter().filter(reaches).fold(Rights::NONE, |all, grant| all.union(rights_of(grant.rights)))
    }
}

fn described(mailbox: &Mailbox, name: String, mode: MailboxChange, rights: Option<Rights>) -> MailboxReport {
    let count = |number: i64| Some(u64::try_from(number).unwrap_or(0));
    MailboxReport {
        uid_validity: Some(mailbox.uid_validity),
        uid_next: Some(mailbox.uid_next.0),
        messages: count(mailbox.counts.messages),
        unseen: count(mailbox.counts.unseen),
        size: count(mailbox.counts.size),
        class: Some(mailbox.class.clone()).filter(|class| !class.is_empty()),
        rights: rights.map(|rights| rights.to_wire().into_owned()),
        ..MailboxReport::of(Some(name), mode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_that_change_all_the_time_are_told_once_in_a_pause() {
        let mut counted = Counted::default();
        let (one, other) = (MailboxId::parse("0000000000000001"), MailboxId::parse("0000000000000002"));
        let (one, other) = (one.unwrap(), other.unwrap());
        let start = Instant::now();
        assert!(counted.change(one, start));
        assert!(!counted.change(one, start));
        assert!(counted.change(other, start + PAUSE / 2));
        assert_eq!(counted.next(start), None);
        assert_eq!(counted.due(), Some(start + PAUSE));
        // What has changed since is told; what has not is forgotten, and told at once when it changes.
        assert_eq!(counted.next(start + PAUSE), Some(one));
        assert_eq!(counted.next(start + PAUSE * 2), None);
        assert_eq!(counted.due(), None);
        assert!(counted.change(other, start + PAUSE * 2));
    }
}
