//! One word: a fingerprint, how far its message has come, and until when it is remembered.
//!
//! ```text
//! word = fingerprint:35 ‖ state:2 ‖ until:27      until in wall seconds, which wrap in 4.25 years; word 0 is empty
//! live = (until − clock) mod 2²⁷ ≤ 2²⁵            the last second belongs to it
//! ```
//! A live word never looks dead. A dead one would look alive again after 3.2 years; the sweep clears it long before.

const UNTIL_BITS: u32 = 27;
const UNTIL_MASK: u64 = (1 << UNTIL_BITS) - 1;

/// The longest time that a message may live, in seconds: 388 days, a quarter of what a word can tell apart.
pub const LIFE_MAX_S: u64 = 1 << 25;

const STATE_MASK: u64 = 3 << UNTIL_BITS;

/// A worker has written it and still looks for others of its kind.
const CLAIM: u64 = 1 << UNTIL_BITS;
/// Its message was answered as the first.
const FIRST: u64 = 2 << UNTIL_BITS;
/// Another claim of the same message came before it.
const BEATEN: u64 = 3 << UNTIL_BITS;

const FINGERPRINT_MASK: u64 = !(STATE_MASK | UNTIL_MASK);

/// How far a word's message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Claim,
    First,
    Beaten,
}

/// The fingerprint of an entry, never 0, in its place in a word.
pub(super) const fn fingerprint(v: u64) -> u64 {
    let top = v & FINGERPRINT_MASK;
    if top == 0 { 1 << (UNTIL_BITS + 2) } else { top }
}

/// Whether a word is this fingerprint's.
pub(super) const fn is_of(word: u64, fingerprint: u64) -> bool {
    word & FINGERPRINT_MASK == fingerprint
}

/// Whether a word's message may still be shown at this second.
pub(super) const fn is_live(word: u64, clock_s: u64) -> bool {
    word != 0 && word.wrapping_sub(clock_s) & UNTIL_MASK <= LIFE_MAX_S
}

/// A word in this state.
pub(super) const fn with(fingerprint: u64, state: State, until_s: u64) -> u64 {
    let state = match state {
        State::Claim => CLAIM,
        State::First => FIRST,
        State::Beaten => BEATEN,
    };
    fingerprint | state | until_s & UNTIL_MASK
}

/// The same word in another state.
pub(super) const fn moved(word: u64, state: State) -> u64 {
    with(word & FINGERPRINT_MASK, state, word)
}

/// The state of a word that is not empty.
pub(super) const fn state(word: u64) -> State {
    match word & STATE_MASK {
        CLAIM => State::Claim,
        BEATEN => State::Beaten,
        // No call writes 0 there; whoever did is answered as one that was seen.
        _ => State::First,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_lives_through_its_last_second_and_over_the_wrap() {
        let fp = fingerprint(0x0123_4567_89AB_CDEF);
        for clock_s in [0, 1, UNTIL_MASK, UNTIL_MASK - 5, 1_796_000_000] {
            for life_s in [0, 1, 300, LIFE_MAX_S] {
                let until_s = clock_s + life_s;
                for state_then in [State::Claim, State::First, State::Beaten] {
                    let word = with(fp, state_then, until_s);
                    assert!(is_of(word, fp) && state(word) == state_then && word != 0);
                    assert!(is_live(word, clock_s) && is_live(word, until_s));
                    assert!(!is_live(word, until_s + 1));
                    assert!(!is_live(word, until_s + UNTIL_MASK - LIFE_MAX_S), "dead until three quarters of the circle are past");
                    assert_eq!(moved(word, State::First), with(fp, State::First, until_s));
                }
            }
        }
        assert!(!is_live(0, 0));
        assert_ne!(fingerprint(0), 0);
    }

    #[test]
    fn the_bits_of_a_word_are_those_that_its_format_says() {
        let states = [State::Claim, State::First, State::Beaten].map(|state| with(0, state, 0));
        assert_eq!(states, [1 << 27, 2 << 27, 3 << 27]);
        assert_eq!(with(0, State::Claim, u64::MAX), (1 << 28) - 1, "27 bits of time");
        assert_eq!([u64::MAX, 1 << 29, (1 << 29) - 1, 0].map(fingerprint), [u64::MAX << 29, 1 << 29, 1 << 29, 1 << 29]);
    }
}
