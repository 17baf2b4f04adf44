//! Are mailboxes made, found, counted and removed rightly?

use crate::harness::{message, on_both};
use crate::{Aggregate, Counts, Error, FlagEdit, Flags, MailboxId, MailboxName, NewMessage, Uid};

fn named(text: &str) -> MailboxName {
    MailboxName::parse(text).unwrap()
}

on_both! {
    async fn mailboxes_are_listed_by_name_and_found_by_it(bed: &Bed) {
        let account = bed.account("alice").await.id;
        for name in ["Work/Old", "Archive/", "Work", "work"] {
            bed.storage.create_mailbox(account, named(name), "IPF.Note".into()).await.unwrap();
        }
        let all = bed.storage.mailboxes(account).await.unwrap();
        let names: Vec<&str> = all.iter().map(|mailbox| mailbox.name.as_str()).collect();
        assert_eq!(names, ["Archive/", "INBOX", "Work", "Work/Old", "work"]);
        assert_eq!(bed.storage.find_mailbox(account, &named("Work")).await.unwrap(), Some(all[2].clone()));
        assert_eq!(bed.storage.find_mailbox(account, &named("inbox")).await.unwrap(), Some(all[1].clone()));
        assert_eq!(bed.storage.find_mailbox(account, &named("Archive")).await.unwrap(), None);
        assert_eq!(bed.storage.mailbox(all[2].id).await.unwrap(), all[2]);
        assert_eq!(all[2].class, "IPF.Note");
    }

    async fn a_name_is_given_once_in_an_account(bed: &Bed) {
        let (alice, bob) = (bed.account("alice").await.id, bed.account("bob").await.id);
        bed.mailbox(alice, "Work").await;
        for taken in ["Work", "inbox"] {
            let refused = bed.storage.create_mailbox(alice, named(taken), String::new()).await.unwrap_err();
            assert!(matches!(refused, Error::AlreadyExists { what: Aggregate::Mailbox }), "{refused}");
        }
        bed.mailbox(bob, "Work").await;
    }

    async fn who_is_told_that_a_mailbox_exists_can_find_it(bed: &Bed) {
        let account = bed.account("alice").await.id;
        for round in 0..20 {
            let name = named(&format!("Box {round}"));
            let mut callers = tokio::task::JoinSet::new();
            for _ in 0..4 {
                let (storage, name) = (bed.storage.clone(), name.clone());
                callers.spawn(async move {
                    let created = storage.create_mailbox(account, name.clone(), String::new()).await;
                    let found = storage.find_mailbox(account, &name).await.unwrap();
                    assert!(found.is_some(), "{created:?}");
                    created.is_ok()
                });
            }
            assert_eq!(callers.join_all().await.into_iter().filter(|created| *created).count(), 1);
        }
    }

    async fn a_mailbox_created_anew_has_a_higher_uidvalidity_than_any_before_it(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let mut last = 0;
        for _ in 0..4 {
            let mailbox = bed.storage.create_mailbox(account, named("Work"), String::new()).await.unwrap();
            assert!(mailbox.uid_validity > last);
            last = mailbox.uid_validity;
            bed.storage.append(mailbox.id, vec![message(1)]).await.unwrap();
            bed.storage.remove_mailbox(mailbox.id).await.unwrap();
            let refused = bed.storage.mailbox(mailbox.id).await.unwrap_err();
            assert!(matches!(refused, Error::NotFound { what: Aggregate::Mailbox }), "{refused}");
        }
        bed.assert_sound().await;
        assert_eq!(bed.count("SELECT COUNT(*) FROM blob WHERE refs > 0").await, 0);
    }

    async fn the_longest_name_of_a_mailbox_can_be_stored(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let name = named(&"漢".repeat(333));
        let mailbox = bed.storage.create_mailbox(account, name.clone(), String::new()).await.unwrap();
        assert_eq!(bed.storage.find_mailbox(account, &name).await.unwrap(), Some(mailbox));
    }

    async fn counters_follow_every_change(bed: &Bed) {
        let inbox = bed.inbox().await;
        let with = |number, flags| NewMessage { flags, ..message(number) };
        let both = Flags::MEDIA.union(Flags::SEEN);
        bed.storage.append(inbox, vec![with(5, Flags::MEDIA), with(3, both), with(7, Flags::NONE)]).await.unwrap();
        let counts = async || bed.storage.mailbox(inbox).await.unwrap().counts;
        let oldest = Some(message(3).internal_date);
        let expected = Counts { messages: 3, unseen: 2, media: 2, unseen_media: 1, size: 3_015, oldest };
        assert_eq!(counts().await, expected);
        let seen = FlagEdit { add: Flags::SEEN, remove: Flags::NONE };
        bed.storage.set_flags(inbox, &[Uid(1)], seen).await.unwrap();
        assert_eq!(counts().await, Counts { unseen: 1, unseen_media: 0, ..expected });
        bed.storage.remove(inbox, &[Uid(2)]).await.unwrap();
        let oldest = Some(message(5).internal_date);
        let expected = Counts { messages: 2, unseen: 1, media: 1, unseen_media: 0, size: 2_012, oldest };
        assert_eq!(counts().await, expected);
        bed.storage.remove(inbox, &[Uid(1), Uid(3)]).await.unwrap();
        assert_eq!(counts().await, Counts::default());
    }

    async fn a_mailbox_that_is_not_there_is_not_found_by_any_operation(bed: &Bed) {
        let gone = MailboxId::new().unwrap();
        let inbox = bed.inbox().await;
        let edit = FlagEdit::default();
        let refusals = [
            bed.storage.mailbox(gone).await.map(drop),
            bed.storage.remove_mailbox(gone).await,
            bed.storage.append(gone, vec![message(1)]).await.map(drop),
            bed.storage.append_at(gone, vec![(Uid(1), message(1))]).await.map(drop),
            bed.storage.set_flags(gone, &[Uid(1)], edit).await.map(drop),
            bed.storage.remove(gone, &[Uid(1)]).await.map(drop),
            bed.storage.expunge(gone, Flags::NONE).await.map(drop),
            bed.storage.copy(gone, &[Uid(1)], inbox, edit).await.map(drop),
            bed.storage.copy(inbox, &[Uid(1)], gone, edit).await.map(drop),
            bed.storage.summaries(gone, crate::SortColumn::None, |_| ()).await.map(drop),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Err(Error::NotFound { what: Aggregate::Mailbox })), "{refusal:?}");
        }
    }
}
