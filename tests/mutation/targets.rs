//! What reads what peers send, and what they send when they are right.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use media::{
    Arrival, Certificate, Command, Event, LegId, Local, Negotiation, Output, Proposal, Router, Socket,
};
use protocol::{
    Content, Description, Element, Frames, Limits, Message, Presentation, Request, RequestHeader,
};
use sip::{Endpoint, Framer, HeaderName, Host, HostPort, Input, Listener, ListenerId, Transport};

use super::engine::Target;
use super::stun;

fn files(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = files.map(|file| file.expect("it can be read").path());
    let mut paths: Vec<_> = paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).expect("it can be read")).collect()
}

fn lines(folder: &str, ending: &str, prefix: &str) -> Vec<Vec<u8>> {
    let files = files(folder, ending);
    let text = files.iter().map(|file| std::str::from_utf8(file).expect("text"));
    text.flat_map(str::lines)
        .filter_map(|line| line.strip_prefix(prefix))
        .map(|line| line.as_bytes().to_vec())
        .collect()
}

// ---- XML

const XML_WORDS: &[&[u8]] = &[
    b"<",
    b">",
    b"/>",
    b"</",
    b"&lt;",
    b"&#x0;",
    b"&#1114112;",
    b"&amp",
    b"<!DOCTYPE a>",
    b"<?x?>",
    b"<!-- -->",
    b"<![CDATA[",
    b"]]>",
    b"\"",
    b"'",
    b"=",
    b" xmlns:a=\"b\"",
    b"<sdp ip=\"[127.0.0.1]\">",
    b"<UID from=\"1\" till=\"4294967295\"/>",
    b"<index>0</index>",
    b"FLAGS",
    b"Seen,Unseen",
    b"\xef\xbb\xbf",
    b"\xff",
    b"4294967296",
    b"-1",
    b"20991231T235959Z",
    b"<a>",
    b"<subKey key=\"",
];

fn read_element(bytes: &[u8]) -> Option<Element> {
    let element = Element::read(bytes, &Limits::AFTER_LOGIN).ok()?;
    // What is read is written so that it is read the same.
    let written = element.to_xml();
    let again = Element::read(written.as_bytes(), &Limits::AFTER_LOGIN);
    assert_eq!(again.as_ref(), Ok(&element), "{written}");
    Some(element)
}

pub(super) fn xml_documents_and_requests() -> Target {
    let mut seeds = lines("transcript", ".txt", "C: ");
    seeds.extend(lines("transcript", ".txt", "S: "));
    let read = |mutant: &[u8], _| {
        let Some(element) = read_element(mutant) else { return false };
        _ = RequestHeader::decode(&element);
        if let Ok(request) = Request::decode(&element) {
            // A description may lose what has no place in it, but only once.
            let once = Request::decode(&request.encode("1")).expect("what is written can be read");
            assert_eq!(Request::decode(&once.encode("1")).as_ref(), Ok(&once));
        }
        _ = Message::decode(&element);
        true
    };
    Target { seeds, words: XML_WORDS, read: Box::new(read) }
}

pub(super) fn frames_of_a_stream() -> Target {
    let mut stream = Vec::new();
    for line in lines("transcript", ".txt", "C: ") {
        stream.extend(line);
        stream.push(0);
    }
    let seeds = stream.chunks(400).map(<[u8]>::to_vec).collect();
    let read = |mutant: &[u8], chance: u64| {
        // The same frames come out, whatever the pieces.
        let whole = frames(mutant, mutant.len().max(1));
        let pieces = frames(mutant, 1 + usize::try_from(chance % 60).expect("it is small"));
        assert_eq!(whole, pieces);
        !whole.is_empty()
    };
    Target { seeds, words: &[b"\0", b"\0\0", b" \0", b"<a/>\0"], read: Box::new(read) }
}

/// The frames of a stream that comes in pieces, up to the first that is too long.
fn frames(stream: &[u8], piece: usize) -> Vec<Vec<u8>> {
    let (mut frames, mut found) = (Frames::new(), Vec::new());
    for piece in stream.chunks(piece) {
        frames.push(piece);
        while let Ok(Some(frame)) = frames.next(usize::MAX) {
            found.push(frame.to_vec());
        }
    }
    found
}

