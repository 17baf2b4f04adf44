//! What two ends agree on for as long as a call lasts (RFC 3261 §12).

use bytes::Bytes;

use crate::error::{Defect, Flaw};
use crate::flow::FlowId;
use crate::header::{HeaderName, NameAddr};
use crate::message::{Request, Response};
use crate::method::Method;
use crate::outgoing::{Contact, MAX_FORWARDS, Outgoing, Proof};
use crate::uri::Uri;

/// One end's view of a dialog.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    pub(crate) call_id: String,
    /// Our end, with our tag.
    pub(crate) local: NameAddr,
    /// The other end, with its tag; RFC 2543 knew peers without one.
    pub(crate) remote: NameAddr,
    /// Where requests go: the peer's Contact.
    target: Uri,
    /// The proxies that asked to stay on the way, nearest first.
    routes: Vec<NameAddr>,
    local_cseq: u32,
    remote_cseq: Option<u32>,
    /// The flow the peer was last heard on, when it is the only sure way back to it: a connection, or a datagram flow
    /// through an address translator.
    flow: Option<FlowId>,
    /// The user part of our Contact.
    contact_user: Option<String>,
}

/// Why a request does not fit a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It is of another dialog.
    Stranger,
    /// It was overtaken by a later one (RFC 3261 §12.2.2).
    OutOfOrder,
}

impl Dialog {
    /// The dialog that an INVITE from a peer begins once we answer it with this tag.
    pub(crate) fn of_request(invite: &Request, tag: &str, flow: Option<FlowId>) -> Result<Self, Defect> {
        let contact = invite.headers.contact()?;
        // RFC 2543 let a Contact be left out; its requests are told by their branch (RFC 4475 §3.4.1).
        let target = match contact {
            Some(contact) if contact.uri.as_sip().is_some() => contact.uri.for_request(),
            Some(_) => return Err(Defect::Malformed(HeaderName::Contact, Flaw::Scheme)),
            None if invite.via.transaction_branch().is_none() => invite.from.uri.clone(),
            None => return Err(Defect::Missing(HeaderName::Contact)),
        };
        Ok(Self {
            call_id: invite.call_id.clone(),
            local: invite.to.clone().with_tag(Some(tag)),
            remote: invite.from.clone(),
            target,
            routes: invite.headers.routes(HeaderName::RecordRoute)?,
            local_cseq: 0,
            remote_cseq: Some(invite.cseq.number),
            flow,
            contact_user: invite.uri.user().map(std::borrow::Cow::into_owned),
        })
    }

    /// The dialog that a 2xx to our INVITE confirms. One without a Contact that can be read is to be reached where the
    /// INVITE went: it must be acknowledged somewhere.
    pub(crate) fn of_response(invite: &Outgoing, response: &Response, flow: Option<FlowId>) -> Self {
        let contact = response.headers.contact().ok().flatten();
        let mut routes = response.headers.routes(HeaderName::RecordRoute).unwrap_or_default();
        routes.reverse();
        Self {
            call_id: invite.call_id.clone(),
            local: invite.from.clone(),
            remote: response.to.clone(),
            target: contact.map_or_else(|| invite.uri.clone(), |contact| contact.uri.for_request()),
            routes,
            local_cseq: invite.cseq,
            remote_cseq: None,
            flow,
            contact_user: invite.contact.as_ref().and_then(|contact| contact.user.clone()),
        }
    }

    /// Takes in a request of the peer; its sequence number must be above all before it.
    pub(crate) fn take(&mut self, request: &Request) -> Result<(), Misfit> {
        self.recognise(request)?;
        if self.remote_cseq.is_some_and(|last| request.cseq.number <= last) {
            return Err(Misfit::OutOfOrder);
        }
        self.remote_cseq = Some(request.cseq.number);
        Ok(())
    }

    /// Whether a request is of this dialog (RFC 3261 §12.2.2).
    pub(crate) fn recognise(&self, request: &Request) -> Result<(), Misfit> {
        let same = request.call_id == self.call_id
            && request.to.tag() == self.local.tag()
            && request.from.tag() == self.remote.tag();
        if same { Ok(()) } else { Err(Misfit::Stranger) }
    }

    /// A new Contact of the peer takes the place of the old one (RFC 3261 §12.2.1.2, §12.2.2).
    pub(crate) fn refresh(&mut self, contact: Option<NameAddr>, flow: Option<FlowId>) {
        if let Some(contact) = contact {
            self.target = contact.uri.for_request();
            self.flow = flow;
        }
    }

    /// The next request within the dialog.
    pub(crate) fn request(&mut self, method: Method) -> Outgoing {
        self.local_cseq += 1;
        self.outgoing(method, self.local_cseq)
    }

    /// The ACK of the 2xx to our INVITE with this sequence number and proof (RFC 3261 §13.2.2.4, §22.1).
    pub(crate) fn acknowledge(
        &self,
        (cseq, authorization): (u32, Option<Proof>),
        sdp: Option<Bytes>,
    ) -> Outgoing {
        Outgoing { sdp, authorization, ..self.outgoing(Method::Ack, cseq) }
    }

    /// The sequence number of the peer's last request.
    pub(crate) fn remote_cseq(&self) -> Option<u32> {
        self.remote_cseq
    }

    /// The request is sent again under the next number, after a challenge (RFC 3261 §22.2).
    pub(crate) fn renumber(&mut self) -> u32 {
        self.local_cseq += 1;
        self.local_cseq
    }

    /// The flow that requests should go on. A route set says better where they go.
    pub(crate) fn flow(&self) -> Option<FlowId> {
        if self.routes.is_empty() { self.flow } else { None }
    }

    /// The user part of our Contact.
    pub(crate) fn contact(&self) -> Contact {
        Contact { user: self.contact_user.clone(), expires: None }
    }

    fn outgoing(&self, method: Method, cseq: u32) -> Outgoing {
        let (uri, routes, next_hop) = Outgoing::routed(&self.target, &self.routes);
        let contact = (method == Method::Invite).then(|| self.contact());
        Outgoing {
            method,
            uri,
            routes,
            next_hop,
            from: self.local.clone(),
            to: self.remote.clone(),
            call_id: self.call_id.clone(),
            cseq,
            max_forwards: MAX_FORWARDS,
            contact,
            fields: Vec::new(),
            extra: Vec::new(),
            authorization: None,
            sdp: None,
        }
    }
}

#[cfg(test)]
mod tests;
