//! Is every text found, and nothing of what has gone?

use crate::harness::{Bed, message, on_both};
use crate::{FlagEdit, MailboxId, TextPlace, Texts, Uid};

fn texts(head: &str, shown: &str, body: &str) -> Option<Texts> {
    Some(Texts { head: head.into(), shown: shown.into(), body: body.into() })
}

/// The messages that contain a text, by number.
async fn find(bed: &Bed, mailbox: MailboxId, place: TextPlace, text: &str) -> Vec<u32> {
    let found = bed.storage.find_text(mailbox, place, text).await.unwrap().unwrap();
    found.uids.into_iter().map(|uid| uid.0).collect()
}

/// Stores so many messages and indexes them with these texts.
async fn indexed(bed: &Bed, mailbox: MailboxId, all: Vec<Option<Texts>>) {
    bed.storage.append(mailbox, (0..all.len()).map(|n| message(n as i64)).collect()).await.unwrap();
    let waiting = bed.storage.unindexed(None, 1_000).await.unwrap().unwrap();
    assert_eq!((waiting.mailbox, waiting.messages.len()), (mailbox, all.len()));
    let texts = waiting.messages.iter().map(|(uid, _)| *uid).zip(all).collect();
    assert!(bed.storage.index(mailbox, (waiting.after, waiting.till), texts).await.unwrap());
}

