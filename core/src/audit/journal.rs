//! The room's words as one: counters, folds and ring.

use core::fmt;
use core::net::IpAddr;
use core::sync::atomic::Ordering::Relaxed;

use super::counters::{COUNTERS, Counters};
use super::event::Event;
use super::fold::{FOLDS, fold};
use super::ring::{Drained, Ring, SLOT_WORDS};
use super::{Reason, Verdict};
use crate::table::{LINE_WORDS, Word};

/// Where decisions are counted and written.
///
/// ```
/// use caltrop::{audit::{Event, Journal, Reason, Verdict}, table::Word};
/// let words: Vec<Word> = (0..Journal::words(4).unwrap()).map(|_| Word::new(0)).collect();
/// let journal = Journal::over(&words, 4).unwrap();
/// let denied = Verdict::Deny(Reason::Scope);
/// journal.count(denied);
/// journal.write(Event { id: 7, verdict: denied, ..Event::default() });
/// let mut seen = Vec::new();
/// let drained = journal.drain(0, |_, event| seen.push(event.id));
/// assert_eq!((seen, drained.lost, journal.counted(denied)), (vec![7], 0, 1));
/// assert_eq!(journal.counted(Verdict::WouldDeny(Reason::Scope)), 0);
/// ```
#[derive(Clone, Copy)]
pub struct Journal<'s> {
    decisions: &'s Word,
    counters: Counters<'s>,
    folds: &'s [Word],
    ring: Ring<'s>,
}

impl<'s> Journal<'s> {
    /// How many words it takes with a ring of `slots` events; `None` unless that is a power of two up to 2²⁰.
    #[must_use]
    pub fn words(slots: u32) -> Option<usize> {
        let slots = Some(slots).filter(|slots| slots.is_power_of_two() && *slots <= 1 << 20)?;
        usize::try_from(slots).ok()?.checked_mul(SLOT_WORDS)?.checked_add(LINE_WORDS + COUNTERS + FOLDS)
    }

    /// A journal over words; zeroed words are an empty one.
    ///
    /// # Errors
    /// [`JournalError`]: not as many words as it takes.
    pub fn over(words: &'s [Word], slots: u32) -> Result<Self, JournalError> {
        if Self::words(slots) != Some(words.len()) {
            return Err(JournalError);
        }
        let (head, rest) = words.split_first_chunk::<LINE_WORDS>().ok_or(JournalError)?;
        let (counters, rest) = rest.split_at_checked(COUNTERS).ok_or(JournalError)?;
        let (folds, rest) = rest.split_at_checked(FOLDS).ok_or(JournalError)?;
        let (slots, _) = rest.as_chunks::<SLOT_WORDS>();
        let [decisions, ring_head, ..] = head;
        Ok(Self { decisions, counters: Counters(counters), folds, ring: Ring { head: ring_head, slots } })
    }

    /// The number of the next decision: from 1, never given twice.
    pub fn next_decision(&self) -> u64 {
        self.decisions.fetch_add(1, Relaxed).wrapping_add(1)
    }

    /// Counts a decision, or what a rule in report mode would have decided.
    pub fn count(&self, verdict: Verdict) {
        self.counters.count(verdict);
    }

    /// How often it was counted.
    #[must_use]
    pub fn counted(&self, verdict: Verdict) -> u64 {
        self.counters.get(verdict)
    }

    /// For how many equal denials an event should now be written, if one should. `keyed` is a hash that a stranger cannot compute.
    pub fn fold(&self, verdict: Verdict, client: Option<IpAddr>, mono_s: u64, keyed: impl FnOnce(&[u8]) -> u64) -> Option<u32> {
        fold(self.folds, keyed(&fold_key(verdict, client)), mono_s)
    }

    /// Writes an event over the oldest one.
    pub fn write(&self, event: Event) {
        self.ring.push(event);
    }

    /// Hands out the events from number `from` on. For one reader.
    pub fn drain(&self, from: u64, each: impl FnMut(u64, Event)) -> Drained {
        self.ring.drain(from, each)
    }
}

/// Beside the address's kind: what would have been denied folds apart from what was.
const WOULD: u8 = 0x80;

/// What verdict and client are folded by.
fn fold_key(verdict: Verdict, client: Option<IpAddr>) -> [u8; 18] {
    let mut key = [0u8; 18];
    let (kind, bits) = match client {
        None => (0, 0),
        Some(IpAddr::V4(v4)) => (4, u128::from(v4.to_bits())),
        Some(IpAddr::V6(v6)) => (6, v6.to_bits()),
    };
    let reason = verdict.reason().map_or(0, Reason::code);
    let kind = if matches!(verdict, Verdict::WouldDeny(_)) { kind | WOULD } else { kind };
    for (slot, byte) in key.iter_mut().zip([reason, kind].into_iter().chain(bits.to_le_bytes())) {
        *slot = byte;
    }
    key
}

impl fmt::Debug for Journal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("slots", &self.ring.slots.len()).finish_non_exhaustive()
    }
}

/// The words are not as many as the journal takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalError;

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not as many words as a journal of this many events takes")
    }
}

impl core::error::Error for JournalError {}
