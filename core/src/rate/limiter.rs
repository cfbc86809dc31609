//! Taking, asking and giving back.
//!
//! ```text
//! take(quota, cost): at most 64 times:
//!   read the 16 words of the entry's two lines; M = those with its fingerprint
//!   M not empty: d = min(Σ debt(M), tau); d + cost > tau → wait for the difference, nothing written
//!                swap M's first for one that owes min(its debt, tau) + cost
//!   M empty:     swap the first idle word of the line with fewer owing words for one that owes cost
//!                no idle word: the entry's overflow word decides by the same formula, shared with others, counted
//! ```
//! Two racing newcomers may make twins: the sum counts both, and the later one drains.

use core::fmt;
use core::sync::atomic::Ordering::Relaxed;

use super::bucket::{Bucket, BucketKind, Swap};
use super::gcra::{debt, fingerprint, is_of, owing};
use super::quota::{Quota, TAU_MAX};
use crate::table::{Partition, Place, Table, TableError, TableSize, Word};
use crate::time::{Now, seconds_up};

/// The most quotas that one request may be charged to at once.
pub const CHARGES_MAX: usize = 8;

/// How often a lost race is tried again before the answer is [`Refused::Contended`].
const TRIES: u32 = 64;

/// How many charges' lines are asked for at once: as many as a processor has misses under way.
const BATCH: usize = 16;

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
    /// How many units.
    pub cost: u32,
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

impl Tightest {
    fn least(known: Option<Self>, index: usize, taken: Taken) -> Option<Self> {
        known.filter(|known| known.taken.remaining <= taken.remaining).or(Some(Self { index, taken }))
    }
}

/// What the words of charges are to become, and which charge has the least left then.
type Planned<'t> = ([Swap<'t>; CHARGES_MAX], Option<Tightest>);

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

/// Rate limits over a table.
///
/// # Example: granted, then refused
/// ```
/// use caltrop::{rate::{Charge, Limiter, Quota, Refused}, table::{TableSize, Word}, time::Now};
/// let size = TableSize { lines: 8, overflow_log2: 6 };
/// let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
/// let limiter = Limiter::format(&words, size, [7; 16]).unwrap();
/// let quota = Quota::per("requests", 2, 1, 2).unwrap();
/// let charge = Charge { partition: limiter.client(b"alice"), quota, cost: 1 };
/// let now = Now::default();
/// assert_eq!(limiter.take(&charge, now).unwrap().remaining, 1);
/// assert_eq!(limiter.take(&charge, now).unwrap().remaining, 0);
/// assert_eq!(limiter.take(&charge, now), Err(Refused::Wait { ticks: 32_768 })); // half a second
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Limiter<'t> {
    pub(super) table: Table<'t>,
}

impl<'t> Limiter<'t> {
    /// Clears the words and makes a limiter of them.
    ///
    /// # Errors
    /// As [`Table::format`].
    pub fn format(words: &'t [Word], size: TableSize, entropy: [u8; 16]) -> Result<Self, TableError> {
        Table::format(words, size, entropy).map(Self::over)
    }

    /// Attaches to words that a limiter lives in already.
    ///
    /// # Errors
    /// As [`Table::attach`].
    pub fn attach(words: &'t [Word]) -> Result<Self, TableError> {
        Table::attach(words).map(Self::over)
    }

    pub(crate) const fn over(table: Table<'t>) -> Self {
        Self { table }
    }

