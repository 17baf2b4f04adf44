//! Negotiations with real clients' descriptions.

use super::*;
use crate::Encoding::{ComfortNoise, G722, Opus, Pcma, Pcmu, TelephoneEvent8, TelephoneEvent48};
use crate::HashFunction;
use crate::parameters::{
    Payload, RtpParameters, Signalling, SourceRule, TransportParameters, WebRtcParameters,
};

const CHROMIUM: &str = include_str!("../testdata/chromium_audio.sdp");
const FIREFOX: &str = include_str!("../testdata/firefox_audio.sdp");
const SAFARI: &str = include_str!("../testdata/safari_audio.sdp");
const BARESIP: &str = include_str!("../testdata/baresip_audio.sdp");

fn browser() -> Negotiation {
    let certificate = Fingerprint::of(HashFunction::Sha256, b"certificate");
    Negotiation::new(Local::WebRtc { address: "198.51.100.1:40000".parse().unwrap(), certificate }, [1; 32])
}

fn phone() -> Negotiation {
    let address = "198.51.100.1".parse().unwrap();
    Negotiation::new(Local::Rtp { address, rtp_port: 40_002, rtcp_port: 40_003 }, [2; 32])
}

fn phone_answer(formats: &str, lines: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 5004 RTP/AVP {formats}\r\n{lines}"
    )
}

fn encodings(proposal: &Proposal) -> Vec<Encoding> {
    proposal.codecs.iter().map(|codec| codec.encoding).collect()
}

fn of(encodings: &[Encoding]) -> Proposal {
    Proposal { codecs: encodings.iter().copied().map(Codec::from).collect(), ..Proposal::any() }
}

fn version(sdp: &str) -> &str {
    sdp.lines().find(|line| line.starts_with("o=")).unwrap().split(' ').nth(2).unwrap()
}

fn lines<'a>(sdp: &'a str, prefix: &str) -> Vec<&'a str> {
    sdp.lines().filter(|line| line.starts_with(prefix)).collect()
}

#[test]
fn a_browsers_offer_is_answered_as_its_specification_asks() {
    let mut leg = browser();
    let proposal = leg.handle_offer(CHROMIUM).unwrap();
    assert_eq!(
        encodings(&proposal),
        [Opus, G722, Pcmu, Pcma, ComfortNoise, TelephoneEvent48, TelephoneEvent8]
    );
    let answer = leg.answer(&of(&[Pcmu, TelephoneEvent8])).unwrap();
    let Some(LegParameters { ssrc, cname, transport: TransportParameters::WebRtc(transport), .. }) =
        leg.parameters()
    else {
        panic!("no parameters")
    };
    let expected = format!(
        "v=0\r\no=- {id} 1 IN IP4 198.51.100.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=ice-lite\r\n\
         m=audio 40000 UDP/TLS/RTP/SAVPF 0 126\r\nc=IN IP4 198.51.100.1\r\n\
         a=candidate:1 1 udp 2130706431 198.51.100.1 40000 typ host\r\na=end-of-candidates\r\n\
         a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=fingerprint:{fingerprint}\r\na=setup:passive\r\na=mid:0\r\n\
         a=msid:{stream} {stream}-audio\r\na=ssrc:{ssrc} cname:{cname}\r\na=rtcp-mux\r\n\
         a=rtpmap:0 PCMU/8000\r\na=rtpmap:126 telephone-event/8000\r\na=fmtp:126 0-15\r\na=sendrecv\r\n",
        id = leg.session_id,
        ufrag = transport.local.ufrag,
        password = transport.local.password,
        fingerprint = Fingerprint::of(HashFunction::Sha256, b"certificate"),
        stream = leg.stream,
    );
    assert_eq!(answer, expected);
}

