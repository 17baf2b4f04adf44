//! Is mail that was accepted carried to each recipient, by one at a time, and to the end?

mod kill;

use super::{Claimed, Lane, NewQueued, Outcome, Submission, Waiting};
use crate::harness::{Bed, message, on_both, unwritten};
use crate::{Blob, Error, MailboxId, Uid};

/// A time after all that the tests accept.
const NOW: i64 = 4_000_000_000_000;
const LEASE: i64 = 60_000;

fn queued(lane: Lane, blob: Blob, recipients: &[&str]) -> NewQueued {
    let recipients = recipients.iter().map(|address| (*address).to_owned()).collect();
    NewQueued { lane, sender: "alice@example.org".to_owned(), recipients, blob }
}

async fn submit(bed: &Bed, lane: Lane, recipients: &[&str]) -> Blob {
    let blob = unwritten(100);
    let submission = Submission { queued: vec![queued(lane, blob, recipients)], sent: None };
    assert_eq!(bed.storage.submit(submission).await.unwrap(), None);
    blob
}

async fn claim(bed: &Bed, lane: Lane, now: i64) -> Vec<Claimed> {
    bed.storage.claim(lane, now, now + LEASE, 10).await.unwrap()
}

fn addresses(claimed: &Claimed) -> Vec<&str> {
    claimed.recipients.iter().map(|recipient| recipient.address.as_str()).collect()
}

fn later(next: i64) -> Outcome {
    Outcome::Later { next, answer: format!("451 not before {next}") }
}