    /// The table underneath.
    #[must_use]
    pub const fn table(&self) -> &Table<'t> {
        &self.table
    }

    /// Takes `cost` from the client's bucket, or refuses and writes nothing.
    ///
    /// # Errors
    /// [`Refused`]: with the time until the same call would pass.
    /// # Bounds
    /// Two lines read, one compare-and-swap, at most 64 tries. Once a second one caller also sweeps a few lines.
    #[inline]
    pub fn take(&self, charge: &Charge, now: Now) -> Result<Taken, Refused> {
        let tick = now.tick();
        self.sweep(tick);
        self.take_at(charge, tick)
    }

    /// Takes all of at most [`CHARGES_MAX`] charges, or none. Give them in the order of `name64`, so that all workers agree.
    ///
    /// A worker killed in between has overcharged the client by one request, never undercharged it. The answer is the charge of which the
    /// fewest units are left, the first of several; none if there was none.
    ///
    /// # Errors
    /// [`AllRefused`]: the charge with the longest wait; more than [`CHARGES_MAX`] charges are [`Refused::Contended`], and nothing is taken.
    pub fn take_all(&self, charges: &[Charge], now: Now) -> Result<Option<Tightest>, AllRefused> {
        let tick = now.tick();
        self.sweep(tick);
        if charges.len() > CHARGES_MAX {
            return Err(AllRefused { index: CHARGES_MAX, refused: Refused::Contended });
        }
        if let [only] = charges {
            let taken = self.take_at(only, tick).map_err(|refused| AllRefused { index: 0, refused })?;
            return Ok(Some(Tightest { index: 0, taken }));
        }
        match self.swaps(charges, tick) {
            None => self.take_all_anew(charges, tick),
            Some(Err(refused)) => Err(refused),
            Some(Ok((swaps, tightest))) => {
                self.finish(charges, tick, |index| swaps.get(index).is_some_and(Swap::is_won)).map(|()| tightest)
            }
        }
    }

    /// The first half of [`Limiter::take_all`]: every charge's word read once, and what it is to become. What another worker changes meanwhile is
    /// seen by the swap. `None` unless each client has a word of its own in each quota.
    #[inline]
    fn swaps(&self, charges: &[Charge], tick: u64) -> Option<Result<Planned<'t>, AllRefused>> {
        let places: [_; CHARGES_MAX] = self.places(charges);
        let mut swaps = [const { Swap::NONE }; CHARGES_MAX];
        let (mut longest, mut tightest) = (None, None);
        for (((index, charge), place), swap) in charges.iter().enumerate().zip(&places).zip(&mut swaps) {
            let own = Bucket::own(place.as_ref()?, tick)?;
            match fits(own.owed, charge.quota.cost_ticks(charge.cost), charge.quota.tau_ticks()) {
                Ok(debt_ticks) => {
                    *swap = own.swap_to(tick, debt_ticks);
                    let taken = Taken { debt_ticks, remaining: charge.quota.remaining(debt_ticks) };
                    tightest = Tightest::least(tightest, index, taken);
                }
                Err(Refused::Wait { ticks }) => longest = longest.max(Some((ticks, index))),
                Err(Refused::Contended) => {}
            }
        }
        Some(longest.map_or(Ok((swaps, tightest)), |(ticks, index)| Err(AllRefused { index, refused: Refused::Wait { ticks } })))
    }

    /// For newcomers and twins.
    #[cold]
    #[inline(never)]
    fn take_all_anew(&self, charges: &[Charge], tick: u64) -> Result<Option<Tightest>, AllRefused> {
        let (mut longest, mut tightest) = (None, None);
        for (index, charge) in charges.iter().enumerate() {
            match self.peek_at(charge, tick) {
                Ok(taken) => tightest = Tightest::least(tightest, index, taken),
                Err(Refused::Wait { ticks }) => longest = longest.max(Some((ticks, index))),
                Err(Refused::Contended) => {}
            }
        }
        match longest {
            Some((ticks, index)) => Err(AllRefused { index, refused: Refused::Wait { ticks } }),
            None => self.finish(charges, tick, |_| false).map(|()| tightest),
        }
    }

    /// The second half: takes what is not taken yet, or gives back all.
    #[inline]
    fn finish(&self, charges: &[Charge], tick: u64, is_taken: impl Fn(usize) -> bool) -> Result<(), AllRefused> {
        for (index, charge) in charges.iter().enumerate() {
            if !is_taken(index)
                && let Err(refused) = self.take_at(charge, tick)
            {
                charges.iter().take(index).for_each(|taken| self.refund_at(taken, tick));
                return Err(AllRefused { index, refused });
            }
        }
        Ok(())
    }

    /// Takes each of many independent charges, as [`Limiter::take`] would one after the other: a client may come several times.
    ///
    /// For who has many at hand: 64 packets of a socket, the rows of an upload. The misses of a large table overlap, and that is all it saves.
    ///
    /// # Errors
    /// [`Uneven`]: not as many answers as charges; nothing was taken, and no answer written.
    /// # Bounds
    /// As many times those of [`Limiter::take`], but at most one sweep.
    ///
    /// # Example: the third of one client is refused, another client is not
    /// ```
    /// # use caltrop::{rate::{Charge, Limiter, Quota, Refused, Uneven}, table::{TableSize, Word}, time::Now};
    /// # let size = TableSize { lines: 8, overflow_log2: 6 };
    /// # let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
    /// # let limiter = Limiter::format(&words, size, [7; 16]).unwrap();
    /// let quota = Quota::per("requests", 2, 1, 2).unwrap();
    /// let charges = [b"alice", b"alice", b"alice", b"carol"].map(|name| Charge { partition: limiter.client(name), quota, cost: 1 });
    /// let mut answers = [Err(Refused::Contended); 4];
    /// limiter.take_many(&charges, Now::default(), &mut answers).unwrap();
    /// assert_eq!(answers.map(|answer| answer.is_ok()), [true, true, false, true]);
    /// assert_eq!(limiter.take_many(&charges, Now::default(), &mut answers[..3]), Err(Uneven { charges: 4, answers: 3 }));
    /// ```
    pub fn take_many(&self, charges: &[Charge], now: Now, answers: &mut [Result<Taken, Refused>]) -> Result<(), Uneven> {
        if charges.len() != answers.len() {
            return Err(Uneven { charges: charges.len(), answers: answers.len() });
        }
        if charges.is_empty() {
            return Ok(());
        }
        let tick = now.tick();
        self.sweep(tick);
        for (charges, answers) in charges.chunks(BATCH).zip(answers.chunks_mut(BATCH)) {
            let places: [_; BATCH] = self.places(charges);
            for ((charge, place), answer) in charges.iter().zip(&places).zip(answers) {
                *answer = place.as_ref().map_or(Err(Refused::Contended), |place| self.take_in(place, charge, tick));
            }
        }
        Ok(())
    }

    /// What [`Limiter::take`] would answer; takes nothing.
    ///
    /// # Errors
    /// As [`Limiter::take`].
    pub fn peek(&self, charge: &Charge, now: Now) -> Result<Taken, Refused> {
        let tick = now.tick();
        self.sweep(tick);
        self.peek_at(charge, tick)
    }

    /// Gives back a charge, as far as the client still owes it.
    pub fn refund(&self, charge: &Charge, now: Now) {
        let tick = now.tick();
        self.sweep(tick);
        self.refund_at(charge, tick);
    }

    /// Charges a cost that was incurred, whether or not it fits: the client waits for it afterwards. At most 48 days of debt.
    pub fn settle(&self, charge: &Charge, now: Now) {
        let tick = now.tick();
        self.sweep(tick);
        let inc = charge.quota.cost_ticks(charge.cost);
        let Some(place) = self.table.place(charge.partition, charge.quota.name64()) else { return };
        for _ in 0..TRIES {
            let bucket = Bucket::find(&place, tick);
            if bucket.swap(tick, bucket.kept.saturating_add(inc).min(TAU_MAX)) {
                return;
            }
        }
    }

    #[inline]
    pub(super) fn take_at(&self, charge: &Charge, tick: u64) -> Result<Taken, Refused> {
        let place = self.table.place(charge.partition, charge.quota.name64()).ok_or(Refused::Contended)?;
        self.take_in(&place, charge, tick)
    }

    #[inline]
    fn take_in(&self, place: &Place<'_>, charge: &Charge, tick: u64) -> Result<Taken, Refused> {
        let quota = charge.quota;
        if let Some(own) = Bucket::own(place, tick) {
            let debt_ticks = fits(own.owed, quota.cost_ticks(charge.cost), quota.tau_ticks())?;
            if own.swap(tick, debt_ticks) {
                return Ok(Taken { debt_ticks, remaining: quota.remaining(debt_ticks) });
            }
        }
        self.take_anew(charge, tick)
    }

    /// For a newcomer, for twins, and after a lost race.
    #[cold]
    #[inline(never)]
    fn take_anew(&self, charge: &Charge, tick: u64) -> Result<Taken, Refused> {
        let quota = charge.quota;
        let place = self.table.place(charge.partition, quota.name64()).ok_or(Refused::Contended)?;
        for _ in 0..TRIES {
            let bucket = Bucket::find(&place, tick);
            let debt_ticks = fits(bucket.owed, quota.cost_ticks(charge.cost), quota.tau_ticks())?;
            if self.charge(&bucket, charge, tick) {
                return Ok(Taken { debt_ticks, remaining: quota.remaining(debt_ticks) });
            }
        }
        Err(Refused::Contended)
    }

    /// Where the first `N` of the charges live. All their lines are asked for before any is looked at, so that the misses overlap.
    fn places<const N: usize>(&self, charges: &[Charge]) -> [Option<Place<'t>>; N] {
        let mut places = [const { None }; N];
        for (charge, slot) in charges.iter().zip(&mut places) {
            *slot = self.table.place(charge.partition, charge.quota.name64()).inspect(Place::touch);
        }
        places
    }

    /// Writes a charge that fits; whether this worker won the word.
    #[inline]
    fn charge(&self, bucket: &Bucket<'_>, charge: &Charge, tick: u64) -> bool {
        let (inc, tau) = (charge.quota.cost_ticks(charge.cost), charge.quota.tau_ticks());
        let is_won = bucket.swap(tick, bucket.kept.min(tau).saturating_add(inc));
        if is_won && bucket.kind == BucketKind::Shared {
            self.table.count_overflow();
        }
        is_won
    }

    fn peek_at(&self, charge: &Charge, tick: u64) -> Result<Taken, Refused> {
        let quota = charge.quota;
        let place = self.table.place(charge.partition, quota.name64()).ok_or(Refused::Contended)?;
        let bucket = Bucket::find(&place, tick);
        let debt_ticks = fits(bucket.owed, quota.cost_ticks(charge.cost), quota.tau_ticks())?;
        Ok(Taken { debt_ticks, remaining: quota.remaining(debt_ticks) })
    }

    fn refund_at(&self, charge: &Charge, tick: u64) {
        let mut rest = charge.quota.cost_ticks(charge.cost);
        let Some(place) = self.table.place(charge.partition, charge.quota.name64()) else { return };
        let fp = fingerprint(place.v);
        for at in 0..SLOTS {
            let Some(word) = place.word(at) else { return };
            for _ in 0..TRIES {
                let seen = word.load(Relaxed);
                let owed = if is_of(seen, fp) { debt(seen, tick) } else { 0 };
                let back = owed.min(rest);
                if back == 0 {
                    break;
                }
                if word.compare_exchange(seen, owing(fp, tick, owed.wrapping_sub(back)), Relaxed, Relaxed).is_ok() {
                    rest = rest.saturating_sub(back);
                    break;
                }
            }
        }
    }
}

/// The debt after a cost, or the wait until it would fit.
#[inline]
fn fits(owed: u64, inc: u64, tau: u64) -> Result<u64, Refused> {
    let after = owed.min(tau).saturating_add(inc);
    if after > tau { Err(Refused::Wait { ticks: after.saturating_sub(tau) }) } else { Ok(after) }
}

/// Words that an entry may live in.
const SLOTS: usize = 16;
