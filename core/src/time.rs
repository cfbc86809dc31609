//! What a host says about the time, and the one tick that tables count in.
//!
//! Promises: arithmetic saturates; a wall clock that jumps moves no bucket, since buckets live on `mono`.
//! Not here: reading a clock. A host reads both and hands them in, so a decision is a function of its arguments.

/// How far the wall clock can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quality {
    /// A board without a set clock: what expires is refused until the clock is trusted.
    #[default]
    Untrusted,
    /// Set by an operator, a network or a clock chip.
    Trusted,
}

/// The two clocks at one moment.
///
/// ```
/// use caltrop::time::{Now, Quality};
/// let now = Now { wall_s: 1_796_000_000, mono_ns: 1_500_000_000, quality: Quality::Trusted };
/// assert_eq!(now.tick(), 98_304); // 1.5 s of 2⁻¹⁶ s
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// Seconds since 1970-01-01 UTC: expiries live here.
    pub wall_s: u64,
    /// Nanoseconds of a clock that never goes back and counts while suspended (`CLOCK_BOOTTIME`): buckets live here.
    pub mono_ns: u64,
    /// How far `wall_s` can be believed.
    pub quality: Quality,
}

/// Ticks of 2⁻¹⁶ s in a second.
pub const TICKS_PER_S: u64 = 1 << 16;

const NS_PER_S: u64 = 1_000_000_000;

impl Now {
    /// Monotonic time in ticks of 2⁻¹⁶ s, rounded down. Not wrapped: 2⁶⁴ ns are 2⁵⁰ ticks.
    #[must_use]
    pub const fn tick(&self) -> u64 {
        let whole = (self.mono_ns / NS_PER_S).wrapping_mul(TICKS_PER_S);
        let part = (self.mono_ns % NS_PER_S).wrapping_mul(TICKS_PER_S) / NS_PER_S;
        whole.wrapping_add(part)
    }
}

/// Ticks as whole seconds, rounded up: what `Retry-After` (RFC 9110 §10.2.3) says.
///
/// ```
/// use caltrop::time::seconds_up;
/// assert_eq!((seconds_up(0), seconds_up(1), seconds_up(65_536), seconds_up(65_537)), (0, 1, 1, 2));
/// ```
#[must_use]
pub fn seconds_up(ticks: u64) -> u32 {
    u32::try_from(div_ceil(ticks, TICKS_PER_S)).unwrap_or(u32::MAX)
}

/// `⌈a / b⌉`, and 0 for `b` = 0, which no caller gives: the method of `u64` links a panic for it wherever it is not inlined.
pub(crate) const fn div_ceil(a: u64, b: u64) -> u64 {
    match (a.checked_div(b), a.checked_rem(b)) {
        (Some(whole), Some(0)) => whole,
        (Some(whole), Some(_)) => whole.wrapping_add(1),
        _ => 0,
    }
}

/// Ticks as whole seconds, rounded to the nearest, and at least 1 for any: what a client is told of a time that nothing depends on.
///
/// ```
/// use caltrop::time::seconds_near;
/// assert_eq!((seconds_near(0), seconds_near(1), seconds_near(65_540), seconds_near(98_304)), (0, 1, 1, 2));
/// ```
#[must_use]
pub fn seconds_near(ticks: u64) -> u32 {
    let nearest = ticks.saturating_add(TICKS_PER_S / 2) / TICKS_PER_S;
    u32::try_from(nearest.max(u64::from(ticks > 0))).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::div_ceil;

    #[test]
    fn rounding_up_is_what_the_standard_library_says() {
        for a in [0, 1, 2, 65_535, 65_536, 65_537, u64::MAX - 1, u64::MAX] {
            for b in [1, 2, 3, 65_536, u64::MAX] {
                assert_eq!(div_ceil(a, b), a.div_ceil(b), "{a} / {b}");
            }
            assert_eq!(div_ceil(a, 0), 0);
        }
    }
}
