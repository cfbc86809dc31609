//! A flood of new clients never resets a limited one, and a full table says so.

use caltrop::Now;
use caltrop::rate::{Charge, Limiter, Quota};
use caltrop::table::{TableSize, Word};

const SIZE: TableSize = TableSize { lines: 64, overflow_log2: 6 };

fn words() -> Vec<Word> {
    (0..SIZE.words().unwrap()).map(|_| Word::new(0)).collect()
}

#[test]
fn a_flood_of_new_clients_never_resets_a_limited_one() {
    let words = words();
    let limiter = Limiter::format(&words, SIZE, [3; 16]).unwrap();
    let quota = Quota::per("q", 1, 3600, 1).unwrap();
    let victim = Charge { partition: limiter.client(b"victim"), quota, cost: 1 };
    let now = Now { mono_ns: 1, ..Now::default() };
    assert!(limiter.take(&victim, now).is_ok());
    for stranger in 0..100_000u32 {
        let _ = limiter.take(&Charge { partition: limiter.client(&stranger.to_le_bytes()), quota, cost: 1 }, now);
        assert!(limiter.peek(&victim, now).is_err(), "after {stranger} strangers");
    }
    assert!(limiter.table().overflowed() > 0, "512 words cannot hold 100,000 clients, and the count says it");
}

#[test]
fn a_full_table_lets_through_no_more_than_its_words() {
    let words = words();
    let limiter = Limiter::format(&words, SIZE, [4; 16]).unwrap();
    let quota = Quota::per("q", 1, 3600, 1).unwrap();
    let now = Now { mono_ns: 1, ..Now::default() };
    let admitted = (0..100_000u32)
        .filter(|stranger| limiter.take(&Charge { partition: limiter.client(&stranger.to_le_bytes()), quota, cost: 1 }, now).is_ok())
        .count();
    assert!(admitted <= 64 * 8 + 64, "{admitted} admitted by 512 words and 64 overflow words of which 16 are this quota's");
}

#[test]
fn several_quotas_are_taken_all_or_none() {
    let words = words();
    let limiter = Limiter::format(&words, SIZE, [5; 16]).unwrap();
    let now = Now::default();
    let charge =
        |name: &str, count| Charge { partition: limiter.client(b"c"), quota: Quota::per(name, count, 60, count).unwrap(), cost: 1 };
    let charges = [charge("wide", 10), charge("narrow", 1)];
    assert!(limiter.take_all(&charges, now).is_ok());
    let refused = limiter.take_all(&charges, now).unwrap_err();
    assert_eq!(refused.index, 1);
    assert_eq!(limiter.peek(&charges[0], now).unwrap().remaining, 8, "the refused call took nothing of the wide one");
}

#[test]
fn what_is_settled_above_the_limit_is_waited_for() {
    let words = words();
    let limiter = Limiter::format(&words, SIZE, [6; 16]).unwrap();
    let charge = Charge { partition: limiter.client(b"c"), quota: Quota::per("q", 10, 10, 10).unwrap(), cost: 15 };
    limiter.settle(&charge, Now::default());
    let one = Charge { cost: 1, ..charge };
    assert_eq!(limiter.take(&one, Now::default()).unwrap_err().retry_after_s(), 1, "debts over the limit are clamped to it");
}

#[test]
fn after_48_idle_days_nobody_owes_anything() {
    let words = words();
    let limiter = Limiter::format(&words, SIZE, [7; 16]).unwrap();
    let day = 86_400 * 1_000_000_000;
    let charge = Charge { partition: limiter.client(b"c"), quota: Quota::per("q", 1, 86_400, 40).unwrap(), cost: 40 };
    let at = |days: u64| Now { mono_ns: days * day + 1_000_000_000, ..Now::default() };
    assert!(limiter.take(&charge, at(1)).is_ok());
    assert!(limiter.take(&charge, at(20)).is_err());
    assert!(limiter.take(&charge, at(69)).is_ok());
    let one = Charge { cost: 1, ..charge };
    assert_eq!(limiter.peek(&one, at(98)).unwrap().remaining, 28, "29 days of silence are not 48");
    // That debt ends on day 109. On day 210, and left alone, its word would say 93 days that are to come.
    assert_eq!(limiter.peek(&one, at(210)).unwrap().remaining, 39);
}

#[test]
fn who_is_forgotten_first_is_the_overflow_too() {
    // Two lines of eight and eight overflow words, all of which owe 40 days; after 48 without a call all of them are as new.
    let size = TableSize { lines: 2, overflow_log2: 3 };
    let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
    let limiter = Limiter::format(&words, size, [9; 16]).unwrap();
    let quota = Quota::per("q", 1, 86_400 * 40, 1).unwrap();
    let at = |days: u64| Now { mono_ns: (days * 86_400 + 1) * 1_000_000_000, ..Now::default() };
    let admitted = |days| {
        let charge = |stranger: u32| Charge { partition: limiter.client(&stranger.to_le_bytes()), quota, cost: 1 };
        (0..500u32).filter(|stranger| limiter.take(&charge(*stranger), at(days)).is_ok()).count()
    };
    assert_eq!([admitted(1), admitted(40), admitted(140)], [24, 0, 24]);
}

#[test]
fn a_full_table_remembers_a_debt_that_ends_where_the_circle_does() {
    // 2⁴⁰ ticks are 2²⁴ s: an overflow word that owes until then has no bit of a time.
    let size = TableSize { lines: 2, overflow_log2: 3 };
    let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
    let limiter = Limiter::format(&words, size, [8; 16]).unwrap();
    let quota = Quota::per("q", 1, 3600, 1).unwrap();
    let now = Now { mono_ns: ((1 << 24) - 3600) * 1_000_000_000, ..Now::default() };
    let admitted = (0..1_000u32)
        .filter(|stranger| limiter.take(&Charge { partition: limiter.client(&stranger.to_le_bytes()), quota, cost: 1 }, now).is_ok())
        .count();
    assert_eq!(admitted, 2 * 8 + 8);
}

#[test]
fn a_table_is_three_quarters_full_before_any_client_shares() {
    // Of its two lines a newcomer takes the one with fewer that owe. With the second line whenever it has room, it would be half.
    for key in 0..4 {
        let size = TableSize { lines: 512, overflow_log2: 6 };
        let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
        let limiter = Limiter::format(&words, size, [key; 16]).unwrap();
        let quota = Quota::per("q", 1, 3600, 1).unwrap();
        for client in 0..3072u32 {
            let charge = Charge { partition: limiter.client(&client.to_le_bytes()), quota, cost: 1 };
            assert!(limiter.take(&charge, Now { mono_ns: 1, ..Now::default() }).is_ok(), "client {client}");
        }
        assert_eq!(limiter.table().overflowed(), 0, "key {key}");
    }
}
