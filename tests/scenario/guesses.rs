//! Who guesses passwords has to wait, and nobody else.

use serde_json::Value;

use crate::harness::{ALICE, BOB, Client, Gateway, Http, Login};

/// Logs in by HTTP; the answer.
async fn login(http: &Http, account: &str, password: &str) -> String {
    let url = format!("/XIMSSLogin/?errorAsXML=1&userName={account}&password={password}");
    http.get(&url).await.text()
}

#[tokio::test]
async fn too_many_wrong_passwords_close_the_door_to_their_address_alone() {
    let mut gateway = Gateway::start().await;
    let http = Http::of(&gateway);
    let mut wrong = 0;
    let refusal = loop {
        let answer = login(&http, ALICE, "hunter2").await;
        if !answer.contains("errorNum=\"515\"") {
            break answer;
        }
        wrong += 1;
    };
    let expected = "<XIMSS><response errorText=\"too many attempts to log in: wait some minutes\" ";
    assert!(refusal.starts_with(expected), "{refusal}");
    // More may have come back meanwhile.
    assert!((30..40).contains(&wrong), "{wrong}");
    let line = gateway.logged(|line| line["message"] == "login failed").await;
    assert_eq!((&line["account"], &line["address"]), (&ALICE.into(), &"127.0.0.1".into()));
    gateway.logged(|line| line["message"] == "login refused: too many attempts").await;
    // From elsewhere alice comes in; and her address may go on when it knows the password, for it costs nothing then.
    let mut elsewhere = Client::connect_from(&gateway, [127, 0, 0, 2].into(), Login::Password(ALICE)).await;
    elsewhere.run("<noop/>").await;
    for _ in 0..40 {
        let mut client = Client::connect_from(&gateway, [127, 0, 0, 3].into(), Login::Password(BOB)).await;
        client.run("<bye/>").await;
    }
}

#[tokio::test]
async fn a_log_tells_who_failed_to_log_in_but_no_secret() {
    let mut gateway = Gateway::start().await;
    let http = Http::of(&gateway);
    // Somebody types the password into the wrong field, and a wrong one into the other.
    login(&http, "secret%20of%20alice", "hunter2").await;
    let line = gateway.logged(|line| line["message"] == "login failed").await;
    assert_eq!(line["account"], Value::from("-"));
    let log = gateway.log_text();
    assert!(!log.contains("hunter2") && !log.contains("of alice"), "{log}");
}
