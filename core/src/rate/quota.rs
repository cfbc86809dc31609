//! What a quota allows.

use core::fmt;

use crate::time::{div_ceil, seconds_near};

/// The longest time that a full burst may take to drain, in ticks of 2⁻¹⁶ s: 48 days, a quarter of what a word can tell apart.
pub const TAU_MAX: u64 = 1 << 38;

/// "N per P, burst b", ready to be charged.
///
/// # Example: made, then refused
/// ```
/// use caltrop::rate::{Quota, QuotaError};
/// let quota = Quota::per("requests", 60, 60, 60).unwrap(); // 60 in 60 s, all at once if they like
/// assert_eq!(quota.cost_ticks(1), 65_536);                 // one a second
/// assert_eq!(Quota::per("none", 60, 60, 0), Err(QuotaError::Burst));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    name64: u64,
    unit: u64,
    burst: u32,
    tau: u64,
}

impl Quota {
    /// `count` units in `period_s` seconds, of which `burst` may come at once.
    ///
    /// # Errors
    /// [`QuotaError`] names what is out of bounds.
    pub fn per(name: &str, count: u32, period_s: u32, burst: u32) -> Result<Self, QuotaError> {
        if count == 0 {
            return Err(QuotaError::Count);
        }
        if period_s == 0 {
            return Err(QuotaError::Period);
        }
        let unit = div_ceil(u64::from(period_s) << 32, u64::from(count));
        Self::from_unit(crate::name::name64(name), unit, burst)
    }

    /// As a policy image holds it: `unit` is `⌈P·2³²/N⌉`.
    ///
    /// # Errors
    /// As [`Quota::per`].
    pub fn from_unit(name64: u64, unit: u64, burst: u32) -> Result<Self, QuotaError> {
        if unit == 0 {
            return Err(QuotaError::Period);
        }
        if burst == 0 {
            return Err(QuotaError::Burst);
        }
        let tau = u64::from(burst).checked_mul(div_ceil(unit, UNIT_PER_TICK)).filter(|&tau| tau <= TAU_MAX);
        tau.map(|tau| Self { name64, unit, burst, tau }).ok_or(QuotaError::TooSlow)
    }

    /// The same quota for a group `factor` times as large: as many times the rate and the burst.
    #[must_use]
    pub(crate) fn widened(self, factor: u32) -> Self {
        let wide = Self::from_unit(self.name64, div_ceil(self.unit, u64::from(factor)), self.burst.saturating_mul(factor));
        wide.unwrap_or(self) // tau can grow by rounding alone; at its edge the narrow limit stands
    }

    /// The cost of `units`, in ticks of 2⁻¹⁶ s, rounded up. Saturates.
    #[must_use]
    pub fn cost_ticks(&self, units: u32) -> u64 {
        div_ceil(u64::from(units).saturating_mul(self.unit), UNIT_PER_TICK)
    }

    /// The most that a client may owe, in ticks.
    #[must_use]
    pub const fn tau_ticks(&self) -> u64 {
        self.tau
    }

    /// Units that may come at once.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// Seconds in which a whole burst comes back, rounded, and at least 1.
    #[must_use]
    pub fn window_s(&self) -> u32 {
        seconds_near(self.tau)
    }

    /// `name64` of its name.
    #[must_use]
    pub const fn name64(&self) -> u64 {
        self.name64
    }

    /// The whole units left to a client that owes `debt` ticks.
    #[must_use]
    pub fn remaining(&self, debt_ticks: u64) -> u32 {
        let left = self.tau.saturating_sub(debt_ticks).checked_div(self.cost_ticks(1));
        left.and_then(|left| u32::try_from(left).ok()).unwrap_or(u32::MAX)
    }
}

/// Units of 2⁻³² s in a tick of 2⁻¹⁶ s.
const UNIT_PER_TICK: u64 = 1 << 16;

/// Why a quota cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaError {
    /// It allows nothing: the count is 0.
    Count,
    /// Its period is 0.
    Period,
    /// Its burst is 0: not even one request could pass.
    Burst,
    /// A full burst would take more than 48 days to drain.
    TooSlow,
}

impl fmt::Display for QuotaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "the count is 0: give at least 1",
            Self::Period => "the period is 0: give at least a second",
            Self::Burst => "the burst is 0: give at least 1",
            Self::TooSlow => "a full burst takes more than 48 days to drain: lower the burst or raise the rate",
        })
    }
}

impl core::error::Error for QuotaError {}