// ---- SIP

const SIP_WORDS: &[&[u8]] = &[
    b"\r\n",
    b"\r",
    b"\n",
    b"\r\n ",
    b"\r\n\r\n",
    b"SIP/2.0",
    b" ",
    b"\t",
    b";",
    b",",
    b"<",
    b">",
    b"\"",
    b"\\",
    b"%00",
    b"%zz",
    b"[::1]",
    b"[",
    b":",
    b"@",
    b"sip:",
    b"sips:",
    b"tel:+1",
    b"\r\nContent-Length: 99999999999999999999\r\n",
    b"\r\nContent-Length: -1\r\n",
    b"\r\nl: 0\r\n",
    b"\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK",
    b"\r\nv: SIP/2.0/TCP [::1]:99999\r\n",
    b"\r\nCSeq: 4294967296 INVITE\r\n",
    b"\r\nMax-Forwards: 0\r\n",
    b"\r\nRoute: <sip:a;lr>\r\n",
    b"\r\nRequire: x\r\n",
    b"\r\nAuthorization: Digest username=\"alice\",realm=\"localhost\"\r\n",
    b"\r\nContact: *\r\n",
    b"\r\nExpires: 99999999999\r\n",
    b"tag=",
    b"INVITE",
    b"ACK",
    b"CANCEL",
    b"REGISTER",
    b"BYE",
    b"OPTIONS",
    b"SUBSCRIBE",
    b"\xc3\x28",
    b"\xff",
];

fn sip_seeds() -> Vec<Vec<u8>> {
    files("data/rfc4475", ".dat")
}

/// Looks at every part of a message.
fn look_at(message: &sip::Message) {
    let headers = message.headers();
    for field in headers.iter() {
        _ = format!("{field:?}");
    }
    for name in [HeaderName::Via, HeaderName::From, HeaderName::Contact, HeaderName::CSeq, HeaderName::Route]
    {
        _ = headers.single(name);
        _ = headers.list(name).count();
    }
    for value in headers.values(HeaderName::Via) {
        _ = std::str::from_utf8(value);
    }
}

pub(super) fn sip_messages() -> Target {
    let read = |mutant: &[u8], _| {
        let Ok(message) = sip::Message::parse(Bytes::copy_from_slice(mutant)) else { return false };
        look_at(&message);
        // Lossless: what was read is what is written, whatever is in it.
        let written = message.write();
        let again = sip::Message::parse(written.clone()).expect("what is written can be read");
        assert_eq!(again.write(), written);
        true
    };
    Target { seeds: sip_seeds(), words: SIP_WORDS, read: Box::new(read) }
}

pub(super) fn sip_streams() -> Target {
    let read = |mutant: &[u8], chance: u64| {
        let piece = 1 + usize::try_from(chance % 500).expect("it is small");
        let whole = framed(mutant, mutant.len().max(1));
        assert_eq!(whole, framed(mutant, piece));
        !whole.is_empty()
    };
    Target { seeds: sip_seeds(), words: SIP_WORDS, read: Box::new(read) }
}

fn framed(stream: &[u8], piece: usize) -> Vec<String> {
    let (mut framer, mut found) = (Framer::default(), Vec::new());
    for piece in stream.chunks(piece) {
        framer.push(piece);
        loop {
            match framer.next_frame() {
                Ok(Some(frame)) => found.push(format!("{frame:?}")),
                Ok(None) => break,
                Err(error) => {
                    found.push(format!("{error:?}"));
                    return found;
                }
            }
        }
    }
    found
}

