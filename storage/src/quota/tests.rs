//! Do accounts keep within their quotas, and are changes told?

use std::sync::Arc;

use tokio::sync::broadcast::Receiver;

use crate::harness::{Bed, message, on_both, unwritten};
use crate::{
    AccountId, Error, Event, FlagEdit, MailboxId, MailboxName, NewMessage, OwnQuota, Storage, Uid, Usage,
};

const NOTHING: FlagEdit = FlagEdit { add: crate::Flags::NONE, remove: crate::Flags::NONE };

fn sized(size: u64) -> NewMessage {
    NewMessage { blob: unwritten(size), ..message(1) }
}

async fn inbox(storage: &Storage, account: AccountId) -> MailboxId {
    storage.find_mailbox(account, &MailboxName::inbox()).await.unwrap().unwrap().id
}

async fn limit(bed: &Bed, account: AccountId, mail_size: Option<u64>, messages: Option<u64>) {
    let quota = OwnQuota { mail_size, messages, mailboxes: None };
    bed.storage.set_own_quota(account, quota).await.unwrap();
}

/// The accounts that were warned so far.
fn warned(events: &mut Receiver<Event>) -> Vec<AccountId> {
    let mut warned = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::NearlyFull(account) = event {
            warned.push(account);
        }
    }
    warned
}

fn is_over(refused: &Error, what: &str, limit: u64) -> bool {
    matches!(refused, Error::OverQuota { what: found, limit: told } if *found == what && *told == limit)
}

