//! A small table, and what can be told of its words from outside.

use std::sync::Arc;

use caltrop::Now;
use caltrop::rate::{Charge, Limiter, Quota};
use caltrop::table::{Table, TableSize, Word};
use loom::sync::atomic::Ordering::Relaxed;

/// Two lines: every entry may live in both. 8 overflow words.
const SIZE: TableSize = TableSize { lines: 2, overflow_log2: 3 };

pub(crate) const DAY_S: u64 = 86_400;

/// Words that workers share.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Vec<Word>>);

impl Shared {
    pub(crate) fn new() -> Self {
        let words: Vec<Word> = (0..SIZE.words().expect("in bounds")).map(|_| Word::new(0)).collect();
        Limiter::format(&words, SIZE, [7; 16]).expect("as many as it takes");
        Self(Arc::new(words))
    }

    pub(crate) fn limiter(&self) -> Limiter<'_> {
        Limiter::attach(&self.0).expect("formatted")
    }

    /// One unit of `client`'s share.
    pub(crate) fn charge(&self, client: &str, quota: Quota) -> Charge {
        Charge { partition: self.limiter().client(client.as_bytes()), quota, cost: 1 }
    }

    /// Whether one unit was taken.
    pub(crate) fn take(&self, client: &str, quota: Quota, now: Now) -> u64 {
        u64::from(self.limiter().take(&self.charge(client, quota), now).is_ok())
    }

    /// Every word that is not empty, as (fingerprint, debt in ticks at `now`): docs/formats.md §3.
    pub(crate) fn entries(&self, now: Now) -> Vec<(u64, u64)> {
        let table = Table::attach(&self.0).expect("formatted");
        let debt = |word: u64| word.wrapping_sub(now.tick()) & ((1 << 40) - 1);
        let words = table.lines().iter().flatten().map(|word| word.load(Relaxed)).filter(|word| *word != 0);
        words.map(|word| (word >> 40, debt(word))).map(|(of, debt)| (of, if debt < 1 << 39 { debt } else { 0 })).collect()
    }
}

/// A burst of `burst` units of 10 days each: nothing comes back while the workers run.
pub(crate) fn slow(burst: u32) -> Quota {
    Quota::per("slow", 1, u32::try_from(10 * DAY_S).expect("fits"), burst).expect("under 48 days")
}

pub(crate) fn at(seconds: u64) -> Now {
    Now { mono_ns: seconds * 1_000_000_000, ..Now::default() }
}
