//! `listFeatures`: what can a client do before it logs in?

use protocol::{Features, FeaturesReport, ListFeatures};

use crate::account::Accounts;
use crate::clock;
use crate::failure::Failure;
use crate::login::{Login, Progress};
use crate::session::{Reply, Session, Step};

#[expect(clippy::unnecessary_wraps, reason = "handlers have one form")]
pub(super) fn handle(session: &mut Session, reply: &Reply, request: ListFeatures) -> Result<Step, Failure> {
    let features = features(&session.hub.accounts, false);
    session.send(reply, FeaturesReport { domain: request.domain, features });
    Ok(Step::Done)
}

#[expect(clippy::unnecessary_wraps, reason = "handlers have one form")]
pub(super) fn before_login(login: &Login, request: ListFeatures) -> Result<Progress, Failure> {
    let features = features(&login.hub.accounts, login.can_starttls);
    Ok(Progress::Done(vec![FeaturesReport { domain: request.domain, features }.into()]))
}

/// What is offered. The nonce is for CRAM-MD5 by HTTP, where it comes back with the answer, in another request.
fn features(accounts: &Accounts, starttls: bool) -> Features {
    let mut sasl = vec!["PLAIN".to_owned()];
    if accounts.offers_cram() {
        sasl.push("CRAM-MD5".to_owned());
    }
    let nonce = accounts.offers_cram().then(|| accounts.nonce(clock::seconds()));
    Features { starttls, sasl, nonce, languages: vec!["en".to_owned()] }
}
