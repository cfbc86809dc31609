//! How many at once: leases that come back by themselves.
//!
//! ```text
//! acquire(client, quota): at most 64 times:
//!   read the 16 words of the entry's two lines; M = those with its fingerprint; n = what they count
//!   n = most → Busy;  the first of M that counts, else the first idle word of the line with fewer counting ones; none → Full
//!   swap it for one that counts one more; lost → again
//!   read the 16 words again (a full fence stands between): they count more than most → give it back, Busy
//! ```
//! Never more than `most`: of all that hold a lease, the one that read again last has seen the others counted. Two racing newcomers may make
//! twins, and at the limit both may then be refused; with one word a client, which is nearly always, none is refused without need.
//! Known limit: a word tells 2¹⁶ halves of the longest time apart. After a silence, of all callers, of as many, give or take two, what was held before
//! it counts again until it comes back: of 22 days and 18 hours where the longest time is a minute. A lease that is given back or renewed as late
//! as that is taken for one of the same client that counts now, if there is one.

use core::fmt;
use core::num::NonZero;
use core::sync::atomic::Ordering::{AcqRel, Relaxed, SeqCst};

use portable_atomic::fence;

use super::count::{Counts, fingerprint, is_of};
use super::partition::CLIENT;
use crate::table::{Kind, Partition, Place, Table, TableError, TableSize, Word};
use crate::time::{Now, TICKS_PER_S};

/// How often a lost race is tried again.
const TRIES: u32 = 64;

/// One pass of the sweep takes at most this many epochs: a sixteenth of those that a word can tell apart.
const PASS: u64 = 1 << 12;

/// "At most so many at once."
///
/// ```
/// use caltrop::rate::LeaseQuota;
/// use core::num::NonZero;
/// let exports = LeaseQuota::new("exports", NonZero::new(3).unwrap());
/// assert_eq!(exports.most(), 3);
/// assert_eq!(LeaseQuota::from_name64(exports.name64(), NonZero::new(3).unwrap()), exports);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseQuota {
    name64: u64,
    most: NonZero<u8>,
}

impl LeaseQuota {
    /// At most `most` leases at once, for each client.
    #[must_use]
    pub fn new(name: &str, most: NonZero<u8>) -> Self {
        Self::from_name64(crate::name::name64(name), most)
    }

    /// As a face or a file holds it: the name is the first 8 bytes of its SHA-256, little-endian.
    #[must_use]
    pub const fn from_name64(name64: u64, most: NonZero<u8>) -> Self {
        Self { name64, most }
    }

    /// What its name was made into.
    #[must_use]
    pub const fn name64(&self) -> u64 {
        self.name64
    }

    /// The most that a client may hold at once.
    #[must_use]
    pub fn most(&self) -> u32 {
        u32::from(self.most.get())
    }
}

/// One of a client's places, to be given to [`Leases::release`]. It cannot be copied, so it cannot be released twice; its bytes can.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a lease that is dropped is not released: it comes back when its time is over"]
pub struct Lease {
    partition: Partition,
    name64: u64,
    epoch: u16,
}

impl Lease {
    /// The lease as bytes, for a job's record or another process. Whoever keeps them has to see that they are released once, and that no caller can
    /// write them: a second release takes away another lease of this client if one is as old, to half the longest time, and then one more is at
    /// work than is counted.
    ///
    /// ```
    /// # use caltrop::{rate::{Lease, LeaseQuota, Leases}, table::Word, time::Now};
    /// # use core::num::NonZero;
    /// # let words: Vec<Word> = (0..Leases::words(8).unwrap()).map(|_| Word::new(0)).collect();
    /// # let leases = Leases::format(&words, 8, NonZero::new(60).unwrap(), [7; 16]).unwrap();
    /// # let (alice, exports, now) = (leases.client(b"alice"), LeaseQuota::new("exports", NonZero::new(2).unwrap()), Now::default());
    /// let kept: [u8; 18] = leases.acquire(alice, exports, now).unwrap().into_bytes();
    /// leases.release(Lease::from_bytes(kept), now).unwrap();
    /// assert_eq!(leases.held(alice, exports, now), 0);
    /// ```
    #[must_use = "a lease whose bytes are dropped is not released: it comes back when its time is over"]
    pub const fn into_bytes(self) -> [u8; 18] {
        let [a, b, c, d, e, f, g, h] = self.partition.0.to_le_bytes();
        let [i, j, k, l, m, n, o, p] = self.name64.to_le_bytes();
        let [q, r] = self.epoch.to_le_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r]
    }

    /// The lease that [`Lease::into_bytes`] wrote. All 18 bytes are some lease; others than it wrote have lapsed, but for a chance of 1 in 2²⁰.
    pub const fn from_bytes(bytes: [u8; 18]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r] = bytes;
        Self {
            partition: Partition(u64::from_le_bytes([a, b, c, d, e, f, g, h])),
            name64: u64::from_le_bytes([i, j, k, l, m, n, o, p]),
            epoch: u16::from_le_bytes([q, r]),
        }
    }
}

