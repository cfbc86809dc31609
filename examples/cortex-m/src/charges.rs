//! How many quotas a decision was charged to, seen from outside: each charge writes one word of the rate table. So the decision is measured
//! as a product runs it, without a listener. Words that became 0 are none: idle ones, swept once a second.

use core::sync::atomic::Ordering::Relaxed;

use caltrop::guard::Geometry;
use caltrop::table::{LINE_WORDS, Word};

use crate::memory;

/// The buckets of a state, and what stood in them.
pub(crate) struct Charges {
    buckets: &'static [Word],
    before: &'static [Word],
}

impl Charges {
    /// Over a state's words; `None` where the table is too large to be copied.
    pub(crate) fn over(state: &'static [Word], geometry: Geometry) -> Option<Self> {
        // Behind the headers of the state and of the table, which have a line each.
        let table = state.get(LINE_WORDS..)?.get(..geometry.rate.words()?)?;
        let buckets = table.get(LINE_WORDS..)?;
        Some(Self { buckets, before: memory::copy_of(buckets.len())? })
    }

    /// Remembers them as they are now.
    pub(crate) fn remember(&self) {
        self.buckets.iter().zip(self.before).for_each(|(word, copy)| copy.store(word.load(Relaxed), Relaxed));
    }

    /// How many were charged since.
    pub(crate) fn count(&self) -> usize {
        let is_charged = |(word, copy): &(&Word, &Word)| ![0, copy.load(Relaxed)].contains(&word.load(Relaxed));
        self.buckets.iter().zip(self.before).filter(is_charged).count()
    }
}
