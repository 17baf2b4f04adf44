//! What others may do with a mailbox: as much as was granted, at once, and nothing tells of the rest.

use protocol::{Element, Flags};

use crate::harness::{ALICE, BOB, Client, Fixture, Gateway, Http, Kind, Login, Mail};

const DENIED: (&str, &str) = ("mailbox access denied", "516");
const ALL: &str = "lrswipkxtea";

fn three_messages() -> Vec<Mail> {
    let mail = |uid: u32, flags| Mail {
        uid,
        internal_date: 1_600_000_000_000 + i64::from(uid),
        flags,
        from: "carol@example.org".to_owned(),
        subject: format!("subject {uid}"),
        rest: String::new(),
    };
    vec![mail(1, Flags::SEEN), mail(2, Flags::DELETED), mail(3, Flags::NONE)]
}

/// Alice, with three messages in her INBOX, and bob.
async fn both() -> (Gateway, Client, Client) {
    let gateway = Gateway::with(Fixture::new().mail("INBOX", three_messages())).await;
    let alice = Client::connect(&gateway, Kind::WebSocket, Login::Password(ALICE)).await;
    let bob = Client::connect(&gateway, Kind::WebSocket, Login::Password(BOB)).await;
    (gateway, alice, bob)
}

async fn grant(alice: &mut Client, mailbox: &str, to: &str, letters: &str) {
    let request = format!(
        r#"<mailboxRightsSet mailbox="{mailbox}"><mailboxRights account="{to}">{letters}</mailboxRights></mailboxRightsSet>"#
    );
    alice.run(&request).await;
}

async fn is_denied(client: &mut Client, request: &str) {
    let (text, number) = client.fails(request).await;
    assert_eq!((text.as_str(), number.as_str()), DENIED, "{request}");
}

fn without_id(messages: &[Element]) -> Vec<String> {
    let text = |message: &Element| {
        let text = message.to_xml();
        let (before, after) = text.split_once(" id=\"").expect("an id");
        format!("{before}{}", after.split_once('"').expect("its end").1)
    };
    messages.iter().map(text).collect()
}

