//! Where to reach someone: the Contact header field.

use super::{HeaderName, NameAddr};
use crate::error::Defect;
use crate::message::Headers;

/// The Contact header fields of a message (RFC 3261 §20.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contacts {
    /// `*`: all bindings of a REGISTER.
    All,
    /// The addresses, in order; none when there is no Contact.
    Listed(Vec<NameAddr>),
}

impl Headers {
    /// Every Contact of the message. `*` beside anything else is malformed.
    pub fn contacts(&self) -> Result<Contacts, Defect> {
        let name = HeaderName::Contact;
        let values = self.list(name).collect::<Result<Vec<_>, _>>()?;
        if values == [b"*"] {
            return Ok(Contacts::All);
        }
        values
            .into_iter()
            .map(|value| NameAddr::parse(value).map_err(|flaw| Defect::Malformed(name, flaw)))
            .collect::<Result<_, _>>()
            .map(Contacts::Listed)
    }

    /// The one Contact that names the other end of a dialog; `None` if there is none (RFC 3261 §8.1.1.8).
    pub fn contact(&self) -> Result<Option<NameAddr>, Defect> {
        match self.contacts()? {
            Contacts::All => Err(Defect::Malformed(HeaderName::Contact, crate::error::Flaw::Character)),
            Contacts::Listed(list) if list.len() > 1 => Err(Defect::Repeated(HeaderName::Contact)),
            Contacts::Listed(list) => Ok(list.into_iter().next()),
        }
    }

    /// The URIs of Record-Route or Route, top first.
    pub(crate) fn routes(&self, name: HeaderName) -> Result<Vec<NameAddr>, Defect> {
        self.list(name)
            .map(|value| NameAddr::parse(value?).map_err(|flaw| Defect::Malformed(name, flaw)))
            .collect()
    }
}
