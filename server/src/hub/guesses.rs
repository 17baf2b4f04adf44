//! Who has guessed passwords too often?
//!
//! Every attempt to log in by a password costs its address and its account a token; success gives them back. Without
//! tokens an attempt is refused before the password is looked at. An address from which the account was entered before
//! does not suffer for what others guess.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
}

impl Guesses {
    /// An attempt at an account; false if there were too many.
    pub(crate) fn admit(&self, now: Instant, address: IpAddr, account: &str) -> bool {
        let (address, account) = (network(address), account.to_lowercase());
        let mut table = self.lock();
        let is_known = table.known.contains(&(account.clone(), address));
        if !OF_ADDRESS.take(&mut table.addresses, now, address) {
            return false;
        }
        is_known || OF_ACCOUNT.take(&mut table.accounts, now, account)
    }

    /// The attempt has succeeded: it was no guess, and the address is known from now on.
    pub(crate) fn succeeded(&self, address: IpAddr, account: &str) {
        self.forgive(address, account);
        let mut table = self.lock();
        if table.known.len() >= REMEMBERED {
            table.known.clear();
        }
        table.known.insert((account.to_lowercase(), network(address)));
    }

    /// The attempt was not judged: it does not count.
    pub(crate) fn forgive(&self, address: IpAddr, account: &str) {
        let mut table = self.lock();
        let Table { addresses, accounts, .. } = &mut *table;
        let buckets = [addresses.get_mut(&network(address)), accounts.get_mut(&account.to_lowercase())];
        for bucket in buckets.into_iter().flatten() {
            bucket.left += 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rate {
    fn take<K: Hash + Eq>(&self, buckets: &mut HashMap<K, Bucket>, now: Instant, key: K) -> bool {
        if buckets.len() >= REMEMBERED {
            let full = |bucket: &Bucket| self.refilled(*bucket, now).left >= self.burst;
            buckets.retain(|_, bucket| !full(bucket));
            // So many at once are no users. Their memory is worth more than what is known of them.
            if buckets.len() >= REMEMBERED {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(key).or_insert(Bucket { left: self.burst, since: now });
        *bucket = self.refilled(*bucket, now);
        let has_one = bucket.left > 0;
        bucket.left = bucket.left.saturating_sub(1);
        has_one
    }

    fn refilled(&self, bucket: Bucket, now: Instant) -> Bucket {
        let elapsed = now.saturating_duration_since(bucket.since).as_secs();
        let more = u32::try_from(elapsed / self.interval.as_secs()).unwrap_or(u32::MAX);
        if bucket.left.saturating_add(more) >= self.burst {
            return Bucket { left: self.burst, since: now };
        }
        Bucket { left: bucket.left + more, since: bucket.since + self.interval * more }
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

    fn admitted(guesses: &Guesses, now: Instant, address: IpAddr, account: &str, attempts: u32) -> usize {
        (0..attempts).filter(|_| guesses.admit(now, address, account)).count()
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
            assert!(guesses.admit(now, HOME, "Alice"));
            guesses.succeeded(HOME, "alice");
        }
    }

    #[test]
    fn many_who_guess_at_an_account_do_not_lock_its_owner_out() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        assert!(guesses.admit(now, HOME, "alice"));
        guesses.succeeded(HOME, "alice");
        let guessed: usize = (0..50).map(|n| admitted(&guesses, now, strange(n), "alice", 20)).sum();
        assert_eq!(guessed, 100);
        assert!(guesses.admit(now, HOME, "alice"));
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
            guesses.admit(now, IpAddr::from(number.to_be_bytes()), &number.to_string());
        }
        let table = guesses.lock();
        assert!(table.addresses.len() <= REMEMBERED && table.accounts.len() <= REMEMBERED);
    }
}