on_both! {
    async fn texts_are_found_where_they_are(bed: &Bed) {
        let inbox = bed.inbox().await;
        let all = vec![
            texts("subject one\nann@example.org", "20240101t000000z", "100%_sure \\ \"quoted\" grüße"),
            texts("subject two", "", "one more\nsubject"),
            None,
        ];
        indexed(bed, inbox, all).await;
        let table: [(TextPlace, &str, &[u32]); 12] = [
            (TextPlace::Header, "subject", &[1, 2]),
            (TextPlace::Body, "subject", &[2]),
            (TextPlace::Anywhere, "one", &[1, 2]),
            (TextPlace::Header, "20240101", &[1]),
            (TextPlace::Anywhere, "20240101", &[]),
            (TextPlace::Anywhere, "one\nann", &[1]),
            (TextPlace::Body, "100%_sure", &[1]),
            (TextPlace::Body, "100__sure", &[]),
            (TextPlace::Body, "\\ \"quoted\"", &[1]),
            (TextPlace::Body, "rüße", &[1]),
            (TextPlace::Body, "Grüße", &[]),
            (TextPlace::Anywhere, "bject tw", &[2]),
        ];
        for (place, text, expected) in table {
            assert_eq!(find(bed, inbox, place, text).await, expected, "{place:?} {text}");
        }
        let found = bed.storage.find_text(inbox, TextPlace::Anywhere, "nothing").await.unwrap().unwrap();
        assert_eq!((found.indexed, found.unknown), (Uid(3), vec![Uid(3)]));
        assert_eq!(bed.storage.find_text(inbox, TextPlace::Body, "rü").await.unwrap(), None);
    }

    async fn each_mailbox_has_its_own_messages_and_what_is_removed_is_not_found(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let (one, two) = (bed.mailbox(account, "One").await, bed.mailbox(account, "Two").await);
        indexed(bed, one, vec![texts("tea", "", "leaves"), texts("tea", "", ""), None]).await;
        indexed(bed, two, vec![texts("tea", "", "")]).await;
        assert_eq!(find(bed, one, TextPlace::Anywhere, "tea").await, [1, 2]);
        bed.storage.remove(one, &[Uid(1), Uid(3)]).await.unwrap();
        assert_eq!(find(bed, one, TextPlace::Anywhere, "tea").await, [2]);
        assert_eq!(find(bed, one, TextPlace::Anywhere, "leaves").await, Vec::<u32>::new());
        assert_eq!(bed.count("SELECT COUNT(*) FROM search_direct").await, 0);
        bed.storage.remove_mailbox(one).await.unwrap();
        assert_eq!(bed.count("SELECT COUNT(*) FROM search").await, 1);
        assert_eq!(bed.count("SELECT COUNT(*) FROM message_text").await, 1);
        assert_eq!(find(bed, two, TextPlace::Anywhere, "tea").await, [1]);
        bed.storage.remove_account(account).await.unwrap();
        assert_eq!(bed.count("SELECT COUNT(*) FROM search").await, 0);
        assert_eq!(bed.count("SELECT COUNT(*) FROM message_text").await, 0);
    }

    async fn messages_are_indexed_in_pages_and_those_that_have_gone_are_passed(bed: &Bed) {
        let inbox = bed.inbox().await;
        bed.storage.append(inbox, (0..5).map(message).collect()).await.unwrap();
        bed.storage.remove(inbox, &[Uid(4), Uid(5)]).await.unwrap();
        let first = bed.storage.unindexed(None, 2).await.unwrap().unwrap();
        assert_eq!((first.after, first.till, first.messages.len()), (Uid(0), Uid(2), 2));
        let all = |uids: &[u32]| uids.iter().map(|uid| (Uid(*uid), texts("tea", "", ""))).collect::<Vec<_>>();
        assert!(bed.storage.index(inbox, (Uid(0), Uid(2)), all(&[1, 2])).await.unwrap());
        assert!(!bed.storage.index(inbox, (Uid(0), Uid(2)), all(&[1, 2])).await.unwrap());
        let second = bed.storage.unindexed(None, 2).await.unwrap().unwrap();
        assert_eq!((second.after, second.till, second.messages.len()), (Uid(2), Uid(5), 1));
        // One has gone since it was read.
        assert!(bed.storage.index(inbox, (Uid(2), Uid(5)), all(&[3, 4])).await.unwrap());
        assert_eq!(find(bed, inbox, TextPlace::Header, "tea").await, [1, 2, 3]);
        assert_eq!(bed.storage.unindexed(None, 2).await.unwrap(), None);
    }

    async fn a_mailbox_can_be_passed_over_for_others(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let mut all = [bed.mailbox(account, "One").await, bed.mailbox(account, "Two").await];
        all.sort();
        for mailbox in all {
            bed.storage.append(mailbox, vec![message(1)]).await.unwrap();
        }
        for (behind, expected) in [(None, all[0]), (Some(all[0]), all[1]), (Some(all[1]), all[0])] {
            let next = bed.storage.unindexed(behind, 10).await.unwrap().unwrap();
            assert_eq!(next.mailbox, expected);
        }
    }

    async fn copies_and_messages_put_in_later_are_indexed_too(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let (one, two) = (bed.mailbox(account, "One").await, bed.mailbox(account, "Two").await);
        bed.storage.append_at(one, vec![(Uid(9), message(1))]).await.unwrap();
        assert!(bed.storage.index(one, (Uid(0), Uid(9)), vec![(Uid(9), texts("tea", "", ""))]).await.unwrap());
        bed.storage.append_at(one, vec![(Uid(5), message(2))]).await.unwrap();
        let again = bed.storage.unindexed(None, 10).await.unwrap().unwrap();
        assert_eq!((again.mailbox, again.after, again.messages.len()), (one, Uid(4), 2));
        let both = vec![(Uid(5), texts("coffee", "", "")), (Uid(9), texts("tea", "", ""))];
        assert!(bed.storage.index(one, (Uid(4), Uid(9)), both).await.unwrap());
        assert_eq!(find(bed, one, TextPlace::Header, "tea").await, [9]);
        bed.storage.copy(one, &[Uid(9)], two, FlagEdit::default()).await.unwrap();
        let copy = bed.storage.unindexed(None, 10).await.unwrap().unwrap();
        assert_eq!((copy.mailbox, copy.messages.len()), (two, 1));
    }
}