/// Why no lease was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseRefused {
    /// The client holds as many as it may.
    Busy,
    /// No room: all words of its two lines count other clients' leases.
    Full,
    /// 64 races were lost in a row.
    Contended,
}

impl fmt::Display for LeaseRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "as many at once as the quota allows",
            Self::Full => "the table of leases is full: give it more lines",
            Self::Contended => "too many workers want the same lines: try again",
        })
    }
}

impl core::error::Error for LeaseRefused {}

/// The lease is not held any more: its time was over, and it had come back by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapsed;

impl fmt::Display for Lapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lease's time was over")
    }
}

impl core::error::Error for Lapsed {}

/// Leases over a table of their own; workers and processes that share the words share what is held.
///
/// # Example: two at once
/// ```
/// use caltrop::{rate::{LeaseQuota, LeaseRefused, Leases}, table::Word, time::Now};
/// use core::num::NonZero;
/// let words: Vec<Word> = (0..Leases::words(8).unwrap()).map(|_| Word::new(0)).collect();
/// let leases = Leases::format(&words, 8, NonZero::new(60).unwrap(), [7; 16]).unwrap();
/// let (alice, exports) = (leases.client(b"alice"), LeaseQuota::new("exports", NonZero::new(2).unwrap()));
/// let at = |seconds: u64| Now { mono_ns: seconds * 1_000_000_000, ..Now::default() };
/// let first = leases.acquire(alice, exports, at(0)).unwrap();
/// let _crashed = leases.acquire(alice, exports, at(0)).unwrap();
/// assert_eq!(leases.acquire(alice, exports, at(1)), Err(LeaseRefused::Busy));
/// leases.release(first, at(1)).unwrap();
/// let _second = leases.acquire(alice, exports, at(2)).unwrap();
/// // What nobody released is back after 60 to 90 s.
/// assert_eq!(leases.held(alice, exports, at(59)), 2);
/// assert_eq!(leases.held(alice, exports, at(92)), 0);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Leases<'t> {
    table: Table<'t>,
}

impl<'t> Leases<'t> {
    /// How many words a table of so many lines takes, each with room for 8 clients; `None` if there are fewer than 2 lines.
    ///
    /// ```
    /// assert_eq!(caltrop::rate::Leases::words(64), Some(8 + 8 + 64 * 8));
    /// ```
    #[must_use]
    pub fn words(lines: u32) -> Option<usize> {
        size(lines).words()
    }

    /// Clears the words and makes a table of them, in which every lease comes back after `longest_s` seconds, or up to half as long again. The
    /// entropy is the key of its hash: unpredictable, and new each time.
    ///
    /// # Errors
    /// As [`Table::format`].
    pub fn format(words: &'t [Word], lines: u32, longest_s: NonZero<u32>, entropy: [u8; 16]) -> Result<Self, TableError> {
        let table = Table::format_as(Kind::Lease, words, size(lines), entropy)?;
        table.set_note(u64::from(longest_s.get()).saturating_mul(TICKS_PER_S / 2));
        Ok(Self { table })
    }

    /// Attaches to words that leases live in already.
    ///
    /// # Errors
    /// As [`Table::attach`]; the words of a limiter are no table of leases.
    pub fn attach(words: &'t [Word]) -> Result<Self, TableError> {
        Table::attach_as(Kind::Lease, words).map(|table| Self { table })
    }

