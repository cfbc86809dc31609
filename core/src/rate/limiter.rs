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

use core::sync::atomic::Ordering::Relaxed;

use super::bucket::{Bucket, BucketKind, Swap};
use super::charge::{AllRefused, Charge, Outlook, Refused, Taken, Tightest, Uneven};
use super::gcra::{debt, fingerprint, is_of, owing};
use super::quota::TAU_MAX;
use crate::table::{Place, Table, TableError, TableSize, Word};
use crate::time::Now;

/// The most quotas that one request may be charged to at once.
pub const CHARGES_MAX: usize = 8;

/// How often a lost race is tried again before the answer is [`Refused::Contended`].
const TRIES: u32 = 64;

/// How many charges' lines are asked for at once: as many as a processor has misses under way.
const BATCH: usize = 16;

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
        let Some((swaps, outlook)) = self.swaps(charges, tick) else { return self.take_all_anew(charges, tick) };
        let tightest = outlook.verdict()?;
        self.finish(charges, tick, |index| swaps.get(index).is_some_and(Swap::is_won)).map(|()| tightest)
    }

    /// The first half of [`Limiter::take_all`]: every charge's word read once, and what it is to become. What another worker changes meanwhile is
    /// seen by the swap. `None` unless each client has a word of its own in each quota.
    #[inline]
    fn swaps(&self, charges: &[Charge], tick: u64) -> Option<([Swap<'t>; CHARGES_MAX], Outlook)> {
        let places: [_; CHARGES_MAX] = self.places(charges);
        let mut swaps = [const { Swap::NONE }; CHARGES_MAX];
        let mut outlook = Outlook::default();
        for (((index, charge), place), swap) in charges.iter().enumerate().zip(&places).zip(&mut swaps) {
            let own = Bucket::own(place.as_ref()?, tick)?;
            let answer = charge.taken(own.owed);
            if let Ok(taken) = answer {
                *swap = own.swap_to(tick, taken.debt_ticks);
            }
            outlook.add(index, answer);
        }
        Some((swaps, outlook))
    }

    /// For newcomers and twins.
    #[cold]
    #[inline(never)]
    fn take_all_anew(&self, charges: &[Charge], tick: u64) -> Result<Option<Tightest>, AllRefused> {
        let mut outlook = Outlook::default();
        charges.iter().enumerate().for_each(|(index, charge)| outlook.add(index, self.peek_at(charge, tick)));
        let tightest = outlook.verdict()?;
        self.finish(charges, tick, |_| false).map(|()| tightest)
    }

    /// The second half: in their order, what is not taken by `swap` is taken anew; if one cannot be, those before it are given back.
    #[inline]
    fn finish(&self, charges: &[Charge], tick: u64, swap: impl Fn(usize) -> bool) -> Result<(), AllRefused> {
        for (index, charge) in charges.iter().enumerate() {
            if !swap(index)
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
        if let Some(own) = Bucket::own(place, tick) {
            let taken = charge.taken(own.owed)?;
            if own.swap(tick, taken.debt_ticks) {
                return Ok(taken);
            }
        }
        self.take_anew(charge, tick)
    }

    /// For a newcomer, for twins, and after a lost race.
    #[cold]
    #[inline(never)]
    fn take_anew(&self, charge: &Charge, tick: u64) -> Result<Taken, Refused> {
        let (cost, tau) = (charge.quota.cost_ticks(charge.cost), charge.quota.tau_ticks());
        let place = self.table.place(charge.partition, charge.quota.name64()).ok_or(Refused::Contended)?;
        for _ in 0..TRIES {
            let bucket = Bucket::find(&place, tick);
            let taken = charge.taken(bucket.owed)?;
            if bucket.swap(tick, bucket.kept.min(tau).saturating_add(cost)) {
                if bucket.kind == BucketKind::Shared {
                    self.table.count_overflow();
                }
                return Ok(taken);
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

    fn peek_at(&self, charge: &Charge, tick: u64) -> Result<Taken, Refused> {
        let place = self.table.place(charge.partition, charge.quota.name64()).ok_or(Refused::Contended)?;
        charge.taken(Bucket::find(&place, tick).owed)
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

/// Words that an entry may live in.
const SLOTS: usize = 16;
