//! Who has guessed passwords too often?
//!
//! Every attempt to log in by a password costs its address and its account a token; unless it fails, they come back.
//! Without tokens an attempt is refused before the password is looked at, or waits, if others are being looked at whose
//! tokens may come back: many users behind one address log in at once after all. An address from which the account was
//! entered before does not suffer for what others guess.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Attempts of one address: so many at once, then one in this time.
const OF_ADDRESS: Rate = Rate { burst: 30, interval: Duration::from_secs(10) };
/// Attempts at one account from all strange addresses together.
const OF_ACCOUNT: Rate = Rate { burst: 100, interval: Duration::from_secs(30) };
/// Addresses, accounts and pairs of both that are remembered.
const REMEMBERED: usize = 50_000;

/// The attempts of late.
#[derive(Default)]
pub(crate) struct Guesses {
    table: Mutex<Table>,
    /// Told when an attempt is over.
    over: Notify,
}

/// An attempt that is being looked at. One that is dropped before its outcome is known counts as failed.
pub(crate) struct Attempt<'a> {
    guesses: &'a Guesses,
    address: IpAddr,
    account: String,
    /// Whether it has cost the account a token, too.
    is_strange: bool,
    /// Whether its tokens come back.
    is_free: bool,
}

/// What an attempt finds.
enum Answer {
    Admitted { is_strange: bool },
    Wait,
    Refused,
}

#[derive(Default)]
struct Table {
    addresses: HashMap<IpAddr, Bucket>,
    accounts: HashMap<String, Bucket>,
    /// From where accounts were entered.
    known: HashSet<(String, IpAddr)>,
}

struct Rate {
    burst: u32,
    interval: Duration,
}

/// Tokens that come back with time.
#[derive(Clone, Copy)]
struct Bucket {
    left: u32,
    since: Instant,
    /// Attempts that are being looked at.
    open: u32,
}

impl Guesses {
    /// An attempt at an account; none if there were too many.
    pub(crate) async fn attempt(&self, address: IpAddr, account: &str) -> Option<Attempt<'_>> {
        let (address, account) = (network(address), account.to_lowercase());
        loop {
            let mut over = pin!(self.over.notified());
            // From here on it misses none.
            over.as_mut().enable();
            let answer = self.lock().admit(Instant::now(), address, &account);
            match answer {
                Answer::Admitted { is_strange } => {
                    return Some(Attempt { guesses: self, address, account, is_strange, is_free: false });
                }
                Answer::Wait => over.await,
                Answer::Refused => return None,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// It has succeeded: it was no guess, and the address is known from now on.
    pub(crate) fn succeeded(mut self) {
        self.is_free = true;
        let mut table = self.guesses.lock();
        if table.known.len() >= REMEMBERED {
            table.known.clear();
        }
        table.known.insert((self.account.clone(), self.address));
    }

    /// It was not judged: it does not count.
    pub(crate) fn forgiven(mut self) {
        self.is_free = true;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut table = self.guesses.lock();
        let Table { addresses, accounts, .. } = &mut *table;
        let account = accounts.get_mut(&self.account).filter(|_| self.is_strange);
        for bucket in [addresses.get_mut(&self.address), account].into_iter().flatten() {
            bucket.open = bucket.open.saturating_sub(1);
            bucket.left += u32::from(self.is_free);
        }
        drop(table);
        self.guesses.over.notify_waiters();
    }
}

impl Table {
    fn admit(&mut self, now: Instant, address: IpAddr, account: &str) -> Answer {
        let is_strange = !self.known.contains(&(account.to_owned(), address));
        let mut buckets = vec![OF_ADDRESS.bucket(&mut self.addresses, now, address)];
        if is_strange {
            buckets.push(OF_ACCOUNT.bucket(&mut self.accounts, now, account.to_owned()));
        }
        match buckets.iter().find(|bucket| bucket.left == 0) {
            Some(empty) if empty.open > 0 => Answer::Wait,
            Some(_) => Answer::Refused,
            None => {
                for bucket in buckets {
                    bucket.left -= 1;
                    bucket.open += 1;
                }
                Answer::Admitted { is_strange }
            }
        }
    }
}

impl Rate {
    /// The bucket of this key, with what has come back meanwhile.
    fn bucket<'a, K: Hash + Eq>(
        &self,
        buckets: &'a mut HashMap<K, Bucket>,
        now: Instant,
        key: K,
    ) -> &'a mut Bucket {
        if buckets.len() >= REMEMBERED {
            let full = |bucket: &Bucket| bucket.open == 0 && self.refilled(*bucket, now).left >= self.burst;
            buckets.retain(|_, bucket| !full(bucket));
            // So many at once are no users. Their memory is worth more than what is known of them.
            if buckets.len() >= REMEMBERED {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(key).or_insert(Bucket { left: self.burst, since: now, open: 0 });
        *bucket = self.refilled(*bucket, now);
        bucket
    }

    fn refilled(&self, bucket: Bucket, now: Instant) -> Bucket {
        let elapsed = now.saturating_duration_since(bucket.since).as_secs();
        let more = u32::try_from(elapsed / self.interval.as_secs()).unwrap_or(u32::MAX);
        if bucket.left.saturating_add(more) >= self.burst {
            return Bucket { left: self.burst, since: now, ..bucket };
        }
        Bucket { left: bucket.left + more, since: bucket.since + self.interval * more, ..bucket }
    }
}

/// Who has one IPv6 address has 2⁶⁴ of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn strange(number: u8) -> IpAddr {
        IpAddr::from([198, 51, 100, number])
    }

