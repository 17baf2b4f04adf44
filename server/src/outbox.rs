//! Which messages has the client not got yet? One numbered queue for every transport.
//!
//! Messages are numbered from 1 in the order in which they were put in. A client that acknowledges numbers, or
//! batches of them (`respSeq`), gets each message exactly once, whatever happens to its connections: what was
//! not acknowledged is kept and comes again. For a client that cannot acknowledge, a message is gone when it
//! was handed to the connection.

use std::collections::VecDeque;

use bytes::Bytes;

/// Messages of one session on their way to the client.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Kept messages, oldest first.
    kept: VecDeque<Kept>,
    /// Number of the last message that is no longer kept.
    dropped: u64,
    /// Number of the last message handed to the present connection or put into a batch.
    handed: u64,
    /// Bytes of all kept messages.
    bytes: usize,
    /// Bytes of those that no request asked for.
    asynchronous: usize,
    /// The last batch made: its `respSeq`, and the number of its last message.
    batch: Batch,
}

#[derive(Debug)]
struct Kept {
    message: Bytes,
    asynchronous: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Batch {
    sequence: u64,
    last: u64,
}

/// The client acknowledges or asks for messages that were never sent, or were acknowledged before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("message {asked} cannot be acknowledged: {kept} to {last} can")]
pub(crate) struct NotKept {
    asked: u64,
    kept: u64,
    last: u64,
}

impl Outbox {
    /// Puts in a message that belongs to a request.
    pub(crate) fn push(&mut self, message: Bytes) {
        self.put(Kept { message, asynchronous: false });
    }

    /// Puts in a message that no request asked for.
    pub(crate) fn push_asynchronous(&mut self, message: Bytes) {
        self.put(Kept { message, asynchronous: true });
    }

    fn put(&mut self, kept: Kept) {
        self.bytes += kept.message.len();
        if kept.asynchronous {
            self.asynchronous += kept.message.len();
        }
        self.kept.push_back(kept);
    }

    /// Bytes of all messages that are kept.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes of the kept messages that no request asked for.
    pub(crate) const fn asynchronous_bytes(&self) -> usize {
        self.asynchronous
    }

    /// Number of the last message put in.
    fn last(&self) -> u64 {
        self.dropped + self.kept.len() as u64
    }

    /// The next message to hand to the connection, with its number.
    pub(crate) fn next(&self) -> Option<(u64, &Bytes)> {
        let number = self.handed + 1;
        self.at(number).map(|message| (number, message))
    }

    fn at(&self, number: u64) -> Option<&Bytes> {
        let index = number.checked_sub(self.dropped + 1)?;
        self.kept.get(usize::try_from(index).ok()?).map(|kept| &kept.message)
    }

    /// The message returned by [`Self::next`] has been handed over, to be acknowledged later.
    pub(crate) fn handed(&mut self) {
        self.handed = (self.handed + 1).min(self.last());
    }

    /// The message returned by [`Self::next`] has been handed to a client that never acknowledges.
    pub(crate) fn handed_for_good(&mut self) {
        self.handed();
        self.forget(self.handed);
    }

    /// The client has every message up to this number.
    pub(crate) fn acknowledge(&mut self, number: u64) -> Result<(), NotKept> {
        if number > self.handed {
            return Err(self.not_kept(number));
        }
        self.forget(number);
        Ok(())
    }

    /// Polls take over from a connection: what was handed to it and not acknowledged comes again.
    pub(crate) fn rewind(&mut self) {
        self.handed = self.dropped.max(self.batch.last);
    }

    /// A new connection takes over: its client has every message up to this number, or those that it has acknowledged,
    /// and the rest is handed to it again.
    pub(crate) fn resume(&mut self, number: Option<u64>) -> Result<(), NotKept> {
        let number = number.unwrap_or(self.dropped);
        if number < self.dropped || number > self.handed {
            return Err(self.not_kept(number));
        }
        self.forget(number);
        self.handed = number;
        Ok(())
    }

    fn not_kept(&self, asked: u64) -> NotKept {
        NotKept { asked, kept: self.dropped, last: self.handed }
    }

    fn forget(&mut self, number: u64) {
        while self.dropped < number
            && let Some(kept) = self.kept.pop_front()
        {
            self.uncount(&kept);
            self.dropped += 1;
        }
        if self.kept.is_empty() {
            // An idle session holds no buffer.
            self.kept = VecDeque::new();
        }
        self.handed = self.handed.max(self.dropped);
    }

