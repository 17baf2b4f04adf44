//! OPTIONS: what we can do (RFC 3261 §11).

use std::time::Instant;

use crate::endpoint::Endpoint;
use crate::endpoint::ingress::Source;
use crate::header::HeaderName;
use crate::message::Request;
use crate::method::Method;
use crate::status::StatusCode;

impl Endpoint {
    /// Answers without storing anything, and the same for every user: who exists is not told to strangers.
    pub(crate) fn serve_options(&mut self, now: Instant, source: Source, request: &Request) {
        let known = request.to.tag().is_none_or(|tag| self.calls.by_tag(tag).is_some());
        if !known {
            return self.refuse_plainly(now, source, request, StatusCode::CALL_DOES_NOT_EXIST, &[]);
        }
        let fields = [
            (HeaderName::Allow, Method::ALLOWED.to_owned()),
            (HeaderName::Accept, "application/sdp".to_owned()),
        ];
        self.refuse_plainly(now, source, request, StatusCode::OK, &fields);
    }
}
