//! A snapshot keeps limits over a restart: with the clock begun anew nobody is let in sooner, and what is not whole is refused.

use std::sync::atomic::Ordering::Relaxed;

use caltrop::Now;
use caltrop::mac::Key;
use caltrop::rate::{Charge, Limiter, Quota, Refused, Snapshot, SnapshotError, SnapshotOptions};
use caltrop::table::{TableError, TableSize, Word};
use caltrop::time::Quality;
use proptest::prelude::*;

/// So small that its overflow words decide too.
const SIZE: TableSize = TableSize { lines: 2, overflow_log2: 3 };
/// Clients of the tests: more than the 16 words of the lines.
const CLIENTS: u8 = 40;

fn words(size: TableSize) -> Vec<Word> {
    (0..size.words().unwrap()).map(|_| Word::new(0)).collect()
}

fn key() -> Key {
    Key::new(&[9; 32])
}

fn at(wall_s: u64, mono_ns: u64, quality: Quality) -> Now {
    Now { wall_s, mono_ns, quality }
}

/// Ten in ten minutes: one a minute.
fn charge(limiter: &Limiter<'_>, client: u8, cost: u32) -> Charge {
    Charge { partition: limiter.client(&[client]), quota: Quota::per("q", 10, 600, 10).unwrap(), cost }
}

/// What each client has to wait for ten units, in ticks.
fn waits(limiter: &Limiter<'_>, now: Now) -> Vec<u64> {
    let wait = |client| match limiter.peek(&charge(limiter, client, 10), now) {
        Ok(_) => 0,
        Err(Refused::Wait { ticks }) => ticks,
        Err(Refused::Contended) => panic!("nobody races"),
    };
    (0..CLIENTS).map(wait).collect()
}

/// A snapshot of a table in which these clients took these costs.
fn taken(limiter: &Limiter<'_>, costs: &[(u8, u32)], options: SnapshotOptions, now: Now) -> Vec<u8> {
    for &(client, cost) in costs {
        let _ = limiter.take(&charge(limiter, client, cost), now);
    }
    let mut bytes = vec![0xFF; Snapshot::bytes(limiter.table().lines().len() * 8 + 8)];
    let length = limiter.snapshot(&mut bytes, &key(), options, now).unwrap();
    bytes.truncate(length);
    bytes
}

const UP: Now = Now { wall_s: 1_796_000_000, mono_ns: 1 << 55, quality: Quality::Trusted };

proptest! {
    #[test]
    fn after_a_restart_everyone_waits_as_long_as_before(
        costs in prop::collection::vec((0..CLIENTS, 1..=10u32), 0..80),
        mono_ns in any::<u64>(),
        anew in any::<u64>(),
        entropy in any::<[u8; 16]>(),
    ) {
        let (before, after) = (words(SIZE), words(SIZE));
        let limiter = Limiter::format(&before, SIZE, entropy).unwrap();
        let now = at(0, mono_ns, Quality::Untrusted);
        let bytes = taken(&limiter, &costs, SnapshotOptions::default(), now);
        let snapshot = Snapshot::open(&bytes, &key()).unwrap();
        let restarted = at(0, anew, Quality::Untrusted);
        let restored = Limiter::restore(&after, &snapshot, restarted).unwrap();
        prop_assert_eq!(waits(&restored, restarted), waits(&limiter, now));
    }
}

#[test]
fn words_carried_over_as_they_are_would_be_noticed() {
    // The planted fault: the old words under a clock that began anew, without a snapshot. Nobody of them waits as long as before.
    let before = words(SIZE);
    let limiter = Limiter::format(&before, SIZE, [7; 16]).unwrap();
    taken(&limiter, &[(1, 10), (2, 5)], SnapshotOptions::default(), UP);
    let expected = waits(&limiter, UP);
    assert_eq!((expected[1], expected[2], expected[3]), (600 << 16, 300 << 16, 0));
    let carried = words(SIZE);
    carried.iter().zip(&before).for_each(|(to, from)| to.store(from.load(Relaxed), Relaxed));
    assert_ne!(waits(&Limiter::attach(&carried).unwrap(), Now::default()), expected);
}

