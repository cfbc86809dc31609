//! The replay cache answers as a map without a bound would, over random senders, ids, lives and clocks.

use std::collections::HashMap;

use caltrop::Now;
use caltrop::replay::{LIFE_MAX_S, Message, NotFirst, ReplayCache};
use caltrop::table::Word;
use caltrop::time::Quality;
use proptest::prelude::*;

const DAY_S: u64 = 86_400;

/// Until when each message of each sender is remembered, and the latest clock.
#[derive(Default)]
struct Oracle {
    until_s: HashMap<(u8, u8), u64>,
    clock_s: u64,
    since_s: u64,
}

impl Oracle {
    fn first_seen(&mut self, sender: u8, id: u8, issued_s: u64, until_s: u64, wall_s: u64) -> Result<(), NotFirst> {
        self.clock_s = self.clock_s.max(wall_s);
        if until_s < self.clock_s {
            return Err(NotFirst::Expired);
        }
        if until_s - self.clock_s > LIFE_MAX_S {
            return Err(NotFirst::TooLong);
        }
        if self.since_s != 0 && issued_s <= self.since_s {
            return Err(NotFirst::Forgotten);
        }
        if self.until_s.get(&(sender, id)).is_some_and(|until_s| *until_s >= self.clock_s) {
            return Err(NotFirst::Replayed);
        }
        self.until_s.insert((sender, id), until_s);
        Ok(())
    }
}

fn at(wall_s: u64) -> Now {
    Now { wall_s, mono_ns: 0, quality: Quality::Trusted }
}

#[derive(Debug, Clone)]
struct Step {
    /// Mostly on, sometimes back: a wall clock may do both.
    gap_s: i64,
    sender: u8,
    id: u8,
    age_s: u64,
    life_s: i64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let days = |count: u64| i64::try_from(count * DAY_S).unwrap();
    let gap = prop_oneof![6 => 0..3i64, 3 => -90..600i64, 1 => 0..days(700)];
    let life = prop_oneof![6 => -2..400i64, 2 => 0..days(30), 1 => days(380)..days(395)];
    let step =
        (gap, 0u8..3, 0u8..12, 0u64..400, life).prop_map(|(gap_s, sender, id, age_s, life_s)| Step { gap_s, sender, id, age_s, life_s });
    prop::collection::vec(step, 1..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_cache_answers_as_an_unbounded_map_would(steps in steps(), key: [u8; 16], start in 1_700_000_000u64..1_900_000_000, has_born: bool) {
        let words: Vec<Word> = (0..ReplayCache::words(64).unwrap()).map(|_| Word::new(0)).collect();
        let since_s = if has_born { start } else { 0 };
        let cache = ReplayCache::format(&words, 64, since_s, key).unwrap();
        let mut oracle = Oracle { since_s, ..Oracle::default() };
        let mut wall_s = start;
        for Step { gap_s, sender, id, age_s, life_s } in steps {
            wall_s = wall_s.saturating_add_signed(gap_s);
            let (issued_s, until_s) = (wall_s - age_s, wall_s.saturating_add_signed(life_s));
            let message = Message { sender: &[sender], id: &[id], issued_s, until_s };
            let ours = cache.first_seen(&message, at(wall_s));
            prop_assert_eq!(ours, oracle.first_seen(sender, id, issued_s, until_s, wall_s));
        }
        prop_assert_eq!(cache.full(), 0);
    }
}

#[test]
fn an_oracle_that_forgets_would_be_noticed() {
    // The planted fault: the same walk against a map that loses its entries must disagree.
    let words: Vec<Word> = (0..ReplayCache::words(8).unwrap()).map(|_| Word::new(0)).collect();
    let cache = ReplayCache::format(&words, 8, 0, [1; 16]).unwrap();
    let message = Message { sender: b"s", id: b"i", issued_s: 1000, until_s: 1300 };
    let differs = (0..2).any(|_| cache.first_seen(&message, at(1000)) != Oracle::default().first_seen(0, 0, 1000, 1300, 1000));
    assert!(differs);
}

#[test]
fn a_clock_that_goes_back_brings_no_message_back() {
    let words: Vec<Word> = (0..ReplayCache::words(8).unwrap()).map(|_| Word::new(0)).collect();
    let cache = ReplayCache::format(&words, 8, 0, [1; 16]).unwrap();
    let message = Message { sender: b"s", id: b"i", issued_s: 1000, until_s: 1300 };
    assert_eq!(cache.first_seen(&message, at(1000)), Ok(()));
    assert_eq!(cache.first_seen(&message, at(1300)), Err(NotFirst::Replayed), "its last second");
    assert_eq!(cache.first_seen(&message, at(1301)), Err(NotFirst::Expired));
    assert_eq!(cache.first_seen(&message, at(1000)), Err(NotFirst::Expired), "the clock went back, and the cache did not");
}

#[test]
fn without_a_trusted_clock_nothing_is_first_and_the_clock_is_not_moved() {
    let words: Vec<Word> = (0..ReplayCache::words(8).unwrap()).map(|_| Word::new(0)).collect();
    let cache = ReplayCache::format(&words, 8, 0, [1; 16]).unwrap();
    let message = Message { sender: b"s", id: b"i", issued_s: 1000, until_s: 1300 };
    assert_eq!(cache.first_seen(&message, Now { wall_s: 1 << 40, ..Now::default() }), Err(NotFirst::Clock));
    assert_eq!(cache.first_seen(&message, at(1000)), Ok(()));
}

#[test]
fn a_sender_and_an_id_are_hashed_apart() {
    let words: Vec<Word> = (0..ReplayCache::words(64).unwrap()).map(|_| Word::new(0)).collect();
    let cache = ReplayCache::format(&words, 64, 0, [1; 16]).unwrap();
    let pairs: [(&[u8], &[u8]); 6] = [(b"ab", b"c"), (b"a", b"bc"), (b"", b"abc"), (b"abc", b""), (b"c", b"ab"), (b"", b"")];
    for (sender, id) in pairs {
        assert_eq!(cache.first_seen(&Message { sender, id, issued_s: 1000, until_s: 1300 }, at(1000)), Ok(()), "{sender:?} {id:?}");
    }
}

#[test]
fn a_message_may_live_for_388_days_and_not_a_second_more() {
    let words: Vec<Word> = (0..ReplayCache::words(8).unwrap()).map(|_| Word::new(0)).collect();
    let cache = ReplayCache::format(&words, 8, 0, [1; 16]).unwrap();
    let show = |until_s| cache.first_seen(&Message { sender: b"s", id: b"i", issued_s: 1000, until_s }, at(1000));
    assert_eq!(show(1001 + LIFE_MAX_S), Err(NotFirst::TooLong));
    assert_eq!(show(1000 + LIFE_MAX_S), Ok(()));
    assert_eq!(show(1000 + LIFE_MAX_S), Err(NotFirst::Replayed));
}

#[test]
fn what_went_wrong_is_said() {
    use NotFirst::{Clock, Contended, Expired, Forgotten, Full, Replayed, TooLong};
    let told = [Replayed, Expired, TooLong, Forgotten, Clock, Full, Contended].map(|why| why.to_string());
    assert_eq!((told[0].as_str(), told[1].as_str()), ("seen before", "expired"));
    for (text, part) in told[2..].iter().zip(["388 days", "began to remember", "clock is not trusted", "more lines", "try again"]) {
        assert!(text.contains(part), "{text}");
    }
}
