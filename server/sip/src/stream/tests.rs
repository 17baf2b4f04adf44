//! How a stream is cut into messages, whatever the sizes of its pieces.

use super::*;

const HEAD: &str = "OPTIONS sip:c@d SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
    To: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n";

/// A short name for each frame, with the body of a message; `fatal` ends the list.
fn frames(framer: &mut Framer) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        match framer.next_frame() {
            Ok(None) => return found,
            Ok(Some(Frame::Ping)) => found.push("ping".to_owned()),
            Ok(Some(Frame::Message(message))) => {
                found.push(String::from_utf8_lossy(message.body()).into_owned())
            }
            Ok(Some(Frame::Malformed(error))) => found.push(format!("malformed: {error}")),
            Err(error) => {
                found.push(format!("fatal: {error}, answerable: {}", error.is_answerable()));
                return found;
            }
        }
    }
}

fn whole(text: &str) -> Vec<String> {
    let mut framer = Framer::default();
    framer.push(text.as_bytes());
    frames(&mut framer)
}

#[test]
fn messages_are_cut_by_their_content_length_in_pieces_of_any_size() {
    let stream =
        format!("{HEAD}l: 5\r\n\r\nfirst\r\n\r\n{HEAD}Content-Length: 6\r\n\r\nsecond\r\n{HEAD}L:0\r\n\r\n");
    for size in [1, 2, 3, 7, 64, stream.len()] {
        let mut framer = Framer::default();
        let mut found = Vec::new();
        for piece in stream.as_bytes().chunks(size) {
            framer.push(piece);
            found.extend(frames(&mut framer));
        }
        assert_eq!(found, ["first", "ping", "second", ""], "pieces of {size}");
        assert!(!framer.is_within_message());
    }
}

#[test]
fn a_single_line_end_between_messages_is_dropped_and_two_are_a_ping() {
    assert_eq!(whole("\r\n\r\n\r\n\r\n"), ["ping", "ping"]);
    assert_eq!(whole("\r\n"), Vec::<String>::new());
}

#[test]
fn a_malformed_message_of_known_length_does_not_end_the_stream() {
    let bad = "OPTIONS sip:c@d SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nl: 1\r\n\r\nx";
    assert_eq!(whole(&format!("{bad}{HEAD}l: 1\r\n\r\ny")), ["malformed: Missing From", "y"]);
}

#[test]
fn a_stream_whose_next_message_cannot_be_found_is_ended() {
    for (fields, reason) in [
        ("l: 1\r\nl: 2\r\n", "Conflicting Content-Length"),
        ("l: -1\r\n", "Malformed Content-Length: Number Out of Range"),
        ("l: 99999999999999999999\r\n", "Malformed Content-Length: Number Out of Range"),
        ("", "Missing Content-Length"),
        ("l: 65536\r\n", "Message Over 65536 Bytes"),
        ("l: 1\rl: 2\r\n", "Bare CR or LF"),
    ] {
        assert_eq!(whole(&format!("{HEAD}{fields}\r\nbody")), [format!("fatal: {reason}, answerable: true")]);
    }
}

#[test]
fn header_fields_that_never_end_are_not_kept_for_ever() {
    let mut framer = Framer::default();
    for _ in 0..MAX_MESSAGE / 1024 {
        framer.push(&[b'a'; 1024]);
        assert!(framer.next_frame().unwrap().is_none());
    }
    framer.push(b"a");
    assert_eq!(frames(&mut framer), ["fatal: Message Over 65536 Bytes, answerable: false"]);
}