    /// Whatever bytes the application counts by.
    #[must_use]
    pub fn client(&self, bytes: &[u8]) -> Partition {
        self.table.partition(CLIENT, bytes)
    }

    /// One more at once, or a refusal that writes nothing.
    ///
    /// # Errors
    /// [`LeaseRefused`]
    /// # Bounds
    /// Four lines read, one compare-and-swap, at most 64 tries. Once an epoch one caller also sweeps a few lines.
    pub fn acquire(&self, client: Partition, quota: LeaseQuota, now: Now) -> Result<Lease, LeaseRefused> {
        let epoch = self.epoch(now);
        let place = self.table.place(client, quota.name64).ok_or(LeaseRefused::Full)?;
        let fingerprint = fingerprint(place.v);
        for _ in 0..TRIES {
            let Some(found) = look(&place, fingerprint, epoch) else {
                self.table.count_overflow();
                return Err(LeaseRefused::Full);
            };
            if found.held >= quota.most() {
                return Err(LeaseRefused::Busy);
            }
            let counts = found.counts.taken().ok_or(LeaseRefused::Busy)?;
            if found.word.compare_exchange(found.seen, counts.word(fingerprint), AcqRel, Relaxed).is_err() {
                continue;
            }
            fence(SeqCst);
            let lease = Lease { partition: client, name64: quota.name64, epoch: counts.epoch };
            if held(&place, fingerprint, epoch) <= quota.most() {
                return Ok(lease);
            }
            // If it cannot be given back, it comes back by itself.
            let _ = self.release(lease, now);
            return Err(LeaseRefused::Busy);
        }
        Err(LeaseRefused::Contended)
    }

    /// Gives a lease back.
    ///
    /// # Errors
    /// [`Lapsed`]: it had come back by itself, so for a while there may have been one more at work than was counted. Whoever loses 64 races is told
    /// the same: the lease then comes back by itself.
    pub fn release(&self, lease: Lease, now: Now) -> Result<(), Lapsed> {
        self.change(&lease, now, Some).map(|_| ())
    }

    /// Begins a lease's time anew.
    ///
    /// # Errors
    /// [`Lapsed`]: as [`Leases::release`]; whoever still works should stop.
    ///
    /// ```
    /// # use caltrop::{rate::{LeaseQuota, Leases}, table::Word, time::Now};
    /// # use core::num::NonZero;
    /// # let words: Vec<Word> = (0..Leases::words(8).unwrap()).map(|_| Word::new(0)).collect();
    /// # let leases = Leases::format(&words, 8, NonZero::new(60).unwrap(), [7; 16]).unwrap();
    /// # let (alice, exports) = (leases.client(b"alice"), LeaseQuota::new("exports", NonZero::new(2).unwrap()));
    /// # let at = |seconds: u64| Now { mono_ns: seconds * 1_000_000_000, ..Now::default() };
    /// let lease = leases.acquire(alice, exports, at(0)).unwrap();
    /// let lease = leases.renew(lease, at(50)).unwrap();
    /// assert_eq!(leases.held(alice, exports, at(100)), 1);
    /// assert!(leases.renew(lease, at(200)).is_err());
    /// ```
    pub fn renew(&self, lease: Lease, now: Now) -> Result<Lease, Lapsed> {
        let epoch = self.change(&lease, now, Counts::taken)?;
        Ok(Lease { epoch, ..lease })
    }

    /// How many a client holds.
    #[must_use]
    pub fn held(&self, client: Partition, quota: LeaseQuota, now: Now) -> u32 {
        let epoch = self.epoch(now);
        self.table.place(client, quota.name64).map_or(0, |place| held(&place, fingerprint(place.v), epoch))
    }

    /// How many leases were refused for want of room since the table was formatted.
    #[must_use]
    pub fn full(&self) -> u64 {
        self.table.overflowed()
    }