pub(super) fn sip_datagrams_at_an_endpoint() -> Target {
    let start = Instant::now();
    let new = move || {
        let advertised = HostPort { host: Host::parse("127.0.0.1").expect("an address"), port: Some(5_060) };
        let listener = Listener { id: ListenerId(0), transport: Transport::Udp, ipv6: false, advertised };
        let mut config = sip::Config::new(vec!["example.com".to_owned()], vec![listener], [1; 32]);
        let sources = vec![sip::TrunkSource::address([192, 0, 2, 1].into(), None)];
        config.trunks = vec![sip::Trunk { name: "trunk".to_owned(), sources }];
        Endpoint::new(config, [2; 32], start, 1_700_000_000)
    };
    let (mut endpoint, mut count) = (new(), 0_u32);
    let read = move |mutant: &[u8], chance: u64| {
        // The first two are trusted and strange; the endpoint begins anew when much has come together.
        let remote = SocketAddr::from(([192, 0, 2, u8::try_from(chance % 2).expect("0 or 1")], 5_060));
        count += 1;
        if count % 2_000 == 0 {
            endpoint = new();
        }
        let now = start + Duration::from_millis(u64::from(count));
        let bytes = Bytes::copy_from_slice(mutant);
        endpoint.handle_input(now, Input::Datagram { listener: ListenerId(0), remote, bytes });
        if chance.is_multiple_of(16) {
            endpoint.handle_timeout(now);
        }
        let mut is_taken = false;
        loop {
            match endpoint.poll_output() {
                sip::Output::Event(sip::Event::Authenticate { id, .. }) => {
                    endpoint.handle_command(now, sip::Command::Credentials { id, ha1: None });
                }
                sip::Output::Event(sip::Event::Incoming(incoming)) if chance.is_multiple_of(3) => {
                    let call = incoming.call;
                    endpoint.handle_command(
                        now,
                        sip::Command::Accept { call, sdp: Bytes::from_static(b"v=0\r\n") },
                    );
                }
                sip::Output::Timeout(_) => return is_taken,
                _ => is_taken = true,
            }
        }
    };
    Target { seeds: sip_seeds(), words: SIP_WORDS, read: Box::new(read) }
}

// ---- SDP

const SDP_WORDS: &[&[u8]] = &[
    b"\r\n",
    b"a=rtpmap:",
    b"a=fmtp:",
    b"a=sendonly",
    b"m=audio 0 RTP/AVP 0",
    b"m=video 9 UDP/TLS/RTP/SAVPF 96",
    b"c=IN IP4 0.0.0.0",
    b"c=IN IP6 ::1",
    b"a=setup:actpass",
    b"a=ice-lite",
    b"a=ice-ufrag:",
    b"a=fingerprint:sha-256 ",
    b"a=rtcp-mux",
    b"a=rtcp:9",
    b"a=candidate:1 1 UDP 1 127.0.0.1 9 typ host",
    b"a=mid:",
    b"a=group:BUNDLE 0 0 0",
    b"opus/48000/2",
    b"telephone-event/8000",
    b"65536",
    b"-1",
    b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x",
];

fn sdp_seeds() -> Vec<Vec<u8>> {
    files("../server/media/src/testdata", ".sdp")
}

pub(super) fn sdp_as_text_and_xml() -> Target {
    let read = |mutant: &[u8], _| {
        let Ok(text) = std::str::from_utf8(mutant) else { return false };
        let description = Description { text: text.to_owned(), presentation: Presentation::Xml };
        // What has passed through XML twice does so again without a change.
        let Some(once) = through_xml(description) else { return false };
        let Some(twice) = through_xml(once) else { return false };
        assert_eq!(through_xml(twice.clone()), Some(twice));
        true
    };
    Target { seeds: sdp_seeds(), words: SDP_WORDS, read: Box::new(read) }
}

fn through_xml(description: Description) -> Option<Description> {
    let mut element = Element::new("callStart");
    Some(description).write(&mut element);
    Option::<Description>::read(&element).ok().flatten()
}

fn phone_leg(seed: u8) -> Negotiation {
    let local = Local::Rtp { address: [127, 0, 0, 1].into(), rtp_port: 40_002, rtcp_port: 40_003 };
    Negotiation::new(local, [seed; 32])
}

