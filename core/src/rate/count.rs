//! The arithmetic of one word of leases: a fingerprint, and how many leases were taken in each of the last three epochs.
//!
//! ```text
//! word = fingerprint:24 ‖ epoch:16 ‖ newest:8 ‖ before:8 ‖ oldest:8      an epoch is half the longest time of a lease; word 0 is empty
//! ```
//! A lease of epoch e counts until e + 3 begins: for at least two epochs, which is its longest time, and at most three.

/// Bits under the fingerprint.
const LOW_BITS: u32 = 40;
const LOW_MASK: u64 = (1 << LOW_BITS) - 1;

/// How many epochs a worker's clock may be behind another's: a word from further ahead is an old one from before the wrap.
const BEHIND_MAX: u16 = 2;

/// The leases of one client in one word, as a worker sees them at its epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// The epoch of the first column, which is the newest.
    pub(super) epoch: u16,
    columns: [u8; 3],
}

/// The fingerprint of an entry, never 0, in its place in a word.
pub(super) const fn fingerprint(v: u64) -> u64 {
    let top = v & !LOW_MASK;
    if top == 0 { 1 << LOW_BITS } else { top }
}

/// Whether a word is this fingerprint's.
pub(super) const fn is_of(word: u64, fingerprint: u64) -> bool {
    word & !LOW_MASK == fingerprint
}

impl Counts {
    /// What a word counts at this epoch; of a word whose worker is ahead, what it counts there.
    pub(super) const fn of(word: u64, epoch: u16) -> Self {
        let [oldest, before, newest, low, high, ..] = word.to_le_bytes();
        let written = u16::from_le_bytes([low, high]);
        if word != 0 && written.wrapping_sub(epoch) <= BEHIND_MAX {
            return Self { epoch: written, columns: [newest, before, oldest] };
        }
        let columns = match epoch.wrapping_sub(written) {
            1 => [0, newest, before],
            2 => [0, 0, newest],
            _ => [0; 3],
        };
        Self { epoch, columns }
    }

    pub(super) fn total(self) -> u32 {
        self.columns.into_iter().map(u32::from).sum()
    }

    /// One more of the newest epoch; `None` if that is full.
    pub(super) fn taken(self) -> Option<Self> {
        let [newest, before, oldest] = self.columns;
        Some(Self { columns: [newest.checked_add(1)?, before, oldest], ..self })
    }

    /// One less of the epoch in which it was taken; `None` if there is none of it any more.
    pub(super) fn released(self, taken: u16) -> Option<Self> {
        let mut columns = self.columns;
        let column = columns.get_mut(usize::from(self.epoch.wrapping_sub(taken)))?;
        *column = column.checked_sub(1)?;
        Some(Self { columns, ..self })
    }

    /// The word that says so; empty if it counts nothing.
    pub(super) fn word(self, fingerprint: u64) -> u64 {
        let [newest, before, oldest] = self.columns;
        let [low, high] = self.epoch.to_le_bytes();
        if self.total() == 0 { 0 } else { fingerprint | u64::from_le_bytes([oldest, before, newest, low, high, 0, 0, 0]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_counts_for_two_epochs_at_least_and_three_at_most_over_the_wrap() {
        let fp = fingerprint(0x0123_4567_89AB_CDEF);
        for epoch in [0, 1, 7, u16::MAX - 2, u16::MAX] {
            let word = Counts::of(0, epoch).taken().map_or(0, |counts| counts.word(fp));
            assert!(is_of(word, fp));
            let totals = [0, 1, 2, 3, 4, 1000, 65_533].map(|later| Counts::of(word, epoch.wrapping_add(later)).total());
            assert_eq!(totals, [1, 1, 1, 0, 0, 0, 0]);
            // A worker whose clock is behind counts what is there.
            assert_eq!(Counts::of(word, epoch.wrapping_sub(2)), Counts::of(word, epoch));
            assert_eq!(Counts::of(word, epoch.wrapping_add(2)).released(epoch).map(|counts| counts.word(fp)), Some(0));
            assert_eq!(Counts::of(word, epoch.wrapping_add(2)).released(epoch.wrapping_add(1)), None);
            assert_eq!(Counts::of(word, epoch.wrapping_add(3)).released(epoch), None);
        }
        assert_eq!(Counts::of(0, 9).total(), 0);
        assert_ne!(fingerprint(0), 0);
    }

    #[test]
    fn a_column_holds_255() {
        let full = (0..255).try_fold(Counts::of(0, 5), |counts, _| counts.taken());
        assert_eq!(full.map(|full| (full.total(), full.taken())), Some((255, None)));
        assert_eq!(full.map(|full| Counts::of(full.word(fingerprint(1)), 6).total()), Some(255));
    }
}
