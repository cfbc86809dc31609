//! Never more at once than the quota says, and what nobody released comes back.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use caltrop::Now;
use caltrop::rate::{Lapsed, Lease, LeaseQuota, LeaseRefused, Leases, Limiter};
use caltrop::table::{TableError, Word};
use proptest::prelude::*;

const LONGEST_S: u64 = 60;

/// 63,333 halves of the longest time: a word can tell 2^16 apart.
const SILENCE_S: u64 = 1_900_000;

fn words(lines: u32) -> Vec<Word> {
    (0..Leases::words(lines).unwrap()).map(|_| Word::new(0)).collect()
}

fn leases(words: &[Word], lines: u32, key: u8) -> Leases<'_> {
    Leases::format(words, lines, NonZero::new(60).unwrap(), [key; 16]).unwrap()
}

fn most(most: u8) -> LeaseQuota {
    LeaseQuota::new("exports", NonZero::new(most).unwrap())
}

fn at(seconds: u64) -> Now {
    Now { mono_ns: seconds * 1_000_000_000, ..Now::default() }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Acquire,
    Release(usize),
    Renew(usize),
    /// A worker dies with its lease.
    Crash(usize),
}

fn steps() -> impl Strategy<Value = Vec<(u64, u8, Step)>> {
    let gap = prop_oneof![6 => 0..5u64, 2 => 0..120u64, 1 => 0..SILENCE_S];
    let step = prop_oneof![
        5 => Just(Step::Acquire),
        2 => (0..8usize).prop_map(Step::Release),
        1 => (0..8usize).prop_map(Step::Renew),
        1 => (0..8usize).prop_map(Step::Crash),
    ];
    prop::collection::vec((gap, 0u8..6, step), 1..300)
}

/// When a lease that was taken at this second comes back: when its half minute and the two after it are over.
fn back_s(taken_s: u64) -> u64 {
    (taken_s / 30 + 3) * 30
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_table_answers_as_a_map_of_leases_would(steps in steps(), key: u8, limit in 1u8..6, start in 0..10_000_000u64) {
        let words = words(64);
        let table = leases(&words, 64, key);
        let quota = most(limit);
        // All leases of a client that may be held, and those that someone still has in hand.
        let mut backs: HashMap<u8, Vec<u64>> = HashMap::new();
        let mut hands: HashMap<u8, Vec<(Lease, u64)>> = HashMap::new();
        let mut now_s = start;
        for (gap_s, client, step) in steps {
            now_s += gap_s;
            let (partition, now) = (table.client(&[client]), at(now_s));
            let (backs, hands) = (backs.entry(client).or_default(), hands.entry(client).or_default());
            backs.retain(|back| *back > now_s);
            // Nobody gives one back after as long: a lease tells no more times apart than a word does.
            hands.retain(|(_, back)| now_s < *back + SILENCE_S);
            prop_assert_eq!(table.held(partition, quota, now), backs.len() as u32);
            match step {
                Step::Acquire => match table.acquire(partition, quota, now) {
                    Ok(lease) => {
                        backs.push(back_s(now_s));
                        hands.push((lease, back_s(now_s)));
                        prop_assert!(back_s(now_s) - now_s >= LONGEST_S && back_s(now_s) - now_s <= LONGEST_S * 3 / 2);
                        prop_assert!(backs.len() <= usize::from(limit));
                    }
                    Err(why) => prop_assert_eq!((why, backs.len()), (LeaseRefused::Busy, usize::from(limit))),
                },
                Step::Release(which) if which < hands.len() => {
                    let (lease, back) = hands.swap_remove(which);
                    let held = backs.iter().position(|other| *other == back);
                    prop_assert_eq!(table.release(lease, now).is_ok(), held.is_some());
                    held.map(|held| backs.swap_remove(held));
                }
                Step::Renew(which) if which < hands.len() => {
                    let (lease, back) = hands.swap_remove(which);
                    let held = backs.iter().position(|other| *other == back);
                    match (table.renew(lease, now), held) {
                        (Ok(lease), Some(held)) => {
                            backs[held] = back_s(now_s);
                            hands.push((lease, back_s(now_s)));
                        }
                        (Err(Lapsed), None) => {}
                        (ours, theirs) => prop_assert!(false, "{:?} where the map says {:?}", ours, theirs),
                    }
                }
                Step::Crash(which) if which < hands.len() => drop(hands.swap_remove(which)),
                Step::Release(_) | Step::Renew(_) | Step::Crash(_) => {}
            }
        }
        prop_assert_eq!(table.full(), 0);
    }
}

/// The most that were at work at once, of 8 threads that each try until they were admitted `rounds` times.
fn most_at_once(rounds: u32, acquire: impl Fn() -> Option<Lease> + Sync, release: impl Fn(Lease) + Sync) -> u32 {
    let (working, peak) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut left = rounds;
                while left > 0 {
                    let Some(lease) = acquire() else {
                        thread::yield_now();
                        continue;
                    };
                    peak.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    working.fetch_sub(1, Ordering::SeqCst);
                    left -= 1;
                    release(lease);
                }
            });
        }
    });
    peak.into_inner()
}

