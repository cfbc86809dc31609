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
use core::sync::atomic::Ordering::{Relaxed, Release};

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

/// The fingerprint that every overflow word carries: it is nobody's.
const SHARED: u64 = 1 << 40;

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
        let places: [_; CHARGES_MAX] = self.places(charges);
        // Each charge's words are read once; what another worker changes meanwhile is seen by the swap.
        let mut found = [const { None }; CHARGES_MAX];
        let mut longest = None;
        let mut tightest: Option<Tightest> = None;
        for (((index, charge), place), slot) in charges.iter().enumerate().zip(&places).zip(&mut found) {
            let place = place.as_ref().ok_or(AllRefused { index, refused: Refused::Contended })?;
            let bucket = Bucket::find(place, tick);
            match fits(bucket.owed, charge.quota.cost_ticks(charge.cost), charge.quota.tau_ticks()) {
                Err(Refused::Wait { ticks }) => longest = longest.max(Some((ticks, index))),
                Ok(debt_ticks) => {
                    let remaining = charge.quota.remaining(debt_ticks);
                    if tightest.is_none_or(|least| remaining < least.taken.remaining) {
                        tightest = Some(Tightest { index, taken: Taken { debt_ticks, remaining } });
                    }
                }
                Err(Refused::Contended) => {}
            }
            *slot = Some(bucket);
        }
        if let Some((ticks, index)) = longest {
            return Err(AllRefused { index, refused: Refused::Wait { ticks } });
        }
        for ((index, charge), bucket) in charges.iter().enumerate().zip(&found) {
            let is_taken = bucket.as_ref().is_some_and(|bucket| self.charge(bucket, charge, tick));
            if is_taken {
                continue;
            }
            if let Err(refused) = self.take_at(charge, tick) {
                charges.iter().take(index).for_each(|taken| self.refund_at(taken, tick));
                return Err(AllRefused { index, refused });
            }
        }
        Ok(tightest)
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

    pub(super) fn take_at(&self, charge: &Charge, tick: u64) -> Result<Taken, Refused> {
        let place = self.table.place(charge.partition, charge.quota.name64()).ok_or(Refused::Contended)?;
        self.take_in(&place, charge, tick)
    }

    fn take_in(&self, place: &Place<'_>, charge: &Charge, tick: u64) -> Result<Taken, Refused> {
        let quota = charge.quota;
        for _ in 0..TRIES {
            let bucket = Bucket::find(place, tick);
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
fn fits(owed: u64, inc: u64, tau: u64) -> Result<u64, Refused> {
    let after = owed.min(tau).saturating_add(inc);
    if after > tau { Err(Refused::Wait { ticks: after.saturating_sub(tau) }) } else { Ok(after) }
}

/// Words that an entry may live in.
const SLOTS: usize = 16;

/// Whose word it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BucketKind {
    /// The client's own, or an idle one that it takes over.
    Own,
    /// An overflow word.
    Shared,
}

/// The word that decides for an entry, as one look at its two lines found it.
struct Bucket<'t> {
    word: &'t Word,
    seen: u64,
    /// The fingerprint that the word carries once it is swapped.
    fingerprint: u64,
    /// What the client owes: the sum over all words of its fingerprint.
    owed: u64,
    /// What this word owes of it, and goes on owing.
    kept: u64,
    kind: BucketKind,
}

impl<'t> Bucket<'t> {
    /// Nearly always the client has one word already. To look for it takes no branch on what a word holds, since a wrong guess would cost as much
    /// as the rest of the decision. Its word is then read again: if it is still the client's, what it owes now is what counts.
    fn find(place: &Place<'t>, tick: u64) -> Self {
        let fingerprint = fingerprint(place.v);
        let own = place.matching(|seen| is_of(seen, fingerprint));
        if own.is_power_of_two()
            && let Some(word) = usize::try_from(own.leading_zeros()).ok().and_then(|at| place.word(at))
        {
            let seen = word.load(Relaxed);
            if is_of(seen, fingerprint) {
                let owed = debt(seen, tick);
                return Self { word, seen, fingerprint, owed, kept: owed, kind: BucketKind::Own };
            }
        }
        Self::find_new(place, fingerprint, tick)
    }

    /// For a client that had no word a moment ago, or twins: everything from one look at each word, since two newcomers of one name must choose
    /// the same idle word, so that one of them loses it and sees the other.
    #[cold]
    fn find_new(place: &Place<'t>, fingerprint: u64, tick: u64) -> Self {
        let mut owed = 0u64;
        let mut own = None;
        let mut idle = None;
        let mut fewest = u32::MAX;
        for line in place.lines {
            let mut owing_words = 0u32;
            let mut idle_here = None;
            for word in line {
                let seen = word.load(Relaxed);
                let debt = debt(seen, tick);
                if is_of(seen, fingerprint) {
                    owed = owed.saturating_add(debt);
                    own = own.or(Some((word, seen, debt)));
                }
                if debt == 0 {
                    idle_here = idle_here.or(Some((word, seen, 0)));
                } else {
                    owing_words = owing_words.wrapping_add(1);
                }
            }
            if owing_words < fewest && idle_here.is_some() {
                fewest = owing_words;
                idle = idle_here;
            }
        }
        if let Some((word, seen, kept)) = own.or(idle) {
            return Self { word, seen, fingerprint, owed, kept, kind: BucketKind::Own };
        }
        let word = place.overflow;
        let seen = word.load(Relaxed);
        let owed = debt(seen, tick);
        Self { word, seen, fingerprint: SHARED, owed, kept: owed, kind: BucketKind::Shared }
    }

    /// Whether this worker won the word. It releases what the worker knows of the last sweep: who still clears after a long silence must not
    /// take this word for an old one.
    fn swap(&self, tick: u64, debt_ticks: u64) -> bool {
        self.word.compare_exchange(self.seen, owing(self.fingerprint, tick, debt_ticks), Release, Relaxed).is_ok()
    }
}
