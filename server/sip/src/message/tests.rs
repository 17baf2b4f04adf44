//! Reading real messages, whole and broken: nothing is lost, nothing panics, and another reader sees the same.

mod another_reader;

use std::path::Path;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::endpoint::Endpoint;
use crate::flow::ListenerId;
use crate::header::{AuthParams, Contacts, Reason};
use crate::origin::origin;
use crate::stream::Framer;
use crate::{Config, Input, Output};

/// An INVITE as a desk phone sends it, and the answer of a PBX.
const INVITE: &str = "INVITE sip:bob@example.com;transport=udp SIP/2.0\r\n\
    Via: SIP/2.0/UDP 10.0.0.5:5060;rport;branch=z9hG4bK-524287-1---a1b2c3d4e5f60718\r\nMax-Forwards: 70\r\n\
    Contact: <sip:alice@10.0.0.5:5060;transport=udp>;+sip.instance=\"<urn:uuid:0a1b>\"\r\nTo: <sip:bob@example.com>\r\n\
    From: \"Alice\" <sip:alice@example.com>;tag=f00\r\nCall-ID: 12013223@10.0.0.5\r\nCSeq: 2 INVITE\r\n\
    Allow: INVITE, ACK, CANCEL, BYE\r\nSupported: replaces, outbound\r\nContent-Type: application/sdp\r\n\
    Authorization: Digest username=\"alice\", realm=\"example.com\", nonce=\"00\", uri=\"sip:bob@example.com\", \
    response=\"0123\", algorithm=MD5, cnonce=\"c\", qop=auth, nc=00000001\r\nReason: SIP;cause=200;text=\"x\"\r\n\
    Content-Length: 8\r\n\r\nv=0\r\ns=-";
const ANSWER: &str = "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKaa;received=192.0.2.1\r\n\
    Record-Route: <sip:192.0.2.9;lr=on;ftag=as>, <sip:[2001:db8::1]:5070;transport=tcp;lr>\r\n\
    From: <sip:alice@example.com>;tag=as3\r\nTo: <sip:bob@192.0.2.20>;tag=as4\r\nCall-ID: 77@192.0.2.1\r\n\
    CSeq: 102 INVITE\r\nContact: <sip:bob@192.0.2.20:5060>\r\nServer: PBX\r\nContent-Length: 0\r\n\r\n";

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/rfc4475");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let torture = files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "dat"));
    torture
        .map(|path| std::fs::read(path).unwrap())
        .chain([INVITE, ANSWER].map(|text| text.as_bytes().to_vec()))
        .collect()
}

fn parse(bytes: &[u8]) -> Option<Message> {
    Message::parse(Bytes::copy_from_slice(bytes)).ok()
}

/// What is written is what was read, up to line ends before it and bytes after it; and it reads the same again.
fn check_lossless(bytes: &[u8]) {
    let Some(message) = parse(bytes) else { return };
    let written = message.write();
    let start = bytes.iter().position(|byte| !b"\r\n".contains(byte)).unwrap();
    assert_eq!(&bytes[start..start + written.len()], &written[..]);
    let again = parse(&written).expect("what is written can be read");
    assert_eq!(again.write(), written);
    assert!(again.headers().iter().eq(message.headers().iter()));
}

/// Looks at everything there is to look at.
fn look_at_everything(message: &Message) {
    let headers = message.headers();
    for field in headers.iter() {
        let _ = (AuthParams::parse(field.value), Reason::parse(field.value), Via::parse(field.value));
        let _ = NameAddr::parse(field.value)
            .map(|address| (address.to_string(), address.uri.equivalent(&address.uri)));
        let _ = headers.list(field.name).count() + headers.tokens(field.name).count();
    }
    let _ = (
        headers.expires(),
        headers.min_expires(),
        headers.retry_after(),
        headers.reason(),
        headers.contact(),
    );
    if let Ok(Contacts::Listed(list)) = headers.contacts() {
        let _ = list.iter().map(|contact| contact.uri.for_request().to_string()).collect::<Vec<_>>();
    }
}

