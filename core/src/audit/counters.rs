//! How often each answer was given: exact, one word each.

use core::sync::atomic::Ordering::Relaxed;

use super::Reason;
use crate::table::Word;

/// Words of the counters: one for what was allowed, one a reason, room for reasons to come.
pub(super) const COUNTERS: usize = 64;

const _: () = assert!(Reason::ALL.len() < COUNTERS);

/// One counter an answer; 0 is "allowed".
#[derive(Clone, Copy)]
pub(super) struct Counters<'s>(pub(super) &'s [Word]);

impl Counters<'_> {
    fn word(&self, reason: Option<Reason>) -> Option<&Word> {
        self.0.get(usize::from(reason.map_or(0, Reason::code)))
    }

    pub(super) fn count(&self, reason: Option<Reason>) {
        if let Some(word) = self.word(reason) {
            word.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn get(&self, reason: Option<Reason>) -> u64 {
        self.word(reason).map_or(0, |word| word.load(Relaxed))
    }
}
