//! How are phones' registrations kept over a restart?

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use sip::{AddressOfRecord, Binding, ListenerId, Transport, Uri};
use storage::{Registration, Storage};
use tracing::warn;

use crate::account::{Accounts, Address};

/// A binding as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    user: String,
    domain: String,
    contact: String,
    q: u16,
    call_id: String,
    cseq: u32,
    instance: Option<String>,
    source: SocketAddr,
    tcp: bool,
    listener: Option<u16>,
    user_agent: Option<String>,
}

impl Stored {
    fn of(binding: &Binding) -> Self {
        Self {
            user: binding.address.user().to_owned(),
            domain: binding.address.domain().to_owned(),
            contact: binding.contact.to_string(),
            q: binding.q,
            call_id: binding.call_id.clone(),
            cseq: binding.cseq,
            instance: binding.instance.clone(),
            source: binding.source,
            tcp: binding.transport == Transport::Tcp,
            listener: binding.listener.map(|listener| listener.0),
            user_agent: binding.user_agent.clone(),
        }
    }

    fn binding(self, expires: i64) -> Option<Binding> {
        Some(Binding {
            address: AddressOfRecord::new(&self.user, &self.domain),
            contact: Uri::parse(&self.contact).ok()?,
            q: self.q,
            expires_at: u64::try_from(expires).ok()?,
            call_id: self.call_id,
            cseq: self.cseq,
            instance: self.instance,
            source: self.source,
            transport: if self.tcp { Transport::Tcp } else { Transport::Udp },
            listener: self.listener.map(ListenerId),
            user_agent: self.user_agent,
        })
    }
}

/// Makes the bindings of an account durable; whether they are.
pub(super) async fn store(
    storage: &Storage,
    accounts: &Accounts,
    address: &AddressOfRecord,
    bindings: &[Binding],
) -> bool {
    let outcome = async {
        let name = Address { name: address.user().to_owned(), domain: Some(address.domain().to_owned()) };
        let Some(account) = accounts.find(&name).await? else { return Ok(false) };
        let bindings = bindings.iter().map(|binding| storage::Binding {
            record: serde_json::to_vec(&Stored::of(binding)).unwrap_or_default(),
            expires: i64::try_from(binding.expires_at).unwrap_or(i64::MAX),
        });
        let registration =
            Registration { account: account.id, address: address.to_string(), bindings: bindings.collect() };
        storage.set_registration(registration).await?;
        Ok::<_, storage::Error>(true)
    };
    outcome.await.unwrap_or_else(|error| {
        warn!(%address, %error, "a phone's registration cannot be stored");
        false
    })
}

/// The bindings that were stored. What cannot be read any more is left out: phones register again.
pub(crate) async fn restore(storage: &Storage) -> storage::Result<Vec<Binding>> {
    let registrations = storage.registrations().await?;
    let stored = registrations.into_iter().flat_map(|registration| registration.bindings);
    let binding = |stored: storage::Binding| {
        serde_json::from_slice::<Stored>(&stored.record)
            .ok()
            .and_then(|record| record.binding(stored.expires))
    };
    Ok(stored.filter_map(binding).collect())
}