#[test]
fn the_parameters_of_a_browser_leg_name_its_certificate_and_payload_types() {
    let mut leg = browser();
    leg.handle_offer(FIREFOX).unwrap();
    leg.answer(&of(&[Opus, TelephoneEvent8])).unwrap();
    let parameters = leg.parameters().unwrap();
    assert_eq!(
        parameters.payloads,
        [
            Payload { encoding: Opus, receive: 109, send: 109 },
            Payload { encoding: TelephoneEvent8, receive: 101, send: 101 }
        ]
    );
    assert_eq!(parameters.direction, Direction::SendReceive);
    let TransportParameters::WebRtc(WebRtcParameters { remote: Some(remote), .. }) = parameters.transport
    else {
        panic!("not a browser leg")
    };
    let promised: Vec<_> = remote.fingerprints.iter().map(ToString::to_string).collect();
    assert_eq!(
        promised,
        [
            "sha-256 61:37:BA:F2:DD:64:5A:82:26:E2:F8:4B:BC:5D:5E:B3:15:56:98:DB:2C:08:16:87:89:8A:36:F5:69:ED:86:94"
        ]
    );
}

#[test]
fn every_browsers_offer_reaches_a_phone_and_its_answer_comes_back() {
    for offer in [CHROMIUM, FIREFOX, SAFARI, include_str!("../testdata/chromium_audio_no_candidates.sdp")] {
        let (mut caller, mut callee) = (browser(), phone());
        let proposal = caller.handle_offer(offer).unwrap();
        assert_eq!(proposal.direction, Direction::SendReceive, "0.0.0.0 is no hold where there is ICE");
        let sdp = callee.offer(&proposal).unwrap();
        assert_eq!(lines(&sdp, "c="), ["c=IN IP4 198.51.100.1"]);
        assert!(sdp.contains("m=audio 40002 RTP/AVP 111 9 0 8 "), "{sdp}");
        let accepted = callee
            .handle_answer(&phone_answer("8 101", "a=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\n"))
            .unwrap();
        let answer = caller.answer(&accepted).unwrap();
        assert_eq!(lines(&answer, "a=ptime"), ["a=ptime:30"]);
        assert_eq!(
            caller.parameters().unwrap().payloads.iter().map(|payload| payload.encoding).collect::<Vec<_>>(),
            [Pcma, TelephoneEvent8]
        );
    }
}

#[test]
fn a_phone_leg_sends_under_the_phones_numbers_and_receives_under_its_own() {
    let mut leg = phone();
    leg.offer(&of(&[Opus, TelephoneEvent8])).unwrap();
    leg.handle_answer(&phone_answer(
        "96 97",
        "a=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\n",
    ))
    .unwrap();
    let expected = LegParameters {
        ssrc: leg.ssrc,
        cname: leg.cname.clone(),
        payloads: vec![
            Payload { encoding: Opus, receive: 111, send: 96 },
            Payload { encoding: TelephoneEvent8, receive: 101, send: 97 },
        ],
        direction: Direction::SendReceive,
        transport: TransportParameters::Rtp(RtpParameters {
            remote: Some(RemoteRtp {
                rtp: "192.0.2.7:5004".parse().unwrap(),
                rtcp: "192.0.2.7:5005".parse().unwrap(),
            }),
            source: SourceRule::Named,
        }),
    };
    assert_eq!(leg.parameters(), Some(expected));
}

#[test]
fn a_phones_offer_is_answered_with_its_own_payload_types() {
    let mut leg = phone();
    let proposal = leg.handle_offer(BARESIP).unwrap();
    assert_eq!(proposal.ptime, Some(20));
    let answer = leg.answer(&of(&[Pcma, Opus, TelephoneEvent8])).unwrap();
    let expected = format!(
        "v=0\r\no=- {} 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n\
         m=audio 40002 RTP/AVP 8 96 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:96 opus/48000/2\r\n\
         a=fmtp:96 minptime=10;useinbandfec=1\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n",
        leg.session_id
    );
    assert_eq!(answer, expected);
}

#[test]
fn an_offer_to_a_browser_waits_for_checks_before_its_answer() {
    let mut leg = browser();
    let offer = leg.offer(&of(&[Opus])).unwrap();
    assert_eq!(lines(&offer, "a=setup"), ["a=setup:actpass"]);
    assert_eq!(lines(&offer, "a=group"), ["a=group:BUNDLE 0"]);
    let awaiting = leg.parameters().unwrap();
    assert!(
        matches!(awaiting.transport, TransportParameters::WebRtc(WebRtcParameters { remote: None, .. })),
        "{awaiting:?}"
    );
    leg.handle_answer(include_str!("../testdata/chromium_answer.sdp")).unwrap();
    let agreed = leg.parameters().unwrap();
    assert_eq!(agreed.payloads, [Payload { encoding: Opus, receive: 111, send: 111 }]);
    assert!(matches!(
        agreed.transport,
        TransportParameters::WebRtc(WebRtcParameters { remote: Some(_), .. })
    ));
}

