//! The bits of an address on its way down.

/// The bits of an address, from the top; zeros follow.
pub(super) trait Key: Copy {
    /// How often 6 bits can be taken, rounded up.
    const STEPS: usize;
    /// Whether a branch on lying outside of the direct table is mostly guessed right. In IPv6 it is not: half of 2000::/3 may lie there, and both
    /// answers at hand take 3.4 ns instead of 6.5. In IPv4 they take 3.0 instead of 1.1.
    const GUESSES_OUTSIDE: bool;
    /// The first 64.
    fn top64(self) -> u64;
    /// What follows the first `count`, 1 to 64.
    fn skip(self, count: u32) -> Self;

    /// The first 6.
    #[inline]
    fn slot(self) -> u32 {
        u32::try_from(self.top64().wrapping_shr(58)).unwrap_or(0)
    }
}

/// IPv4: 32 bits and as many zeros.
impl Key for u64 {
    const STEPS: usize = 6;
    const GUESSES_OUTSIDE: bool = true;

    #[inline]
    fn top64(self) -> u64 {
        self
    }

    #[inline]
    fn skip(self, count: u32) -> Self {
        self.wrapping_shl(count)
    }
}

/// IPv6, in two halves: a shift of `u128` by a number that is not known asks whether it is 64 or more.
#[derive(Clone, Copy)]
pub(super) struct Halves {
    high: u64,
    low: u64,
}

impl Halves {
    #[inline]
    pub(super) fn of(bits: u128) -> Self {
        let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0);
        Self { high: half(bits.wrapping_shr(64)), low: half(bits) }
    }
}

impl Key for Halves {
    const STEPS: usize = 22;
    const GUESSES_OUTSIDE: bool = false;

    #[inline]
    fn top64(self) -> u64 {
        self.high
    }

    #[inline]
    fn skip(self, count: u32) -> Self {
        // 64 at once would be none: so one first, then the others.
        let rest = count.wrapping_sub(1);
        let up = |half: u64| half.wrapping_shl(1).wrapping_shl(rest);
        Self { high: up(self.high) | self.low.wrapping_shr(64u32.wrapping_sub(count)), low: up(self.low) }
    }
}
