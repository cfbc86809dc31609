//! A full cache refuses, and forgets nothing that lives.

use caltrop::Now;
use caltrop::rate::Limiter;
use caltrop::replay::{Message, NotFirst, ReplayCache};
use caltrop::table::{TableError, TableSize, Word};
use caltrop::time::Quality;

const LINES: u32 = 64;

fn words(count: usize) -> Vec<Word> {
    (0..count).map(|_| Word::new(0)).collect()
}

fn at(wall_s: u64) -> Now {
    Now { wall_s, mono_ns: 0, quality: Quality::Trusted }
}

fn show(cache: &ReplayCache<'_>, id: u32, until_s: u64, wall_s: u64) -> Result<(), NotFirst> {
    cache.first_seen(&Message { sender: b"s", id: &id.to_le_bytes(), issued_s: wall_s, until_s }, at(wall_s))
}

#[test]
fn a_flood_is_refused_and_makes_the_cache_forget_nothing() {
    let words = words(ReplayCache::words(LINES).unwrap());
    let cache = ReplayCache::format(&words, LINES, 0, [3; 16]).unwrap();
    let first: Vec<u32> = (0..20_000).filter(|id| show(&cache, *id, 1300, 1000).is_ok()).collect();
    assert!(first.len() <= 64 * 8, "{} in 512 words", first.len());
    assert!(first.len() > 64 * 8 * 3 / 4, "only {} of 512 words are used", first.len());
    assert_eq!(cache.full(), 20_000 - first.len() as u64);
    assert!(first.iter().all(|id| show(&cache, *id, 1300, 1001) == Err(NotFirst::Replayed)));
    // When they have expired, there is room again.
    assert_eq!(show(&cache, 20_000, 1301, 1300), Err(NotFirst::Full));
    assert_eq!(show(&cache, 20_000, 1601, 1301), Ok(()));
}

#[test]
fn at_a_third_of_its_words_a_cache_is_never_full() {
    for seed in 0..20 {
        let words = words(ReplayCache::words(4096).unwrap());
        let cache = ReplayCache::format(&words, 4096, 0, [seed; 16]).unwrap();
        assert!((0..4096 * 8 / 3).all(|id| show(&cache, id, 1300, 1000).is_ok()), "seed {seed}");
    }
}

#[test]
fn at_two_thirds_it_is_not_full_either_since_each_message_goes_where_fewer_live() {
    for seed in 0..5 {
        let words = words(ReplayCache::words(4096).unwrap());
        let cache = ReplayCache::format(&words, 4096, 0, [seed; 16]).unwrap();
        assert!((0..4096 * 8 * 2 / 3).all(|id| show(&cache, id, 1300, 1000).is_ok()), "seed {seed}");
    }
}

#[test]
fn an_expired_message_leaves_its_word_to_others_through_the_wrap_of_the_time() {
    let words = words(ReplayCache::words(2).unwrap());
    let cache = ReplayCache::format(&words, 2, 0, [4; 16]).unwrap();
    let wrap = 1 << 27;
    for wall_s in (wrap - 5_000..wrap + 5_000).step_by(10) {
        // Sixteen words, ten messages that live: there is always room, and every copy is seen.
        let id = u32::try_from(wall_s).unwrap();
        assert_eq!(show(&cache, id, wall_s + 99, wall_s), Ok(()), "at {wall_s}");
        assert_eq!(show(&cache, id - 90, wall_s + 9, wall_s), if wall_s - 90 < wrap - 5_000 { Ok(()) } else { Err(NotFirst::Replayed) });
    }
}

#[test]
fn a_word_left_alone_is_swept_before_it_seems_to_live_again() {
    const YEAR_S: u64 = 365 * 86_400;
    let words = words(ReplayCache::words(LINES).unwrap());
    let cache = ReplayCache::format(&words, LINES, 0, [5; 16]).unwrap();
    let start = 1_796_000_000;
    assert!((0..100).all(|id| show(&cache, id, start + 300, start).is_ok()));
    let used = || words.iter().skip(16).filter(|word| word.load(std::sync::atomic::Ordering::Relaxed) != 0).count();
    assert_eq!(used(), 100);
    // One message a day: its two lines alone are touched but for the sweep.
    for day in 1..=25 {
        assert!(show(&cache, 1_000, start + day * 86_400, start + day * 86_400).is_ok());
        // A few lines each time, not all of them: 3 of the 64 a day.
        assert!(day != 12 || (30..70).contains(&used()), "{} of 100 words are left after half a pass", used());
    }
    assert!(used() <= 2, "{} words are left after a pass of 24 days", used());
    // After four years, in which a word's time wraps, the same ids are new.
    let later = start + 4 * YEAR_S + 90 * 86_400;
    assert!((0..100).all(|id| show(&cache, id, later + 300, later).is_ok()));
}

#[test]
fn a_word_written_at_the_first_second_of_all_is_swept_too() {
    let words = words(ReplayCache::words(8).unwrap());
    let cache = ReplayCache::format(&words, 8, 0, [1; 16]).unwrap();
    assert_eq!(show(&cache, 1, 100, 0), Ok(()));
    assert_eq!(show(&cache, 1, 100, 0), Err(NotFirst::Replayed));
    // Two years, and two more: 100 and 2^27 are near each other in a word.
    assert_eq!(show(&cache, 2, (1 << 26) + 100, 1 << 26), Ok(()));
    assert_eq!(show(&cache, 1, (1 << 27) + 100, 1 << 27), Ok(()));
}

#[test]
fn a_limiter_s_words_are_no_cache_and_a_cache_s_no_limiter() {
    let size = TableSize { lines: LINES, overflow_log2: 3 };
    let words = words(size.words().unwrap());
    assert_eq!(size.words(), ReplayCache::words(LINES), "the same words could hold either");
    Limiter::format(&words, size, [1; 16]).unwrap();
    assert_eq!(ReplayCache::attach(&words).err(), Some(TableError::Layout));
    ReplayCache::format(&words, LINES, 0, [1; 16]).unwrap();
    assert_eq!(Limiter::attach(&words).err(), Some(TableError::Layout));
    assert!(ReplayCache::attach(&words).is_ok());
}