#[test]
fn eight_threads_are_never_more_at_once_than_the_quota() {
    for limit in [1, 3] {
        let words = words(2);
        let table = leases(&words, 2, limit);
        let client = table.client(b"alice");
        let release = |lease| table.release(lease, at(1)).unwrap();
        let peak = most_at_once(1_000, || table.acquire(client, most(limit), at(1)).ok(), release);
        assert!(peak <= u32::from(limit), "{peak} of {limit}");
        assert_eq!(table.held(client, most(limit), at(1)), 0);
    }
}

#[test]
fn a_quota_that_is_not_kept_would_be_noticed() {
    // The planted fault: the leases are given for a quota of 8.
    let words = words(2);
    let table = leases(&words, 2, 1);
    let client = table.client(b"alice");
    let release = |lease| table.release(lease, at(1)).unwrap();
    let peak = most_at_once(1_000, || table.acquire(client, most(8), at(1)).ok(), release);
    assert!(peak > 1, "eight threads were never two at once");
}

#[test]
fn a_full_table_refuses_new_clients_and_takes_nothing_from_old_ones() {
    let words = words(4);
    let table = leases(&words, 4, 3);
    let held: Vec<u32> = (0..1000u32).filter(|id| table.acquire(table.client(&id.to_le_bytes()), most(2), at(1)).is_ok()).collect();
    assert!((16..=32).contains(&held.len()), "{} clients in 32 words", held.len());
    assert_eq!(table.full(), 1000 - held.len() as u64);
    assert!(held.iter().all(|id| table.held(table.client(&id.to_le_bytes()), most(2), at(2)) == 1));
    // Nobody released them, and there is room again.
    assert!(table.acquire(table.client(b"new"), most(2), at(92)).is_ok());
}

#[test]
fn a_lease_comes_back_from_its_bytes_whole_and_other_bytes_are_nobody_s() {
    let words = words(8);
    let table = leases(&words, 8, 3);
    let take = |client: &[u8], quota, now| table.acquire(table.client(client), quota, now).unwrap().into_bytes();
    let (exports, uploads) = (most(2), LeaseQuota::new("uploads", NonZero::new(2).unwrap()));
    assert_eq!(LeaseQuota::from_name64(exports.name64(), NonZero::new(2).unwrap()), exports);
    // A client, a quota and a time: each is in the bytes, and each says whose lease it is.
    let kept = take(b"alice", exports, at(3_000_000));
    let others = [take(b"bob", exports, at(3_000_000)), take(b"alice", uploads, at(3_000_000)), take(b"alice", exports, at(3_000_050))];
    for (other, left) in others.into_iter().zip([2, 2, 1]) {
        assert_ne!(kept, other);
        assert_eq!(table.release(Lease::from_bytes(other), at(3_000_050)), Ok(()));
        assert_eq!(table.release(Lease::from_bytes(other), at(3_000_050)), Err(Lapsed));
        assert_eq!(table.held(table.client(b"alice"), exports, at(3_000_050)), left);
    }
    for byte in 0..18 {
        let mut wrong = kept;
        wrong[byte] ^= 1;
        assert_eq!(Lease::from_bytes(wrong).into_bytes(), wrong);
        assert_eq!(table.release(Lease::from_bytes(wrong), at(3_000_050)), Err(Lapsed), "byte {byte}");
    }
    assert_eq!(table.release(Lease::from_bytes(kept), at(3_000_050)), Ok(()));
    assert_eq!(table.held(table.client(b"alice"), exports, at(3_000_050)), 0);
}

#[test]
fn a_renewed_lease_is_released_as_one_of_the_time_when_it_was_renewed() {
    let words = words(8);
    let table = leases(&words, 8, 3);
    let client = table.client(b"alice");
    let lease = table.acquire(client, most(1), at(0)).unwrap();
    let lease = table.renew(lease, at(50)).unwrap();
    assert_eq!(table.release(lease, at(50)), Ok(()));
    assert_eq!(table.held(client, most(1), at(50)), 0);
}

#[test]
fn what_went_wrong_is_said() {
    let told = [LeaseRefused::Busy, LeaseRefused::Full, LeaseRefused::Contended].map(|why| why.to_string());
    assert_eq!(told[0], "as many at once as the quota allows");
    assert!(told[1].contains("more lines") && told[2].contains("try again"));
    assert_eq!(Lapsed.to_string(), "the lease's time was over");
}

#[test]
fn leases_and_limiters_do_not_read_each_other_s_words() {
    let words = words(4);
    leases(&words, 4, 3);
    assert_eq!(Limiter::attach(&words).err(), Some(TableError::Layout));
    assert!(Leases::attach(&words).is_ok());
}