#[test]
fn debts_shrink_by_the_wall_time_that_both_clocks_vouch_for_and_by_none_else() {
    let wait_after = |taken_at: Now, restored_at: Now| {
        let (before, after) = (words(SIZE), words(SIZE));
        let limiter = Limiter::format(&before, SIZE, [7; 16]).unwrap();
        let bytes = taken(&limiter, &[(1, 10)], SnapshotOptions::default(), taken_at);
        let restored = Limiter::restore(&after, &Snapshot::open(&bytes, &key()).unwrap(), restored_at).unwrap();
        waits(&restored, restored_at)[1] >> 16
    };
    let [trusted, untrusted] = [Quality::Trusted, Quality::Untrusted].map(|quality| move |wall_s| at(wall_s, 5, quality));
    assert_eq!(wait_after(trusted(1_000), trusted(1_100)), 500);
    assert_eq!(wait_after(trusted(1_000), trusted(1_600)), 0);
    assert_eq!(wait_after(trusted(1_000), trusted(u64::MAX)), 0);
    assert_eq!(wait_after(trusted(1_000), trusted(900)), 600, "a clock that went back gives nothing");
    assert_eq!(wait_after(untrusted(1_000), trusted(1_100)), 600);
    assert_eq!(wait_after(trusted(1_000), untrusted(1_100)), 600);
    assert_eq!(wait_after(untrusted(1_000), untrusted(1_100)), 600);
}

#[test]
fn who_owes_nothing_any_more_takes_no_word_of_the_restored_table() {
    let left_after = |gone_s: u64| {
        let (before, after) = (words(SIZE), words(SIZE));
        let limiter = Limiter::format(&before, SIZE, [7; 16]).unwrap();
        // One minute, and ten.
        let bytes = taken(&limiter, &[(1, 1), (2, 10)], SnapshotOptions::default(), UP);
        let later = Now { wall_s: UP.wall_s + gone_s, ..UP };
        Limiter::restore(&after, &Snapshot::open(&bytes, &key()).unwrap(), later).unwrap();
        // Behind the 8 words of the header.
        after.iter().skip(8).filter(|word| word.load(Relaxed) != 0).count()
    };
    assert_eq!([0, 59, 60, 599, 600, 700].map(left_after), [2, 2, 1, 1, 0, 0]);
}

#[test]
fn who_owes_no_more_than_is_said_is_left_out() {
    let before = words(SIZE);
    let limiter = Limiter::format(&before, SIZE, [7; 16]).unwrap();
    // One, two and three minutes.
    taken(&limiter, &[(1, 1), (2, 2), (3, 3)], SnapshotOptions::default(), UP);
    let lengths =
        [0, 59, 60, 119, 120, 180, u32::MAX].map(|above_s| taken(&limiter, &[], SnapshotOptions { number: 1, above_s }, UP).len());
    assert_eq!(lengths, [3, 3, 2, 2, 1, 0, 0].map(Snapshot::bytes));
}

#[test]
fn any_bit_that_is_turned_and_any_cut_is_refused() {
    let before = words(SIZE);
    let limiter = Limiter::format(&before, SIZE, [7; 16]).unwrap();
    let bytes = taken(&limiter, &[(1, 10), (2, 5)], SnapshotOptions { number: 3, above_s: 0 }, UP);
    assert_eq!(bytes.len(), Snapshot::bytes(2));
    for bit in 0..bytes.len() * 8 {
        let mut turned = bytes.clone();
        turned[bit / 8] ^= 1 << (bit % 8);
        let error = Snapshot::open(&turned, &key()).unwrap_err();
        let count = 56 * 8..64 * 8;
        let expected = if bit < 64 { error == SnapshotError::Layout } else { error == SnapshotError::Tag };
        assert!(expected || count.contains(&bit) && matches!(error, SnapshotError::Cut { .. }), "bit {bit}: {error:?}");
    }
    for length in 0..bytes.len() {
        let need = Snapshot::bytes(if length < 64 { 0 } else { 2 });
        assert_eq!(Snapshot::open(&bytes[..length], &key()).unwrap_err(), SnapshotError::Cut { need }, "{length} bytes");
    }
    assert_eq!(Snapshot::open(&bytes, &Key::new(&[8; 32])).unwrap_err(), SnapshotError::Tag, "another device's");
    // A slot of flash is longer than what is in it.
    let slot = [bytes.as_slice(), &[0xFF; 100]].concat();
    assert_eq!(Snapshot::open(&slot, &key()).unwrap().number(), 3);
}