    const fn uncount(&mut self, kept: &Kept) {
        self.bytes -= kept.message.len();
        if kept.asynchronous {
            self.asynchronous -= kept.message.len();
        }
    }

    /// The client has the batch with this `respSeq` and all before it. Others are ignored: a late poll repeats
    /// an old number.
    pub(crate) fn acknowledge_batch(&mut self, sequence: u64) {
        if sequence == self.batch.sequence {
            self.forget(self.batch.last);
        }
    }

    /// What a poll is answered with: the last batch again, unchanged, until it is acknowledged; else a new one
    /// of what waits, up to about `limit` bytes; or `None` if nothing does.
    pub(crate) fn batch(&mut self, limit: usize) -> Option<(u64, Vec<Bytes>)> {
        if self.batch.last <= self.dropped {
            let mut last = self.handed.max(self.dropped);
            let mut bytes = 0;
            while let Some(message) = self.at(last + 1)
                && (bytes == 0 || bytes + message.len() <= limit)
            {
                bytes += message.len();
                last += 1;
            }
            if last == self.handed.max(self.dropped) {
                return None;
            }
            self.batch = Batch { sequence: self.batch.sequence + 1, last };
            self.handed = last;
        }
        let messages = (self.dropped + 1..=self.batch.last).filter_map(|n| self.at(n).cloned()).collect();
        Some((self.batch.sequence, messages))
    }

