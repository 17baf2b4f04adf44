//! Where the phones of local accounts are (RFC 3261 §10.3).

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::address::AddressOfRecord;
use crate::config::{Caps, RegistrarLimits};
use crate::flow::{FlowId, ListenerId, Transport};
use crate::header::{Contacts, HeaderName, NameAddr};
use crate::message::Request;
use crate::status::StatusCode;
use crate::uri::Uri;

/// One phone of an account: plain data, to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// The account.
    pub address: AddressOfRecord,
    /// Where the phone says it is.
    pub contact: Uri,
    /// How much the phone wants calls, 0 to 1000 thousandths (RFC 3261 §20.10).
    pub q: u16,
    /// When it runs out, in seconds of the Unix epoch.
    pub expires_at: u64,
    /// The Call-ID and CSeq of the REGISTER that made it, which order those to come.
    pub call_id: String,
    /// See `call_id`.
    pub cseq: u32,
    /// The `+sip.instance` of the phone, without its quotes, if it sent one (RFC 5626 §4.1).
    pub instance: Option<String>,
    /// Where the REGISTER came from: where the phone really is.
    pub source: SocketAddr,
    /// How the REGISTER came.
    pub transport: Transport,
    /// The listener a datagram came to.
    pub listener: Option<ListenerId>,
    /// The phone's User-Agent.
    pub user_agent: Option<String>,
}

impl Binding {
    /// The datagram flow of the phone, which outlives a restart; a connection does not.
    pub(crate) fn datagram_flow(&self) -> Option<FlowId> {
        self.listener.map(|listener| FlowId::Udp { listener, remote: self.source })
    }
}

/// A binding with the flow it came on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Held {
    pub(crate) binding: Binding,
    /// `None` when it was restored and had come on a connection.
    pub(crate) flow: Option<FlowId>,
}

/// What a REGISTER asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plan {
    /// To be told the bindings.
    Fetch,
    /// To have these in place of those before.
    Replace(Vec<Held>),
}

/// Why a REGISTER is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// With this status and phrase.
    Status(StatusCode, String),
    /// With 423: the phone asked for less than the shortest time.
    TooBrief,
}

/// The bindings of all accounts, as they are stored.
#[derive(Debug)]
pub(crate) struct Registrar {
    limits: RegistrarLimits,
    contacts_per_account: usize,
    accounts_cap: usize,
    accounts: BTreeMap<AddressOfRecord, Vec<Held>>,
    /// Every account by the time its first binding runs out.
    expiries: BTreeSet<(u64, AddressOfRecord)>,
    count: usize,
}

impl Registrar {
    pub(crate) fn new(limits: RegistrarLimits, caps: &Caps) -> Self {
        Self {
            limits,
            contacts_per_account: caps.contacts_per_account,
            accounts_cap: caps.registered_accounts,
            accounts: BTreeMap::new(),
            expiries: BTreeSet::new(),
            count: 0,
        }
    }

