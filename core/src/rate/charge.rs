//! What is asked of a limiter, and what it answers.

use core::fmt;

use super::quota::Quota;
use crate::table::Partition;
use crate::time::seconds_up;

/// Not as many answers as charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uneven {
    /// Charges given.
    pub charges: usize,
    /// Places for answers given.
    pub answers: usize,
}

impl fmt::Display for Uneven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} charges and places for {} answers: give as many of both", self.charges, self.answers)
    }
}

impl core::error::Error for Uneven {}

/// A cost to one client of one quota.
#[derive(Debug, Clone, Copy)]
pub struct Charge {
    /// Whose bucket.
    pub partition: Partition,
    /// Of which quota.
    pub quota: Quota,
    /// How many units. 0 takes nothing, and passes only if a unit is left.
    pub cost: u32,
}

impl Charge {
    /// What it leaves of a debt, or the wait until it fits.
    #[inline]
    pub(super) fn taken(&self, owed: u64) -> Result<Taken, Refused> {
        let tau = self.quota.tau_ticks();
        let owed = owed.min(tau);
        let asked = owed.saturating_add(self.quota.cost_ticks(self.cost.max(1)));
        if asked > tau {
            return Err(Refused::Wait { ticks: asked.saturating_sub(tau) });
        }
        let debt_ticks = if self.cost == 0 { owed } else { asked };
        Ok(Taken { debt_ticks, remaining: self.quota.remaining(debt_ticks) })
    }
}

/// What a taken charge left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// What the client owes now, in ticks of 2⁻¹⁶ s.
    pub debt_ticks: u64,
    /// Whole units that are left to it at once.
    pub remaining: u32,
}

/// Why nothing was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The same call passes after this time.
    Wait {
        /// In ticks of 2⁻¹⁶ s.
        ticks: u64,
    },
    /// 64 races were lost in a row.
    Contended,
}

impl Refused {
    /// Whole seconds to wait, rounded up: `Retry-After`.
    #[must_use]
    pub fn retry_after_s(&self) -> u32 {
        match self {
            Self::Wait { ticks } => seconds_up(*ticks),
            Self::Contended => 1,
        }
    }
}

/// Of several charges that were taken, the one of which the fewest units are left, as they were before another worker's next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tightest {
    /// Its index.
    pub index: usize,
    /// What was taken of it.
    pub taken: Taken,
}

/// What several charges come to, one after the other: the longest wait, or the tightest.
#[derive(Default)]
pub(super) struct Outlook {
    longest: Option<(u64, usize)>,
    tightest: Option<Tightest>,
}

impl Outlook {
    #[inline]
    pub(super) fn add(&mut self, index: usize, answer: Result<Taken, Refused>) {
        match answer {
            Ok(taken) if self.tightest.is_none_or(|known| taken.remaining < known.taken.remaining) => {
                self.tightest = Some(Tightest { index, taken });
            }
            Err(Refused::Wait { ticks }) => self.longest = self.longest.max(Some((ticks, index))),
            Ok(_) | Err(Refused::Contended) => {}
        }
    }

    #[inline]
    pub(super) fn verdict(self) -> Result<Option<Tightest>, AllRefused> {
        self.longest.map_or(Ok(self.tightest), |(ticks, index)| Err(AllRefused { index, refused: Refused::Wait { ticks } }))
    }
}

/// Which of several charges was refused; none was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllRefused {
    /// Its index.
    pub index: usize,
    /// Why.
    pub refused: Refused,
}

impl fmt::Display for AllRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "charge {}: {}", self.index, self.refused)
    }
}

impl core::error::Error for AllRefused {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wait { .. } => write!(f, "over its quota: wait {} s", self.retry_after_s()),
            Self::Contended => f.write_str("too many workers want the same bucket: try again"),
        }
    }
}

impl core::error::Error for Refused {}