pub(super) fn sdp_offers_and_answers() -> Target {
    let certificate = Certificate::generate().expect("a certificate").fingerprint();
    let read = move |mutant: &[u8], chance: u64| {
        let Ok(text) = std::str::from_utf8(mutant) else { return false };
        let address = SocketAddr::from(([127, 0, 0, 1], 40_000));
        let browser = Local::WebRtc { address, certificate: certificate.clone() };
        let mut one = Negotiation::new(browser, [1; 32]);
        let mut other = phone_leg(2);
        if chance.is_multiple_of(2) {
            std::mem::swap(&mut one, &mut other);
        }
        let offer = one.handle_offer(text);
        if let Ok(proposal) = &offer {
            _ = one.answer(proposal);
            one.confirm();
            _ = one.parameters();
        }
        _ = other.offer(&Proposal::any());
        _ = other.handle_answer(text);
        _ = other.parameters();
        offer.is_ok()
    };
    Target { seeds: sdp_seeds(), words: SDP_WORDS, read: Box::new(read) }
}

// ---- sound

/// A router with a browser's leg and a phone's, bridged.
struct Bench {
    router: Router,
    now: Instant,
    ufrag: String,
    password: String,
}

const BROWSER: LegId = LegId(1);
const PHONE: LegId = LegId(2);

impl Bench {
    fn new() -> Self {
        let certificate = Certificate::generate().expect("a certificate");
        let now = Instant::now();
        let mut router =
            Router::new(certificate.clone(), [3; 32], now, SystemTime::now()).expect("it starts");
        let address = SocketAddr::from(([127, 0, 0, 1], 40_000));
        let mut browser =
            Negotiation::new(Local::WebRtc { address, certificate: certificate.fingerprint() }, [4; 32]);
        let mut phone = phone_leg(5);
        let offer = files("../server/media/src/testdata", "chromium_audio.sdp").remove(0);
        let proposal = browser.handle_offer(std::str::from_utf8(&offer).expect("text")).expect("an offer");
        phone.offer(&proposal).expect("an offer");
        let sipp = files("../server/media/src/testdata", "sipp_audio.sdp").remove(0);
        let agreed = phone.handle_answer(std::str::from_utf8(&sipp).expect("text")).expect("an answer");
        let answer = browser.answer(&agreed).expect("an answer");
        browser.confirm();
        phone.confirm();
        for (leg, negotiation) in [(BROWSER, &browser), (PHONE, &phone)] {
            let parameters = negotiation.parameters().expect("all is agreed");
            router.handle_command(now, Command::Add { leg, parameters }).expect("it is new");
        }
        router.handle_command(now, Command::Bridge { a: BROWSER, b: PHONE }).expect("both are there");
        let line =
            |name| answer.lines().find_map(|line| line.strip_prefix(name)).expect("it is there").to_owned();
        Self { router, now, ufrag: line("a=ice-ufrag:"), password: line("a=ice-pwd:") }
    }

    /// A datagram comes; whether it was counted as the leg's own. A leg that is lost begins anew.
    fn arrive(&mut self, socket: Socket, from: SocketAddr, datagram: &[u8]) -> bool {
        let (before, mut is_taken) = (self.router.totals().received, false);
        // Nothing is refused because there was too much of it.
        self.now += Duration::from_millis(50);
        let mut data = datagram.to_vec();
        self.router.handle_datagram(self.now, Arrival { socket, from, data: &mut data });
        loop {
            match self.router.poll_output() {
                Output::Timeout(Some(due)) if due <= self.now => self.router.handle_timeout(self.now),
                Output::Timeout(_) => break,
                Output::Event(Event::Lost { .. }) => {
                    *self = Self::new();
                    return true;
                }
                Output::Transmit(_) => is_taken = true,
                Output::Event(_) => {}
            }
        }
        is_taken || self.router.totals().received > before
    }
}

