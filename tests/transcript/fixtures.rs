//! What is in the data folder before a transcript begins?

use protocol::{Flags, Scalar};

use crate::harness::{Fixture, Mail};

/// The fixture of this name.
pub(super) fn fixture(name: &str) -> Fixture {
    match name {
        "calls" | "empty" => Fixture::new(),
        "little_room" => Fixture::new().config("[files]\nsize = \"100B\"\ncount = 5\n"),
        "folder_examples" => Fixture::new().preference("DeleteMode", "Mark").mail("INBOX", folder_examples()),
        "letters" => Fixture::new().mail("INBOX", letters()),
        "three_messages" => Fixture::new().mail("INBOX", three_messages()),
        _ => panic!("there is no fixture {name}"),
    }
}

/// The INBOX of the protocol text's Examples 1 to 3: 234 messages, 12 of them not seen, sorted by the date at which
/// they came. The examples name eight of them and the positions they have.
fn folder_examples() -> Vec<Mail> {
    let named = [
        (0, 123, "Seen,Deleted", "John H. Smith <john@example.org>", "Hello - just a test"),
        (1, 543, "Seen,Answered", "Jim Spammer <jim@example.org>", "This is the best offer!"),
        (2, 343, "Seen,Media", "someone@example.org", "Meeting reminder"),
        (3, 512, "Seen,Flagged", "admin@example.org", "Shutdown @ 4:45AM"),
        // After the changes of Example 1 these are the ones that Example 3 finds at 31 and 126.
        (31, 446, "Seen,Deleted", "a@example.org", "four"),
        (35, 117, "", "b@example.org", "five"),
        (127, 756, "Seen,Deleted", "c@example.org", "six"),
        // The highest UID, so that the message that comes gets 976.
        (233, 975, "Seen", "d@example.org", "last"),
    ];
    let mut others = (1u32..).filter(|uid| named.iter().all(|(_, known, ..)| known != uid));
    // Eleven more are not seen.
    let unseen = 40..51;
    let mail = |position: usize| {
        let (uid, flags, from, subject) = match named.iter().find(|(at, ..)| *at == position) {
            Some((_, uid, flags, from, subject)) => (*uid, *flags, *from, *subject),
            None => {
                let flags = if unseen.contains(&position) { "" } else { "Seen" };
                (others.next().expect("there are more numbers"), flags, "x@example.org", "other")
            }
        };
        Mail {
            uid,
            internal_date: date(position),
            flags: Flags::from_wire(flags).expect("flags"),
            from: from.to_owned(),
            subject: subject.to_owned(),
            rest: String::new(),
        }
    };
    (0..234).map(mail).collect()
}

/// Three messages, of which the second is flagged and the third is not seen, a day apart in 2020.
fn three_messages() -> Vec<Mail> {
    let mail = |uid: u32, flags, from: &str, subject: &str| Mail {
        uid,
        internal_date: date(uid as usize),
        flags: Flags::from_wire(flags).expect("flags"),
        from: from.to_owned(),
        subject: subject.to_owned(),
        rest: String::new(),
    };
    vec![
        mail(1, "Seen", "carol@example.org", "Zebra"),
        mail(2, "Seen,Flagged", "bob@example.org", "apple"),
        mail(3, "", "alice@example.org", "Mango"),
    ]
}

/// Four messages that differ in what folders are sorted and filtered by; the fourth is marked as deleted.
fn letters() -> Vec<Mail> {
    let mail = |uid: u32, flags, from: &str, subject: &str, rest: &str| Mail {
        uid,
        internal_date: date(4 - uid as usize),
        flags: Flags::from_wire(flags).expect("flags"),
        from: from.to_owned(),
        subject: subject.to_owned(),
        rest: rest.to_owned(),
    };
    let attachment = "X-Kind: Alpha\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the list.\r\n\
        --b\r\nContent-Type: application/pdf; name=\"Tea list.pdf\"\r\n\r\nx\r\n--b--\r\n";
    vec![
        mail(
            1,
            "Seen",
            "Zo\u{eb} <zoe@example.org>",
            "\u{e4}pfel",
            "X-Priority: 5\r\nX-Kind: beta\r\n\r\nTEA at noon.\r\n",
        ),
        mail(2, "", "anna@example.org", "Zebra", "X-Priority: 1\r\n\r\nCoffee\r\nonly.\r\n"),
        mail(3, "Seen,Flagged", "\u{c9}mile <emile@example.org>", "apple", attachment),
        mail(4, "Seen,Deleted", "Bob <bob@example.org>", "Apple", "\r\nNothing.\r\n"),
    ]
}

/// Dates a day apart; a message between the first two comes later.
fn date(position: usize) -> i64 {
    const DAY: i64 = 86_400_000;
    1_600_000_000_000 + i64::try_from(position).expect("few messages") * DAY
}

/// The message that comes in the middle of Example 1, as an mbox file. It is dated between the first two.
pub(super) fn arrival() -> String {
    // Half a day after the first, 2020-09-13 12:26:40 UTC.
    "From list@example.org Mon Sep 14 00:26:40 2020\nFrom: CGatePro Discussions <list@example.org>\n\
     Subject: [CGP] Re: Session Timer?\n\nYes.\n\n"
        .to_owned()
}
