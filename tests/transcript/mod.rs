//! Dialogues as text files, replayed over every transport.
//!
//! A file is named as the request that it is about, or as the example of the protocol text that it is. Its lines:
//!
//! | line | means |
//! |---|---|
//! | `# …` | a remark |
//! | `fixture: NAME` | what is in the data folder before (`fixtures.rs`) |
//! | `C: <request …/>` | the client sends |
//! | `S: <message id="…" …/>` | comes, in this order; `S:` without an `id` comes some time after what is above it |
//! | `S? <message …/>` | may come |
//! | `S*: <message …/>` | reports of a folderSync in any order in which the index arithmetic is right |
//! | `SIP> …`, `SIP< …` | a phone does something, or sees it done (`phone.rs`) |
//! | `import: N MAILBOX` | so many messages are delivered to the mailbox |
//! | `remove: MAILBOX UID …` | another session removes messages |
//! | `upload: ID TEXT` | a file goes into the client's upload set |
//! | `bob: <request …/>` | another account sends, and it succeeds |
//!
//! Attributes that a line leaves out may be there. `tag` and `callLeg="inp…"` stand for any value, the same one each time.
//! `SDP:NAME(offer)` and `SDP:NAME(answer)` stand for a session description; who sends it makes a real one.

mod compare;
mod fixtures;
mod phone;
mod replay;

use crate::harness::Kind;

macro_rules! transcripts {
    ($($name:ident)+) => {
        $(mod $name {
            const TEXT: &str = include_str!(concat!(stringify!($name), ".txt"));

            #[tokio::test]
            async fn replays_over_tcp() {
                super::replay::replay(TEXT, super::Kind::Tcp).await;
            }

            #[tokio::test]
            async fn replays_over_websocket() {
                super::replay::replay(TEXT, super::Kind::WebSocket).await;
            }

            #[tokio::test]
            async fn replays_over_http() {
                super::replay::replay(TEXT, super::Kind::Http).await;
            }
        })+

        /// The names of all transcripts.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),+];
    };
}

transcripts! {
    empty_mailbox
    empty_trash
    file_attr_read
    file_attr_write
    file_dir_create
    file_dir_info
    file_list
    file_read
    file_remove
    file_rename
    file_store
    file_sub_list
    file_sub_update
    file_write
    folder_examples
    folder_open
    folder_reopen
    folder_search
    incoming_01
    incoming_02
    incoming_03
    incoming_04
    mailbox_create
    mailbox_remove
    mailbox_rename
    mailbox_rights_get
    mailbox_rights_list
    mailbox_rights_set
    mailbox_sub_list
    mailbox_sub_update
    message_append
    message_move
    message_redirect
    message_submit
    outgoing_01
    outgoing_11
}

#[test]
fn every_file_is_replayed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/transcript");
    let files = std::fs::read_dir(folder).expect("the folder is there");
    let names = files.map(|file| file.expect("it can be read").file_name().into_string().expect("a name"));
    let mut names: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix(".txt")?.to_owned())).collect();
    names.sort();
    assert_eq!(names, NAMES);
}
