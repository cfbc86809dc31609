//! How often each answer was given, and how often each would have been: exact, one word each.

use core::sync::atomic::Ordering::Relaxed;

use super::{Reason, Verdict};
use crate::table::Word;

/// Words of the counters: as many for what would have been denied as for what was decided.
pub(super) const COUNTERS: usize = 2 * ANSWERS;

/// One for what was allowed, one a reason, room for reasons to come.
const ANSWERS: usize = 64;

const _: () = assert!(Reason::ALL.len() < ANSWERS);

/// One counter a verdict; 0 is "allowed".
#[derive(Clone, Copy)]
pub(super) struct Counters<'s>(pub(super) &'s [Word]);

impl Counters<'_> {
    fn word(&self, verdict: Verdict) -> Option<&Word> {
        self.0.get(match verdict {
            Verdict::Pass => 0,
            Verdict::Deny(reason) => usize::from(reason.code()),
            Verdict::WouldDeny(reason) => usize::from(reason.code()).wrapping_add(ANSWERS),
        })
    }

    pub(super) fn count(&self, verdict: Verdict) {
        if let Some(word) = self.word(verdict) {
            word.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn get(&self, verdict: Verdict) -> u64 {
        self.word(verdict).map_or(0, |word| word.load(Relaxed))
    }
}
