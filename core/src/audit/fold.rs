//! A flood of one reason and address becomes one event with a count.
//!
//! ```text
//! word = tag:32 ‖ window:12 ‖ count:20     a window is 16 s; the tag is a keyed hash of reason and address
//! the same tag and window: count up, and write an event only when the count is a power of two; it carries the count
//! else: the word becomes this pair's, and its event is written
//! ```
//! So n equal denials in a window write about log2(n) events, each of which replaces the one before it.

use core::sync::atomic::Ordering::Relaxed;

use crate::table::Word;

/// Words of the fold: how many pairs may be flooding at once.
pub(super) const FOLDS: usize = 64;

/// log2 of the seconds of a window.
const WINDOW_LOG2_S: u32 = 4;
const COUNT_MASK: u64 = (1 << 20) - 1;

/// Counts one denial with this keyed hash; the count if an event should be written for it.
pub(super) fn fold(words: &[Word], hash: u64, mono_s: u64) -> Option<u32> {
    let at = usize::try_from(hash & 63).ok()?;
    let word = words.get(at)?;
    let head = (hash & !0xFFFF_FFFF) | ((mono_s >> WINDOW_LOG2_S) & 0xFFF) << 20;
    let seen = word.load(Relaxed);
    let count = if seen & !COUNT_MASK == head { (seen & COUNT_MASK).saturating_add(1).min(COUNT_MASK) } else { 1 };
    // A lost race leaves one denial uncounted here; the counters have it.
    let _ = word.compare_exchange(seen, head | count, Relaxed, Relaxed);
    if count.is_power_of_two() { u32::try_from(count).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{FOLDS, fold};
    use crate::table::Word;

    #[test]
    fn a_flood_writes_as_many_events_as_its_count_has_bits() {
        let words = [const { Word::new(0) }; FOLDS];
        let told: std::vec::Vec<u32> = (0..1000).filter_map(|_| fold(&words, 0xABCD_0000_0000_0007, 100)).collect();
        assert_eq!(told, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
        assert_eq!(fold(&words, 0xABCD_0000_0000_0007, 116), Some(1), "a new window begins anew");
        assert_eq!(fold(&words, 0xABCE_0000_0000_0007, 116), Some(1), "another pair takes the word over");
    }
}