pub(super) fn stun_and_dtls_on_the_shared_port() -> Target {
    let mut bench = Bench::new();
    let unsigned = stun::unsigned(&bench.ufrag);
    // The beginning of a ClientHello: content type, version, epoch, number, length; handshake type, length, fragment.
    let mut hello =
        vec![22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 1, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 48, 0xfe, 0xfd];
    hello.extend([9; 46]);
    let seeds = vec![unsigned.clone(), stun::signed(&unsigned, &bench.password), hello];
    let from = SocketAddr::from(([127, 0, 0, 1], 50_000));
    let mut count = 0_u32;
    let read = move |mutant: &[u8], chance: u64| {
        count += 1;
        if count.is_multiple_of(20_000) {
            bench = Bench::new();
        }
        // Most are signed with the leg's own password: what a hostile browser may send.
        if chance.is_multiple_of(8) || is_dtls(mutant) {
            return bench.arrive(Socket::Shared, from, mutant);
        }
        bench.arrive(Socket::Shared, from, &stun::signed(mutant, &bench.password))
    };
    let words: &[&[u8]] = &[
        &[0, 6],
        &[0, 8],
        &[0x80, 0x28],
        &[0, 0x20],
        &[0, 0x25],
        &[0xff, 0xff],
        &[0, 0],
        &[22, 0xfe, 0xfd],
        &[20],
        &[63],
        &[0x80],
    ];
    Target { seeds, words, read: Box::new(read) }
}

/// RFC 7983: what the first byte of a datagram says.
fn is_dtls(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| (20..64).contains(first))
}

pub(super) fn rtp_and_rtcp_of_a_phone() -> Target {
    let mut bench = Bench::new();
    let rtp = |first: u8, payload_type: u8, rest: &[u8]| {
        let mut packet = vec![first, payload_type, 0, 1, 0, 0, 0, 160, 0, 0, 0, 7];
        packet.extend(rest);
        packet
    };
    let seeds = vec![
        rtp(0x80, 0, &[0xd5; 160]),
        // An extension, a contributing source, padding, a key.
        rtp(0x90, 0, &[0xbe, 0xde, 0, 1, 0x10, 0x20, 0, 0, 1, 2, 3]),
        rtp(0x81, 0, &[0, 0, 0, 9, 1, 2, 3, 4]),
        rtp(0xa0, 0, &[1, 2, 3, 4, 0, 0, 0, 4]),
        rtp(0x80, 101 | 0x80, &[5, 0x8a, 3, 0x20]),
        // A sender report with a block, a source description, a goodbye.
        [
            [0x81, 200, 0, 12, 0, 0, 0, 7].as_slice(),
            &[1; 44],
            &[0x81, 202, 0, 3, 0, 0, 0, 7, 1, 2, b'a', b'b', 0, 0, 0, 0],
            &[0x81, 203, 0, 1, 0, 0, 0, 7],
        ]
        .concat(),
        [[0x81, 201, 0, 7, 0, 0, 0, 7].as_slice(), &[2; 24]].concat(),
    ];
    let sipp = files("../server/media/src/testdata", "sipp_audio.sdp").remove(0);
    let text = String::from_utf8(sipp).expect("text");
    let word = |prefix: &str, at: usize| {
        let line = text.lines().find(|line| line.starts_with(prefix)).expect("it is there");
        line.split_whitespace().nth(at).expect("it is there").to_owned()
    };
    let from: SocketAddr = format!("{}:{}", word("c=", 2), word("m=audio", 1)).parse().expect("an address");
    let rtcp = SocketAddr::new(from.ip(), from.port() + 1);
    let mut count = 0_u32;
    let read = move |mutant: &[u8], chance: u64| {
        count += 1;
        if count.is_multiple_of(20_000) {
            bench = Bench::new();
        }
        let (socket, from) =
            if chance.is_multiple_of(3) { (Socket::Rtcp(PHONE), rtcp) } else { (Socket::Rtp(PHONE), from) };
        bench.arrive(socket, from, mutant)
    };
    let words: &[&[u8]] =
        &[&[0x80], &[0xbf], &[200], &[201], &[202], &[203], &[204], &[206], &[0, 0], &[0xff, 0xff], &[101]];
    Target { seeds, words, read: Box::new(read) }
}