    /// Takes the lease out of the word that counts it, and does `then` to what is left, in one swap; the epoch that was written.
    fn change(&self, lease: &Lease, now: Now, then: impl Fn(Counts) -> Option<Counts>) -> Result<u16, Lapsed> {
        let epoch = self.epoch(now);
        let place = self.table.place(lease.partition, lease.name64).ok_or(Lapsed)?;
        let fingerprint = fingerprint(place.v);
        for word in place.lines.into_iter().flatten() {
            for _ in 0..TRIES {
                let seen = word.load(Relaxed);
                let counts = is_of(seen, fingerprint).then(|| Counts::of(seen, epoch));
                let Some(counts) = counts.and_then(|counts| counts.released(lease.epoch)).and_then(&then) else { break };
                if word.compare_exchange(seen, counts.word(fingerprint), AcqRel, Relaxed).is_ok() {
                    return Ok(counts.epoch);
                }
            }
        }
        Err(Lapsed)
    }

    /// Which epoch it is. The first to see a new one sweeps.
    fn epoch(&self, now: Now) -> u16 {
        let tick = now.tick();
        // 0 only in words that are no table of leases: then all are of one epoch, and none comes back.
        let epoch = tick.checked_div(self.table.note()).unwrap_or(0);
        let low = u16::try_from(epoch & 0xFFFF).unwrap_or(0);
        // 0 means never swept.
        let (last, next) = (self.table.last(), epoch.saturating_add(1));
        if last < next && self.table.win_sweep(last, next) && last != 0 {
            for word in self.table.sweep_words(next.saturating_sub(last), PASS) {
                let seen = word.load(Relaxed);
                if seen != 0 && Counts::of(seen, low).total() == 0 {
                    // A lost race means that the word is in use again.
                    let _ = word.compare_exchange(seen, 0, AcqRel, Relaxed);
                }
            }
        }
        low
    }
}

/// The fewest overflow words that a table may have: nobody decides in one here.
const fn size(lines: u32) -> TableSize {
    TableSize { lines, overflow_log2: 3 }
}

/// The word that may count one more lease, as one look at the entry's two lines found it.
struct Found<'t> {
    word: &'t Word,
    seen: u64,
    /// What this word counts of the client's leases.
    counts: Counts,
    /// What all of them count.
    held: u32,
}

/// Nearly always the client holds a lease already, so that is looked for first, and nothing else is kept of the others.
fn look<'t>(place: &Place<'t>, fingerprint: u64, epoch: u16) -> Option<Found<'t>> {
    let mut held = 0u32;
    let mut own = None;
    for word in place.lines.into_iter().flatten() {
        let seen = word.load(Relaxed);
        if is_of(seen, fingerprint) {
            let counts = Counts::of(seen, epoch);
            held = held.saturating_add(counts.total());
            own = own.or((counts.total() > 0).then_some((word, seen, counts)));
        }
    }
    match own {
        Some((word, seen, counts)) => Some(Found { word, seen, counts, held }),
        None => look_new(place, fingerprint, epoch),
    }
}

/// For a client that held none a moment ago: everything from one look at each word, since two newcomers of one name should choose the same idle
/// word, so that one of them loses it.
#[cold]
fn look_new<'t>(place: &Place<'t>, fingerprint: u64, epoch: u16) -> Option<Found<'t>> {
    let mut total = 0u32;
    let mut own = None;
    let mut idle = None;
    let mut fewest = u32::MAX;
    for line in place.lines {
        let mut counting = 0u32;
        let mut idle_here = None;
        for word in line {
            let seen = word.load(Relaxed);
            let counts = Counts::of(seen, epoch);
            match counts.total() {
                0 => idle_here = idle_here.or(Some((word, seen, Counts::of(0, epoch)))),
                here => {
                    counting = counting.saturating_add(1);
                    if is_of(seen, fingerprint) {
                        total = total.saturating_add(here);
                        own = own.or(Some((word, seen, counts)));
                    }
                }
            }
        }
        if counting < fewest && idle_here.is_some() {
            fewest = counting;
            idle = idle_here;
        }
    }
    own.or(idle).map(|(word, seen, counts)| Found { word, seen, counts, held: total })
}

/// What all words of a fingerprint count.
fn held(place: &Place<'_>, fingerprint: u64, epoch: u16) -> u32 {
    let words = place.lines.into_iter().flatten().map(|word| word.load(Relaxed));
    words.filter(|seen| is_of(*seen, fingerprint)).map(|seen| Counts::of(seen, epoch).total()).fold(0, u32::saturating_add)
}
