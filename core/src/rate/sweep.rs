//! Forgetting: a word left alone for half its circle would owe again, so idle words are cleared long before.
//!
//! A full pass takes at most 24 days; a word is ambiguous after 97. Every call sweeps, whatever it asks: a host may settle for months and never take.

use core::sync::atomic::Ordering::{Acquire, Relaxed};

use super::Limiter;
use super::gcra::debt;
use crate::table::Word;
use crate::time::TICKS_PER_S;

/// One pass over the table takes at most this long, in ticks: 24 days.
const PASS: u64 = 24 * 86_400 * TICKS_PER_S;

/// After this long without a call nobody owes anything: 48 days, as long as any debt may last.
const FORGET: u64 = 2 * PASS;

impl Limiter<'_> {
    /// Once a second, by the one worker that wins the race: clears idle words of the next few lines. Other calls only read one word.
    #[inline]
    pub(super) fn sweep(&self, tick: u64) {
        let last = self.table.last();
        if tick.saturating_sub(last) >= TICKS_PER_S || last == 0 {
            self.sweep_after(last, tick);
        }
    }

    #[cold]
    #[inline(never)]
    fn sweep_after(&self, last: u64, tick: u64) {
        let gap = tick.saturating_sub(last);
        if gap >= FORGET && last != 0 {
            for (_, word) in self.table.slots() {
                // What was read before `last` was still old is old itself: whoever writes a word has seen `last` move, and releases that.
                let seen = word.load(Acquire);
                if self.table.last() != last {
                    return;
                }
                if seen != 0 {
                    // A lost race means that another worker cleared it, and may use it again already.
                    let _ = word.compare_exchange(seen, 0, Relaxed, Relaxed);
                }
            }
            self.table.win_sweep(last, tick);
            return;
        }
        // 0 means never swept; a clock that stands at 0 says 1 instead.
        if !self.table.win_sweep(last, tick.max(1)) || last == 0 {
            return;
        }
        self.table.sweep_words(gap, PASS).for_each(|word| clear_idle(word, tick));
    }
}

fn clear_idle(word: &Word, tick: u64) {
    let seen = word.load(Relaxed);
    if seen != 0 && debt(seen, tick) == 0 {
        // A lost race means that the word is in use again.
        let _ = word.compare_exchange(seen, 0, Relaxed, Relaxed);
    }
}
