//! Whom a response to a request of ours is for, and who learns how its delivery ended.

use std::time::Instant;

use super::{Delivery, Outcome};
use crate::endpoint::ingress::Source;
use crate::endpoint::{DeliveryId, Endpoint};
use crate::message::Response;
use crate::method::Method;
use crate::status::StatusCode;
use crate::transaction::{ClientId, ClientInput, Purpose};

impl Endpoint {
    /// A response came to a request of ours.
    pub(crate) fn answered(&mut self, now: Instant, id: ClientId, source: Source, response: &Response) {
        let Some((purpose, delivery)) = self.prepare_ack(id, response) else { return };
        if !self.drive_client(now, id, ClientInput::Response(response.status.into())) {
            return;
        }
        let delivery = delivery.filter(|id| self.deliveries.table.contains_key(id));
        match delivery {
            Some(_) if response.status.is_provisional() => self.provisional(now, purpose, source, response),
            Some(delivery) => self.finally_answered(now, delivery, source, response),
            None => self.answered_again(now, purpose, source, response),
        }
    }

    /// Makes the ACK of a failure, which the transaction sends itself, and tells whom the response is for.
    fn prepare_ack(&mut self, id: ClientId, response: &Response) -> Option<(Purpose, Option<DeliveryId>)> {
        let transaction = self.clients.get(id)?;
        let whose = (transaction.purpose, transaction.delivery);
        let unacknowledged = transaction.ack.is_none() && response.status.is_failure();
        if unacknowledged && response.cseq.method == Method::Invite {
            let way = self.way(transaction.flow);
            let request = &self.deliveries.table.get(&transaction.delivery?)?.request;
            let ack = request.acknowledge(&way, &transaction.branch, &response.to);
            self.clients.get_mut(id)?.ack = Some(ack);
        }
        Some(whose)
    }

    /// The final response of one place came.
    fn finally_answered(&mut self, now: Instant, id: DeliveryId, source: Source, response: &Response) {
        if self.answer_challenge(now, id, source, response) {
            return;
        }
        let more = self.deliveries.table.get(&id).is_some_and(|delivery| !delivery.places.is_empty());
        if response.status == StatusCode::SERVICE_UNAVAILABLE && more {
            // RFC 3263 §4.3: as if the place had not answered.
            return self.try_next(now, id, StatusCode::SERVICE_UNAVAILABLE);
        }
        if let Some(delivery) = self.deliveries.table.remove(&id) {
            self.conclude(now, delivery, &Outcome::Response(response, source));
        }
    }

    /// A provisional response came.
    fn provisional(&mut self, now: Instant, purpose: Purpose, source: Source, response: &Response) {
        match purpose {
            Purpose::Invite(call) => self.invite_progressed(now, call, source, response),
            Purpose::Reoffer(_)
            | Purpose::Probe(_)
            | Purpose::Acknowledgement
            | Purpose::Farewell
            | Purpose::Register(_) => {}
        }
    }

    /// A 2xx came again, or from another fork.
    fn answered_again(&mut self, now: Instant, purpose: Purpose, source: Source, response: &Response) {
        match purpose {
            Purpose::Invite(call) => self.invite_answered_again(now, call, source, response),
            Purpose::Reoffer(call) => {
                self.acknowledge_again(now, call, response);
            }
            Purpose::Probe(_) | Purpose::Acknowledgement | Purpose::Farewell | Purpose::Register(_) => {}
        }
    }

    /// A delivery ended.
    pub(super) fn conclude(&mut self, now: Instant, delivery: Delivery, outcome: &Outcome<'_>) {
        match delivery.purpose {
            Purpose::Invite(call) => self.invite_concluded(now, call, delivery.request, outcome),
            Purpose::Reoffer(call) => self.reoffer_concluded(now, call, &delivery.request, outcome),
            Purpose::Probe(call) => self.probe_concluded(now, call, outcome),
            Purpose::Register(id) => self.register_concluded(now, id, &delivery.request, outcome),
            Purpose::Acknowledgement | Purpose::Farewell => {}
        }
    }
}