    /// How many of these attempts are admitted; each fails before the next.
    fn admitted(guesses: &Guesses, now: Instant, address: IpAddr, account: &str, attempts: u32) -> usize {
        (0..attempts).filter(|_| attempt(guesses, now, address, account).is_some()).count()
    }

    fn attempt<'a>(
        guesses: &'a Guesses,
        now: Instant,
        address: IpAddr,
        account: &str,
    ) -> Option<Attempt<'a>> {
        let (address, account) = (network(address), account.to_lowercase());
        match guesses.lock().admit(now, address, &account) {
            Answer::Admitted { is_strange } => {
                Some(Attempt { guesses, address, account, is_strange, is_free: false })
            }
            Answer::Wait | Answer::Refused => None,
        }
    }

    #[test]
    fn an_address_may_guess_so_often_and_then_once_in_a_while() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        assert_eq!(admitted(&guesses, now, strange(1), "alice", 90), 30);
        assert_eq!(admitted(&guesses, now, strange(1), "bob", 90), 0);
        assert_eq!(admitted(&guesses, now, strange(2), "bob", 1), 1);
        assert_eq!(admitted(&guesses, now + Duration::from_secs(25), strange(1), "alice", 90), 2);
        assert_eq!(admitted(&guesses, now + Duration::from_secs(10_000), strange(1), "alice", 90), 30);
    }

    #[test]
    fn who_knows_the_password_is_not_slowed_down() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for _ in 0..500 {
            attempt(&guesses, now, HOME, "Alice").unwrap().succeeded();
            attempt(&guesses, now, HOME, "Alice").unwrap().forgiven();
        }
    }

    #[test]
    fn many_who_guess_at_an_account_do_not_lock_its_owner_out() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        attempt(&guesses, now, HOME, "alice").unwrap().succeeded();
        let guessed: usize = (0..50).map(|n| admitted(&guesses, now, strange(n), "alice", 20)).sum();
        assert_eq!(guessed, 100);
        assert_eq!(admitted(&guesses, now, HOME, "alice", 1), 1);
    }

    #[tokio::test]
    async fn who_comes_while_others_are_looked_at_waits_for_them() {
        let guesses = Guesses::default();
        let mut open = Vec::new();
        for number in 0..30 {
            open.push(guesses.attempt(HOME, &number.to_string()).await.unwrap());
        }
        let mut late = pin!(guesses.attempt(HOME, "late"));
        assert!(futures_util::poll!(late.as_mut()).is_pending());
        open.pop().unwrap().succeeded();
        late.await.unwrap().succeeded();
        // One token has come back with that. If all others fail, there is nothing more to wait for.
        let last = guesses.attempt(HOME, "last").await;
        drop(open);
        drop(last);
        assert!(guesses.attempt(HOME, "late").await.is_none());
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        let of = |number: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, number));
        let guessed: usize = (0..100).map(|n| admitted(&guesses, now, of(n), "alice", 1)).sum();
        assert_eq!(guessed, 30);
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for number in 0..200_000_u32 {
            admitted(&guesses, now, IpAddr::from(number.to_be_bytes()), &number.to_string(), 1);
        }
        let table = guesses.lock();
        assert!(table.addresses.len() <= REMEMBERED && table.accounts.len() <= REMEMBERED);
    }
}
