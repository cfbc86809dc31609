//! All that changes while requests come: buckets, counters, events, in words that the caller lends.
//!
//! A `static` on a board, a `Vec` in a test, shared memory for all workers of a host. Its geometry comes from the policy that created it and
//! stands in its header; a later policy with other numbers keeps it, since everything in it is keyed by names.

use core::fmt;
use core::num::NonZero;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::audit::Journal;
use crate::rate::{Leases, Limiter};
use crate::table::{LINE_WORDS, Table, TableSize, Word};

/// `CLTPSTAT` and the layout: what a formatted state begins with.
const MAGIC: u64 = u64::from_le_bytes(*b"CLTPSTAT");
const LAYOUT: u64 = 3;

/// How large a state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// The rate table.
    pub rate: TableSize,
    /// Lines of the table of requests that run at once, each with room for 8 callers; at least 2.
    pub lease_lines: u32,
    /// Seconds after which a request is taken for ended, or up to half as long again.
    pub lease_s: NonZero<u32>,
    /// Events in the audit ring, a power of two.
    pub audit_slots: u32,
}

/// The state of a guard, over words that all workers may share. `&self` is enough everywhere.
///
/// # Example: formatted once, attached by others
/// ```
/// use caltrop::{State, guard::Geometry, table::{TableSize, Word}};
/// use core::num::NonZero;
/// let rate = TableSize { lines: 16, overflow_log2: 6 };
/// let geometry = Geometry { rate, lease_lines: 2, lease_s: NonZero::new(120).unwrap(), audit_slots: 16 };
/// let words: Vec<Word> = (0..State::words(geometry).unwrap()).map(|_| Word::new(0)).collect();
/// assert!(State::attach(&words).is_err());
/// State::format(&words, geometry, [7; 16]).unwrap();
/// assert_eq!(State::attach(&words).unwrap().geometry(), geometry);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct State<'s> {
    geometry: Geometry,
    limiter: Limiter<'s>,
    leases: Leases<'s>,
    journal: Journal<'s>,
}

impl<'s> State<'s> {
    /// How many words it takes; `None` if the geometry is out of bounds.
    #[must_use]
    pub fn words(geometry: Geometry) -> Option<usize> {
        let tables = geometry.rate.words()?.checked_add(Leases::words(geometry.lease_lines)?)?;
        LINE_WORDS.checked_add(tables)?.checked_add(Journal::words(geometry.audit_slots)?)
    }

    /// Clears the words and makes a state of them. The entropy keys its tables and decision ids: unpredictable, and new each time.
    ///
    /// # Errors
    /// [`StateError`]: the geometry is out of bounds, or there are not exactly as many words as it takes.
    pub fn format(words: &'s [Word], geometry: Geometry, entropy: [u8; 16]) -> Result<Self, StateError> {
        let need = Self::words(geometry).ok_or(StateError::Geometry)?;
        if words.len() != need {
            return Err(StateError::Words { need, have: words.len() });
        }
        for word in words {
            word.store(0, Relaxed);
        }
        let Parts { head, table, leases, journal } = Parts::of(words, geometry)?;
        let limiter = Limiter::format(table, geometry.rate, entropy).map_err(|_| StateError::Geometry)?;
        let leases = Leases::format(leases, geometry.lease_lines, geometry.lease_s, entropy).map_err(|_| StateError::Geometry)?;
        let journal = Journal::over(journal, geometry.audit_slots).map_err(|_| StateError::Geometry)?;
        let [magic, layout, rate, audit, running, ..] = head;
        layout.store(LAYOUT, Relaxed);
        rate.store(u64::from(geometry.rate.lines) | u64::from(geometry.rate.overflow_log2) << 32, Relaxed);
        audit.store(u64::from(geometry.audit_slots), Relaxed);
        running.store(u64::from(geometry.lease_lines) | u64::from(geometry.lease_s.get()) << 32, Relaxed);
        magic.store(MAGIC, Release);
        Ok(Self { geometry, limiter, leases, journal })
    }