#[test]
fn other_sections_are_refused_in_their_places_and_stay_there() {
    let mut leg = browser();
    leg.handle_offer(include_str!("../testdata/chromium_video_audio_data.sdp")).unwrap();
    let answer = leg.answer(&of(&[Opus])).unwrap();
    let sections = |sdp: &str| -> Vec<String> {
        lines(sdp, "m=").iter().map(|line| line.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect()
    };
    let expected =
        ["m=video 0 UDP/TLS/RTP/SAVPF", "m=audio 40000 UDP/TLS/RTP/SAVPF", "m=application 0 UDP/DTLS/SCTP"];
    assert_eq!(sections(&answer), expected);
    assert_eq!(lines(&answer, "a=mid"), ["a=mid:0", "a=mid:1", "a=mid:2"]);
    assert_eq!(lines(&answer, "a=group"), ["a=group:BUNDLE 1"]);
    leg.confirm();
    assert_eq!(sections(&leg.offer(&of(&[Opus])).unwrap()), expected);
}

#[test]
fn a_section_bundled_with_a_refused_one_is_taken() {
    let mut leg = browser();
    leg.handle_offer(include_str!("../testdata/firefox_max_bundle_video_first.sdp")).unwrap();
    let answer = leg.answer(&of(&[Opus])).unwrap();
    assert_eq!(lines(&answer, "a=group"), ["a=group:BUNDLE 1"]);
}

#[test]
fn hold_and_resume_cross_to_the_other_leg_and_the_direction_follows() {
    let mut caller = browser();
    let mut callee = phone();
    let proposal = caller.handle_offer(CHROMIUM).unwrap();
    callee.offer(&proposal).unwrap();
    let accepted = callee.handle_answer(&phone_answer("0", "")).unwrap();
    caller.answer(&accepted).unwrap();
    caller.confirm();
    callee.confirm();

    let hold = caller.handle_offer(include_str!("../testdata/chromium_hold.sdp")).unwrap();
    assert_eq!(hold.direction, Direction::SendOnly);
    assert_eq!(lines(&callee.offer(&hold).unwrap(), "a=send"), ["a=sendonly"]);
    let held = callee.handle_answer(&phone_answer("0", "a=recvonly\r\n")).unwrap();
    assert_eq!(lines(&caller.answer(&held).unwrap(), "a=recv"), ["a=recvonly"]);
    assert_eq!(caller.parameters().unwrap().direction, Direction::ReceiveOnly);
    assert_eq!(callee.parameters().unwrap().direction, Direction::SendOnly);
}

#[test]
fn a_phone_on_hold_by_address_keeps_the_address_that_was_validated() {
    let mut leg = phone();
    leg.handle_offer(&phone_answer("0", "")).unwrap();
    leg.answer(&of(&[Pcmu])).unwrap();
    leg.confirm();
    let before = leg.parameters().unwrap().transport;
    leg.handle_offer(&phone_answer("0", "").replace("c=IN IP4 192.0.2.7", "c=IN IP4 0.0.0.0")).unwrap();
    let answer = leg.answer(&of(&[Pcmu])).unwrap();
    assert_eq!(lines(&answer, "a=recv"), ["a=recvonly"]);
    assert_eq!(leg.parameters().unwrap().direction, Direction::ReceiveOnly);
    assert_eq!(leg.parameters().unwrap().transport, before);
}

#[test]
fn the_version_rises_only_when_the_description_changes() {
    let mut leg = phone();
    let first = leg.offer(&of(&[Pcmu])).unwrap();
    leg.handle_answer(&phone_answer("0", "")).unwrap();
    leg.confirm();
    assert_eq!(version(&first), "1");
    assert_eq!(leg.offer(&of(&[Pcmu])).unwrap(), first);
    leg.rollback();
    let hold = leg.offer(&of(&[Pcmu]).with_direction(Direction::SendOnly)).unwrap();
    assert_eq!(version(&hold), "2");
    leg.rollback();
    assert_eq!(version(&leg.offer(&of(&[Pcmu])).unwrap()), "3");
}

#[test]
fn payload_types_never_change_their_meaning_during_a_call() {
    let mut leg = phone();
    // The phone has 111 for telephone events, which the gateway would otherwise give to Opus.
    leg.handle_offer(&phone_answer("0 111", "a=rtpmap:111 telephone-event/8000\r\n")).unwrap();
    leg.answer(&of(&[Pcmu, TelephoneEvent8])).unwrap();
    leg.confirm();
    let offer = leg.offer(&of(&[Opus, Pcmu, TelephoneEvent8])).unwrap();
    assert_eq!(lines(&offer, "m="), ["m=audio 40002 RTP/AVP 96 0 111"]);
    leg.handle_answer(&phone_answer("0", "")).unwrap();
    leg.confirm();
    let again = leg.offer(&of(&[TelephoneEvent8, Opus, Pcma])).unwrap();
    assert_eq!(lines(&again, "m="), ["m=audio 40002 RTP/AVP 111 96 8"]);
}

#[test]
fn new_ice_credentials_of_a_browser_are_answered_with_new_ones() {
    let mut leg = browser();
    let ufrag = |answer: &str| lines(answer, "a=ice-ufrag").first().map(|line| (*line).to_owned());
    leg.handle_offer(CHROMIUM).unwrap();
    let first = leg.answer(&of(&[Opus])).unwrap();
    leg.handle_offer(include_str!("../testdata/chromium_hold.sdp")).unwrap();
    let hold = leg.answer(&of(&[Opus])).unwrap();
    assert_eq!(ufrag(&hold), ufrag(&first));
    let agreed = leg.parameters();
    leg.handle_offer(include_str!("../testdata/chromium_restart.sdp")).unwrap();
    assert_eq!(leg.parameters(), agreed, "an offer alone changes nothing");
    let restarted = leg.answer(&of(&[Opus])).unwrap();
    assert_ne!(ufrag(&restarted), ufrag(&first));
    leg.rollback();
    assert_eq!(leg.parameters(), agreed);
}

#[test]
fn early_answers_of_a_forked_call_may_differ_until_one_is_confirmed() {
    let mut leg = phone();
    leg.offer(&of(&[Opus, Pcmu, Pcma])).unwrap();
    let remote = |leg: &Negotiation| {
        let TransportParameters::Rtp(RtpParameters { remote: Some(remote), .. }) =
            leg.parameters().unwrap().transport
        else {
            panic!("no remote")
        };
        remote.rtp.to_string()
    };
    assert_eq!(encodings(&leg.handle_answer(&phone_answer("0", "")).unwrap()), [Pcmu]);
    assert_eq!(remote(&leg), "192.0.2.7:5004");
    let other = phone_answer("8", "").replace("192.0.2.7", "192.0.2.8");
    assert_eq!(encodings(&leg.handle_answer(&other).unwrap()), [Pcma]);
    assert_eq!(remote(&leg), "192.0.2.8:5004");
    leg.confirm();
    assert_eq!(leg.handle_answer(&other), Err(Error::UnexpectedAnswer));
}

#[test]
fn an_early_answer_of_ours_may_be_followed_by_another() {
    let mut leg = browser();
    leg.handle_offer(CHROMIUM).unwrap();
    leg.answer(&of(&[Pcmu])).unwrap();
    let second = leg.answer(&of(&[Opus])).unwrap();
    assert_eq!(version(&second), "2");
    leg.confirm();
    assert_eq!(leg.answer(&of(&[Opus])), Err(Error::NothingToAnswer));
}

fn rule(leg: &Negotiation) -> SourceRule {
    match leg.parameters().unwrap().transport {
        TransportParameters::Rtp(parameters) => parameters.source,
        TransportParameters::WebRtc(_) => panic!("a phone leg"),
    }
}

#[test]
fn a_private_address_that_the_signalling_did_not_come_from_may_be_wrong() {
    let from = "203.0.113.5".parse().unwrap();
    for (named, expected) in [
        ("10.0.0.7", SourceRule::Either { from, offer: 1 }),
        ("100.64.0.7", SourceRule::Either { from, offer: 1 }),
        // A server of media at another public address than that of the signalling.
        ("192.0.2.7", SourceRule::Named),
        ("203.0.113.5", SourceRule::Named),
    ] {
        let mut leg = phone();
        leg.learn_source_from(Signalling::Direct(from));
        leg.offer(&of(&[Pcmu])).unwrap();
        leg.handle_answer(&phone_answer("0", "").replace("192.0.2.7", named)).unwrap();
        assert_eq!(rule(&leg), expected, "{named}");
    }
}

#[test]
fn a_peer_behind_a_nat_is_learned_once_for_each_of_its_descriptions() {
    let mut leg = phone();
    let from = "203.0.113.5".parse().unwrap();
    leg.learn_source_from(Signalling::Translated(from));
    leg.offer(&of(&[Pcmu])).unwrap();
    leg.handle_answer(&phone_answer("0", "")).unwrap();
    assert_eq!(rule(&leg), SourceRule::Learned { from, offer: 1 });
    leg.handle_answer(&phone_answer("0", "")).unwrap();
    assert_eq!(rule(&leg), SourceRule::Learned { from, offer: 1 }, "the final answer repeats the early one");
    leg.confirm();
    leg.handle_offer(&phone_answer("0", "")).unwrap();
    leg.answer(&of(&[Pcmu])).unwrap();
    assert_eq!(rule(&leg), SourceRule::Learned { from, offer: 2 });
}

#[test]
fn rtcp_mux_is_granted_to_a_phone_that_offers_it() {
    let mut leg = phone();
    leg.handle_offer(&phone_answer("0", "a=rtcp-mux\r\n")).unwrap();
    assert_eq!(lines(&leg.answer(&of(&[Pcmu])).unwrap(), "a=rtcp"), ["a=rtcp-mux"]);
    let TransportParameters::Rtp(RtpParameters { remote: Some(remote), .. }) =
        leg.parameters().unwrap().transport
    else {
        panic!("no remote")
    };
    assert!(remote.is_muxed());
}

#[test]
fn steps_out_of_turn_are_refused_and_change_nothing() {
    let mut leg = phone();
    assert_eq!(leg.answer(&of(&[Pcmu])), Err(Error::NothingToAnswer));
    assert_eq!(leg.handle_answer(&phone_answer("0", "")), Err(Error::UnexpectedAnswer));
    assert_eq!(leg.parameters(), None);
    leg.offer(&of(&[Pcmu])).unwrap();
    assert_eq!(leg.handle_offer(BARESIP), Err(Error::Glare));
    assert_eq!(leg.offer(&of(&[Pcmu])), Err(Error::Glare));
    leg.rollback();
    leg.handle_offer(BARESIP).unwrap();
    assert_eq!(leg.handle_offer(BARESIP), Err(Error::OfferPending));
    assert_eq!(leg.offer(&of(&[Pcmu])), Err(Error::OfferPending));
    assert_eq!(leg.parameters(), None);
    leg.answer(&of(&[Pcmu])).unwrap();
}

#[test]
fn unacceptable_offers_are_refused_with_the_line_concerned() {
    let without = |text: &str, name: &str| -> String {
        text.split_inclusive("\r\n").filter(|line| !line.starts_with(name)).collect()
    };
    let line = "m=audio 43804 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126".to_owned();
    let cases = [
        (without(CHROMIUM, "m="), Error::NoAudio),
        (CHROMIUM.replace("m=audio 43804", "m=audio 0"), Error::Refused { line: line.replace("43804", "0") }),
        (without(CHROMIUM, "a=ice-pwd"), Error::NoIce { line: line.clone() }),
        (without(CHROMIUM, "a=fingerprint"), Error::NoFingerprint { line: line.clone() }),
        (without(CHROMIUM, "a=rtcp-mux"), Error::NoRtcpMux { line: line.clone() }),
        (CHROMIUM.replace("actpass", "passive"), Error::Setup { line: "a=setup:passive".into() }),
        (CHROMIUM.replace("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n"), Error::BothLite),
        (BARESIP.to_owned(), Error::Profile { line: "m=audio 24102 RTP/AVP 96 9 0 8 101".into() }),
    ];
    for (offer, error) in cases {
        assert_eq!(browser().handle_offer(&offer), Err(error));
    }
    let line = "m=audio 5004 RTP/AVP 0".to_owned();
    let cases = [
        (phone_answer("0", "").replace("c=IN IP4 192.0.2.7\r\n", ""), Error::Address { line: line.clone() }),
        (
            phone_answer("0", "").replace("c=IN IP4 192.0.2.7", "c=IN IP6 2001:db8::1"),
            Error::Address { line: "c=IN IP6 2001:db8::1".into() },
        ),
        (
            phone_answer("0", "").replace("192.0.2.7", "198.51.100.1").replace("5004", "40002"),
            Error::Address { line: "c=IN IP4 198.51.100.1".into() },
        ),
        (phone_answer("18", ""), Error::NoCodec { line: "m=audio 5004 RTP/AVP 18".into() }),
        (phone_answer("13", ""), Error::NoCodec { line: "m=audio 5004 RTP/AVP 13".into() }),
        (
            phone_answer("0", "").replace("RTP/AVP", "RTP/SAVP"),
            Error::Profile { line: line.replace("AVP", "SAVP") },
        ),
    ];
    for (offer, error) in cases {
        assert_eq!(phone().handle_offer(&offer), Err(error));
    }
}

#[test]
fn plain_audio_is_chosen_when_a_phone_offers_it_beside_the_encrypted_one() {
    let mut leg = phone();
    let both = "m=audio 5004 RTP/AVP 0\r\nm=audio 5006 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n";
    for offer in
        [phone_answer("0", &both[24..]), phone_answer("0", "").replace("m=audio 5004 RTP/AVP 0\r\n", both)]
    {
        leg.handle_offer(&offer).unwrap();
        leg.rollback();
    }
    let reversed = phone_answer("0", "m=audio 5006 RTP/AVP 8\r\n").replace("5004 RTP/AVP", "5004 RTP/SAVP");
    leg.handle_offer(&reversed).unwrap();
    let answer = leg.answer(&of(&[Pcma])).unwrap();
    assert_eq!(lines(&answer, "m="), ["m=audio 0 RTP/SAVP 0", "m=audio 40002 RTP/AVP 8"]);
}

#[test]
fn legs_without_a_common_audio_codec_are_refused_and_the_offer_still_waits() {
    let mut leg = browser();
    leg.handle_offer(CHROMIUM).unwrap();
    assert_eq!(leg.answer(&of(&[TelephoneEvent8])), Err(Error::NoCommonCodec));
    leg.answer(&of(&[Pcmu])).unwrap();
    let mut leg = phone();
    leg.offer(&of(&[Opus])).unwrap();
    assert_eq!(leg.handle_answer(&phone_answer("0", "")), Err(Error::NoCommonCodec));
    assert_eq!(leg.offer(&of(&[])), Err(Error::Glare));
}

#[test]
fn an_echo_takes_all_codecs_and_keeps_to_the_direction() {
    let mut leg = browser();
    let proposal = leg.handle_offer(SAFARI).unwrap();
    leg.answer(&proposal.echo()).unwrap();
    let receive: Vec<_> = leg.parameters().unwrap().payloads.iter().map(|payload| payload.receive).collect();
    assert_eq!(receive, [111, 9, 0, 8, 13, 110, 126]);
    leg.confirm();
    let held = leg.handle_offer(&SAFARI.replace("a=sendrecv", "a=sendonly")).unwrap();
    assert_eq!(lines(&leg.answer(&held.echo()).unwrap(), "a=recv"), ["a=recvonly"]);
}

#[test]
fn an_ipv6_phone_is_answered_by_an_ipv6_gateway() {
    let address = "2001:db8::1".parse().unwrap();
    let mut leg = Negotiation::new(Local::Rtp { address, rtp_port: 40_002, rtcp_port: 40_009 }, [3; 32]);
    leg.handle_offer(include_str!("../testdata/linphone_audio.sdp")).unwrap();
    let answer = leg.answer(&of(&[Opus])).unwrap();
    assert_eq!(lines(&answer, "c="), ["c=IN IP6 2001:db8::1"]);
    assert_eq!(lines(&answer, "a=rtcp"), ["a=rtcp:40009"]);
}
