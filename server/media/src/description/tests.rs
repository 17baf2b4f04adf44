//! Real clients' descriptions, read.

use super::*;
use crate::codec::{Codec, Encoding};
use crate::{Direction, Fingerprint, HashFunction};

fn audio(text: &str) -> Section {
    let description = Description::parse(text).unwrap();
    description.sections.into_iter().find(|section| section.kind == "audio").unwrap()
}

fn encodings(section: &Section) -> Vec<(u8, Encoding)> {
    section.codecs.iter().map(|(number, codec)| (*number, codec.encoding)).collect()
}

#[test]
fn the_codecs_of_every_real_client_are_found_in_its_order() {
    use Encoding::{ComfortNoise, G722, Opus, Pcma, Pcmu, TelephoneEvent8, TelephoneEvent48};
    let chromium = [
        (111, Opus),
        (9, G722),
        (0, Pcmu),
        (8, Pcma),
        (13, ComfortNoise),
        (110, TelephoneEvent48),
        (126, TelephoneEvent8),
    ];
    let firefox = [(109, Opus), (9, G722), (0, Pcmu), (8, Pcma), (101, TelephoneEvent8)];
    let baresip = [(96, Opus), (9, G722), (0, Pcmu), (8, Pcma), (101, TelephoneEvent8)];
    let linphone = [(96, Opus), (0, Pcmu), (8, Pcma), (99, TelephoneEvent48), (101, TelephoneEvent8)];
    let cases: [(&str, &[(u8, Encoding)]); 6] = [
        (include_str!("../testdata/chromium_audio.sdp"), &chromium),
        (include_str!("../testdata/safari_audio.sdp"), &chromium),
        (include_str!("../testdata/firefox_audio.sdp"), &firefox),
        (include_str!("../testdata/baresip_audio.sdp"), &baresip),
        (include_str!("../testdata/linphone_audio.sdp"), &linphone),
        // No rtpmap is needed for a static payload type; SIPp writes one all the same.
        (include_str!("../testdata/sipp_audio.sdp"), &[(0, Pcmu)]),
    ];
    for (text, expected) in cases {
        assert_eq!(encodings(&audio(text)), expected);
    }
}

#[test]
fn a_phones_section_is_read_whole() {
    let expected = Section {
        kind: "audio".into(),
        port: 24_102,
        protocol: "RTP/AVP".into(),
        formats: "96 9 0 8 101".into(),
        mid: None,
        bundle_only: false,
        codecs: vec![
            (
                96,
                Codec {
                    encoding: Encoding::Opus,
                    parameters: Some("stereo=1;sprop-stereo=1;maxaveragebitrate=28000".into()),
                },
            ),
            (9, Codec { encoding: Encoding::G722, parameters: None }),
            (0, Codec { encoding: Encoding::Pcmu, parameters: None }),
            (8, Codec { encoding: Encoding::Pcma, parameters: None }),
            (101, Codec { encoding: Encoding::TelephoneEvent8, parameters: Some("0-15".into()) }),
        ],
        direction: Direction::SendReceive,
        ptime: Some(20),
        maxptime: None,
        host: Host::Ip("127.0.0.1".parse().unwrap()),
        rtcp: None,
        rtcp_mux: false,
        ice: None,
        fingerprints: Vec::new(),
        setup: None,
        tls_id: None,
    };
    assert_eq!(audio(include_str!("../testdata/baresip_audio.sdp")), expected);
}

#[test]
fn what_a_browser_says_at_the_session_level_holds_for_its_section() {
    let section = audio(include_str!("../testdata/firefox_audio.sdp"));
    assert_eq!(section.fingerprints.len(), 1);
    assert_eq!(section.ice.unwrap().ufrag, "802bb131");
    assert_eq!(section.setup, Some(Setup::ActPass));
    assert_eq!(section.rtcp, Some((47_708, Some("192.0.2.10".parse().unwrap()))));
    assert!(section.rtcp_mux);
}

#[test]
fn an_upper_case_hash_name_and_a_fingerprint_at_the_session_level_are_understood() {
    let section = audio(include_str!("../testdata/baresip_webrtc.sdp"));
    let promised = section.fingerprints.first().unwrap().to_string();
    assert!(promised.starts_with("sha-256 4F:8C:09"), "{promised}");
    assert_ne!(section.fingerprints, [Fingerprint::of(HashFunction::Sha256, b"")]);
}

#[test]
fn a_bundled_section_with_port_zero_is_open_and_shares_the_tagged_transport() {
    for text in [
        include_str!("../testdata/firefox_max_bundle_video_first.sdp"),
        include_str!("../testdata/chromium_max_bundle_video_first.sdp"),
    ] {
        let description = Description::parse(text).unwrap();
        assert_eq!(description.bundle, ["0", "1", "2"]);
        let audio = description.sections.iter().find(|section| section.kind == "audio").unwrap();
        assert!(audio.is_open());
        assert_eq!(description.tagged(audio).kind, "video");
    }
}

