//! The arithmetic of one word: a fingerprint of 24 bits and the time until which its client has used its share.
//!
//! ```text
//! word = fingerprint:24 ‖ tat:40      one tick is 2⁻¹⁶ s; tat wraps in 194 days; word 0 is empty
//! debt = (tat − tick) mod 2⁴⁰ if that is below 2³⁹, else 0: a time in the past owes nothing
//! ```
//! No quota is needed to tell an idle word from an owing one, so any reader may.

/// Bits of the time.
const TAT_BITS: u32 = 40;
const TAT_MASK: u64 = (1 << TAT_BITS) - 1;

/// A debt at or over this is a time in the past.
const HALF: u64 = 1 << (TAT_BITS - 1);

/// The fingerprint of an entry, never 0, in its place in a word.
pub(super) const fn fingerprint(v: u64) -> u64 {
    let top = v & !TAT_MASK;
    if top == 0 { 1 << TAT_BITS } else { top }
}

/// Whether a word is this fingerprint's.
pub(super) const fn is_of(word: u64, fingerprint: u64) -> bool {
    word ^ fingerprint <= TAT_MASK
}

/// What a word owes at `tick`, in ticks.
pub(super) const fn debt(word: u64, tick: u64) -> u64 {
    let ahead = word.wrapping_sub(tick) & TAT_MASK;
    if word != 0 && ahead < HALF { ahead } else { 0 }
}

/// The word that owes `debt` at `tick`. `debt` is below 2³⁹.
pub(super) const fn owing(fingerprint: u64, tick: u64, debt: u64) -> u64 {
    fingerprint | (tick.wrapping_add(debt) & TAT_MASK)
}

#[cfg(test)]
mod tests {
    use super::{HALF, TAT_MASK, debt, fingerprint, is_of, owing};

    #[test]
    fn a_debt_survives_the_wrap_and_ends_with_its_time() {
        let fp = fingerprint(0x0123_4567_89AB_CDEF);
        for tick in [0, 1, TAT_MASK, TAT_MASK - 5, (1 << 50) - 3] {
            for owed in [1, 10, 1 << 38] {
                let word = owing(fp, tick, owed);
                assert!(is_of(word, fp));
                assert_eq!(debt(word, tick), owed);
                assert_eq!(debt(word, tick + owed), 0);
                for past in [HALF - 1, HALF] {
                    assert_eq!(debt(word, tick + owed + past), 0, "idle until half the circle is past");
                }
            }
        }
        assert_eq!(debt(0, 5), 0);
        assert_ne!(fingerprint(0), 0);
    }
}