    /// Takes out everything that was not handed over yet, for a `/sync` reply that carries it and is itself kept
    /// until it is acknowledged.
    pub(crate) fn take_waiting(&mut self) -> Vec<Bytes> {
        let from = usize::try_from(self.handed - self.dropped).unwrap_or(usize::MAX).min(self.kept.len());
        let taken = self.kept.split_off(from);
        for kept in &taken {
            self.uncount(kept);
        }
        taken.into_iter().map(|kept| kept.message).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn outbox(messages: &[&'static str]) -> Outbox {
        let mut outbox = Outbox::default();
        for message in messages {
            outbox.push(Bytes::from_static(message.as_bytes()));
        }
        outbox
    }

    fn hand_all(outbox: &mut Outbox) -> Vec<(u64, String)> {
        let mut handed = Vec::new();
        while let Some((number, message)) = outbox.next() {
            handed.push((number, String::from_utf8(message.to_vec()).unwrap()));
            outbox.handed();
        }
        handed
    }

    fn numbered(messages: &[(u64, &str)]) -> Vec<(u64, String)> {
        messages.iter().map(|(n, m)| (*n, (*m).to_owned())).collect()
    }

    fn batch(outbox: &mut Outbox, limit: usize) -> Option<(u64, String)> {
        outbox.batch(limit).map(|(n, m)| (n, String::from_utf8(m.concat()).unwrap()))
    }

    #[test]
    fn what_was_not_acknowledged_comes_again_on_the_next_connection() {
        let mut outbox = outbox(&["a", "b", "c"]);
        assert_eq!(hand_all(&mut outbox), numbered(&[(1, "a"), (2, "b"), (3, "c")]));
        outbox.acknowledge(1).unwrap();
        outbox.push(Bytes::from_static(b"d"));
        outbox.resume(Some(2)).unwrap();
        assert_eq!(hand_all(&mut outbox), numbered(&[(3, "c"), (4, "d")]));
        assert_eq!(outbox.bytes(), 2);
    }

    #[test]
    fn what_was_never_handed_over_or_is_gone_cannot_be_acknowledged() {
        let mut outbox = outbox(&["a", "b"]);
        outbox.handed();
        assert_eq!(outbox.acknowledge(2), Err(NotKept { asked: 2, kept: 0, last: 1 }));
        outbox.acknowledge(1).unwrap();
        assert_eq!(outbox.resume(Some(0)), Err(NotKept { asked: 0, kept: 1, last: 1 }));
        assert_eq!(outbox.resume(Some(2)), Err(NotKept { asked: 2, kept: 1, last: 1 }));
        assert_eq!(outbox.acknowledge(0), Ok(()));
    }

    #[test]
    fn a_batch_stays_as_it_was_until_it_is_acknowledged() {
        let mut outbox = outbox(&["a", "b"]);
        assert_eq!(batch(&mut outbox, 100), Some((1, "ab".to_owned())));
        outbox.push(Bytes::from_static(b"c"));
        assert_eq!(batch(&mut outbox, 100), Some((1, "ab".to_owned())));
        outbox.acknowledge_batch(0);
        assert_eq!(batch(&mut outbox, 100), Some((1, "ab".to_owned())));
        outbox.acknowledge_batch(1);
        assert_eq!(batch(&mut outbox, 100), Some((2, "c".to_owned())));
        outbox.acknowledge_batch(2);
        assert_eq!(batch(&mut outbox, 100), None);
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn a_batch_ends_at_its_limit_but_has_at_least_one_message() {
        let mut outbox = outbox(&["aaaa", "bb", "c"]);
        assert_eq!(batch(&mut outbox, 3), Some((1, "aaaa".to_owned())));
        outbox.acknowledge_batch(1);
        assert_eq!(batch(&mut outbox, 3), Some((2, "bbc".to_owned())));
    }

    #[test]
    fn what_a_sync_reply_takes_does_not_come_in_a_batch() {
        let mut outbox = outbox(&["a", "b"]);
        assert_eq!(batch(&mut outbox, 1), Some((1, "a".to_owned())));
        assert_eq!(outbox.take_waiting(), [Bytes::from_static(b"b")]);
        assert_eq!(outbox.take_waiting(), Vec::<Bytes>::new());
        assert_eq!(batch(&mut outbox, 1), Some((1, "a".to_owned())));
        outbox.acknowledge_batch(1);
        assert_eq!(batch(&mut outbox, 1), None);
        outbox.push(Bytes::from_static(b"c"));
        assert_eq!(batch(&mut outbox, 1), Some((2, "c".to_owned())));
    }

    #[test]
    fn polls_get_what_a_lost_connection_was_handed() {
        let mut outbox = outbox(&["a", "b", "c"]);
        hand_all(&mut outbox);
        outbox.acknowledge(1).unwrap();
        outbox.rewind();
        assert_eq!(batch(&mut outbox, 100), Some((1, "bc".to_owned())));
        // A batch that was made already stays as it is.
        outbox.push(Bytes::from_static(b"d"));
        outbox.rewind();
        assert_eq!(batch(&mut outbox, 100), Some((1, "bc".to_owned())));
        outbox.acknowledge_batch(1);
        assert_eq!(batch(&mut outbox, 100), Some((2, "d".to_owned())));
    }

    #[test]
    fn who_does_not_say_what_it_has_gets_all_that_was_not_acknowledged() {
        let mut outbox = outbox(&["a", "b", "c"]);
        hand_all(&mut outbox);
        outbox.acknowledge(1).unwrap();
        outbox.resume(None).unwrap();
        assert_eq!(hand_all(&mut outbox), numbered(&[(2, "b"), (3, "c")]));
    }

    #[test]
    fn for_a_client_that_cannot_acknowledge_nothing_is_kept() {
        let mut outbox = outbox(&["a", "b"]);
        outbox.handed_for_good();
        assert_eq!(outbox.next(), Some((2, &Bytes::from_static(b"b"))));
        assert_eq!(outbox.bytes(), 1);
    }

    proptest! {
        /// A client that loses its connection at random moments and resumes sees each message once, in order.
        #[test]
        fn each_message_is_seen_once_and_in_order(steps in proptest::collection::vec(0u8..5, 0..200)) {
            let mut outbox = Outbox::default();
            let (mut pushed, mut seen) = (0u64, 0u64);
            for step in steps {
                match step {
                    0 | 1 => { pushed += 1; outbox.push(Bytes::from(pushed.to_string())); }
                    2 => if let Some((number, message)) = outbox.next() {
                        // The message reaches the client.
                        prop_assert_eq!(message, &Bytes::from(number.to_string()));
                        prop_assert_eq!(number, seen + 1);
                        seen = number;
                        outbox.handed();
                    }
                    // The message is lost with the connection, and the client comes back.
                    3 => { if outbox.next().is_some() { outbox.handed(); } outbox.resume(Some(seen)).unwrap(); }
                    _ => outbox.acknowledge(seen).unwrap(),
                }
            }
            outbox.resume(Some(seen)).unwrap();
            while let Some((number, _)) = outbox.next() { prop_assert_eq!(number, seen + 1); seen = number; outbox.handed(); }
            prop_assert_eq!(seen, pushed);
        }
    }
}