    /// Attaches to words that [`State::format`] made a state of, whatever geometry it was given then.
    ///
    /// # Errors
    /// [`StateError`]: never formatted, another layout, or not as many words as its header says.
    pub fn attach(words: &'s [Word]) -> Result<Self, StateError> {
        let [magic, layout, rate, audit, running, ..] = words.first_chunk::<LINE_WORDS>().ok_or(StateError::Layout)?;
        if magic.load(Acquire) != MAGIC || layout.load(Relaxed) != LAYOUT {
            return Err(StateError::Layout);
        }
        let [a, b, c, d, overflow_log2, ..] = rate.load(Relaxed).to_le_bytes();
        let rate = TableSize { lines: u32::from_le_bytes([a, b, c, d]), overflow_log2 };
        let audit_slots = u32::try_from(audit.load(Relaxed)).map_err(|_| StateError::Layout)?;
        let [a, b, c, d, e, f, g, h] = running.load(Relaxed).to_le_bytes();
        let lease_s = NonZero::new(u32::from_le_bytes([e, f, g, h])).ok_or(StateError::Layout)?;
        let geometry = Geometry { rate, lease_lines: u32::from_le_bytes([a, b, c, d]), lease_s, audit_slots };
        let need = Self::words(geometry).ok_or(StateError::Geometry)?;
        if words.len() != need {
            return Err(StateError::Words { need, have: words.len() });
        }
        let Parts { table, leases, journal, .. } = Parts::of(words, geometry)?;
        let limiter = Limiter::over(Table::attach(table).map_err(|_| StateError::Layout)?);
        let leases = Leases::attach(leases).map_err(|_| StateError::Layout)?;
        let journal = Journal::over(journal, audit_slots).map_err(|_| StateError::Geometry)?;
        Ok(Self { geometry, limiter, leases, journal })
    }

    /// Its size, as it was created.
    #[must_use]
    pub const fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The buckets.
    #[must_use]
    pub const fn limiter(&self) -> &Limiter<'s> {
        &self.limiter
    }

    /// The requests that run.
    #[must_use]
    pub const fn leases(&self) -> &Leases<'s> {
        &self.leases
    }

    /// Counters and events.
    #[must_use]
    pub const fn journal(&self) -> &Journal<'s> {
        &self.journal
    }
}

/// The words of each part.
struct Parts<'s> {
    head: &'s [Word; LINE_WORDS],
    table: &'s [Word],
    leases: &'s [Word],
    journal: &'s [Word],
}

impl<'s> Parts<'s> {
    fn of(words: &'s [Word], geometry: Geometry) -> Result<Self, StateError> {
        let (head, rest) = words.split_first_chunk::<LINE_WORDS>().ok_or(StateError::Geometry)?;
        let part = |words: Option<usize>, rest: &'s [Word]| rest.split_at_checked(words?);
        let (table, rest) = part(geometry.rate.words(), rest).ok_or(StateError::Geometry)?;
        let (leases, journal) = part(Leases::words(geometry.lease_lines), rest).ok_or(StateError::Geometry)?;
        Ok(Self { head, table, leases, journal })
    }
}

/// Why words are no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateError {
    /// The geometry is out of bounds.
    Geometry,
    /// Not the number of words that the geometry takes.
    Words {
        /// Words that it takes.
        need: usize,
        /// Words given.
        have: usize,
    },
    /// Never formatted, or by another layout.
    Layout,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Geometry => {
                f.write_str("a rate table has at least 2 lines and 2^3 to 2^16 overflow words, a table of leases at least 2 lines, an audit ring a power of two up to 2^20")
            }
            Self::Words { need, have } => write!(f, "the state takes {need} words of 8 bytes; {have} were given"),
            Self::Layout => write!(f, "these words are no state of layout {LAYOUT}: format them first"),
        }
    }
}

impl core::error::Error for StateError {}