on_both! {
    async fn what_goes_over_the_quota_is_refused_as_a_whole(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let (inbox, work) = (inbox(&bed.storage, account).await, bed.mailbox(account, "Work").await);
        limit(bed, account, Some(1_000), Some(5)).await;
        bed.storage.append(inbox, vec![sized(400)]).await.unwrap();
        bed.storage.append(work, vec![sized(400)]).await.unwrap();
        let refused = bed.storage.append(work, vec![sized(100), sized(101)]).await.unwrap_err();
        assert!(is_over(&refused, "bytes of mail", 1_000), "{refused}");
        let refused = bed.storage.copy(inbox, &[Uid(1)], work, NOTHING).await.unwrap_err();
        assert!(is_over(&refused, "bytes of mail", 1_000), "{refused}");
        let refused = bed.storage.append_at(work, vec![(Uid(9), sized(201))]).await.unwrap_err();
        assert!(is_over(&refused, "bytes of mail", 1_000), "{refused}");
        // What the account has already needs no room.
        bed.storage.relocate(inbox, &[Uid(1)], work, NOTHING).await.unwrap();
        bed.storage.append(inbox, vec![sized(0), sized(0), sized(200)]).await.unwrap();
        let refused = bed.storage.append(inbox, vec![sized(0)]).await.unwrap_err();
        assert!(is_over(&refused, "messages", 5), "{refused}");
        let (usage, quota) = bed.storage.usage(account).await.unwrap();
        assert_eq!(usage, Usage { mail_size: 1_000, messages: 5, mailboxes: 2 });
        assert_eq!((quota.mail_size, quota.messages), (1_000, 5));
        // Room that is made can be used.
        bed.storage.remove(inbox, &[Uid(2)]).await.unwrap();
        bed.storage.append(inbox, vec![sized(0)]).await.unwrap();
        bed.assert_sound().await;
    }

    async fn what_comes_from_another_account_needs_room(bed: &Bed) {
        let (alice, bob) = (bed.account("alice").await.id, bed.account("bob").await.id);
        let (from, to) = (inbox(&bed.storage, alice).await, inbox(&bed.storage, bob).await);
        limit(bed, bob, Some(999), None).await;
        bed.storage.append(from, vec![sized(1_000)]).await.unwrap();
        let refused = bed.storage.relocate(from, &[Uid(1)], to, NOTHING).await.unwrap_err();
        assert!(is_over(&refused, "bytes of mail", 999), "{refused}");
        assert_eq!(bed.storage.mailbox(from).await.unwrap().counts.messages, 1);
        bed.assert_sound().await;
    }

    async fn an_account_is_warned_each_time_it_comes_near_and_once(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let inbox = inbox(&bed.storage, account).await;
        limit(bed, account, Some(1_000), None).await;
        let mut events = bed.storage.events();
        bed.storage.append(inbox, vec![sized(899)]).await.unwrap();
        assert_eq!(warned(&mut events), []);
        bed.storage.append(inbox, vec![sized(1)]).await.unwrap();
        assert_eq!(warned(&mut events), [account]);
        bed.storage.append(inbox, vec![sized(100)]).await.unwrap();
        bed.storage.append(inbox, vec![sized(1)]).await.unwrap_err();
        assert_eq!(warned(&mut events), []);
        bed.storage.remove(inbox, &[Uid(1)]).await.unwrap();
        bed.storage.append(inbox, vec![sized(850)]).await.unwrap();
        assert_eq!(warned(&mut events), [account]);
    }

    async fn many_at_once_never_exceed_the_quota(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let mut mailboxes = vec![inbox(&bed.storage, account).await];
        for number in 0..3 {
            mailboxes.push(bed.mailbox(account, &format!("Box {number}")).await);
        }
        limit(bed, account, Some(10_000), None).await;
        let mut events = bed.storage.events();
        let mailboxes = Arc::new(mailboxes);
        let mut clients = tokio::task::JoinSet::new();
        for client in 0..32 {
            let (storage, mailboxes) = (bed.storage.clone(), Arc::clone(&mailboxes));
            clients.spawn(async move {
                let mut stored = 0;
                for round in 0..8 {
                    let mailbox = mailboxes[(client + round) % mailboxes.len()];
                    match storage.append(mailbox, vec![sized(100)]).await {
                        Ok(_) => stored += 1,
                        Err(refused) => assert!(is_over(&refused, "bytes of mail", 10_000), "{refused}"),
                    }
                }
                stored
            });
        }
        let stored: u64 = clients.join_all().await.into_iter().sum();
        // 256 wanted to, and each of 100 that fit did.
        assert_eq!(stored, 100);
        assert_eq!(bed.storage.usage(account).await.unwrap().0.mail_size, 10_000);
        assert_eq!(warned(&mut events), [account]);
        bed.assert_sound().await;
    }

    async fn an_account_has_so_many_mailboxes(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let quota = OwnQuota { mailboxes: Some(2), ..OwnQuota::default() };
        bed.storage.set_own_quota(account, quota).await.unwrap();
        let work = bed.mailbox(account, "Work").await;
        let named = |text| MailboxName::parse(text).unwrap();
        let refused = bed.storage.create_mailbox(account, named("Play"), String::new()).await.unwrap_err();
        assert!(is_over(&refused, "mailboxes", 2), "{refused}");
        assert_eq!(refused.to_string(), "the account may have 2 mailboxes, and no more");
        let refused = bed.storage.create_mailbox(account, named("Work"), String::new()).await.unwrap_err();
        assert!(matches!(refused, Error::AlreadyExists { .. }), "{refused}");
        bed.storage.remove_mailbox(work).await.unwrap();
        bed.mailbox(account, "Play").await;
        // Its own quota is in place of that of all, and goes again.
        assert_eq!(bed.storage.own_quota(account).await.unwrap(), quota);
        bed.storage.set_own_quota(account, OwnQuota::default()).await.unwrap();
        bed.mailbox(account, "Work").await;
    }

    async fn every_change_is_told_once_it_is_made(bed: &Bed) {
        let account = bed.account("alice").await.id;
        let inbox = inbox(&bed.storage, account).await;
        let mut events = bed.storage.events();
        let named = |text| MailboxName::parse(text).unwrap();
        let work = bed.storage.create_mailbox(account, named("Work"), String::new()).await.unwrap();
        let created = Event::Created(Box::new(work.clone()));
        let counted = |mailbox| Event::Counted { mailbox, account };
        assert_eq!(events.try_recv(), Ok(created));
        bed.storage.create_mailbox(account, named("Work"), String::new()).await.unwrap_err();
        bed.storage.append(inbox, vec![message(1)]).await.unwrap();
        assert_eq!(events.try_recv(), Ok(counted(inbox)), "nothing of what failed");
        bed.storage.relocate(inbox, &[Uid(1)], work.id, NOTHING).await.unwrap();
        assert_eq!((events.try_recv(), events.try_recv()), (Ok(counted(work.id)), Ok(counted(inbox))));
        let grants = vec![(crate::Grantee::Anyone, crate::Rights::from_bits(1))];
        bed.storage.set_grants(work.id, grants.clone()).await.unwrap();
        assert_eq!(events.try_recv(), Ok(Event::Granted { mailbox: work.id, before: Vec::new() }));
        bed.storage.rename_mailbox(account, named("Work"), named("Play"), true).await.unwrap();
        let renamed = Event::Renamed { mailbox: work.id, account, from: named("Work"), to: named("Play") };
        assert_eq!(events.try_recv(), Ok(renamed));
        bed.storage.remove_mailbox_named(account, named("Play"), false).await.unwrap();
        let Ok(Event::Removed { mailbox, grants }) = events.try_recv() else { panic!("it is removed") };
        assert_eq!((mailbox.id, mailbox.name.as_str(), grants.len()), (work.id, "Play", 1));
        assert!(events.is_empty());
    }
}
