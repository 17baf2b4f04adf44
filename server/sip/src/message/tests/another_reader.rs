//! The same messages through the parser of the `rsip` crate: where it can read one, it must see what we see.

use proptest::prelude::*;
use rsip::message::HeadersExt;
use rsip::prelude::{ToTypedHeader, UntypedHeader};

use super::{corpus, parse};
use crate::header::{NameAddr, Via};
use crate::message::Message;

/// What two readers should agree on. URIs are in lower case: the other reader writes transports in capitals.
#[derive(Debug, PartialEq, Eq)]
struct Summary {
    start: String,
    call_id: Option<String>,
    cseq: Option<(u32, String)>,
    from: Option<(String, Option<String>)>,
    to: Option<(String, Option<String>)>,
    via: Option<(String, Option<String>)>,
    fields: usize,
    body: Vec<u8>,
}

impl Summary {
    fn ours(message: &Message) -> Self {
        let party = |address: &NameAddr| {
            Some((address.uri.to_string().to_lowercase(), address.tag().map(str::to_owned)))
        };
        let via = |via: &Via| Some((via.sent_by.to_string(), via.branch().map(str::to_owned)));
        let (start, call_id, cseq, from, to, via) = match message {
            Message::Request(read) => (
                format!("{} {}", read.method, read.uri).to_lowercase(),
                &read.call_id,
                &read.cseq,
                party(&read.from),
                party(&read.to),
                via(&read.via),
            ),
            Message::Response(read) => (
                read.status.to_string(),
                &read.call_id,
                &read.cseq,
                party(&read.from),
                party(&read.to),
                via(&read.via),
            ),
        };
        let cseq = Some((cseq.number, cseq.method.to_string()));
        let fields = message.headers().iter().count();
        Self {
            start,
            call_id: Some(call_id.clone()),
            cseq,
            from,
            to,
            via,
            fields,
            body: message.body().to_vec(),
        }
    }

    /// What the other reader cannot read is taken from ours.
    fn theirs(bytes: &[u8], ours: Self) -> Option<Self> {
        let message = rsip::SipMessage::try_from(bytes).ok()?;
        let start = match &message {
            rsip::SipMessage::Request(request) => {
                format!("{} {}", request.method, request.uri).to_lowercase()
            }
            rsip::SipMessage::Response(response) => response.status_code.code().to_string(),
        };
        let tag = |tag: Option<rsip::common::uri::param::Tag>| tag.map(|tag| tag.value().to_owned());
        let from = message
            .from_header()
            .ok()
            .and_then(|from| Some((from.uri().ok()?.to_string().to_lowercase(), tag(from.tag().ok()?))));
        let to = message
            .to_header()
            .ok()
            .and_then(|to| Some((to.uri().ok()?.to_string().to_lowercase(), tag(to.tag().ok()?))));
        let via = message.via_header().ok().and_then(|via| via.typed().ok()).map(|via| {
            (via.uri.host_with_port.to_string(), via.branch().map(|branch| branch.value().to_owned()))
        });
        let cseq = message
            .cseq_header()
            .ok()
            .and_then(|cseq| Some((cseq.seq().ok()?, cseq.method().ok()?.to_string())));
        let call_id = message.call_id_header().ok().map(|call_id| call_id.value().to_owned());
        Some(Self {
            start,
            call_id: call_id.or(ours.call_id),
            cseq: cseq.or(ours.cseq),
            from: from.or(ours.from),
            to: to.or(ours.to),
            via: via.or(ours.via),
            fields: rsip::message::HasHeaders::headers(&message).iter().count(),
            body: message.body().clone(),
        })
    }
}

/// Reads with both; tells whether the other reader could.
fn compare(bytes: &[u8]) -> bool {
    let Some(message) = parse(bytes) else { return false };
    let ours = Summary::ours(&message);
    let Some(theirs) = Summary::theirs(&message.write(), Summary::ours(&message)) else { return false };
    assert_eq!(ours, theirs, "{}", String::from_utf8_lossy(bytes));
    true
}

#[test]
fn another_reader_sees_the_same_in_the_corpus() {
    let compared = corpus().iter().filter(|bytes| compare(bytes)).count();
    // It cannot read the others: IPv6, `tel:`, folds, odd characters and the like.
    assert_eq!(compared, 24);
}

fn token() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9]{1,12}"
}

/// A URI of the kind that both readers know.
fn uri() -> impl Strategy<Value = String> {
    let host = prop_oneof!["[a-z][a-z0-9]{0,8}\\.(com|example)", "10\\.[0-9]{1,2}\\.0\\.[1-9]"];
    let port = prop::option::of(1..=65_535_u16);
    let params = prop_oneof![Just(""), Just(";lr"), Just(";transport=tcp"), Just(";x=1")];
    (any::<bool>(), prop::option::of("[a-zA-Z0-9_.!~*'()&=+$,-]{1,12}"), host, port, params).prop_map(
        |(secure, user, host, port, params)| {
            let user = user.map(|user| format!("{user}@")).unwrap_or_default();
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}:{user}{host}{port}{params}", if secure { "sips" } else { "sip" })
        },
    )
}

/// A From or To.
fn party() -> impl Strategy<Value = String> {
    let name = prop_oneof![Just(String::new()), "\"[a-zA-Z ,.]{0,10}\" ", "[a-zA-Z]{1,8} "];
    (name, uri(), prop::option::of(token())).prop_map(|(name, uri, tag)| {
        let tag = tag.map(|tag| format!(";tag={tag}")).unwrap_or_default();
        format!("{name}<{uri}>{tag}")
    })
}

fn message() -> impl Strategy<Value = String> {
    let method = prop::sample::select(vec![
        "INVITE",
        "ACK",
        "BYE",
        "CANCEL",
        "REGISTER",
        "OPTIONS",
        "SUBSCRIBE",
        "INFO",
    ]);
    let other = (token(), "[ -9;-~]{0,30}").prop_map(|(name, value)| format!("X-{name}: {value}\r\n"));
    let parts = (method, prop::option::of(200..=699_u16), uri(), party(), party());
    let more = (token(), token(), 0..=0x7fff_ffff_u32, prop::collection::vec(other, 0..4), "[ -~]{0,40}");
    (parts, more).prop_map(|((method, status, uri, from, to), (branch, call_id, cseq, others, body))| {
        let start = status.map_or(format!("{method} {uri} SIP/2.0"), |status| format!("SIP/2.0 {status} Some Phrase"));
        format!(
            "{start}\r\nVia: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK{branch};rport\r\nFrom: {from}\r\nTo: {to}\r\n\
             Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n{}Content-Length: {}\r\n\r\n{body}",
            others.concat(),
            body.len()
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn another_reader_sees_the_same_in_messages_made_up(text in message()) {
        prop_assert!(parse(text.as_bytes()).is_some(), "we cannot read {text}");
        compare(text.as_bytes());
    }
}
