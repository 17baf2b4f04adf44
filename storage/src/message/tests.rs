//! Do messages come back as they were stored, and change as they were told to?

use crate::harness::{everywhere, message};
use crate::{
    Aggregate, Appended, Copied, Error, FlagChange, FlagEdit, Flags, Message, Modseq, NewMessage, Removed,
    SortColumn, SortKey, Uid,
};

const ANSWERED: Flags = Flags::from_bits(1 << 2);
const DELETED: Flags = Flags::from_bits(1 << 3);
/// The highest bit that there is.
const LAST: Flags = Flags::from_bits(1 << 62);

const fn add(flags: Flags) -> FlagEdit {
    FlagEdit { add: flags, remove: Flags::NONE }
}

everywhere! {
    async fn a_message_comes_back_as_it_was_stored(bed: &Bed) {
        let inbox = bed.inbox().await;
        let new = NewMessage { flags: LAST.union(ANSWERED), original_uid: Some(Uid(u32::MAX)), ..message(4) };
        let appended = bed.storage.append(inbox, vec![new.clone(), message(3)]).await.unwrap();
        let modseq = Modseq(2);
        assert_eq!(appended, [Appended { uid: Uid(1), modseq }, Appended { uid: Uid(2), modseq }]);
        let expected = Message {
            uid: Uid(1),
            original_uid: Some(Uid(u32::MAX)),
            flags: LAST.union(ANSWERED),
            modseq,
            internal_date: new.internal_date,
            blob: new.blob,
            fields: new.fields,
        };
        assert_eq!(bed.storage.messages(inbox, &[Uid(9), Uid(1), Uid(1)]).await.unwrap(), [expected]);
        let headers = bed.storage.headers(inbox, &[Uid(2), Uid(9), Uid(1)]).await.unwrap();
        assert_eq!(headers, [(Uid(1), new.header), (Uid(2), message(3).header)]);
        assert_eq!(bed.storage.message_blob(inbox, Uid(1)).await.unwrap(), new.blob);
        let refused = bed.storage.message_blob(inbox, Uid(3)).await.unwrap_err();
        assert!(matches!(refused, Error::NotFound { what: Aggregate::Message }), "{refused}");
    }

    async fn uids_are_never_used_again(bed: &Bed) {
        let inbox = bed.inbox().await;
        bed.storage.append(inbox, vec![message(1), message(2)]).await.unwrap();
        bed.storage.remove(inbox, &[Uid(1), Uid(2)]).await.unwrap();
        let appended = bed.storage.append(inbox, vec![message(3)]).await.unwrap();
        assert_eq!(appended, [Appended { uid: Uid(3), modseq: Modseq(4) }]);
    }

    async fn a_message_is_stored_under_the_uid_that_is_asked_for_if_it_is_free(bed: &Bed) {
        let inbox = bed.inbox().await;
        let placed = [(Uid(50), message(1)), (Uid(7), message(2))];
        let appended = bed.storage.append_at(inbox, placed.to_vec()).await.unwrap();
        let modseq = Modseq(2);
        assert_eq!(appended, [Appended { uid: Uid(50), modseq }, Appended { uid: Uid(7), modseq }]);
        assert_eq!(bed.storage.append(inbox, vec![message(3)]).await.unwrap()[0].uid, Uid(51));
        let with = |one, other| vec![(Uid(one), message(4)), (Uid(other), message(5))];
        for taken in [with(8, 7), with(9, 9)] {
            let refused = bed.storage.append_at(inbox, taken).await.unwrap_err();
            assert!(matches!(refused, Error::AlreadyExists { what: Aggregate::Message }), "{refused}");
        }
        let zero = bed.storage.append_at(inbox, vec![(Uid(0), message(6))]).await.unwrap_err();
        assert!(matches!(zero, Error::InvalidName { .. }), "{zero}");
        assert_eq!(bed.storage.mailbox(inbox).await.unwrap().counts.messages, 3);
        bed.assert_sound().await;
    }

    async fn when_the_last_uid_is_used_up_nothing_more_is_stored(bed: &Bed) {
        let inbox = bed.inbox().await;
        bed.storage.append_at(inbox, vec![(Uid(u32::MAX - 2), message(1))]).await.unwrap();
        let exhausted = bed.storage.append(inbox, vec![message(2), message(3)]).await.unwrap_err();
        assert!(matches!(exhausted, Error::Exhausted { what: Aggregate::Message }), "{exhausted}");
        assert_eq!(bed.storage.append(inbox, vec![message(2)]).await.unwrap()[0].uid, Uid(u32::MAX - 1));
        let exhausted = bed.storage.append(inbox, vec![message(3)]).await.unwrap_err();
        assert!(matches!(exhausted, Error::Exhausted { what: Aggregate::Message }), "{exhausted}");
        let exhausted = bed.storage.append_at(inbox, vec![(Uid(u32::MAX), message(3))]).await.unwrap_err();
        assert!(matches!(exhausted, Error::Exhausted { what: Aggregate::Message }), "{exhausted}");
        assert_eq!(bed.storage.mailbox(inbox).await.unwrap().counts.messages, 2);
    }

    async fn only_marks_that_change_are_told(bed: &Bed) {
        let inbox = bed.inbox().await;
        bed.storage.append(inbox, vec![message(1), message(2), message(3)]).await.unwrap();
        let done = bed.storage.set_flags(inbox, &[Uid(2), Uid(9)], add(Flags::SEEN)).await.unwrap();
        assert_eq!(done, [FlagChange { uid: Uid(2), flags: Flags::SEEN, modseq: Modseq(3) }]);
        let swap = FlagEdit { add: ANSWERED, remove: Flags::SEEN };
        let done = bed.storage.set_flags(inbox, &[Uid(3), Uid(2)], swap).await.unwrap();
        let change = |uid| FlagChange { uid: Uid(uid), flags: ANSWERED, modseq: Modseq(4) };
        assert_eq!(done, [change(2), change(3)]);
        assert_eq!(bed.storage.set_flags(inbox, &[Uid(3), Uid(2)], swap).await.unwrap(), []);
        assert_eq!(bed.storage.set_flags(inbox, &[], add(LAST)).await.unwrap(), []);
        let state = bed.storage.mailbox(inbox).await.unwrap();
        assert_eq!((state.modseq, state.counts.unseen), (Modseq(4), 3));
        let rows = bed.storage.messages(inbox, &[Uid(1), Uid(2)]).await.unwrap();
        assert_eq!((rows[0].flags, rows[0].modseq), (Flags::NONE, Modseq(2)));
        assert_eq!((rows[1].flags, rows[1].modseq), (ANSWERED, Modseq(4)));
    }

    async fn removal_passes_over_what_is_gone(bed: &Bed) {
        let inbox = bed.inbox().await;
        bed.storage.append(inbox, vec![message(1), message(2), message(3)]).await.unwrap();
        let done = bed.storage.remove(inbox, &[Uid(3), Uid(1), Uid(77)]).await.unwrap();
        assert_eq!(done, Removed { uids: vec![Uid(1), Uid(3)], modseq: Modseq(3) });
        let done = bed.storage.remove(inbox, &[Uid(3), Uid(1)]).await.unwrap();
        assert_eq!(done, Removed { uids: vec![], modseq: Modseq(3) });
        bed.assert_sound().await;
    }

    async fn of_many_who_remove_a_message_one_gets_it(bed: &Bed) {
        let inbox = bed.inbox().await;
        bed.storage.append(inbox, vec![message(1)]).await.unwrap();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let storage = bed.storage.clone();
            callers.spawn(async move { storage.remove(inbox, &[Uid(1)]).await.unwrap().uids.len() });
        }
        assert_eq!(callers.join_all().await.into_iter().sum::<usize>(), 1);
        bed.assert_sound().await;
    }

    async fn expunging_removes_what_carries_every_mark(bed: &Bed) {
        let inbox = bed.inbox().await;
        let flags = [DELETED, Flags::SEEN, DELETED.union(Flags::SEEN)];
        let new = flags.iter().map(|flags| NewMessage { flags: *flags, ..message(1) });
        bed.storage.append(inbox, new.collect()).await.unwrap();
        let done = bed.storage.expunge(inbox, DELETED.union(Flags::SEEN)).await.unwrap();
        assert_eq!(done, Removed { uids: vec![Uid(3)], modseq: Modseq(3) });
        let done = bed.storage.expunge(inbox, DELETED).await.unwrap();
        assert_eq!(done, Removed { uids: vec![Uid(1)], modseq: Modseq(4) });
        bed.assert_sound().await;
    }

    async fn copies_are_whole_and_share_the_blob(bed: &Bed) {
        let inbox = bed.inbox().await;
        let other = bed.account("bob").await.id;
        let target = bed.mailbox(other, "From Alice").await;
        bed.storage.append(inbox, vec![message(1), message(2), message(3)]).await.unwrap();
        bed.storage.append(target, vec![message(9)]).await.unwrap();
        let edit = FlagEdit { add: LAST, remove: Flags::SEEN };
        let done = bed.storage.copy(inbox, &[Uid(3), Uid(1), Uid(8)], target, edit).await.unwrap();
        let copied = |number: u32, uid| Copied {
            source: Uid(number),
            uid: Uid(uid),
            flags: LAST,
            modseq: Modseq(3),
            internal_date: message(number.into()).internal_date,
            size: message(number.into()).blob.size,
        };
        assert_eq!(done, [copied(1, 2), copied(3, 3)]);
        let original = bed.storage.messages(inbox, &[Uid(3)]).await.unwrap().remove(0);
        let copy = bed.storage.messages(target, &[Uid(3)]).await.unwrap().remove(0);
        assert_eq!(copy, Message { flags: LAST, modseq: Modseq(3), ..original.clone() });
        let headers = bed.storage.headers(target, &[Uid(2)]).await.unwrap();
        assert_eq!(headers, [(Uid(2), message(1).header)]);
        bed.storage.remove(inbox, &[Uid(1), Uid(2), Uid(3)]).await.unwrap();
        assert_eq!(bed.storage.message_blob(target, Uid(3)).await.unwrap(), original.blob);
        bed.assert_sound().await;
    }

    async fn a_mailbox_may_be_copied_into_itself(bed: &Bed) {
        let inbox = bed.inbox().await;
        bed.storage.append(inbox, vec![message(1), message(2)]).await.unwrap();
        let done = bed.storage.copy(inbox, &[Uid(1), Uid(2)], inbox, FlagEdit::default()).await.unwrap();
        assert_eq!(done.iter().map(|copy| copy.uid).collect::<Vec<_>>(), [Uid(3), Uid(4)]);
        let done = bed.storage.remove(inbox, &[Uid(1), Uid(3)]).await.unwrap();
        assert_eq!(done.uids, [Uid(1), Uid(3)]);
        bed.assert_sound().await;
    }

    async fn those_who_copy_to_and_fro_do_not_lock_each_other_out(bed: &Bed) {
        let inbox = bed.inbox().await;
        let account = bed.storage.mailbox(inbox).await.unwrap().account;
        let other = bed.mailbox(account, "Other").await;
        for mailbox in [inbox, other] {
            bed.storage.append(mailbox, vec![message(1), message(2)]).await.unwrap();
        }
        let mut callers = tokio::task::JoinSet::new();
        for (from, to) in [(inbox, other), (other, inbox)].repeat(10) {
            let storage = bed.storage.clone();
            let uids = [Uid(1), Uid(2)];
            callers.spawn(async move { storage.copy(from, &uids, to, FlagEdit::default()).await.unwrap().len() });
        }
        assert_eq!(callers.join_all().await.into_iter().sum::<usize>(), 40);
        bed.assert_sound().await;
    }

    async fn of_several_who_move_the_same_messages_one_gets_each(bed: &Bed) {
        let inbox = bed.inbox().await;
        let account = bed.storage.mailbox(inbox).await.unwrap().account;
        let trash = bed.mailbox(account, "Trash").await;
        bed.storage.append(inbox, vec![message(1), message(2), message(3)]).await.unwrap();
        let mut callers = tokio::task::JoinSet::new();
        for uids in [[Uid(1), Uid(2)], [Uid(2), Uid(3)], [Uid(1), Uid(3)]] {
            let storage = bed.storage.clone();
            callers.spawn(async move {
                let (copies, removed) = storage.relocate(inbox, &uids, trash, FlagEdit::default()).await.unwrap();
                assert_eq!(copies.iter().map(|copy| copy.source).collect::<Vec<_>>(), removed.uids);
                copies.len()
            });
        }
        assert_eq!(callers.join_all().await.into_iter().sum::<usize>(), 3);
        assert_eq!(bed.storage.mailbox(inbox).await.unwrap().counts.messages, 0);
        assert_eq!(bed.storage.mailbox(trash).await.unwrap().counts.messages, 3);
        bed.assert_sound().await;
    }

    async fn summaries_come_with_what_they_are_sorted_by(bed: &Bed) {
        let inbox = bed.inbox().await;
        let numbers = [4, 3, 5];
        let new = numbers.iter().map(|number| NewMessage { original_uid: Some(Uid(8)), ..message(*number) });
        bed.storage.append(inbox, new.collect()).await.unwrap();
        let expect = |column| match column {
            SortColumn::None => ["None"; 3].map(str::to_owned),
            SortColumn::Sent => ["1600000000004", "1700000000003", "1600000000005"].map(str::to_owned),
            SortColumn::OriginalUid => ["8"; 3].map(str::to_owned),
            SortColumn::Attachment => ["0", "0", "1"].map(str::to_owned),
            SortColumn::Subject => numbers.map(|number| format!("subject {number}")),
            SortColumn::From => ["Author 4", "author3@example.org", "author5@example.org"].map(str::to_owned),
            SortColumn::FromAddress => numbers.map(|number| format!("author{number}@example.org")),
            SortColumn::To => numbers.map(|number| format!("to{number}@example.org")),
            SortColumn::Cc => numbers.map(|number| format!("cc{number}@example.org")),
            SortColumn::MessageId => numbers.map(|number| format!("<{number}@example.org>")),
        };
        let columns = [
            SortColumn::None,
            SortColumn::Sent,
            SortColumn::OriginalUid,
            SortColumn::Attachment,
            SortColumn::Subject,
            SortColumn::From,
            SortColumn::FromAddress,
            SortColumn::To,
            SortColumn::Cc,
            SortColumn::MessageId,
        ];
        for column in columns {
            let mut keys = Vec::new();
            let each = |summary: crate::Summary<'_>| {
                keys.push(match summary.key {
                    SortKey::None => "None".to_owned(),
                    SortKey::Integer(number) => number.to_string(),
                    SortKey::Text(text) => text.to_owned(),
                });
            };
            let state = bed.storage.summaries(inbox, column, each).await.unwrap();
            assert_eq!(keys, expect(column), "{column:?}");
            assert_eq!(state, bed.storage.mailbox(inbox).await.unwrap());
        }
    }

    async fn a_new_version_takes_the_place_of_the_older_one_and_keeps_its_original(bed: &Bed) {
        let inbox = bed.inbox().await;
        bed.storage.append(inbox, vec![message(1), message(2)]).await.unwrap();
        let originals = async || -> Vec<(u32, Option<Uid>)> {
            let all = bed.storage.messages(inbox, &[Uid(1), Uid(2), Uid(3), Uid(4), Uid(5)]).await.unwrap();
            all.iter().map(|message| (message.uid.0, message.original_uid)).collect()
        };
        let (stored, removed) = bed.storage.replace(inbox, Uid(1), message(3)).await.unwrap();
        assert_eq!((stored.unwrap().uid, removed.uids), (Uid(3), vec![Uid(1)]));
        assert_eq!(originals().await, [(2, None), (3, Some(Uid(1)))]);
        let (stored, removed) = bed.storage.replace(inbox, Uid(3), message(4)).await.unwrap();
        assert_eq!((stored.unwrap().uid, removed.uids), (Uid(4), vec![Uid(3)]));
        assert_eq!(originals().await, [(2, None), (4, Some(Uid(1)))]);
        // Of two who replace one version, the second loses nothing.
        let (stored, removed) = bed.storage.replace(inbox, Uid(3), message(5)).await.unwrap();
        assert_eq!((stored.unwrap().uid, removed.uids), (Uid(5), vec![]));
        assert_eq!(originals().await, [(2, None), (4, Some(Uid(1))), (5, None)]);
        assert_eq!(bed.storage.mailbox(inbox).await.unwrap().counts.messages, 3);
        let nowhere = bed.storage.replace(crate::MailboxId::new().unwrap(), Uid(1), message(6)).await;
        assert!(matches!(nowhere, Err(Error::NotFound { what: Aggregate::Mailbox })), "{nowhere:?}");
    }

    async fn nothing_is_stored_of_an_empty_append(bed: &Bed) {
        let inbox = bed.inbox().await;
        assert_eq!(bed.storage.append(inbox, vec![]).await.unwrap(), []);
        assert_eq!(bed.storage.append_at(inbox, vec![]).await.unwrap(), []);
        assert_eq!(bed.storage.mailbox(inbox).await.unwrap().modseq, Modseq(1));
    }
}