/// Hands bytes to an endpoint, as a datagram and as a stream, and lets it do what it then wants to.
fn feed(bytes: &[u8]) {
    let now = origin();
    let listeners = crate::endpoint::tests::network::listeners("192.0.2.1:5060".parse().unwrap());
    let mut config = Config::new(vec!["example.com".into()], listeners, [1; 32]);
    let source = crate::TrunkSource::address([198, 51, 100, 7].into(), None);
    config.trunks = vec![crate::Trunk { name: "trunk".into(), sources: vec![source] }];
    let mut endpoint = Endpoint::new(config, [1; 32], now, 0);
    let bytes = Bytes::copy_from_slice(bytes);
    let connection = crate::ConnectionId::accepted(1);
    let remote = "198.51.100.7:5060".parse().unwrap();
    endpoint.handle_input(now, Input::Accepted { connection, listener: ListenerId(1), remote });
    endpoint.handle_input(now, Input::Datagram { listener: ListenerId(0), remote, bytes: bytes.clone() });
    endpoint.handle_input(now, Input::Stream { connection, bytes });
    while let output @ (Output::Transmit { .. }
    | Output::Event(_)
    | Output::Close { .. }
    | Output::Connect { .. }) = endpoint.poll_output()
    {
        if let Output::Transmit { bytes, .. } = output
            && bytes.len() > 2
        {
            assert!(parse(&bytes).is_some() || !bytes.starts_with(b"SIP/2.0 2"), "we sent {bytes:?}");
        }
    }
}

#[test]
fn every_message_of_the_corpus_is_written_as_it_was_read() {
    let corpus = corpus();
    assert_eq!(corpus.len(), 52);
    corpus.iter().for_each(|bytes| check_lossless(bytes));
}

/// One change to a message.
#[derive(Debug, Clone)]
enum Edit {
    Replace(u8),
    Insert(Vec<u8>),
    Delete(usize),
    Repeat(usize),
}

fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, Edit)>> {
    let special = prop::sample::select(vec![
        &b"\r"[..],
        b"\n",
        b"\r\n",
        b"\r\n ",
        b"\"",
        b"<",
        b">",
        b";",
        b",",
        b":",
        b"@",
        b"%",
        b"%00",
        b"\0",
        b"\xff",
        b"=",
        b"\\",
        b"[",
        b"]",
        b" ",
        b"Content-Length: 4\r\n",
        b"v: SIP/2.0/UDP h\r\n",
        b"99999999999999999999",
        b";tag=",
    ]);
    let edit = prop_oneof![
        any::<u8>().prop_map(Edit::Replace),
        special.prop_map(|bytes| Edit::Insert(bytes.to_vec())),
        (1..40_usize).prop_map(Edit::Delete),
        (1..200_usize).prop_map(Edit::Repeat),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), edit), 1..6)
}

fn mutate(bytes: &mut Vec<u8>, edits: &[(prop::sample::Index, Edit)]) {
    for (index, edit) in edits {
        let at = index.index(bytes.len() + 1);
        let until = |length: usize| (at + length).min(bytes.len());
        match edit {
            Edit::Replace(byte) => {
                if let Some(old) = bytes.get_mut(at) {
                    *old = *byte;
                }
            }
            Edit::Insert(new) => drop(bytes.splice(at..at, new.iter().copied())),
            Edit::Delete(length) => drop(bytes.drain(at..until(*length))),
            Edit::Repeat(length) => {
                let piece = bytes[at..until(*length)].to_vec();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_messages_are_read_without_loss_or_panic(message in any::<prop::sample::Index>(), edits in edits()) {
        let corpus = corpus();
        let mut bytes = corpus[message.index(corpus.len())].clone();
        mutate(&mut bytes, &edits);
        check_lossless(&bytes);
        if let Some(message) = parse(&bytes) {
            look_at_everything(&message);
        }
        let mut framer = Framer::default();
        for piece in bytes.chunks(97) {
            framer.push(piece);
            while let Ok(Some(_)) = framer.next_frame() {}
        }
        feed(&bytes);
    }
}