    /// How many bindings there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn shortest(&self) -> u32 {
        self.limits.shortest
    }

    /// The bindings of an account that have not run out, the most wanted first.
    pub(crate) fn held(&self, address: &AddressOfRecord, now: u64) -> Vec<&Held> {
        let all = self.accounts.get(address).into_iter().flatten();
        let mut live: Vec<_> = all.filter(|held| held.binding.expires_at > now).collect();
        live.sort_by_key(|held| std::cmp::Reverse(held.binding.q));
        live
    }

    /// The flow a binding came on, if it is still held as it was.
    pub(crate) fn flow(&self, binding: &Binding) -> Option<FlowId> {
        let all = self.accounts.get(&binding.address).into_iter().flatten();
        all.into_iter().find(|held| held.binding.contact.equivalent(&binding.contact))?.flow
    }

    /// Works out what a REGISTER asks for; nothing changes yet. The sender is known to be the account.
    pub(crate) fn plan(
        &self,
        address: &AddressOfRecord,
        request: &Request,
        (flow, source): (FlowId, SocketAddr),
        now: u64,
    ) -> Result<Plan, Refusal> {
        let contacts = request.headers.contacts().map_err(bad_request)?;
        let before: Vec<Held> = self.held(address, now).into_iter().cloned().collect();
        let default = request.headers.expires();
        match contacts {
            Contacts::Listed(list) if list.is_empty() => Ok(Plan::Fetch),
            Contacts::All if default != Some(0) => {
                Err(Refusal::Status(StatusCode::BAD_REQUEST, "Contact * Needs Expires 0".to_owned()))
            }
            Contacts::All => {
                before.iter().try_for_each(|held| in_order(&held.binding, request))?;
                Ok(Plan::Replace(Vec::new()))
            }
            Contacts::Listed(list) => {
                let arrived = Arrival { address, request, flow, source, now };
                let after = list
                    .iter()
                    .try_fold(before, |after, contact| self.merge(after, contact, default, &arrived))?;
                if after.len() > self.contacts_per_account {
                    return Err(Refusal::Status(StatusCode::FORBIDDEN, "Too Many Contacts".to_owned()));
                }
                if self.accounts.len() >= self.accounts_cap && !self.accounts.contains_key(address) {
                    return Err(Refusal::Status(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "Registrar Full".to_owned(),
                    ));
                }
                Ok(Plan::Replace(after))
            }
        }
    }

    /// Puts the bindings of an account in place of those before.
    pub(crate) fn replace(&mut self, address: &AddressOfRecord, bindings: Vec<Held>) {
        if let Some(before) = self.accounts.remove(address) {
            self.count -= before.len();
            if let Some(first) = first_expiry(&before) {
                self.expiries.remove(&(first, address.clone()));
            }
        }
        if let Some(first) = first_expiry(&bindings) {
            self.count += bindings.len();
            self.expiries.insert((first, address.clone()));
            self.accounts.insert(address.clone(), bindings);
        }
    }

    /// When a binding runs out next, in seconds of the Unix epoch.
    pub(crate) fn next_expiry(&self) -> Option<u64> {
        self.expiries.first().map(|(time, _)| *time)
    }

    /// Drops what has run out of one account, if there is any, and tells what is left of it.
    pub(crate) fn expire(&mut self, now: u64) -> Option<(AddressOfRecord, Vec<Binding>)> {
        let (time, address) = self.expiries.first()?;
        if *time > now {
            return None;
        }
        let address = address.clone();
        let left: Vec<Held> = self.held(&address, now).into_iter().cloned().collect();
        let bindings = left.iter().map(|held| held.binding.clone()).collect();
        self.replace(&address, left);
        Some((address, bindings))
    }

    /// Applies one Contact of a REGISTER to the bindings.
    fn merge(
        &self,
        mut bindings: Vec<Held>,
        contact: &NameAddr,
        default: Option<u32>,
        arrived: &Arrival<'_>,
    ) -> Result<Vec<Held>, Refusal> {
        let param =
            contact.params.raw("expires").and_then(|text| crate::header::delta_seconds(text.as_bytes()));
        let expires = param.or(default).unwrap_or(self.limits.usual);
        if expires > 0 && expires < self.limits.shortest {
            return Err(Refusal::TooBrief);
        }
        for held in bindings.iter().filter(|held| held.binding.contact.equivalent(&contact.uri)) {
            in_order(&held.binding, arrived.request)?;
        }
        let new = arrived.held(contact, expires.min(self.limits.longest))?;
        // A phone that starts anew with another address leaves its old binding behind; its instance tells (RFC 5626 §4.1).
        // Two contacts of one REGISTER may be of one instance.
        let replaced = |held: &Held| {
            held.binding.contact.equivalent(&contact.uri)
                || held.binding.instance.is_some()
                    && held.binding.instance == new.binding.instance
                    && (&held.binding.call_id, held.binding.cseq) != (&new.binding.call_id, new.binding.cseq)
        };
        bindings.retain(|held| !replaced(held));
        if expires > 0 {
            bindings.push(new);
        }
        Ok(bindings)
    }
}

/// A REGISTER, and how it came.
struct Arrival<'a> {
    address: &'a AddressOfRecord,
    request: &'a Request,
    flow: FlowId,
    source: SocketAddr,
    now: u64,
}

impl Arrival<'_> {
    /// The binding that a Contact stands for.
    fn held(&self, contact: &NameAddr, expires: u32) -> Result<Held, Refusal> {
        let q = contact.params.raw("q").map_or(Some(1000), parse_q);
        let q = q.ok_or_else(|| Refusal::Status(StatusCode::BAD_REQUEST, "Malformed q".to_owned()))?;
        let user_agent = self.request.headers.value(HeaderName::UserAgent);
        let listener = match self.flow {
            FlowId::Udp { listener, .. } => Some(listener),
            FlowId::Tcp(_) => None,
        };
        let binding = Binding {
            address: self.address.clone(),
            contact: contact.uri.clone(),
            q,
            expires_at: self.now.saturating_add(u64::from(expires)),
            call_id: self.request.call_id.clone(),
            cseq: self.request.cseq.number,
            instance: contact.params.value("+sip.instance").map(std::borrow::Cow::into_owned),
            source: self.source,
            transport: self.flow.transport(),
            listener,
            user_agent: user_agent.map(|value| String::from_utf8_lossy(value).into_owned()),
        };
        Ok(Held { binding, flow: Some(self.flow) })
    }
}

fn first_expiry(bindings: &[Held]) -> Option<u64> {
    bindings.iter().map(|held| held.binding.expires_at).min()
}

/// A REGISTER of the same Call-ID must have a higher CSeq (RFC 3261 §10.3 step 7); a retransmission never gets here.
fn in_order(binding: &Binding, request: &Request) -> Result<(), Refusal> {
    if binding.call_id == request.call_id && request.cseq.number <= binding.cseq {
        return Err(Refusal::Status(StatusCode::SERVER_INTERNAL_ERROR, "CSeq Out of Order".to_owned()));
    }
    Ok(())
}

fn bad_request(defect: crate::error::Defect) -> Refusal {
    Refusal::Status(defect.status(), defect.to_string())
}

/// Reads `0[.ddd]` or `1[.000]` in thousandths.
fn parse_q(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3
        || !matches!(whole, "0" | "1" | "")
        || !fraction.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let thousandths: u16 = if whole == "1" { 1000 } else { 0 };
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    Some(thousandths + fraction).filter(|&q| q <= 1000)
}

#[cfg(test)]
mod tests;