#[test]
fn two_snapshots_that_were_mixed_are_refused_and_of_two_the_later_is_told() {
    let before = words(SIZE);
    let limiter = Limiter::format(&before, SIZE, [7; 16]).unwrap();
    let old = taken(&limiter, &[(1, 5), (2, 5)], SnapshotOptions { number: 1, above_s: 0 }, UP);
    let new = taken(&limiter, &[(1, 5), (2, 5)], SnapshotOptions { number: 2, above_s: 0 }, UP);
    // Torn: the new one was written over the old one up to here.
    for length in 1..new.len() {
        let torn = [&new[..length], &old[length..]].concat();
        let whole = torn == new || torn == old;
        assert_eq!(Snapshot::open(&torn, &key()).is_ok(), whole, "{length} bytes of the new one");
    }
    let numbers = [&old, &new].map(|bytes| Snapshot::open(bytes, &key()).unwrap().number());
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn the_words_of_another_size_and_the_snapshot_of_another_room_are_refused() {
    let before = words(SIZE);
    let limiter = Limiter::format(&before, SIZE, [7; 16]).unwrap();
    let bytes = taken(&limiter, &[(1, 10)], SnapshotOptions::default(), UP);
    let snapshot = Snapshot::open(&bytes, &key()).unwrap();
    assert_eq!(snapshot.size(), SIZE);
    let other = words(TableSize { lines: 3, overflow_log2: 3 });
    other.iter().for_each(|word| word.store(5, Relaxed));
    assert_eq!(Limiter::restore(&other, &snapshot, UP).unwrap_err(), TableError::Words { need: 32, have: 40 });
    assert!(other.iter().all(|word| word.load(Relaxed) == 5), "nothing was written");

    // Under the key, but with the header of a table of messages, or none that can be: whoever signs so is wrong, and it is refused all the same.
    for (at, value) in [(16 + 3, 1), (16, 2), (16 + 2, 17), (16 + 4, 1)] {
        let mut signed = bytes[..bytes.len() - 32].to_vec();
        signed[at] = value;
        signed.extend(key().sign(&signed.clone()).as_bytes());
        let told = Snapshot::open(&signed, &key()).map(|snapshot| Limiter::restore(&words(SIZE), &snapshot, UP).map(|_| ()));
        assert!(matches!(told, Err(SnapshotError::Layout) | Ok(Err(TableError::Size))), "byte {at}: {told:?}");
    }
}

#[test]
fn a_place_that_is_too_small_is_told_what_it_takes() {
    let before = words(SIZE);
    let limiter = Limiter::format(&before, SIZE, [7; 16]).unwrap();
    taken(&limiter, &[(1, 10), (2, 5)], SnapshotOptions::default(), UP);
    let need = Snapshot::bytes(2);
    for have in 0..need {
        let mut bytes = vec![0; have];
        let error = limiter.snapshot(&mut bytes, &key(), SnapshotOptions::default(), UP).unwrap_err();
        let told = if have < 64 { Snapshot::bytes(0) } else { need };
        assert_eq!(error, SnapshotError::Room { need: told, have });
        assert!(Snapshot::open(&bytes, &key()).is_err());
    }
    assert_eq!(limiter.snapshot(&mut vec![0; need], &key(), SnapshotOptions::default(), UP), Ok(need));
}

#[test]
fn errors_say_what_would_do_and_nothing_prints_the_key() {
    let before = words(SIZE);
    let limiter = Limiter::format(&before, SIZE, [0xAB; 16]).unwrap();
    let bytes = taken(&limiter, &[(1, 10)], SnapshotOptions { number: 4, above_s: 0 }, UP);
    let told = format!("{:?}", Snapshot::open(&bytes, &key()).unwrap());
    assert!(told.contains('4') && told.contains("lines: 2") && !told.contains("171"), "{told}");
    let errors = [SnapshotError::Room { need: 9, have: 8 }, SnapshotError::Cut { need: 9 }, SnapshotError::Layout, SnapshotError::Tag];
    let texts = errors.map(|error| error.to_string());
    assert!(
        texts[0].contains("9 bytes")
            && texts[0].contains('8')
            && texts[1].contains("9 bytes")
            && texts[2..].iter().all(|text| text.contains(':'))
    );
}
