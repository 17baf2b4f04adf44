//! Tests of the two presentations of a session description.

use super::*;
use crate::Limits;

fn lines(text: &str) -> String {
    text.trim().lines().map(|line| format!("{}\r\n", line.trim_start())).collect()
}

fn written(text: &str, presentation: Presentation) -> Element {
    let mut element = Element::new("callStart");
    Some(Description { text: text.to_owned(), presentation }).write(&mut element);
    element
}

const BROWSER: &str = "v=0
    o=- 4611731400430051336 2 IN IP4 127.0.0.1
    s=-
    c=IN IP4 192.0.2.7
    t=0 0
    a=group:BUNDLE 0
    a=msid-semantic: WMS s
    m=audio 9 UDP/TLS/RTP/SAVPF 111 0 126
    c=IN IP4 0.0.0.0
    a=rtpmap:111 opus/48000/2
    a=fmtp:111 minptime=10;useinbandfec=1
    a=rtpmap:126 telephone-event/8000
    a=rtcp:9 IN IP4 0.0.0.0
    a=ptime:20
    a=sendrecv
    a=ice-ufrag:abcd
    a=ssrc:1 cname:x
    a=ssrc:1 msid:s t
    a=rtcp-mux";

#[test]
fn a_browsers_description_becomes_xml_and_the_same_text_again() {
    let element = written(&lines(BROWSER), Presentation::Xml);
    let expected = "<callStart><sdp ip=\"[192.0.2.7]\" origUser=\"-\" sessionID=\"4611731400430051336\" \
        sessionVersion=\"2\" origIP=\"[127.0.0.1]\"><attr name=\"group\">BUNDLE 0</attr>\
        <attr name=\"msid-semantic\"> WMS s</attr><media media=\"audio\" protocol=\"UDP/TLS/RTP/SAVPF\" \
        ip=\"[0.0.0.0]:9\" direction=\"sendrecv\" ptime=\"20\" rtcp=\"[0.0.0.0]:9\">\
        <codec id=\"111\" name=\"opus/48000/2\" format=\"minptime=10;useinbandfec=1\"/><codec id=\"0\"/>\
        <codec id=\"126\" name=\"telephone-event/8000\"/><attr name=\"ice-ufrag\">abcd</attr>\
        <attr name=\"ssrc\">1 cname:x</attr><attr name=\"ssrc\">1 msid:s t</attr><attr name=\"rtcp-mux\"/>\
        </media></sdp></callStart>";
    assert_eq!(element.to_xml(), expected);
    let read = Option::<Description>::read(&element).unwrap().unwrap();
    assert_eq!(read, Description { text: lines(BROWSER), presentation: Presentation::Xml });
}

#[test]
fn ipv6_subject_and_two_media_survive_the_round_trip() {
    let text = lines(
        "v=0
        o=a 1 2 IN IP6 2001:db8::1
        s=Lunch & more
        c=IN IP6 2001:db8::1
        t=0 0
        m=audio 4000 RTP/AVP 0
        a=sendonly
        m=video 0 RTP/AVP 31
        c=IN IP4 192.0.2.1",
    );
    let element = written(&text, Presentation::Xml);
    assert_eq!(Option::<Description>::read(&element).unwrap().unwrap().text, text);
}

#[test]
fn rtcp_without_an_address_is_written_as_unspecified() {
    let text = "v=0\r\nm=audio 4000 RTP/AVP 0\r\na=rtcp:9\r\n";
    assert!(written(text, Presentation::Xml).to_xml().contains("rtcp=\"[0.0.0.0]:9\""));
}

#[test]
fn text_gets_its_line_ends_back_after_xml_took_them() {
    let element = written("v=0\r\ns=-\r\n", Presentation::Text);
    assert_eq!(element.to_xml(), "<callStart><sdpText>v=0&#13;\ns=-&#13;\n</sdpText></callStart>");
    let bare = Element::read(b"<a><sdpText>v=0\ns=-</sdpText></a>", &Limits::BEFORE_LOGIN).unwrap();
    let read = Option::<Description>::read(&bare).unwrap();
    assert_eq!(
        read,
        Some(Description { text: "v=0\r\ns=-\r\n".to_owned(), presentation: Presentation::Text })
    );
}

#[test]
fn what_is_no_description_is_refused_with_its_reason() {
    let read = |body: &str| {
        let element = Element::read(format!("<a>{body}</a>").as_bytes(), &Limits::BEFORE_LOGIN).unwrap();
        Option::<Description>::read(&element)
    };
    assert_eq!(read(""), Ok(None));
    assert_eq!(read("<sdpText/>"), Err(wrong("it is empty".to_owned())));
    assert_eq!(read("<sdpText>hello</sdpText>"), Err(wrong("\"hello\" is not a line of SDP".to_owned())));
    assert_eq!(
        read("<sdp><media media='audio' protocol='RTP/AVP' ip='1.2.3.4'/></sdp>"),
        Err(wrong("\"1.2.3.4\" is not [address]:port".to_owned()))
    );
    assert_eq!(
        read("<sdp><media protocol='RTP/AVP' ip='[1.2.3.4]:5'/></sdp>"),
        Err(wrong("<media> has no attribute media".to_owned()))
    );
}

#[test]
fn an_attribute_cannot_smuggle_a_line() {
    let element = Element::read(
        b"<a><sdp ip='[1.2.3.4]'><attr name='x'>1&#13;&#10;m=video 1 RTP/AVP 0</attr></sdp></a>",
        &Limits::BEFORE_LOGIN,
    );
    let read = Option::<Description>::read(&element.unwrap()).unwrap().unwrap();
    assert!(!read.text.contains("\nm=video"), "{}", read.text);
}