#[test]
fn hold_by_address_takes_away_only_the_peers_wish_to_receive() {
    let held = |address: &str, direction: &str| {
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN {address}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na={direction}\r\n"
        );
        audio(&text).effective_direction()
    };
    assert_eq!(held("IP4 0.0.0.0", "sendrecv"), Direction::SendOnly);
    assert_eq!(held("IP4 0.0.0.0", "recvonly"), Direction::Inactive);
    assert_eq!(held("IP6 ::", "sendonly"), Direction::SendOnly);
    assert_eq!(held("IP4 192.0.2.1", "inactive"), Direction::Inactive);
}

#[test]
fn addresses_that_are_not_one_receivers_are_unusable() {
    for address in ["224.0.0.1", "255.255.255.255", "phone.example.net", "ff02::1", "192.0.2.1/127"] {
        let text = format!("v=0\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 {address}\r\n");
        assert_eq!(audio(&text).host, Host::Unusable(address.into()));
    }
}

#[test]
fn rtcp_goes_where_the_section_says() {
    let rtcp = |lines: &str| {
        let text = format!("v=0\r\ns=-\r\nt=0 0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n{lines}");
        audio(&text).rtcp_address("192.0.2.1:4000".parse().unwrap()).to_string()
    };
    assert_eq!(rtcp(""), "192.0.2.1:4001");
    assert_eq!(rtcp("a=rtcp:5000\r\n"), "192.0.2.1:5000");
    assert_eq!(rtcp("a=rtcp:5000 IN IP4 192.0.2.9\r\n"), "192.0.2.9:5000");
    assert_eq!(rtcp("a=rtcp:5000 IN IP4 0.0.0.0\r\n"), "192.0.2.1:5000");
    assert_eq!(rtcp("a=rtcp:0\r\n"), "192.0.2.1:4001");
    assert_eq!(rtcp("a=rtcp:junk\r\n"), "192.0.2.1:4001");
    assert_eq!(rtcp("a=rtcp:9\r\na=rtcp-mux\r\n"), "192.0.2.1:4000");
}

#[test]
fn odd_attributes_cost_only_themselves() {
    let text = "v=0\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 96 200 x 96 97\r\nc=IN IP4 192.0.2.1\r\na=rtpmap:\r\n\
                a=rtpmap:96\r\na=rtpmap:96 opus\r\na=rtpmap:97 PCMU/8000\r\na=fmtp:8\r\na=ptime:0\r\na=maxptime:40.5\r\na=mid\r\n";
    let section = audio(text);
    assert_eq!(encodings(&section), [(0, Encoding::Pcmu), (8, Encoding::Pcma)]);
    assert_eq!((section.ptime, section.maxptime, section.mid), (None, Some(40), None));
}

#[test]
fn payload_types_that_look_like_rtcp_are_none_on_a_shared_port() {
    let codecs = |lines: &str| {
        let text = format!(
            "v=0\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 77 96\r\na=rtpmap:77 PCMU/8000\r\na=rtpmap:96 PCMU/8000\r\n{lines}"
        );
        encodings(&audio(&text))
    };
    assert_eq!(codecs(""), [(77, Encoding::Pcmu)]);
    assert_eq!(codecs("a=rtcp-mux\r\n"), [(96, Encoding::Pcmu)]);
}

#[test]
fn unreadable_descriptions_are_refused_with_the_reason() {
    let refused = |text: &str| Description::parse(text).unwrap_err().to_string();
    assert_eq!(refused(""), "not a session description: No version line");
    assert_eq!(refused("v=1\r\n"), "not a session description: Invalid version at line 1: 1");
    assert_eq!(
        refused("v=0\r\nm=audio 70000 RTP/AVP 0\r\n"),
        "not a session description: Invalid field formatting in line 2 at Media port"
    );
    assert_eq!(refused(&"x".repeat(70_000)), "session description of 70000 octets");
    let many = |line: &str, count: usize| format!("v=0\r\ns=-\r\nt=0 0\r\n{}", line.repeat(count));
    assert_eq!(refused(&many("m=audio 1 RTP/AVP 0\r\n", 65)), "session description with 65 media sections");
    assert_eq!(refused(&many("a=x\r\n", 2_001)), "session description with 2001 attributes");
    assert_eq!(
        refused("v=0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 00\r\nm=audio 1 RTP/AVP 0\r\n"),
        "malformed fingerprint \"sha-256 00\""
    );
}
