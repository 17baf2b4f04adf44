//! Checks as browsers make them, and as they do not.

use std::sync::Arc;

use rtc_stun::attributes::*;
use rtc_stun::error_code::ErrorCodeAttribute;
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::*;
use rtc_stun::textattrs::TextAttribute;
use rtc_stun::xoraddr::XorMappedAddress;

use super::*;

fn crypto() -> Arc<dyn rtc_crypto::RTCCryptoProvider> {
    rtc_crypto::default_provider().unwrap()
}

fn check(user_name: &str, password: &str, attributes: &[(AttrType, &[u8])]) -> Vec<u8> {
    let mut message = Message::new();
    message.set_type(BINDING_REQUEST);
    message.write_header();
    TransactionId([7; 12]).add_to(&mut message).unwrap();
    TextAttribute::new(ATTR_USERNAME, user_name.to_owned()).add_to(&mut message).unwrap();
    for (kind, value) in attributes {
        message.add(*kind, value);
    }
    let provider = crypto();
    MessageIntegrity::new_raw_integrity_with_provider(password.as_bytes(), provider.crypto())
        .add_to(&mut message)
        .unwrap();
    FINGERPRINT.add_to(&mut message).unwrap();
    message.raw
}

fn browser_check(password: &str) -> Vec<u8> {
    check(
        "ours:theirs",
        password,
        &[
            (ATTR_ICE_CONTROLLING, &[1; 8]),
            (ATTR_USE_CANDIDATE, &[]),
            (ATTR_PRIORITY, &[0x6e, 0, 0x1e, 0xff]),
            // The network cost that Chromium tells, which nobody needs to understand.
            (AttrType(0xc057), &[0, 1, 0, 0]),
        ],
    )
}

fn answer(datagram: &[u8]) -> Option<(Message, bool)> {
    let mut reader = Reader::new(crypto());
    let check = reader.read(datagram)?;
    if !reader.is_authentic("secret") {
        return None;
    }
    let (octets, counts) = reader.answer(&check, "192.0.2.9:5000".parse().unwrap(), "secret").unwrap();
    let mut message = Message::new();
    message.unmarshal_binary(&octets).unwrap();
    FINGERPRINT.check(&message).unwrap();
    MessageIntegrity::check(&mut message, b"secret", crypto().crypto()).unwrap();
    assert_eq!(message.transaction_id, TransactionId([7; 12]));
    Some((message, counts))
}

fn error_code(message: &Message) -> u16 {
    let mut code = ErrorCodeAttribute::default();
    code.get_from(message).unwrap();
    code.code.0
}

#[test]
fn a_browsers_check_is_answered_with_the_address_it_came_from() {
    let (response, counts) = answer(&browser_check("secret")).unwrap();
    assert!(counts);
    assert_eq!(response.typ, BINDING_SUCCESS);
    let mut mapped = XorMappedAddress::default();
    mapped.get_from(&response).unwrap();
    assert_eq!((mapped.ip, mapped.port), ("192.0.2.9".parse().unwrap(), 5000));
}

#[test]
fn a_check_is_read_with_what_it_wants() {
    let mut reader = Reader::new(crypto());
    let read = reader.read(&browser_check("secret")).unwrap();
    assert_eq!((read.ufrag.as_str(), read.nominates), ("ours", true));
    let plain = reader.read(&check("ours:theirs", "secret", &[(ATTR_ICE_CONTROLLING, &[1; 8])])).unwrap();
    assert!(!plain.nominates);
}

#[test]
fn a_wrong_password_or_a_changed_bit_gets_no_answer_at_all() {
    assert!(answer(&browser_check("guess")).is_none());
    let right = browser_check("secret");
    for bit in 0..right.len() * 8 {
        let mut forged = right.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        assert!(answer(&forged).is_none(), "bit {bit}");
    }
    for length in 0..right.len() {
        assert!(answer(&right[..length]).is_none());
    }
    assert!(answer(&[&right[..], &[0; 4]].concat()).is_none());
}

#[test]
fn a_peer_that_believes_it_is_controlled_is_told_of_the_conflict() {
    let (response, counts) =
        answer(&check("ours:theirs", "secret", &[(ATTR_ICE_CONTROLLED, &[1; 8])])).unwrap();
    assert_eq!((response.typ, error_code(&response), counts), (BINDING_ERROR, 487, false));
}

#[test]
fn an_attribute_that_must_be_understood_and_is_not_is_named_in_the_answer() {
    let (response, counts) = answer(&check("ours:theirs", "secret", &[(AttrType(0x7000), &[1])])).unwrap();
    assert_eq!((response.typ, error_code(&response), counts), (BINDING_ERROR, 420, false));
    assert_eq!(response.get(ATTR_UNKNOWN_ATTRIBUTES).unwrap(), [0x70, 0]);
}

#[test]
fn what_follows_the_integrity_does_not_count() {
    let mut message = Message::new();
    message.unmarshal_binary(&check("ours:theirs", "secret", &[])).unwrap();
    let mut appended = Message::new();
    appended.set_type(BINDING_REQUEST);
    appended.write_header();
    message.transaction_id.add_to(&mut appended).unwrap();
    for attribute in message.attributes.0.iter().filter(|attribute| attribute.typ != ATTR_FINGERPRINT) {
        appended.add(attribute.typ, &attribute.value);
    }
    appended.add(ATTR_USE_CANDIDATE, &[]);
    FINGERPRINT.add_to(&mut appended).unwrap();
    let read = Reader::new(crypto()).read(&appended.raw).unwrap();
    assert!(!read.nominates);
}

