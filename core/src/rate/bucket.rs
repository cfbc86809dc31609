//! The word that decides for a client, and what its charge makes of it.

use core::sync::atomic::Ordering::{Relaxed, Release};

use super::gcra::{debt, fingerprint, is_of, owing};
use crate::table::{Place, Word};

/// The fingerprint that every overflow word carries: it is nobody's.
const SHARED: u64 = 1 << 40;

/// Whose word it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BucketKind {
    /// The client's own, or an idle one that it takes over.
    Own,
    /// An overflow word.
    Shared,
}

/// The word that decides for an entry, as one look at its two lines found it.
pub(super) struct Bucket<'t> {
    word: &'t Word,
    seen: u64,
    /// The fingerprint that the word carries once it is swapped.
    fingerprint: u64,
    /// What the client owes: the sum over all words of its fingerprint.
    pub(super) owed: u64,
    /// What this word owes of it, and goes on owing.
    pub(super) kept: u64,
    pub(super) kind: BucketKind,
}

/// A word, what it held, and what it is to hold.
pub(super) struct Swap<'t> {
    word: Option<&'t Word>,
    seen: u64,
    next: u64,
}

impl Swap<'_> {
    /// Won by nobody.
    pub(super) const NONE: Self = Swap { word: None, seen: 0, next: 0 };

    /// Whether this worker won the word. It releases what the worker knows of the last sweep: who still clears after a long silence must not
    /// take this word for an old one.
    #[inline]
    pub(super) fn is_won(&self) -> bool {
        self.word.is_some_and(|word| word.compare_exchange(self.seen, self.next, Release, Relaxed).is_ok())
    }
}

impl<'t> Bucket<'t> {
    /// The word that decides.
    #[inline]
    pub(super) fn find(place: &Place<'t>, tick: u64) -> Self {
        Self::own(place, tick).unwrap_or_else(|| Self::find_new(place, tick))
    }

    /// The client's only word, which it nearly always has; `None` for a newcomer and for twins.
    #[inline]
    pub(super) fn own(place: &Place<'t>, tick: u64) -> Option<Self> {
        let fingerprint = fingerprint(place.v);
        let (word, seen) = place.only(|seen| is_of(seen, fingerprint))?;
        let owed = debt(seen, tick);
        Some(Self { word, seen, fingerprint, owed, kept: owed, kind: BucketKind::Own })
    }

    /// For a client that had no word a moment ago, or twins: everything from one look at each word, since two newcomers of one name must choose
    /// the same idle word, so that one of them loses it and sees the other.
    #[cold]
    #[inline(never)]
    fn find_new(place: &Place<'t>, tick: u64) -> Self {
        let fingerprint = fingerprint(place.v);
        let mut owed = 0u64;
        let mut own = None;
        let mut idle = None;
        let mut fewest = u32::MAX;
        for line in place.lines {
            let mut owing_words = 0u32;
            let mut idle_here = None;
            for word in line {
                let seen = word.load(Relaxed);
                let debt = debt(seen, tick);
                if is_of(seen, fingerprint) {
                    owed = owed.saturating_add(debt);
                    own = own.or(Some((word, seen, debt)));
                }
                if debt == 0 {
                    idle_here = idle_here.or(Some((word, seen, 0)));
                } else {
                    owing_words = owing_words.wrapping_add(1);
                }
            }
            if owing_words < fewest && idle_here.is_some() {
                fewest = owing_words;
                idle = idle_here;
            }
        }
        if let Some((word, seen, kept)) = own.or(idle) {
            return Self { word, seen, fingerprint, owed, kept, kind: BucketKind::Own };
        }
        let word = place.overflow;
        let seen = word.load(Relaxed);
        let owed = debt(seen, tick);
        Self { word, seen, fingerprint: SHARED, owed, kept: owed, kind: BucketKind::Shared }
    }

    /// To owe this much.
    #[inline]
    pub(super) fn swap_to(&self, tick: u64, debt_ticks: u64) -> Swap<'t> {
        Swap { word: Some(self.word), seen: self.seen, next: owing(self.fingerprint, tick, debt_ticks) }
    }

    /// Whether this worker won the word for it.
    #[inline]
    pub(super) fn swap(&self, tick: u64, debt_ticks: u64) -> bool {
        self.swap_to(tick, debt_ticks).is_won()
    }
}
