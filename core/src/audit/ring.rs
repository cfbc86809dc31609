//! Events in a ring: many writers that never wait, one reader that sees whole events or none.
//!
//! ```text
//! slot = stamp ‖ 12 words of the event ‖ check, padded to 16 words
//! write(n):  stamp = 0, the words, the check, stamp = n + 1 (Release)
//! read(n):   stamp is n + 1 (Acquire) before and after, and the check holds: whole; else lost
//! ```
//! A writer killed half-way leaves a slot whose stamp is 0: the reader waits for it until it is half a ring behind. Two writers that meet
//! in one slot after a full round leave a check that fails.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::fence;

use super::event::{EVENT_WORDS, Event};
use crate::table::Word;

/// Words of a slot: two cache lines.
pub(super) const SLOT_WORDS: usize = 16;

type Slot = [Word; SLOT_WORDS];

/// What one reading of the ring found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Where the next reading begins.
    pub next: u64,
    /// Events that were overwritten or never finished.
    pub lost: u64,
}

/// The ring; its length is a power of two.
#[derive(Clone, Copy)]
pub(super) struct Ring<'s> {
    pub(super) head: &'s Word,
    pub(super) slots: &'s [Slot],
}

impl Ring<'_> {
    fn slot(&self, number: u64) -> Option<&Slot> {
        let mask = u64::try_from(self.slots.len()).ok()?.checked_sub(1)?;
        self.slots.get(usize::try_from(number & mask).ok()?)
    }

    pub(super) fn push(&self, event: Event) {
        let number = self.head.fetch_add(1, Relaxed);
        let Some([stamp, words @ .., check, _, _]) = self.slot(number) else { return };
        stamp.store(0, Relaxed);
        fence(Release);
        let payload = event.to_words();
        for (word, value) in words.iter().zip(payload) {
            word.store(value, Relaxed);
        }
        check.store(check_of(number, payload), Relaxed);
        stamp.store(number.wrapping_add(1), Release);
    }

    fn read(&self, number: u64) -> Reading {
        let Some([stamp, words @ .., check, _, _]) = self.slot(number) else { return Reading::Lost };
        let expected = number.wrapping_add(1);
        let before = stamp.load(Acquire);
        let mut payload = [0u64; EVENT_WORDS];
        for (value, word) in payload.iter_mut().zip(words) {
            *value = word.load(Relaxed);
        }
        let checked = check.load(Relaxed) == check_of(number, payload);
        fence(Acquire);
        match stamp.load(Relaxed) {
            after if before == expected && after == expected && checked => Reading::Whole(Event::from_words(payload)),
            after if after > expected || before == expected => Reading::Lost,
            _ => Reading::Unfinished,
        }
    }

    pub(super) fn drain(&self, from: u64, mut each: impl FnMut(u64, Event)) -> Drained {
        let head = self.head.load(Acquire);
        let slots = u64::try_from(self.slots.len()).unwrap_or(0);
        let oldest = head.saturating_sub(slots);
        let mut drained = Drained { next: from.max(oldest), lost: oldest.saturating_sub(from) };
        while drained.next < head {
            match self.read(drained.next) {
                Reading::Whole(event) => each(drained.next, event),
                // Its writer may still be at it; one that is half a ring behind was killed.
                Reading::Unfinished if head.saturating_sub(drained.next) <= slots / 2 => break,
                Reading::Unfinished | Reading::Lost => drained.lost = drained.lost.saturating_add(1),
            }
            drained.next = drained.next.saturating_add(1);
        }
        drained
    }
}

/// What stands in the slot of a number.
enum Reading {
    Whole(Event),
    Unfinished,
    Lost,
}

/// Binds an event's words to its number: not a secret, only a check against torn writes.
fn check_of(number: u64, payload: [u64; EVENT_WORDS]) -> u64 {
    payload.iter().fold(number ^ 0x9E37_79B9_7F4A_7C15, |sum, word| (sum ^ word).wrapping_mul(0xFF51_AFD7_ED55_8CCD).rotate_left(29))
}