on_both! {
    async fn a_message_is_accepted_with_the_senders_copy_or_not_at_all(bed: &Bed) {
        let inbox = bed.inbox().await;
        let blob = unwritten(100);
        let lanes = || vec![
            queued(Lane::Local, blob, &["bob@example.org"]),
            queued(Lane::Relay, blob, &["eve@example.net"]),
        ];
        let submission = Submission { queued: lanes(), sent: Some((inbox, message(1))) };
        let sent = bed.storage.submit(submission.clone()).await.unwrap().unwrap();
        assert_eq!(sent.uid, Uid(1));
        assert_eq!(bed.storage.queue_length().await.unwrap(), 2);

        bed.storage.remove_mailbox(inbox).await.unwrap();
        let refused = bed.storage.submit(submission).await.unwrap_err();
        assert!(matches!(refused, Error::NotFound { .. }), "{refused}");
        assert_eq!(bed.storage.queue_length().await.unwrap(), 2);
        bed.assert_sound().await;
    }

    async fn a_claim_is_for_one_lane_and_one_claimer_until_it_expires(bed: &Bed) {
        let blob = submit(bed, Lane::Relay, &["a@example.net", "b@example.net"]).await;
        submit(bed, Lane::Local, &["bob@example.org"]).await;
        let claimed = claim(bed, Lane::Relay, NOW).await;
        assert_eq!(claimed.len(), 1);
        assert_eq!(addresses(&claimed[0]), ["a@example.net", "b@example.net"]);
        assert_eq!((claimed[0].blob, claimed[0].sender.as_str()), (blob, "alice@example.org"));
        assert_eq!(claim(bed, Lane::Relay, NOW).await, []);
        assert_eq!(claim(bed, Lane::Relay, NOW + LEASE - 1).await, []);
        assert_eq!(bed.storage.next_due(Lane::Relay).await.unwrap(), Some(NOW + LEASE));
        assert_eq!(claim(bed, Lane::Relay, NOW + LEASE).await, claimed);
        // The next start of the program does not wait for that.
        bed.storage.drop_claims().await.unwrap();
        bed.assert_sound().await;
        assert_eq!(claim(bed, Lane::Relay, NOW).await, claimed);
        assert_eq!(claim(bed, Lane::Local, NOW).await.len(), 1);
    }

    async fn each_recipient_ends_by_itself_and_the_message_with_the_last(bed: &Bed) {
        submit(bed, Lane::Relay, &["a@example.net", "b@example.net", "c@example.net"]).await;
        let id = claim(bed, Lane::Relay, NOW).await[0].id;
        let outcomes = vec![(0, Outcome::Delivered), (1, later(NOW + 10)), (2, later(NOW + 20))];
        bed.storage.settle(id, outcomes, None).await.unwrap();
        bed.assert_sound().await;
        assert_eq!(bed.storage.next_due(Lane::Relay).await.unwrap(), Some(NOW + 10));
        assert_eq!(claim(bed, Lane::Relay, NOW + 9).await, []);

        let claimed = claim(bed, Lane::Relay, NOW + 10).await;
        assert_eq!(addresses(&claimed[0]), ["b@example.net"]);
        assert_eq!(claimed[0].recipients[0].tries, 1);
        bed.storage.settle(id, vec![(1, Outcome::Delivered)], None).await.unwrap();
        let waiting = bed.storage.queue().await.unwrap();
        assert_eq!(waiting.len(), 1);
        let accepted = waiting[0].accepted;
        assert_eq!(waiting, [Waiting {
            sender: "alice@example.org".to_owned(),
            accepted,
            address: "c@example.net".to_owned(),
            tries: 1,
            next: NOW + 20,
            answer: format!("451 not before {}", NOW + 20),
        }]);

        assert_eq!(addresses(&claim(bed, Lane::Relay, NOW + 20).await[0]), ["c@example.net"]);
        bed.storage.settle(id, vec![(2, Outcome::Delivered)], None).await.unwrap();
        assert_eq!(bed.count("SELECT COUNT(*) FROM queued").await, 0);
        assert_eq!(bed.count("SELECT refs FROM blob").await, 0);
        assert_eq!(bed.storage.next_due(Lane::Relay).await.unwrap(), None);
        bed.assert_sound().await;
    }

    async fn a_failure_is_reported_once(bed: &Bed) {
        submit(bed, Lane::Relay, &["a@example.net", "b@example.net"]).await;
        let id = claim(bed, Lane::Relay, NOW).await[0].id;
        let report = || NewQueued {
            sender: String::new(),
            ..queued(Lane::Local, unwritten(7), &["alice@example.org"])
        };
        for _ in 0..2 {
            bed.storage.settle(id, vec![(0, Outcome::Failed)], Some(report())).await.unwrap();
        }
        let reports = claim(bed, Lane::Local, NOW).await;
        assert_eq!(reports.len(), 1);
        assert_eq!((reports[0].sender.as_str(), addresses(&reports[0])), ("", vec!["alice@example.org"]));
        bed.assert_sound().await;
    }

    async fn a_recipient_with_a_mailbox_here_gets_the_message_exactly_once(bed: &Bed) {
        let inbox = bed.inbox().await;
        submit(bed, Lane::Local, &["alice@example.org", "bob@example.org"]).await;
        let id = claim(bed, Lane::Local, NOW).await[0].id;
        let delivered = bed.storage.deliver(id, 0, inbox, message(1)).await.unwrap();
        assert_eq!(delivered.unwrap().uid, Uid(1));
        // Whoever worked on it dies here; the next one finds only what is left.
        bed.storage.drop_claims().await.unwrap();
        assert_eq!(addresses(&claim(bed, Lane::Local, NOW).await[0]), ["bob@example.org"]);
        assert_eq!(bed.storage.deliver(id, 0, inbox, message(1)).await.unwrap(), None);
        assert!(bed.storage.deliver(id, 1, inbox, message(2)).await.unwrap().is_some());
        // And here, before it has said that it is done.
        bed.storage.drop_claims().await.unwrap();
        let rest = claim(bed, Lane::Local, NOW).await;
        assert_eq!((rest.len(), rest[0].recipients.len()), (1, 0));
        bed.storage.settle(id, Vec::new(), None).await.unwrap();
        assert_eq!(bed.count("SELECT COUNT(*) FROM queued").await, 0);
        assert_eq!(bed.storage.mailbox(inbox).await.unwrap().counts.messages, 2);
        bed.assert_sound().await;
    }

    async fn what_cannot_be_stored_still_waits(bed: &Bed) {
        let inbox = bed.inbox().await;
        bed.storage.remove_mailbox(inbox).await.unwrap();
        submit(bed, Lane::Local, &["alice@example.org"]).await;
        let id = claim(bed, Lane::Local, NOW).await[0].id;
        let refused = bed.storage.deliver(id, 0, inbox, message(1)).await.unwrap_err();
        assert!(matches!(refused, Error::NotFound { .. }), "{refused}");
        assert_eq!(bed.storage.queue_length().await.unwrap(), 1);
        bed.assert_sound().await;
    }

    async fn many_that_claim_at_once_share_what_there_is(bed: &Bed) {
        const MESSAGES: usize = 40;
        for number in 0..MESSAGES {
            submit(bed, Lane::Relay, &[&format!("{number}@example.net")]).await;
        }
        let mut claimers = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let storage = bed.storage.clone();
            claimers.spawn(async move {
                let mut ids = Vec::new();
                loop {
                    let claimed = storage.claim(Lane::Relay, NOW, NOW + LEASE, 3).await.unwrap();
                    assert!(claimed.len() <= 3);
                    if claimed.is_empty() {
                        return ids;
                    }
                    ids.extend(claimed.into_iter().map(|message| message.id));
                }
            });
        }
        let mut ids: Vec<_> = claimers.join_all().await.concat();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), MESSAGES);
        bed.assert_sound().await;
    }

    async fn the_delivery_of_one_recipient_by_two_at_once_is_one(bed: &Bed) {
        let inbox: MailboxId = bed.inbox().await;
        submit(bed, Lane::Local, &["alice@example.org"]).await;
        let id = claim(bed, Lane::Local, NOW).await[0].id;
        let again = bed.storage.clone();
        let (one, other) = tokio::join!(
            bed.storage.deliver(id, 0, inbox, message(1)),
            again.deliver(id, 0, inbox, message(1)),
        );
        let stored = [one.unwrap(), other.unwrap()];
        assert_eq!(stored.iter().flatten().count(), 1, "{stored:?}");
        assert_eq!(bed.storage.mailbox(inbox).await.unwrap().counts.messages, 1);
        bed.assert_sound().await;
    }
}
