//! Calls between sessions, phones and the echo: who rings, who hears what, how they end.

use protocol::Element;
use sip::{CallHandle, Command, EndCause, Event, StatusCode};
use tokio::net::UdpSocket;

use crate::harness::sound::{destination, flows, key_arrives};
use crate::harness::{ALICE, BOB, Client, Fixture, Gateway, Kind, Login, UserAgent};

/// A client that speaks plain RTP.
struct Talker {
    client: Client,
    rtp: UdpSocket,
}

impl Talker {
    async fn bound(gateway: &Gateway, account: &'static str) -> Self {
        let mut client = Client::connect(gateway, Kind::WebSocket, Login::Password(account)).await;
        let rtp = UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
        client.run("<signalBind><sdpText>v=0</sdpText></signalBind>").await;
        Self { client, rtp }
    }

    /// An offer, or an answer.
    fn sdp(&self) -> String {
        self.sdp_with("sendrecv")
    }

    fn sdp_with(&self, direction: &str) -> String {
        let port = self.rtp.local_addr().expect("it is bound").port();
        let text = format!(
            "v=0\r\no=- 7 7 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n\
             a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
        );
        Element::new("sdpText").with_text(text).to_xml()
    }

    async fn call(&mut self, peer: &str) {
        let sdp = self.sdp();
        self.client.run(&format!(r#"<callStart callLeg="c" peer="{peer}">{sdp}</callStart>"#)).await;
    }

    /// Waits to be called; returns the call's name and the offer.
    async fn called(&mut self) -> (String, Option<String>) {
        let message = self.client.notice("callIncoming").await;
        (message.attribute("callLeg").expect("it has a name").to_owned(), sdp_of(&message))
    }

    async fn accept(&mut self, leg: &str) {
        let sdp = self.sdp();
        self.client.run(&format!(r#"<callAccept callLeg="{leg}">{sdp}</callAccept>"#)).await;
    }

    async fn kill(&mut self, leg: &str) {
        self.client.run(&format!(r#"<callKill callLeg="{leg}"/>"#)).await;
    }

    /// Waits for the end of a call; returns its code and its text.
    async fn disconnected(&mut self) -> (Option<String>, Option<String>) {
        let message = self.client.notice("callDisconnected").await;
        let attribute = |name| message.attribute(name).map(str::to_owned);
        (attribute("signalCode"), attribute("errorText"))
    }
}

fn sdp_of(message: &Element) -> Option<String> {
    message.child("sdpText").map(|sdp| sdp.text().into_owned())
}

fn text(sdp: Option<bytes::Bytes>) -> String {
    String::from_utf8(sdp.expect("there is a description").to_vec()).expect("it is text")
}

/// Waits until a phone's call is answered; returns the answer.
async fn answered(phone: &mut UserAgent) -> String {
    match phone.event(|event| matches!(event, Event::Answered(_) | Event::Rejected { .. })).await {
        Event::Answered(answered) => text(answered.sdp),
        other => panic!("{other:?}"),
    }
}

async fn rejected(phone: &mut UserAgent) -> (u16, String) {
    match phone.event(|event| matches!(event, Event::Answered(_) | Event::Rejected { .. })).await {
        Event::Rejected { status, phrase, .. } => (status.code(), phrase),
        other => panic!("{other:?}"),
    }
}

fn hang_up(phone: &UserAgent, call: CallHandle) {
    phone.command(Command::Hangup { call, reason: None });
}

async fn remote_end(phone: &mut UserAgent) {
    let ended = phone.event(|event| matches!(event, Event::Ended { .. })).await;
    assert!(matches!(ended, Event::Ended { cause: EndCause::Remote(_), .. }), "{ended:?}");
}

#[tokio::test]
async fn two_sessions_talk_and_either_hangs_up() {
    let gateway = Gateway::start().await;
    let mut alice = Talker::bound(&gateway, ALICE).await;
    let mut bob = Talker::bound(&gateway, BOB).await;
    for alice_hangs_up in [true, false] {
        alice.call(BOB).await;
        let (leg, offer) = bob.called().await;
        bob.client.run(&format!(r#"<callProvision callLeg="{leg}"/>"#)).await;
        assert_eq!(sdp_of(&alice.client.notice("callProvisioned").await), None);
        bob.accept(&leg).await;
        let connected = alice.client.notice("callConnected").await;
        assert_eq!(connected.attribute("peer"), Some(BOB));
        let (to_alice, to_bob) = (sdp_of(&connected).expect("an answer"), offer.expect("an offer"));
        flows(&alice.rtp, destination(&to_alice), &bob.rtp).await;
        flows(&bob.rtp, destination(&to_bob), &alice.rtp).await;
        key_arrives(&alice.rtp, destination(&to_alice), &bob.rtp, 101).await;
        if alice_hangs_up {
            alice.kill("c").await;
            assert_eq!(bob.disconnected().await, (None, None));
            bob.kill(&leg).await;
        } else {
            bob.kill(&leg).await;
            assert_eq!(alice.disconnected().await, (None, None));
            alice.kill("c").await;
        }
    }
    assert_eq!(alice.client.fails(r#"<callKill callLeg="c"/>"#).await.1, "512");
}

#[tokio::test]
async fn a_session_and_a_phone_talk_and_either_hangs_up() {
    let gateway = Gateway::start().await;
    let mut alice = Talker::bound(&gateway, ALICE).await;
    let mut phone = UserAgent::registered(&gateway, "bob").await;
    // The session calls, the phone hangs up.
    alice.call(BOB).await;
    let (call, offer) = phone.called().await;
    phone.ring(call);
    alice.client.notice("callProvisioned").await;
    phone.command(Command::Accept { call, sdp: phone.sdp() });
    let answer = sdp_of(&alice.client.notice("callConnected").await).expect("an answer");
    flows(&alice.rtp, destination(&answer), &phone.rtp).await;
    flows(&phone.rtp, destination(&text(offer)), &alice.rtp).await;
    hang_up(&phone, call);
    assert_eq!(alice.disconnected().await, (None, None));
    alice.kill("c").await;
    // The phone calls, the session hangs up.
    phone.call("alice", Some(phone.sdp()));
    let (leg, offer) = alice.called().await;
    alice.accept(&leg).await;
    let answer = answered(&mut phone).await;
    flows(&alice.rtp, destination(&offer.expect("an offer")), &phone.rtp).await;
    flows(&phone.rtp, destination(&answer), &alice.rtp).await;
    alice.kill(&leg).await;
    remote_end(&mut phone).await;
}

#[tokio::test]
async fn a_phone_that_offers_nothing_gets_the_sessions_offer() {
    let gateway = Gateway::start().await;
    let mut alice = Talker::bound(&gateway, ALICE).await;
    let mut phone = UserAgent::new(&gateway, "bob").await;
    let call = phone.call("alice", None);
    let (leg, offer) = alice.called().await;
    assert_eq!(offer, None);
    alice.accept(&leg).await;
    let offer = answered(&mut phone).await;
    phone.command(Command::Acknowledge { call, sdp: phone.sdp() });
    let answer = sdp_of(&alice.client.notice("callUpdated").await).expect("an answer");
    flows(&alice.rtp, destination(&answer), &phone.rtp).await;
    flows(&phone.rtp, destination(&offer), &alice.rtp).await;
    hang_up(&phone, call);
    alice.disconnected().await;
}

#[tokio::test]
async fn the_first_device_that_answers_ends_the_ringing_of_the_others() {
    let gateway = Gateway::start().await;
    let mut alice = Talker::bound(&gateway, ALICE).await;
    let mut bob = Talker::bound(&gateway, BOB).await;
    let mut other = Talker::bound(&gateway, BOB).await;
    let mut phone = UserAgent::registered(&gateway, "bob").await;
    // A session answers.
    alice.call(BOB).await;
    let (leg, _) = bob.called().await;
    let (other_leg, _) = other.called().await;
    phone.called().await;
    bob.accept(&leg).await;
    alice.client.notice("callConnected").await;
    let elsewhere = (Some("200".to_owned()), Some("answered elsewhere".to_owned()));
    assert_eq!(other.disconnected().await, elsewhere);
    other.kill(&other_leg).await;
    // RFC 3326 §2: a phone that is told so counts no missed call.
    let cancelled = phone.event(|event| matches!(event, Event::Cancelled { .. })).await;
    let Event::Cancelled { reason: Some(reason), .. } = cancelled else { panic!("{cancelled:?}") };
    assert_eq!((reason.protocol(), reason.cause), ("SIP", Some(200)));
    alice.kill("c").await;
    bob.disconnected().await;
    bob.kill(&leg).await;
    // The phone answers.
    alice.call(BOB).await;
    let (leg, _) = bob.called().await;
    let (call, _) = phone.called().await;
    phone.command(Command::Accept { call, sdp: phone.sdp() });
    alice.client.notice("callConnected").await;
    assert_eq!(bob.disconnected().await, elsewhere);
    assert_eq!(bob.client.fails(&format!(r#"<callAccept callLeg="{leg}"/>"#)).await.1, "500");
    hang_up(&phone, call);
    alice.disconnected().await;
}

#[tokio::test]
async fn a_caller_gives_up_and_nothing_rings_any_more() {
    let gateway = Gateway::start().await;
    let mut alice = Talker::bound(&gateway, ALICE).await;
    let mut bob = Talker::bound(&gateway, BOB).await;
    let mut phone = UserAgent::registered(&gateway, "bob").await;
    alice.call(BOB).await;
    let (leg, _) = bob.called().await;
    let (call, _) = phone.called().await;
    phone.ring(call);
    alice.client.notice("callProvisioned").await;
    alice.kill("c").await;
    assert_eq!(bob.disconnected().await, (None, None));
    bob.kill(&leg).await;
    let cancelled = phone.event(|event| matches!(event, Event::Cancelled { .. })).await;
    assert!(matches!(cancelled, Event::Cancelled { reason: None, .. }), "{cancelled:?}");
    // A phone gives up.
    let mut caller = UserAgent::new(&gateway, "alice").await;
    let call = caller.call("bob", Some(caller.sdp()));
    bob.called().await;
    hang_up(&caller, call);
    assert_eq!(bob.disconnected().await, (None, None));
    phone.event(|event| matches!(event, Event::Cancelled { .. })).await;
}

#[tokio::test]
async fn who_is_busy_or_declines_is_told_to_the_caller() {
    let gateway = Gateway::start().await;
    let mut alice = Talker::bound(&gateway, ALICE).await;
    let mut phone = UserAgent::registered(&gateway, "bob").await;
    for (status, code, text) in [
        (StatusCode::BUSY_HERE, "486", "Busy Here"),
        (StatusCode::DECLINE, "603", "Decline"),
        (StatusCode::NOT_ACCEPTABLE_HERE, "488", "Not Acceptable Here"),
    ] {
        alice.call(BOB).await;
        let (call, _) = phone.called().await;
        phone.command(Command::Reject { call, status, phrase: None, reason: None, headers: Vec::new() });
        assert_eq!(alice.disconnected().await, (Some(code.to_owned()), Some(text.to_owned())));
        alice.kill("c").await;
    }
    let mut caller = UserAgent::new(&gateway, "bob").await;
    for (request, expected) in [("", (603, "Declined")), (r#" signalCode="486""#, (486, "Busy Here"))] {
        caller.call("alice", Some(caller.sdp()));
        let (leg, _) = alice.called().await;
        alice.client.run(&format!(r#"<callReject callLeg="{leg}"{request}/>"#)).await;
        let (status, phrase) = rejected(&mut caller).await;
        assert_eq!((status, phrase.as_str()), expected);
        alice.kill(&leg).await;
    }
}

#[tokio::test]
async fn a_phone_puts_a_session_on_hold_and_takes_it_back() {
    let gateway = Gateway::start().await;
    let mut alice = Talker::bound(&gateway, ALICE).await;
    let mut phone = UserAgent::registered(&gateway, "bob").await;
    alice.call(BOB).await;
    let (call, offer) = phone.called().await;
    let to_phone_leg = destination(&text(offer));
    phone.command(Command::Accept { call, sdp: phone.sdp() });
    let answer = sdp_of(&alice.client.notice("callConnected").await).expect("an answer");
    for (phones, sessions) in [("sendonly", "recvonly"), ("sendrecv", "sendrecv")] {
        phone.command(Command::Reoffer { call, sdp: Some(phone.sdp_with(phones)) });
        let request = alice.client.notice("callUpdateRequest").await;
        let offer = sdp_of(&request).expect("an offer");
        assert!(offer.contains(&format!("a={phones}\r\n")), "{offer}");
        let sdp = alice.sdp_with(sessions);
        alice.client.run(&format!(r#"<callUpdateAccept callLeg="c">{sdp}</callUpdateAccept>"#)).await;
        let answered = phone.event(|event| matches!(event, Event::ReofferAnswered { .. })).await;
        let Event::ReofferAnswered { sdp, .. } = answered else { panic!("{answered:?}") };
        assert!(text(sdp).contains(&format!("a={sessions}\r\n")));
        flows(&phone.rtp, to_phone_leg, &alice.rtp).await;
    }
    flows(&alice.rtp, destination(&answer), &phone.rtp).await;
    // A change that the client does not want changes nothing.
    phone.command(Command::Reoffer { call, sdp: Some(phone.sdp_with("inactive")) });
    alice.client.notice("callUpdateRequest").await;
    alice.client.run(r#"<callUpdateReject callLeg="c" signalCode="488"/>"#).await;
    let rejected = phone.event(|event| matches!(event, Event::ReofferRejected { .. })).await;
    assert!(
        matches!(rejected, Event::ReofferRejected { status, .. } if status.code() == 488),
        "{rejected:?}"
    );
    flows(&alice.rtp, destination(&answer), &phone.rtp).await;
    hang_up(&phone, call);
    alice.disconnected().await;
}

#[tokio::test]
async fn the_echo_answers_and_plays_back_what_it_hears() {
    let gateway = Gateway::start().await;
    let mut alice = Talker::bound(&gateway, ALICE).await;
    alice.call("echo@localhost").await;
    let connected = alice.client.notice("callConnected").await;
    assert_eq!(connected.attribute("peer"), Some("echo@localhost"));
    flows(&alice.rtp, destination(&sdp_of(&connected).expect("an answer")), &alice.rtp).await;
    alice.kill("c").await;
    // Without a domain it is the caller's; for a phone that offers nothing it offers what it can.
    alice.call("echo").await;
    alice.client.notice("callConnected").await;
    alice.kill("c").await;
    let mut phone = UserAgent::new(&gateway, "bob").await;
    let call = phone.call("echo", Some(phone.sdp()));
    let answer = answered(&mut phone).await;
    flows(&phone.rtp, destination(&answer), &phone.rtp).await;
    hang_up(&phone, call);
    let call = phone.call("ECHO", None);
    let offer = answered(&mut phone).await;
    phone.command(Command::Acknowledge { call, sdp: phone.sdp() });
    flows(&phone.rtp, destination(&offer), &phone.rtp).await;
    hang_up(&phone, call);
}

#[tokio::test]
async fn a_call_that_leads_nowhere_says_why() {
    let gateway = Gateway::start().await;
    let mut alice = Talker::bound(&gateway, ALICE).await;
    for (peer, code, text) in [
        ("nobody@localhost", "404", "there is no account nobody@localhost"),
        ("bob", "480", "nobody is there to answer"),
        ("+44 20 7946 0000", "404", "+44 20 7946 0000 is not known here, and no trunk leads there"),
        ("carol@example.org", "404", "carol@example.org is not known here, and no trunk leads there"),
        ("a b@c d", "484", "\"a b@c d\" is not an address that can be called"),
        // The only session of hers is the one that calls.
        ("alice", "480", "nobody is there to answer"),
    ] {
        alice.call(peer).await;
        assert_eq!(alice.disconnected().await, (Some(code.to_owned()), Some(text.to_owned())), "{peer}");
        alice.kill("c").await;
    }
}

#[tokio::test]
async fn a_caller_without_the_password_gets_401_wherever_it_calls() {
    let gateway = Gateway::start().await;
    let mut alice = Talker::bound(&gateway, ALICE).await;
    for to in ["alice", "echo", "nobody"] {
        let mut stranger = UserAgent::new(&gateway, "bob").await.with_password("guessed");
        stranger.call(to, Some(stranger.sdp()));
        assert_eq!(rejected(&mut stranger).await.0, 401, "{to}");
        // Somebody who is no account at all gets the same.
        let mut stranger = UserAgent::new(&gateway, "mallory").await;
        stranger.call(to, Some(stranger.sdp()));
        assert_eq!(rejected(&mut stranger).await.0, 401, "{to}");
    }
    alice.client.run("<noop/>").await;
    assert!(alice.client.nothing_else(), "alice was called");
}

#[tokio::test]
async fn a_trunk_is_known_by_its_address() {
    let config = "[[sip.trunk]]\nname = \"carrier\"\nproxy = \"127.0.0.2:5060\"\nsources = [\"127.0.0.2\"]\n";
    let gateway = Gateway::with(Fixture::new().config(config)).await;
    let mut alice = Talker::bound(&gateway, ALICE).await;
    let mut trunk = UserAgent::at("127.0.0.2", &gateway, "0301234567").await.with_password("none");
    let call = trunk.call("alice", Some(trunk.sdp()));
    let (leg, _) = alice.called().await;
    alice.accept(&leg).await;
    answered(&mut trunk).await;
    hang_up(&trunk, call);
    alice.disconnected().await;
    let mut stranger = UserAgent::at("127.0.0.3", &gateway, "0301234567").await;
    stranger.call("alice", Some(stranger.sdp()));
    assert_eq!(rejected(&mut stranger).await.0, 401);
}

#[tokio::test]
async fn a_call_of_a_trunk_is_not_taken_to_a_trunk() {
    let config = "[[sip.trunk]]\nname = \"carrier\"\nproxy = \"127.0.0.2:5060\"\nsources = [\"127.0.0.2\"]\n\
                  numbers = true\ndomains = [\"*\"]\n";
    let gateway = Gateway::with(Fixture::new().config(config)).await;
    let mut trunk = UserAgent::at("127.0.0.2", &gateway, "0301234567").await;
    trunk.call("+4930123456", Some(trunk.sdp()));
    assert_eq!(rejected(&mut trunk).await, (404, "+4930123456@localhost is not known here".to_owned()));
}

#[tokio::test]
async fn a_session_that_ends_leaves_the_call_to_the_others() {
    let gateway = Gateway::start().await;
    let mut first = Talker::bound(&gateway, BOB).await;
    let mut second = Talker::bound(&gateway, BOB).await;
    let mut phone = UserAgent::new(&gateway, "alice").await;
    phone.call("bob", Some(phone.sdp()));
    first.called().await;
    let (leg, _) = second.called().await;
    first.client.run("<bye/>").await;
    second.accept(&leg).await;
    answered(&mut phone).await;
}

#[tokio::test]
async fn an_account_has_so_many_calls_and_no_more() {
    let gateway = Gateway::with(Fixture::new().config("[sip]\ncalls_per_account = 2\n")).await;
    let mut phone = UserAgent::new(&gateway, "alice").await;
    let first = phone.call("echo", Some(phone.sdp()));
    answered(&mut phone).await;
    phone.call("echo", Some(phone.sdp()));
    answered(&mut phone).await;
    let refusal = (480, "the account has too many calls".to_owned());
    phone.call("echo", Some(phone.sdp()));
    assert_eq!(rejected(&mut phone).await, refusal);
    let mut alice = Talker::bound(&gateway, ALICE).await;
    alice.call("echo").await;
    assert_eq!(alice.disconnected().await, (Some("480".to_owned()), Some(refusal.1)));
    alice.kill("c").await;
    // Others have their own, and each that ends makes room.
    let mut bob = Talker::bound(&gateway, BOB).await;
    bob.call("echo").await;
    bob.client.notice("callConnected").await;
    hang_up(&phone, first);
    phone.event(|event| matches!(event, Event::Ended { .. })).await;
    // What the phone sends next comes after its BYE.
    phone.call("echo", Some(phone.sdp()));
    answered(&mut phone).await;
}

#[tokio::test]
async fn a_session_that_cannot_have_a_fixed_name_keeps_its_own() {
    let gateway = Gateway::start().await;
    let mut desk = Talker::bound(&gateway, BOB).await;
    let mut mobile = Talker::bound(&gateway, BOB).await;
    desk.client.run(r#"<signalBind clientID="desk"><sdpText>v=0</sdpText></signalBind>"#).await;
    mobile.client.fails(r#"<signalBind clientID="desk" mode="fixed"/>"#).await;
    let mut phone = UserAgent::new(&gateway, "alice").await;
    phone.call("bob", Some(phone.sdp()));
    mobile.called().await;
    desk.called().await;
}

/// RFC 3261 §16.3: who has no hops left is served here, but goes no further.
#[tokio::test]
async fn a_call_without_hops_reaches_a_session_but_no_phone() {
    let gateway = Gateway::start().await;
    let mut phone = UserAgent::registered(&gateway, "bob").await;
    let mut alice = Talker::bound(&gateway, ALICE).await;
    let mut caller = UserAgent::new(&gateway, "alice").await;
    caller.call_with_hops("bob", Some(caller.sdp()), 0);
    assert_eq!(rejected(&mut caller).await, (483, "Too Many Hops".to_owned()));
    caller.call_with_hops("alice", Some(caller.sdp()), 0);
    let (leg, _) = alice.called().await;
    alice.accept(&leg).await;
    answered(&mut caller).await;
    caller.call_with_hops("bob", Some(caller.sdp()), 1);
    phone.called().await;
}

#[tokio::test]
async fn calls_end_when_the_server_stops() {
    let mut gateway = Gateway::start().await;
    let mut bob = UserAgent::registered(&gateway, "bob").await;
    let mut alice = UserAgent::registered(&gateway, "alice").await;
    alice.call("bob", Some(alice.sdp()));
    let (call, _) = bob.called().await;
    bob.command(Command::Accept { call, sdp: bob.sdp() });
    answered(&mut alice).await;
    bob.event(|event| matches!(event, Event::Acknowledged { .. })).await;
    let mut ringing = UserAgent::new(&gateway, "alice").await;
    ringing.call("bob", Some(ringing.sdp()));
    bob.called().await;
    // Somebody who does not answer to a BYE keeps the gateway for a moment, in which nobody else gets in.
    let mut late = UserAgent::new(&gateway, "alice").await;
    let mut gone = UserAgent::new(&gateway, "alice").await;
    for phone in [&mut late, &mut gone] {
        phone.call("echo", Some(phone.sdp()));
        answered(phone).await;
    }
    drop(gone);
    let stops = async {
        remote_end(&mut late).await;
        late.call("echo", Some(late.sdp()));
        assert_eq!(rejected(&mut late).await, (503, "the server stops".to_owned()));
    };
    let ((time, code), ()) = tokio::join!(gateway.terminate(), stops);
    assert_eq!(code, Some(0));
    assert!(time < std::time::Duration::from_secs(5), "{time:?}");
    remote_end(&mut alice).await;
    assert_eq!(rejected(&mut ringing).await, (503, "the server stops".to_owned()));
    let mut ends = 0;
    while ends < 2 {
        match bob.event(|event| matches!(event, Event::Ended { .. } | Event::Cancelled { .. })).await {
            Event::Ended { cause: EndCause::Remote(_), .. } | Event::Cancelled { .. } => ends += 1,
            other => panic!("{other:?}"),
        }
    }
}