#[tokio::test]
async fn a_guest_reads_marks_when_let_and_is_shown_out_while_the_folder_is_open() {
    let (gateway, mut alice, mut bob) = both().await;
    let open = r#"<folderOpen folder="F" mailbox="~alice@localhost/INBOX"><field>FLAGS</field></folderOpen>"#;
    is_denied(&mut bob, open).await;
    grant(&mut alice, "INBOX", BOB, "lr").await;
    let report = bob.run(open).await;
    assert_eq!(report[0].attribute("rights"), Some("lr"));
    assert_eq!(report[0].attribute("messages"), Some("2"), "one is deleted");
    let read = bob.run(r#"<folderRead folder="F" UID="3"/>"#).await;
    assert!(read[0].to_xml().contains("subject 3"));
    let mark = r#"<messageMark folder="F" flags="Seen"><UID>3</UID></messageMark>"#;
    is_denied(&mut bob, mark).await;
    grant(&mut alice, "INBOX", BOB, "lrs").await;
    bob.notice("folderReport").await;
    // The mark is the mailbox's: alice sees it as well.
    alice.run(r#"<folderOpen folder="INBOX"><field>FLAGS</field></folderOpen>"#).await;
    bob.run(mark).await;
    alice.notice("folderReport").await;
    let synced = alice.run(r#"<folderSync folder="INBOX"/>"#).await;
    assert!(synced[0].to_xml().contains("<FLAGS>Seen</FLAGS>"), "{synced:?}");
    bob.run(r#"<folderSync folder="F"/>"#).await;
    let http = Http::of(&gateway);
    let part = format!("/Session/{}/MIME/F/3-P.txt", bob.session("urlID"));
    assert_eq!(http.get(&part).await.status, 200);
    // What is withdrawn is told once, and then there is only one answer.
    bob.rest().await;
    grant(&mut alice, "INBOX", BOB, "").await;
    let notice = bob.notice("folderReport").await;
    assert_eq!(notice.to_xml(), r#"<folderReport folder="F" mode="notify"/>"#);
    for request in [
        r#"<folderSync folder="F"/>"#,
        r#"<folderBrowse folder="F"><index>0</index></folderBrowse>"#,
        r#"<folderRead folder="F" UID="3"/>"#,
        r#"<folderReopen folder="F"/>"#,
        mark,
    ] {
        is_denied(&mut bob, request).await;
    }
    assert_eq!(http.get(&part).await.status, 403);
    alice.run(r#"<messageMark folder="INBOX" flags="Flagged"><UID>3</UID></messageMark>"#).await;
    assert!(bob.rest().await.is_empty(), "nothing more is told");
    // And what is granted again is there again.
    grant(&mut alice, "INBOX", "anyone", "r").await;
    bob.notice("folderReport").await;
    let synced = bob.run(r#"<folderSync folder="F"/>"#).await;
    assert!(synced[0].to_xml().contains("Flagged"), "{synced:?}");
    bob.run(r#"<folderClose folder="F"/>"#).await;
}

#[tokio::test]
async fn lists_show_what_may_be_seen_and_nothing_of_the_rest() {
    let (gateway, mut alice, mut bob) = both().await;
    let (_, error, code) =
        gateway.run(&["account", "add", "eve@example.net", "--password-stdin"], "secret").await;
    assert_eq!(code, Some(0), "{error}");
    let mut eve = Client::connect(&gateway, Kind::Tcp, Login::Password("eve@example.net")).await;
    for name in ["Work", "Work/A", "Work/B", "Secret"] {
        alice.run(&format!(r#"<mailboxCreate mailbox="{name}"/>"#)).await;
    }
    grant(&mut alice, "Work", "anyone", "l").await;
    grant(&mut alice, "Work/B", "bob", "lrs").await;
    grant(&mut alice, "Secret", "bob", "r").await;
    let names = async |client: &mut Client, filter: &str| {
        let list = client.run(&format!(r#"<mailboxList filter="{filter}"/>"#)).await;
        let name = |mailbox: &Element| {
            let attribute = |name| mailbox.attribute(name).unwrap_or_default().to_owned();
            (attribute("mailbox"), attribute("rights"), attribute("isFolder"))
        };
        list.iter().map(name).collect::<Vec<_>>()
    };
    let entry = |name: &str, rights: &str, folder: &str| {
        (format!("~alice@localhost/{name}"), rights.to_owned(), folder.to_owned())
    };
    let visible = [entry("Work", "l", "yes"), entry("Work/B", "lrs", "")];
    for filter in ["~alice@localhost/*", "~ALICE/*", "~*"] {
        assert_eq!(names(&mut bob, filter).await, visible, "{filter}");
    }
    assert_eq!(names(&mut bob, "~alice@localhost/%").await, visible[..1]);
    assert_eq!(names(&mut bob, "~nobody@localhost/*").await, []);
    assert_eq!(names(&mut eve, "~alice@localhost/*").await, []);
    assert_eq!(names(&mut bob, "*").await.len(), 1, "his own");
    let own = names(&mut alice, "~alice@localhost/Wo*").await;
    assert_eq!(own.len(), 3);
    // Who has a right to a mailbox is told which, whether or not lists show it; nobody else is told anything.
    let rights = bob.run(r#"<mailboxRightsGet mailbox="~alice@localhost/Secret"/>"#).await;
    assert_eq!(rights[0].text(), "r");
    assert_eq!(bob.run(r#"<mailboxRightsGet mailbox="INBOX"/>"#).await[0].text(), "lrswipkxteacd");
    for name in ["INBOX", "Work/A", "Nowhere", "Work/"] {
        is_denied(&mut bob, &format!(r#"<mailboxRightsGet mailbox="~alice@localhost/{name}"/>"#)).await;
    }
    is_denied(&mut bob, r#"<mailboxRightsGet mailbox="~nobody@localhost/INBOX"/>"#).await;
    is_denied(&mut eve, r#"<mailboxRightsGet mailbox="~alice@localhost/Work"/>"#).await;
}

#[tokio::test]
async fn a_guest_makes_mailboxes_that_have_the_rights_of_the_one_above() {
    let (_gateway, mut alice, mut bob) = both().await;
    alice.run(r#"<mailboxCreate mailbox="Work"/>"#).await;
    grant(&mut alice, "Work", BOB, "lrkx").await;
    bob.run(r#"<mailboxCreate mailbox="~alice@localhost/Work/A" mailboxClass="IPF.Contact"/>"#).await;
    let rights = bob.run(r#"<mailboxRightsGet mailbox="~alice@localhost/Work/A"/>"#).await;
    assert_eq!(rights[0].text(), "lrkxc");
    let taken = bob.fails(r#"<mailboxCreate mailbox="~alice@localhost/Work/A"/>"#).await;
    assert_eq!(taken.1, "520");
    // What is there and may not be seen gives no other answer than what may not be made.
    alice.run(r#"<mailboxCreate mailbox="Work/Hidden"/>"#).await;
    is_denied(&mut bob, r#"<mailboxCreate mailbox="~alice@localhost/Work/Hidden"/>"#).await;
    is_denied(
        &mut bob,
        r#"<mailboxRename mailbox="~alice@localhost/Work/A" newName="~alice@localhost/Work/Hidden"/>"#,
    )
    .await;
    is_denied(&mut bob, r#"<mailboxCreate mailbox="~alice@localhost/Top"/>"#).await;
    // Below what is to go is a mailbox that may not go.
    is_denied(&mut bob, r#"<mailboxRemove mailbox="~alice@localhost/Work" children="yes"/>"#).await;
    let (text, _) = bob.fails(r#"<mailboxRename mailbox="~alice@localhost/Work/A" newName="Mine"/>"#).await;
    assert!(text.contains("another account"), "{text}");
    bob.run(r#"<mailboxRename mailbox="~alice@localhost/Work/A" newName="~alice@localhost/Work/B"/>"#).await;
    bob.run(r#"<mailboxRemove mailbox="~alice@localhost/Work/B"/>"#).await;
    assert_eq!(alice.run(r#"<mailboxList filter="Work*"/>"#).await.len(), 2);
}

#[tokio::test]
async fn copies_come_without_the_flags_that_may_not_be_set() {
    let (_gateway, mut alice, mut bob) = both().await;
    alice.run(r#"<mailboxCreate mailbox="Drop"/>"#).await;
    grant(&mut alice, "INBOX", BOB, "r").await;
    bob.run(r#"<folderOpen folder="F" mailbox="~alice@localhost/INBOX" hideDeleted="no"><field>FLAGS</field></folderOpen>"#).await;
    let shown = async |alice: &mut Client| {
        alice.run(r#"<folderOpen folder="Drop" hideDeleted="no"><field>FLAGS</field></folderOpen>"#).await;
        let rows =
            alice.run(r#"<folderBrowse folder="Drop"><index from="0" till="9"/></folderBrowse>"#).await;
        let flags = rows
            .iter()
            .map(|row| row.elements().next().expect("FLAGS").text().into_owned())
            .collect::<Vec<_>>();
        alice.run(r#"<emptyMailbox mailbox="Drop" duration="0"/>"#).await;
        alice.run(r#"<folderClose folder="Drop"/>"#).await;
        flags
    };
    for (letters, expected) in
        [("i", ["", ""]), ("is", ["Seen", ""]), ("it", ["", "Deleted"]), ("iw", ["", ""])]
    {
        grant(&mut alice, "Drop", BOB, letters).await;
        bob.run(r#"<messageCopy folder="F" targetMailbox="~alice@localhost/Drop"><UID>1</UID><UID>2</UID></messageCopy>"#).await;
        assert_eq!(shown(&mut alice).await, expected, "{letters}");
    }
}

/// What is removed into a trash that is another's comes there as a copy does: without the flags that may not be set.
#[tokio::test]
async fn what_is_moved_to_anothers_trash_comes_without_the_flags_that_may_not_be_set() {
    let (_gateway, mut alice, mut bob) = both().await;
    bob.run(r#"<mailboxCreate mailbox="Bin"/>"#).await;
    grant(&mut bob, "Bin", ALICE, "i").await;
    let trash = "<prefsStore><TrashBox>~bob@localhost/Bin</TrashBox></prefsStore>";
    alice.run(trash).await;
    alice.run(r#"<folderOpen folder="INBOX"><field>FLAGS</field></folderOpen>"#).await;
    let remove = r#"<messageRemove folder="INBOX" mode="Move To Trash"><UID>1</UID></messageRemove>"#;
    alice.run(remove).await;
    bob.run(r#"<folderOpen folder="Bin" hideDeleted="no"><field>FLAGS</field></folderOpen>"#).await;
    let rows = bob.run(r#"<folderBrowse folder="Bin"><index from="0" till="9"/></folderBrowse>"#).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].child("FLAGS").map(|flags| flags.text().into_owned()).unwrap_or_default(), "");
}

/// Requests of a guest, with the rights that each needs. `BOX` stands for the mailbox; the folder `F` is open on it, and
/// `OWN` on a mailbox of the guest's.
const REQUESTS: &[(&str, &str)] = &[
    ("r", r#"<folderOpen folder="G" mailbox="BOX"><field>FLAGS</field></folderOpen>"#),
    ("r", r#"<folderReopen folder="F" sortField="Date"/>"#),
    ("r", r#"<folderBrowse folder="F"><index from="0" till="9"/></folderBrowse>"#),
    ("r", r#"<folderSync folder="F"/>"#),
    ("r", r#"<folderRead folder="F" UID="1"/>"#),
    ("r", r#"<folderSearch folder="F" filter="ALL"/>"#),
    ("r", r#"<messageRedirect folder="F"><UID>1</UID><To>bob@localhost</To></messageRedirect>"#),
    (
        "i",
        r#"<messageAppend folder="F"><EMail><Subject>a</Subject><MIME type="text" subtype="plain">b</MIME></EMail></messageAppend>"#,
    ),
    (
        "i",
        r#"<messageAppend targetMailbox="BOX"><EMail><Subject>a</Subject><MIME type="text" subtype="plain">b</MIME></EMail></messageAppend>"#,
    ),
    (
        "ite",
        r#"<messageAppend folder="F" replacesUID="3"><EMail><Subject>a</Subject><MIME type="text" subtype="plain">b</MIME></EMail></messageAppend>"#,
    ),
    (
        "r",
        r#"<messageSubmit noSentCopy="yes"><EMail><To>bob@localhost</To><MIME type="multipart" subtype="mixed"><MIME type="text" subtype="plain">b</MIME><MIME folder="F" UID="1"/></MIME></EMail></messageSubmit>"#,
    ),
    ("e", r#"<folderExpunge folder="F"/>"#),
    ("s", r#"<messageMark folder="F" flags="Seen"><UID>3</UID></messageMark>"#),
    ("s", r#"<messageMark folder="F" flags="Unseen"><index>0</index></messageMark>"#),
    ("t", r#"<messageMark folder="F" flags="Deleted"><UID>3</UID></messageMark>"#),
    ("w", r#"<messageMark folder="F" flags="Flagged"><UID>3</UID></messageMark>"#),
    ("sw", r#"<messageMark folder="F" flags="Seen,Answered"><UID>3</UID></messageMark>"#),
    ("t", r#"<messageRemove folder="F" mode="Mark"><UID>3</UID></messageRemove>"#),
    ("te", r#"<messageRemove folder="F" mode="Immediately"><UID>3</UID></messageRemove>"#),
    ("rte", r#"<messageRemove folder="F" mode="Move To Trash"><UID>3</UID></messageRemove>"#),
    ("r", r#"<messageCopy folder="F" targetMailbox="Own"><UID>3</UID></messageCopy>"#),
    ("i", r#"<messageCopy folder="OWN" targetMailbox="BOX"><UID>1</UID></messageCopy>"#),
    ("rte", r#"<messageMove folder="F" targetMailbox="Own"><UID>3</UID></messageMove>"#),
    ("i", r#"<messageMove folder="OWN" targetMailbox="BOX"><UID>1</UID></messageMove>"#),
    ("te", r#"<emptyMailbox mailbox="BOX" duration="0"/>"#),
    ("k", r#"<mailboxCreate mailbox="BOX/New"/>"#),
    ("kr", r#"<folderOpen folder="G" mailbox="BOX/New" mailboxClass=""><field>FLAGS</field></folderOpen>"#),
    ("ki", r#"<messageCopy folder="OWN" targetMailbox="BOX/New" mailboxClass=""><UID>1</UID></messageCopy>"#),
    ("kx", r#"<mailboxRename mailbox="BOX/Sub" newName="BOX/Sub2"/>"#),
    ("x", r#"<mailboxRemove mailbox="BOX"/>"#),
    ("x", r#"<mailboxRemove mailbox="BOX" children="yes"/>"#),
    ("a", r#"<mailboxRightsList mailbox="BOX"/>"#),
    (
        "a",
        r#"<mailboxRightsSet mailbox="BOX"><mailboxRights account="anyone">lr</mailboxRights></mailboxRightsSet>"#,
    ),
];

/// All that alice sees of a mailbox and what is below it.
async fn state(alice: &mut Client, mailbox: &str) -> Vec<String> {
    let mut state = without_id(&alice.run(&format!(r#"<mailboxList filter="{mailbox}*"/>"#)).await);
    for name in [mailbox.to_owned(), format!("{mailbox}/Sub")] {
        state.extend(without_id(&alice.run(&format!(r#"<mailboxRightsList mailbox="{name}"/>"#)).await));
    }
    let open = format!(
        r#"<folderOpen folder="S" mailbox="{mailbox}" hideDeleted="no"><field>FLAGS</field></folderOpen>"#
    );
    state.extend(without_id(&alice.run(&open).await));
    let rows = alice.run(r#"<folderBrowse folder="S"><index from="0" till="9"/></folderBrowse>"#).await;
    state.extend(without_id(&rows));
    alice.run(r#"<folderClose folder="S"/>"#).await;
    state
}

#[tokio::test]
async fn without_a_right_that_it_needs_no_request_does_or_tells_anything() {
    let (_gateway, mut alice, mut bob) = both().await;
    alice
        .run(r#"<folderOpen folder="I" mailbox="INBOX" hideDeleted="no"><field>FLAGS</field></folderOpen>"#)
        .await;
    bob.run(r#"<mailboxCreate mailbox="Own"/>"#).await;
    bob.run(r#"<folderOpen folder="OWN" mailbox="Own"><field>FLAGS</field></folderOpen>"#).await;
    for (number, (needed, request)) in REQUESTS.iter().enumerate() {
        let (name, has_below) =
            (format!("Box{number}"), request.contains("Sub") || request.contains("children"));
        let foreign = format!("~alice@localhost/{name}");
        let request = request.replace("BOX", &foreign);
        let copy = format!(
            r#"<messageCopy folder="I" targetMailbox="{name}" mailboxClass=""><UID from="1" till="3"/></messageCopy>"#
        );
        alice.run(&copy).await;
        alice.run(&format!(r#"<mailboxCreate mailbox="{name}/Sub"/>"#)).await;
        let names = [name.clone(), format!("{name}/Sub")];
        let shared = &names[..if has_below { 2 } else { 1 }];
        for mailbox in shared {
            grant(&mut alice, mailbox, BOB, ALL).await;
        }
        let open = format!(
            r#"<folderOpen folder="F" mailbox="{foreign}" hideDeleted="no"><field>FLAGS</field></folderOpen>"#
        );
        bob.run(&open).await;
        // The own folder always has a message.
        let fill = r#"<messageCopy folder="F" targetMailbox="Own"><UID>1</UID></messageCopy>"#;
        bob.run(fill).await;
        let own = bob.run(r#"<mailboxList filter="Own"/>"#).await;
        let own = own[0].attribute("UIDNext").expect("a number").parse::<u32>().expect("a number") - 1;
        let request =
            request.replace("<UID>1</UID></messageMove>", &format!("<UID>{own}</UID></messageMove>"));
        let mut lists: Vec<String> = needed.chars().map(|missing| ALL.replace(missing, "")).collect();
        lists.push(String::new());
        for letters in lists {
            for mailbox in shared {
                grant(&mut alice, mailbox, BOB, &letters).await;
            }
            let before = state(&mut alice, &name).await;
            is_denied(&mut bob, &request).await;
            assert_eq!(state(&mut alice, &name).await, before, "{request} with {letters:?}");
        }
        // What is not there gives the same answer.
        if request.contains(&foreign) {
            is_denied(&mut bob, &request.replace(&foreign, "~alice@localhost/Nowhere")).await;
            is_denied(&mut bob, &request.replace(&foreign, "~nobody@localhost/Nowhere")).await;
        }
        // And with just these rights it is done.
        for mailbox in shared {
            grant(&mut alice, mailbox, BOB, needed).await;
        }
        bob.run(&request).await;
        for folder in ["F", "G"] {
            bob.try_run(&format!(r#"<folderClose folder="{folder}"/>"#)).await;
        }
    }
}

#[tokio::test]
async fn rights_are_the_owners_to_give_and_what_cannot_be_given_is_refused_with_the_rest() {
    let (_gateway, mut alice, mut bob) = both().await;
    let set = |rights: &str| format!(r#"<mailboxRightsSet mailbox="INBOX">{rights}</mailboxRightsSet>"#);
    for (rights, words) in [
        (r#"<mailboxRights account="alice">l</mailboxRights>"#, "is the owner"),
        (r#"<mailboxRights account="nobody@localhost">l</mailboxRights>"#, "there is no account"),
        (r#"<mailboxRights account="">l</mailboxRights>"#, "there is no account"),
        (r#"<mailboxRights account="bob">lq</mailboxRights>"#, "lrswipkxtea"),
    ] {
        let all = set(&format!(r#"<mailboxRights account="anyone">l</mailboxRights>{rights}"#));
        let (text, number) = alice.fails(&all).await;
        assert!(text.contains(words) && number == "500", "{text}");
        assert!(alice.run(r#"<mailboxRightsList mailbox="INBOX"/>"#).await.is_empty(), "all or none");
    }
    // Who has been given `a` gives on, and can take nothing from the owner.
    grant(&mut alice, "INBOX", BOB, "a").await;
    let foreign = "~alice@localhost/INBOX";
    grant(&mut bob, foreign, "anyone", "lr").await;
    let (text, _) = bob
        .fails(&set(r#"<mailboxRights account="alice">l</mailboxRights>"#).replace("INBOX", foreign))
        .await;
    assert!(text.contains("is the owner"), "{text}");
    let listed = without_id(&bob.run(&format!(r#"<mailboxRightsList mailbox="{foreign}"/>"#)).await);
    let expected = [
        r#"<mailboxRights mailbox="~alice@localhost/INBOX" account="anyone">lr</mailboxRights>"#,
        r#"<mailboxRights mailbox="~alice@localhost/INBOX" account="bob@localhost">a</mailboxRights>"#,
    ];
    assert_eq!(listed, expected);
    grant(&mut bob, foreign, BOB, "").await;
    is_denied(&mut bob, &format!(r#"<mailboxRightsList mailbox="{foreign}"/>"#)).await;
}

#[tokio::test]
async fn no_name_leads_anywhere_but_where_it_says() {
    let (_gateway, mut alice, mut bob) = both().await;
    grant(&mut alice, "INBOX", BOB, "lr").await;
    for name in [
        "~alice@localhost/../INBOX",
        "~alice@localhost/INBOX/..",
        "~alice@localhost/🦀",
        "~alice@@localhost/INBOX",
    ] {
        is_denied(&mut bob, &format!(r#"<mailboxRightsGet mailbox="{name}"/>"#)).await;
    }
    for name in
        ["~alice@localhost//", &format!("~alice@localhost/{}", "x".repeat(10_000)), "~alice@localhost/a//b"]
    {
        let (text, _) = bob.fails(&format!(r#"<mailboxRightsGet mailbox="{name}"/>"#)).await;
        assert!(text.contains("no mailbox can be named so"), "{text}");
    }
    // Names of one's own may look odd, and are nothing but names.
    for name in ["..", "../..", "a/../b", "🦀/🦞", "~", "a~b@c/d"] {
        let tried = alice.try_run(&format!(r#"<mailboxCreate mailbox="{name}"/>"#)).await;
        let refused = tried[0].attribute("errorText");
        assert_eq!(refused, (name == "~").then_some(DENIED.0), "{name}");
        if refused.is_none() {
            alice
                .run(&format!(r#"<folderOpen folder="F" mailbox="{name}"><field>FLAGS</field></folderOpen>"#))
                .await;
            alice.run(r#"<folderClose folder="F"/>"#).await;
            alice.run(&format!(r#"<mailboxRemove mailbox="{name}"/>"#)).await;
        }
    }
}
