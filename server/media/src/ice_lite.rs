//! May packets of this address be believed to be the peer's, and may any be sent to it?
//!
//! An ICE-lite agent makes no connectivity checks, it answers those of the peer (RFC 8445 §2.5, §6.1.1, §7.3). The
//! checks that keep coming are the peer's consent to be sent to (RFC 7675).

mod check;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub(crate) use self::check::Reader;
use crate::description::IceCredentials;

/// How long one valid check allows the gateway to send (RFC 7675 §5.1).
pub(crate) const CONSENT: Duration = Duration::from_secs(30);

/// How long one valid check keeps the address from other legs. Peers check every five seconds, give or take one
/// (RFC 7675 §5.1); a leg that was left without a word gives its address up as soon, since a NAT may have given it to
/// somebody else.
const CLAIM: Duration = Duration::from_secs(6);

/// The gateway's end of one leg's ICE session.
#[derive(Debug)]
pub(crate) struct IceLite {
    credentials: IceCredentials,
    /// Those before a restart, until the first check with the new ones.
    former: Option<IceCredentials>,
    /// Where valid checks came from, the oldest first.
    addresses: Vec<Validated>,
    selected: Option<SocketAddr>,
    is_nominated: bool,
    /// Since when the first check is waited for, while it is: it is due within [`CONSENT`].
    expecting: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Validated {
    address: SocketAddr,
    checked: Instant,
}

/// What a valid check changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// An address was validated for the first time.
    pub(crate) is_new: bool,
    /// An address was forgotten to make room.
    pub(crate) forgotten: Option<SocketAddr>,
    /// The credentials before the restart are void from now on.
    pub(crate) retired: Option<IceCredentials>,
}

impl IceLite {
    /// A peer tries a handful of pairs: its host, reflexive and relayed candidates, twice with IPv6.
    const MOST_ADDRESSES: usize = 8;

    pub(crate) fn new(credentials: IceCredentials) -> Self {
        Self {
            credentials,
            former: None,
            addresses: Vec::new(),
            selected: None,
            is_nominated: false,
            expecting: None,
        }
    }

    /// Where to send, if anywhere.
    pub(crate) fn selected(&self) -> Option<SocketAddr> {
        self.selected
    }

    /// Whether the address is the selected one and was checked lately: nobody else can claim it.
    pub(crate) fn holds(&self, address: SocketAddr, now: Instant) -> bool {
        let checked = self.addresses.iter().find(|validated| validated.address == address);
        self.selected == Some(address) && checked.is_some_and(|its| now < its.checked + CLAIM)
    }

    /// The validated addresses.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.addresses.iter().map(|validated| validated.address)
    }

    /// The user name fragments that checks may name.
    pub(crate) fn ufrags(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.credentials).chain(&self.former).map(|credentials| credentials.ufrag.as_str())
    }

    /// The password that goes with a user name fragment.
    pub(crate) fn password(&self, ufrag: &str) -> Option<&str> {
        std::iter::once(&self.credentials)
            .chain(&self.former)
            .find(|credentials| credentials.ufrag == ufrag)
            .map(|credentials| credentials.password.as_str())
    }

    /// The peer knows where to send checks from now on.
    pub(crate) fn expect(&mut self, now: Instant) {
        if self.addresses.is_empty() {
            self.expecting = Some(now);
        }
    }

    /// Takes up new credentials; media goes on along the old path meanwhile (RFC 8445 §9). Returns those that are
    /// void at once: the ones before the last but one.
    pub(crate) fn restart(&mut self, credentials: &IceCredentials) -> Option<IceCredentials> {
        if self.credentials == *credentials {
            return None;
        }
        let last = std::mem::replace(&mut self.credentials, credentials.clone());
        self.former.replace(last).filter(|void| void != credentials)
    }

    /// Notes a valid check that came from `from` with the credentials of `ufrag`.
    pub(crate) fn note(&mut self, now: Instant, from: SocketAddr, ufrag: &str, nominates: bool) -> Change {
        let mut change = Change::default();
        self.expecting = None;
        if self.credentials.ufrag == ufrag {
            change.retired = self.former.take();
            if change.retired.is_some() {
                self.is_nominated = false;
                self.selected = Some(from);
            }
        }
        match self.addresses.iter_mut().find(|validated| validated.address == from) {
            Some(validated) => validated.checked = now,
            None => {
                change.is_new = true;
                change.forgotten = self.make_room();
                self.addresses.push(Validated { address: from, checked: now });
            }
        }
        // Before a nomination the first pair that works serves (§8.1.1); of several nominations the last counts.
        if nominates || self.selected.is_none() {
            self.selected = Some(from);
            self.is_nominated |= nominates;
        }
        change
    }

    /// When consent ends unless another check comes.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.consent_until().or_else(|| Some(self.expecting? + CONSENT))
    }

    /// Whether consent has ended. If so, every address is to be forgotten but one that was checked lately, which
    /// is selected instead; the forgotten ones are returned.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<SocketAddr> {
        let (fresh, stale): (Vec<_>, Vec<_>) =
            self.addresses.iter().partition(|validated| now < validated.checked + CONSENT);
        self.addresses = fresh;
        self.expecting = None;
        if self.selected.is_none_or(|selected| self.addresses().all(|address| address != selected)) {
            self.selected =
                self.addresses.iter().max_by_key(|validated| validated.checked).map(|v| v.address);
            self.is_nominated = false;
        }
        stale.iter().map(|validated| validated.address).collect()
    }

    fn consent_until(&self) -> Option<Instant> {
        let selected = self.selected?;
        let validated = self.addresses.iter().find(|validated| validated.address == selected)?;
        Some(validated.checked + CONSENT)
    }

    /// Forgets the address that was checked longest ago, unless it is the selected one.
    fn make_room(&mut self) -> Option<SocketAddr> {
        if self.addresses.len() < Self::MOST_ADDRESSES {
            return None;
        }
        let selected = self.selected;
        let oldest = self
            .addresses
            .iter()
            .enumerate()
            .filter(|(_, validated)| Some(validated.address) != selected)
            .min_by_key(|(_, validated)| validated.checked)
            .map(|(index, _)| index)?;
        Some(self.addresses.remove(oldest).address)
    }
}

#[cfg(test)]
mod tests;
