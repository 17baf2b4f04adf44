//! What does the phone of a transcript do and see?

use sip::{CallHandle, Command, Event};

use crate::harness::{Gateway, UserAgent};

/// Bob's phone.
pub(super) struct Phone {
    agent: Option<UserAgent>,
    call: Option<CallHandle>,
}

impl Phone {
    pub(super) const fn new() -> Self {
        Self { agent: None, call: None }
    }

    fn call(&self) -> CallHandle {
        self.call.expect("the phone has a call")
    }

    fn agent(&mut self) -> &mut UserAgent {
        self.agent.as_mut().expect("the phone is there")
    }

    /// A line `SIP> …`.
    pub(super) async fn act(&mut self, gateway: &Gateway, line: &str) {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["register"] => self.agent = Some(UserAgent::registered(gateway, "bob").await),
            ["call", to, with @ ..] => {
                let mut agent = UserAgent::new(gateway, "bob").await;
                let sdp = (with == ["offer"]).then(|| agent.sdp());
                self.call = Some(agent.call(to, sdp));
                self.agent = Some(agent);
            }
            ["ring"] => {
                let call = self.call();
                self.agent().ring(call);
            }
            ["answer"] => {
                let call = self.call();
                let sdp = self.agent().sdp();
                self.agent().command(Command::Accept { call, sdp });
            }
            ["acknowledge"] => {
                let call = self.call();
                let sdp = self.agent().sdp();
                self.agent().command(Command::Acknowledge { call, sdp });
            }
            ["hang", "up"] => {
                let call = self.call();
                self.agent().command(Command::Hangup { call, reason: None });
            }
            _ => panic!("a phone cannot {line:?}"),
        }
    }

    /// A line `SIP< …`.
    pub(super) async fn see(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["called", with @ ..] => {
                let (call, sdp) = self.agent().called().await;
                assert_eq!(sdp.is_some(), with == ["with", "offer"], "{line}");
                self.call = Some(call);
            }
            ["ringing"] => {
                let event = self.agent().event(|event| matches!(event, Event::Progress { .. })).await;
                assert!(matches!(event, Event::Progress { status, .. } if status.code() == 180), "{event:?}");
            }
            ["answered", "with", _] => {
                let event = self.agent().event(|event| matches!(event, Event::Answered(_))).await;
                assert!(
                    matches!(event, Event::Answered(answered) if answered.sdp.is_some()),
                    "no description"
                );
            }
            ["acknowledged", with @ ..] => {
                let event = self.agent().event(|event| matches!(event, Event::Acknowledged { .. })).await;
                let Event::Acknowledged { sdp, .. } = event else { panic!("{event:?}") };
                assert_eq!(sdp.is_some(), with == ["with", "answer"], "{line}");
            }
            ["rejected", code] => {
                let event = self.agent().event(|event| matches!(event, Event::Rejected { .. })).await;
                let Event::Rejected { status, .. } = event else { panic!("{event:?}") };
                assert_eq!(status.code().to_string(), *code);
            }
            _ => panic!("a phone cannot see {line:?}"),
        }
    }
}
