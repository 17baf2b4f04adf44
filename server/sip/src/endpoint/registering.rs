//! How registrations of ours are driven.

use std::time::Instant;

use super::delivery::Outcome;
use super::{Endpoint, Event, Register, RegistrationId, RegistrationState};
use crate::outgoing::Outgoing;
use crate::registration::{Answer, Registration, State};
use crate::timer::TimerKey;
use crate::transaction::Purpose;

impl Endpoint {
    pub(crate) fn register(&mut self, now: Instant, register: Register) -> Option<()> {
        let id = register.registration;
        if let Some(State::Asking { delivery, .. }) = self.registrations.get(&id).map(|known| known.state) {
            self.forget(delivery);
        }
        let delivery = self.deliveries.next();
        self.registrations.insert(id, Registration::new(register, delivery, &mut self.random));
        self.ask(now, id, false);
        Some(())
    }

    /// Ends a registration; a REGISTER that is on its way is answered first, so that the two cannot overtake each other.
    pub(crate) fn unregister(&mut self, now: Instant, id: RegistrationId) -> Option<()> {
        let registration = self.registrations.get_mut(&id)?;
        match &mut registration.state {
            State::Asking { leaving, .. } => *leaving = true,
            State::Waiting { .. } => self.ask(now, id, true),
        }
        Some(())
    }

    pub(crate) fn registration_timeout(&mut self, now: Instant, id: RegistrationId) {
        self.ask(now, id, false);
    }

    fn ask(&mut self, now: Instant, id: RegistrationId, leaving: bool) {
        let delivery = self.deliveries.next();
        let Some(registration) = self.registrations.get_mut(&id) else { return };
        registration.state = State::Asking { delivery, leaving };
        let (request, credentials) = (registration.request(leaving), registration.credentials.clone());
        self.timers.set(TimerKey::Registration(id), None);
        self.deliver(now, delivery, Purpose::Register(id), request, (credentials, None));
    }

    /// A REGISTER was answered, or did not get through.
    pub(crate) fn register_concluded(
        &mut self,
        now: Instant,
        id: RegistrationId,
        request: &Outgoing,
        outcome: &Outcome<'_>,
    ) {
        let contact = match outcome {
            Outcome::Response(_, source) => {
                request.contact.as_ref().map(|contact| contact.at(&self.way(source.flow)))
            }
            Outcome::Failure(_) => None,
        };
        let Some(registration) = self.registrations.get_mut(&id) else { return };
        let State::Asking { leaving, .. } = registration.state else { return };
        let asked_to_leave = request.contact.as_ref().is_some_and(|contact| contact.expires == Some(0));
        if asked_to_leave {
            self.registrations.remove(&id);
            return self.tell_registration(id, RegistrationState::Unregistered);
        }
        let random = &mut self.random;
        let (answer, status, phrase) = match outcome {
            Outcome::Response(response, _) => {
                let contact = contact.unwrap_or_default();
                let answer = registration.answered(request, response, &contact, random);
                (answer, response.status, response.phrase.clone())
            }
            Outcome::Failure(status) => {
                (registration.failed(None, random), *status, status.phrase().to_owned())
            }
        };
        if leaving {
            return self.ask(now, id, true);
        }
        match answer {
            Answer::Granted { expires } => {
                self.wait(id, Registration::refresh_at(now, expires));
                self.tell_registration(id, RegistrationState::Registered { expires });
            }
            Answer::TooBrief => self.ask(now, id, false),
            Answer::Refused { retry_in } => {
                self.wait(id, now + retry_in);
                let retry_in = retry_in.as_secs();
                self.tell_registration(id, RegistrationState::Failed { status, phrase, retry_in });
            }
        }
    }

    fn wait(&mut self, id: RegistrationId, until: Instant) {
        if let Some(registration) = self.registrations.get_mut(&id) {
            registration.state = State::Waiting { until };
        }
        self.timers.set(TimerKey::Registration(id), Some(until));
    }

    fn tell_registration(&mut self, registration: RegistrationId, state: RegistrationState) {
        self.tell(Event::RegistrationChanged { registration, state });
    }
}