#[test]
fn only_requests_with_a_user_name_of_two_halves_are_checks() {
    let mut reader = Reader::new(crypto());
    assert!(reader.read(&check("ours", "secret", &[])).is_none());
    let long = format!("{}:theirs", "x".repeat(300));
    assert!(reader.read(&check(&long, "secret", &[])).is_none());
    let mut indication = browser_check("secret");
    indication[1] |= 0x10;
    assert!(reader.read(&indication).is_none());
}

#[expect(clippy::disallowed_methods, reason = "a test has to start its virtual clock somewhere")]
fn start() -> Instant {
    Instant::now()
}

fn credentials(ufrag: &str) -> IceCredentials {
    IceCredentials { ufrag: ufrag.into(), password: format!("{ufrag}-password") }
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 9], port))
}

#[test]
fn the_first_pair_serves_until_one_is_nominated() {
    let (mut ice, now) = (IceLite::new(credentials("a")), start());
    assert_eq!(ice.selected(), None);
    assert_eq!(ice.note(now, address(1), "a", false), Change { is_new: true, ..Change::default() });
    ice.note(now, address(2), "a", false);
    assert_eq!(ice.selected(), Some(address(1)));
    ice.note(now, address(2), "a", true);
    assert_eq!(ice.selected(), Some(address(2)));
    ice.note(now, address(1), "a", false);
    assert_eq!(ice.selected(), Some(address(2)));
    ice.note(now, address(1), "a", true);
    assert_eq!(ice.selected(), Some(address(1)));
}

#[test]
fn the_ninth_address_takes_the_place_of_the_one_checked_longest_ago() {
    let (mut ice, now) = (IceLite::new(credentials("a")), start());
    for port in 0..8_u16 {
        ice.note(now + Duration::from_millis(u64::from(port)), address(port), "a", port == 0);
    }
    let change = ice.note(now + Duration::from_secs(1), address(8), "a", false);
    assert_eq!(change.forgotten, Some(address(1)), "not the selected one");
    assert_eq!(ice.addresses().count(), 8);
}

#[test]
fn consent_ends_thirty_seconds_after_the_last_check() {
    let (mut ice, now) = (IceLite::new(credentials("a")), start());
    assert_eq!(ice.deadline(), None, "nobody was told to check yet");
    ice.expect(now);
    assert_eq!(ice.deadline(), Some(now + CONSENT));
    ice.note(now, address(1), "a", true);
    ice.note(now + Duration::from_secs(5), address(1), "a", false);
    assert_eq!(ice.deadline(), Some(now + Duration::from_secs(35)));
    assert!(ice.expire(now + Duration::from_secs(34)).is_empty());
    assert_eq!(ice.expire(now + Duration::from_secs(35)), [address(1)]);
    assert_eq!((ice.selected(), ice.deadline()), (None, None));
}

#[test]
fn an_address_is_kept_from_others_only_while_checks_keep_coming() {
    let (mut ice, now) = (IceLite::new(credentials("a")), start());
    ice.note(now, address(1), "a", true);
    ice.note(now, address(2), "a", false);
    assert!(ice.holds(address(1), now + Duration::from_secs(5)));
    assert!(!ice.holds(address(1), now + Duration::from_secs(6)));
    assert!(!ice.holds(address(2), now), "not the selected one");
}

#[test]
fn when_only_the_selected_address_falls_silent_another_serves() {
    let (mut ice, now) = (IceLite::new(credentials("a")), start());
    ice.note(now, address(1), "a", true);
    ice.note(now + Duration::from_secs(20), address(2), "a", false);
    assert_eq!(ice.expire(now + CONSENT), [address(1)]);
    assert_eq!(ice.selected(), Some(address(2)));
}

#[test]
fn a_restart_keeps_the_old_path_until_the_first_check_with_the_new_credentials() {
    let (mut ice, now) = (IceLite::new(credentials("a")), start());
    ice.note(now, address(1), "a", true);
    assert_eq!(ice.restart(&credentials("b")), None);
    assert_eq!(ice.ufrags().collect::<Vec<_>>(), ["b", "a"]);
    ice.note(now, address(1), "a", false);
    assert_eq!(ice.selected(), Some(address(1)));
    let change = ice.note(now, address(2), "b", false);
    assert_eq!(change.retired, Some(credentials("a")));
    assert_eq!(ice.selected(), Some(address(2)));
    assert_eq!(ice.password("a"), None);
}

#[test]
fn a_restart_that_is_taken_back_leaves_the_first_credentials_good() {
    let mut ice = IceLite::new(credentials("a"));
    assert_eq!(ice.restart(&credentials("b")), None);
    assert_eq!(ice.restart(&credentials("a")), None);
    assert_eq!(ice.restart(&credentials("c")), Some(credentials("b")));
    assert_eq!(ice.ufrags().collect::<Vec<_>>(), ["c", "a"]);
}
