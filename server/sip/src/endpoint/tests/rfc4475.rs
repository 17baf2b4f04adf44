//! What is answered to each of the torture messages of RFC 4475: the table is `tests/data/rfc4475/answers.txt`.

use std::path::PathBuf;

use bytes::Bytes;

use super::bench::{Bench, STRANGER, TRUNK, answer_challenge, events, lines, sent};
use crate::*;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/rfc4475")
}

fn bench() -> Bench {
    Bench::with(|config| config.domains.push("example.net".to_owned()))
}

/// The status codes of the answers, `call` if a call came in, or `dropped:` and why.
fn outcome(bench: &mut Bench, outputs: &[Output]) -> String {
    let mut words: Vec<String> =
        lines(outputs).into_iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect();
    for event in events(outputs) {
        match event {
            Event::Incoming(_) => words.push("call".to_owned()),
            Event::Authenticate { id, user, domain } => {
                let ha1 = Some(Ha1::new(&user, &domain, "password"));
                let outputs = bench.command(Command::Credentials { id, ha1 });
                words.push(outcome(bench, &outputs));
            }
            Event::StoreBindings { id, .. } => {
                let outputs = bench.command(Command::BindingsStored { id, ok: true });
                words.push(outcome(bench, &outputs));
            }
            other => panic!("{other:?}"),
        }
    }
    words.extend(
        bench.endpoint.statistics().dropped.keys().map(|reason| format!("dropped:{}", reason.label())),
    );
    words.join("+")
}

fn from(source: &str, message: &[u8]) -> String {
    let mut bench = bench();
    let outputs = bench.send(source, message);
    outcome(&mut bench, &outputs)
}

/// The same with an answer to the challenge, by whoever the message says it is from; `-` if there is none.
fn from_account(message: &[u8]) -> String {
    let mut bench = bench();
    let challenge = sent(&bench.send(STRANGER, message));
    let Ok(Message::Request(request)) = Message::parse(Bytes::copy_from_slice(message)) else {
        return "-".into();
    };
    let claimed = if request.method == Method::Register { &request.to } else { &request.from };
    let user = claimed.uri.user().unwrap_or_default().into_owned();
    let Some(answered) = answer_challenge(&challenge[0], message, &user, "password") else {
        return "-".into();
    };
    let outputs = bench.send(STRANGER, answered);
    outcome(&mut bench, &outputs)
}

#[test]
fn every_torture_message_is_answered_as_the_table_says() {
    let table = std::fs::read_to_string(folder().join("answers.txt")).unwrap();
    let mut wrong = Vec::new();
    let mut seen = Vec::new();
    for entry in table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let words: Vec<_> = entry.split_whitespace().take(4).collect();
        let message = std::fs::read(folder().join(format!("{}.dat", words[0]))).unwrap();
        let found = [from(STRANGER, &message), from(TRUNK, &message), from_account(&message)];
        if found != words[1..] {
            wrong.push(format!("{} {}", words[0], found.join(" ")));
        }
        seen.push(format!("{}.dat", words[0]));
    }
    assert_eq!(wrong.join("\n"), "");
    let mut files: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".dat"))
        .collect();
    files.sort();
    seen.sort();
    assert_eq!(seen, files, "each message once");
}

#[test]
fn an_endpoint_that_saw_all_of_them_still_serves() {
    let mut bench = bench();
    for source in [STRANGER, TRUNK] {
        for file in std::fs::read_dir(folder()).unwrap() {
            bench.send(source, std::fs::read(file.unwrap().path()).unwrap());
        }
    }
    let outputs = bench.send(TRUNK, std::fs::read(folder().join("zeromf.dat")).unwrap());
    assert_eq!(lines(&outputs), ["SIP/2.0 200 OK"]);
}
