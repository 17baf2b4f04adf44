//! How URIs are read, written and compared.

use super::*;
use crate::address::AddressOfRecord;

fn sip(text: &str) -> SipUri {
    Uri::parse(text).unwrap().as_sip().unwrap().clone()
}

#[test]
fn a_uri_is_written_as_it_was_read() {
    for text in [
        "sip:alice@atlanta.com",
        "sips:alice:secret@[2001:db8::1]:5061;transport=tcp;lr?subject=x&to=y",
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
        "sip:user;par=u%40example.net@example.com",
        "sip:example.com;maddr=239.255.255.1;ttl=15",
        "sip:%00%00@host5.example.com",
        "tel:+1-201-555-0123;phone-context=example.com",
        "soap.beep://192.0.2.103:3002",
        "nobodyKnowsThisScheme:totallyopaquecontent",
    ] {
        assert_eq!(Uri::parse(text).map(|uri| uri.to_string()), Ok(text.to_owned()));
    }
}

#[test]
fn what_is_not_a_uri_is_refused_with_its_flaw() {
    for (text, flaw) in [
        ("alan@jasomi.com", Flaw::Scheme),
        ("<sip:a@b>", Flaw::Bracket),
        ("sip:a b@c", Flaw::Character),
        ("sip:a@b@c", Flaw::Character),
        ("sip:", Flaw::Host),
        ("sip:@host", Flaw::Empty),
        ("sip:a@host:99999", Flaw::Number),
        ("sip:a%4@host", Flaw::Escape),
        ("sip:2001:db8::10", Flaw::Number),
        ("sip:a@host;", Flaw::Empty),
        ("tel:", Flaw::Empty),
        ("tel:+12x", Flaw::Character),
    ] {
        assert_eq!(Uri::parse(text), Err(flaw), "{text}");
    }
}

#[test]
fn a_user_is_escaped_when_built_and_unescaped_when_asked_for() {
    let uri = SipUri::new("I have @ 100%:é", Host::Name("example.net".into()));
    assert_eq!(uri.to_string(), "sip:I%20have%20%40%20100%25%3A%C3%A9@example.net");
    assert_eq!(uri.user().as_deref(), Some("I have @ 100%:é"));
    assert_eq!(Uri::parse(&uri.to_string()), Ok(Uri::Sip(uri)));
}

#[test]
fn a_parameter_cannot_break_out_of_its_place() {
    let uri = SipUri::new("a", Host::Name("b".into())).with_param("x", Some("1;lr\r\nEvil: 1"));
    assert_eq!(uri.to_string(), "sip:a@b;x=1%3Blr%0D%0AEvil:%201");
}

/// The examples of RFC 3261 §19.1.4.
#[test]
fn equivalence_follows_the_examples_of_the_specification() {
    for (one, another) in [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
    ] {
        assert!(sip(one).equivalent(&sip(another)), "{one} {another}");
    }
    for (one, another) in [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
    ] {
        assert!(!sip(one).equivalent(&sip(another)), "{one} {another}");
    }
}

#[test]
fn an_address_of_record_is_unescaped_with_its_domain_in_lower_case() {
    let uri = Uri::parse("sips:%61lice:pw@AtLanTa.COM:5061;transport=tcp").unwrap();
    assert_eq!(AddressOfRecord::of(&uri), Some(AddressOfRecord::new("alice", "atlanta.com")));
    assert_eq!(AddressOfRecord::of(&Uri::parse("sip:atlanta.com").unwrap()), None);
}

#[test]
fn an_escaped_nul_does_not_end_the_user() {
    assert_eq!(sip("sip:null-%00-null@example.com").user().as_deref(), Some("null-\0-null"));
}
