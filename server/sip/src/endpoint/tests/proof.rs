//! How a request proves its account, and what does not count as proof.

use std::time::Duration;

use super::bench::{Bench, STRANGER, answer_challenge, events, lines, sent, value};
use super::serve::request;
use crate::*;

/// An INVITE of alice@example.com.
fn call(cseq: u32, branch: &str) -> String {
    request("INVITE", cseq, branch, "").replace("sip:carol@trunk.example", "sip:alice@example.com")
}

fn challenge(bench: &mut Bench) -> String {
    sent(&bench.send(STRANGER, call(1, "challenge"))).remove(0)
}

fn with_answer(challenge: &str, request: &str) -> String {
    String::from_utf8(answer_challenge(challenge, request.as_bytes(), "alice", "password").unwrap()).unwrap()
}

fn look_up(bench: &mut Bench, outputs: &[Output], password: &str) -> Vec<Output> {
    let Some(Event::Authenticate { id, user, domain }) = events(outputs).pop() else { panic!("{outputs:?}") };
    bench.command(Command::Credentials { id, ha1: Some(Ha1::new(&user, &domain, password)) })
}

#[test]
fn a_stranger_is_challenged_with_sha_256_first_and_nothing_is_stored() {
    let mut bench = Bench::new();
    for number in 0..1_000 {
        assert_eq!(lines(&bench.send(STRANGER, call(1, &number.to_string()))), ["SIP/2.0 401 Unauthorized"]);
    }
    let text = challenge(&mut bench);
    let challenges: Vec<_> = text.lines().filter(|line| line.starts_with("WWW-Authenticate")).collect();
    let nonce = challenges[0].split_once("nonce=\"").unwrap().1.split('"').next().unwrap();
    assert_eq!(challenges, ["SHA-256", "MD5"].map(|algorithm| {
        format!("WWW-Authenticate: Digest realm=\"example.com\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"")
    }));
    let left = bench.endpoint.statistics();
    assert_eq!((left.server_transactions, left.authentications, left.calls), (0, 0, 0));
}

#[test]
fn the_algorithms_offered_are_those_of_the_configuration() {
    let mut bench = Bench::with(|config| config.digests = vec![DigestAlgorithm::Md5]);
    let text = challenge(&mut bench);
    assert_eq!(text.matches("WWW-Authenticate").count(), 1);
    assert!(value(&text, "WWW-Authenticate").unwrap().contains("algorithm=MD5"));
}

#[test]
fn a_phone_that_cannot_pass_over_what_it_does_not_know_is_offered_md5_alone() {
    let mut bench = Bench::new();
    let text =
        call(1, "1").replace("Content-Length", "User-Agent: baresip v1.0.0 (x86_64/linux)\r\nContent-Length");
    let answer = sent(&bench.send(STRANGER, text)).remove(0);
    assert_eq!(answer.matches("WWW-Authenticate").count(), 1);
    assert!(value(&answer, "WWW-Authenticate").unwrap().contains("algorithm=MD5"));
}

#[test]
fn an_endpoint_without_domains_lets_no_account_in() {
    let mut bench = Bench::with(|config| config.domains.clear());
    assert_eq!(lines(&bench.send(STRANGER, call(1, "1"))), ["SIP/2.0 403 Forbidden"]);
}

#[test]
fn a_good_answer_lets_the_call_in_once_and_a_replay_is_stale() {
    let mut bench = Bench::new();
    let challenge = challenge(&mut bench);
    let first = with_answer(&challenge, &call(2, "2"));
    let outputs = bench.send(STRANGER, &first);
    assert_eq!(lines(&outputs), [""; 0], "nobody knows yet who it is");
    assert_eq!(bench.send(STRANGER, &first), [], "it comes again meanwhile");
    let outputs = look_up(&mut bench, &outputs, "password");
    assert_eq!(lines(&outputs), ["SIP/2.0 100 Trying"]);
    let Some(Event::Incoming(incoming)) = events(&outputs).pop() else { panic!() };
    assert_eq!(incoming.identity, Identity::Account(AddressOfRecord::new("alice", "example.com")));
    let replay =
        first.replace("branch=z9hG4bK2", "branch=z9hG4bK3").replace("Call-ID: call", "Call-ID: other");
    let outputs = bench.send("203.0.113.9:1024", replay);
    let answer = sent(&look_up(&mut bench, &outputs, "password")).remove(0);
    assert_eq!(answer.lines().next(), Some("SIP/2.0 401 Unauthorized"));
    assert!(value(&answer, "WWW-Authenticate").unwrap().ends_with(", stale=true"));
}

#[test]
fn a_nonce_that_is_too_old_or_not_ours_is_stale_before_anyone_is_asked() {
    for (wait, forge) in [(Duration::from_secs(300), false), (Duration::ZERO, true)] {
        let mut bench = Bench::new();
        let challenge = challenge(&mut bench);
        bench.wait(wait);
        let mut text = with_answer(&challenge, &call(2, "2"));
        if forge {
            let at = text.find("nonce=\"").unwrap() + 7;
            text.replace_range(at..=at, "f");
        }
        let outputs = bench.send(STRANGER, text);
        let answer = sent(&outputs).remove(0);
        assert!(value(&answer, "WWW-Authenticate").unwrap().ends_with(", stale=true"));
        assert_eq!((events(&outputs), bench.endpoint.statistics().server_transactions), (vec![], 0));
    }
}

#[test]
fn an_answer_made_for_another_request_is_refused() {
    let mut bench = Bench::new();
    let challenge = challenge(&mut bench);
    let other = call(2, "2").replace("INVITE sip:bob@", "INVITE sip:mallory@");
    let text = with_answer(&challenge, &other).replace("INVITE sip:mallory@", "INVITE sip:bob@");
    assert_eq!(lines(&bench.send(STRANGER, text)), ["SIP/2.0 400 Digest URI Mismatch"]);
    let ported = call(2, "3").replace("INVITE sip:bob@example.com", "INVITE sip:bob@example.com:5060;x=y");
    let text = with_answer(&challenge, &call(2, "3"))
        .replace("INVITE sip:bob@example.com", "INVITE sip:bob@example.com:5060;x=y");
    let told = events(&bench.send(STRANGER, text));
    assert!(matches!(told[..], [Event::Authenticate { .. }]), "{ported}");
}

#[test]
fn a_wrong_password_and_an_unknown_account_get_the_same_answer() {
    let answer = |ha1: Option<Ha1>| {
        let mut bench = Bench::new();
        let challenge = challenge(&mut bench);
        let outputs = bench.send(STRANGER, with_answer(&challenge, &call(2, "2")));
        let Some(Event::Authenticate { id, .. }) = events(&outputs).pop() else { panic!() };
        sent(&bench.command(Command::Credentials { id, ha1 }))
    };
    let unknown = answer(None);
    assert_eq!(answer(Some(Ha1::new("alice", "example.com", "wrong"))), unknown);
    assert!(value(&unknown[0], "WWW-Authenticate").unwrap().ends_with("qop=\"auth\""));
}

#[test]
fn an_answer_without_a_quality_of_protection_uses_its_nonce_up() {
    let mut bench = Bench::new();
    let challenge = challenge(&mut bench).replace(", qop=\"auth\"", "");
    for (cseq, let_in) in [(2, true), (3, false)] {
        let outputs = bench.send(STRANGER, with_answer(&challenge, &call(cseq, &cseq.to_string())));
        let outputs = look_up(&mut bench, &outputs, "password");
        assert_eq!(matches!(events(&outputs)[..], [Event::Incoming(_)]), let_in);
    }
}

#[test]
fn a_question_that_nobody_answers_is_503_and_its_late_answer_is_dropped() {
    let mut bench = Bench::new();
    let challenge = challenge(&mut bench);
    let outputs = bench.send(STRANGER, with_answer(&challenge, &call(2, "2")));
    let Some(Event::Authenticate { id, .. }) = events(&outputs).pop() else { panic!() };
    let outputs = bench.wait(Duration::from_secs(32));
    assert_eq!(lines(&outputs), ["SIP/2.0 503 Overloaded"]);
    assert_eq!(bench.command(Command::Credentials { id, ha1: None }), []);
}

#[test]
fn there_are_only_so_many_questions_at_a_time() {
    let mut bench = Bench::with(|config| config.caps.authentications = 2);
    let challenge = challenge(&mut bench);
    for (cseq, expected) in [(2, &[][..]), (3, &[]), (4, &["SIP/2.0 503 Overloaded"])] {
        let outputs = bench.send(STRANGER, with_answer(&challenge, &call(cseq, &cseq.to_string())));
        assert_eq!(lines(&outputs), expected);
    }
    assert_eq!(bench.endpoint.statistics().overload, 1);
}

#[test]
fn a_call_given_up_while_the_question_is_open_is_answered_once_its_sender_is_known() {
    for (password, line) in
        [("password", "SIP/2.0 487 Request Terminated"), ("wrong", "SIP/2.0 401 Unauthorized")]
    {
        let mut bench = Bench::new();
        let challenge = challenge(&mut bench);
        let outputs = bench.send(STRANGER, with_answer(&challenge, &call(2, "2")));
        let cancel = call(2, "2").replace("INVITE", "CANCEL");
        let elsewhere = lines(&bench.send("203.0.113.66:5060", &cancel));
        assert_eq!(elsewhere, ["SIP/2.0 481 Call/Transaction Does Not Exist"]);
        assert_eq!(lines(&bench.send(STRANGER, cancel)), ["SIP/2.0 200 OK"]);
        let outputs = look_up(&mut bench, &outputs, password);
        assert_eq!((events(&outputs), lines(&outputs).last().map(String::as_str)), (vec![], Some(line)));
    }
}

/// RFC 3261 §8.2.7: what is refused for want of proof is refused without a transaction.
#[test]
fn a_wrong_password_costs_nothing_but_its_answer() {
    let mut bench = Bench::new();
    for number in 2..100_u32 {
        let challenge = challenge(&mut bench);
        let text = with_answer(&challenge, &call(number, &number.to_string()));
        let outputs = bench.send(STRANGER, text);
        let outputs = look_up(&mut bench, &outputs, "wrong");
        assert_eq!(lines(&outputs), ["SIP/2.0 401 Unauthorized"]);
        assert_eq!(bench.endpoint.statistics().server_transactions, 0);
    }
    assert_eq!(bench.wait(Duration::from_secs(40)), [], "nothing is sent again");
}

#[test]
fn a_challenge_is_of_no_use_to_another_address() {
    let mut bench = Bench::new();
    let challenge = challenge(&mut bench);
    let outputs = bench.send("203.0.113.66:5060", with_answer(&challenge, &call(2, "2")));
    assert_eq!(events(&outputs), []);
    assert!(value(&sent(&outputs)[0], "WWW-Authenticate").unwrap().ends_with(", stale=true"));
}

#[test]
fn a_nonce_that_wrong_passwords_were_given_with_is_stale() {
    let mut bench = Bench::new();
    let challenge = challenge(&mut bench);
    for cseq in 2..7 {
        let outputs = bench.send(STRANGER, with_answer(&challenge, &call(cseq, &cseq.to_string())));
        look_up(&mut bench, &outputs, "wrong");
    }
    let outputs = bench.send(STRANGER, with_answer(&challenge, &call(7, "7")));
    assert_eq!(events(&outputs), []);
    assert!(value(&sent(&outputs)[0], "WWW-Authenticate").unwrap().ends_with(", stale=true"));
}

#[test]
fn who_guesses_is_refused_before_anyone_is_asked_and_nobody_else_is() {
    let mut bench = Bench::new();
    let guess = |bench: &mut Bench, from: &str, number: u32, password: &str| {
        let first = bench.send(from, call(1, &format!("{number}a")));
        let challenge = sent(&first).remove(0);
        let outputs = bench.send(from, with_answer(&challenge, &call(number, &format!("{number}b"))));
        let asked = !events(&outputs).is_empty();
        if asked {
            look_up(bench, &outputs, password);
        } else {
            assert_eq!(lines(&outputs), ["SIP/2.0 503 Overloaded"]);
        }
        asked
    };
    let asked = (2..1_000).filter(|number| guess(&mut bench, STRANGER, *number, "wrong")).count();
    assert_eq!(asked, 200);
    assert!(guess(&mut bench, "203.0.113.66:5060", 1_000, "password"));
    bench.wait(Duration::from_secs(1));
    assert!(guess(&mut bench, STRANGER, 1_001, "wrong"), "a try has come back");
}
