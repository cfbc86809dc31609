// Read first: docs/formats.md §3.
//! The two-line table: fixed memory under rates, replays and budgets, as plain atomic words.
//!
//! Each entry may live in one of two 64-byte lines, chosen by a keyed hash, so whoever does not hold the key cannot aim at a line.
//!
//! Defends against: memory that grows with clients; two chosen names that meet on purpose.
//! Promises: `&self` is enough everywhere; a worker killed at any instruction leaves every word valid; nothing here is a lock.
//! Costs: one SipHash-1-3 a partition, three multiplications a quota, two lines read.
//! Full: the owner of the words decides: `rate` has overflow words for it, `replay` refuses, and both count.
//! Not here: what a word means (`rate` and `replay` keep a fingerprint and a time in it).

mod sip;

use core::fmt;
use core::slice;
use core::sync::atomic::Ordering::Relaxed;

use crate::time::div_ceil;

/// The unit of all state: a word that several workers may change at once.
pub type Word = portable_atomic::AtomicU64;

/// Words in a line: one cache line of 64 bytes.
pub const LINE_WORDS: usize = 8;

/// One line of a table.
pub type Line = [Word; LINE_WORDS];

// The words of a model that tries all interleavings (proofs/interleavings) are larger.
#[cfg(not(caltrop_model))]
const _: () = assert!(size_of::<Line>() == 64);

/// The layout of a table; another one is refused, never guessed at.
pub const LAYOUT: u16 = 1;

/// How large a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSize {
    /// Lines of 8 words, at least 2.
    pub lines: u32,
    /// Overflow words as a power of two, 3 to 16: 10 (1,024 words) on hosts, 6 (64) on boards.
    pub overflow_log2: u8,
}

impl TableSize {
    /// How many words it takes, its header line included; `None` if it is out of bounds.
    ///
    /// ```
    /// use caltrop::table::TableSize;
    /// assert_eq!(TableSize { lines: 8, overflow_log2: 6 }.words(), Some(8 + 64 + 8 * 8));
    /// assert_eq!(TableSize { lines: 1, overflow_log2: 6 }.words(), None);
    /// ```
    #[must_use]
    pub fn words(self) -> Option<usize> {
        if self.lines < 2 || !(3..=16).contains(&self.overflow_log2) {
            return None;
        }
        let lines = usize::try_from(self.lines).ok()?.checked_add(1)?;
        lines.checked_mul(LINE_WORDS)?.checked_add(1usize.checked_shl(u32::from(self.overflow_log2))?)
    }

    const fn head(self, kind: Kind) -> u64 {
        // Lossless: u16, u8, u8 and u32 side by side.
        pack(LAYOUT, self.overflow_log2, kind.code(), self.lines)
    }

    pub(crate) const fn of_head(kind: Kind, head: u64) -> Result<Self, TableError> {
        let [a, b, overflow_log2, code, c, d, e, f] = head.to_le_bytes();
        if u16::from_le_bytes([a, b]) != LAYOUT || code != kind.code() {
            return Err(TableError::Layout);
        }
        Ok(Self { lines: u32::from_le_bytes([c, d, e, f]), overflow_log2 })
    }
}

#[expect(clippy::as_conversions, reason = "widening in a const fn, where `From` cannot be called")]
const fn pack(layout: u16, overflow_log2: u8, kind: u8, lines: u32) -> u64 {
    layout as u64 | (overflow_log2 as u64) << 16 | (kind as u64) << 24 | (lines as u64) << 32
}

/// Whose words a table holds, so that no room reads another's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Debts.
    Rate,
    /// Messages that were seen.
    Replay,
    /// Leases that are held.
    Lease,
}

impl Kind {
    /// In the header.
    const fn code(self) -> u8 {
        match self {
            Self::Rate => 0,
            Self::Replay => 1,
            Self::Lease => 2,
        }
    }
}

/// A partition's keyed hash: computed once a request and shared by all its quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition(pub(crate) u64);

/// Where an entry may live.
#[derive(Clone, Copy)]
pub(crate) struct Place<'t> {
    /// Line A, then line B: never the same.
    pub(crate) lines: [&'t Line; 2],
    /// The second hash: fingerprints are cut from its top.
    pub(crate) v: u64,
    /// The word that decides when both lines are full.
    pub(crate) overflow: &'t Word,
}

impl<'t> Place<'t> {
    /// Word `at` of the 16: line A's eight, then line B's.
    #[inline]
    pub(crate) fn word(&self, at: usize) -> Option<&'t Word> {
        let [a, b] = self.lines;
        match at.checked_sub(LINE_WORDS) {
            None => a.get(at),
            Some(rest) => b.get(rest),
        }
    }

    /// Asks for both lines and waits for neither: what is loaded here nobody looks at.
    pub(crate) fn touch(&self) {
        for [first, ..] in self.lines {
            let _ = first.load(Relaxed);
        }
    }

    /// The word that is wanted, if it is the only one of the 16, and what it held.
    ///
    /// A branch for each word: who comes often is where a processor guesses, and goes on before the words are there.
    #[inline]
    pub(crate) fn only(&self, is_wanted: impl Fn(u64) -> bool) -> Option<(&'t Word, u64)> {
        let [a, b] = self.lines;
        let find = |words: &mut slice::Iter<'t, Word>| words.map(|word| (word, word.load(Relaxed))).find(|(_, seen)| is_wanted(*seen));
        let (mut in_a, mut in_b) = (a.iter(), b.iter());
        match find(&mut in_a) {
            Some(only) => (find(&mut in_a).is_none() && find(&mut in_b).is_none()).then_some(only),
            None => find(&mut in_b).filter(|_| find(&mut in_b).is_none()),
        }
    }
}

/// A table over words that the caller lends.
///
/// # Example: formatted once, attached again
/// ```
/// use caltrop::table::{Table, TableSize, Word};
/// let words: Vec<Word> = (0..TableSize { lines: 4, overflow_log2: 6 }.words().unwrap()).map(|_| Word::new(0)).collect();
/// assert!(Table::attach(&words).is_err()); // zeroed memory is no table
/// let table = Table::format(&words, TableSize { lines: 4, overflow_log2: 6 }, [7; 16]).unwrap();
/// assert_eq!(table.partition(1, b"a"), Table::attach(&words).unwrap().partition(1, b"a"));
/// ```
#[derive(Clone, Copy)]
pub struct Table<'t> {
    header: &'t Line,
    overflow: &'t [Word],
    lines: &'t [Line],
    key: [u64; 2],
}

// Words of the header line.
const HEAD: usize = 0;
const KEY_LOW: usize = 1;
const KEY_HIGH: usize = 2;
const CURSOR: usize = 3;
const LAST: usize = 4;
const TABLE_ID: usize = 5;
const OVERFLOWED: usize = 6;
const NOTE: usize = 7;

impl<'t> Table<'t> {
    /// Clears the words and makes a table of them. The entropy is the key of its hash: unpredictable, and new each time.
    ///
    /// # Errors
    /// [`TableError`]: the size is out of bounds, or there are not exactly as many words as it takes.
    pub fn format(words: &'t [Word], size: TableSize, entropy: [u8; 16]) -> Result<Self, TableError> {
        Self::format_as(Kind::Rate, words, size, entropy)
    }

    pub(crate) fn format_as(kind: Kind, words: &'t [Word], size: TableSize, entropy: [u8; 16]) -> Result<Self, TableError> {
        let need = size.words().ok_or(TableError::Size)?;
        if words.len() != need {
            return Err(TableError::Words { need, have: words.len() });
        }
        for word in words {
            word.store(0, Relaxed);
        }
        let table = Self::view(words, size)?;
        let key = u128::from_le_bytes(entropy);
        let (low, high) = (low64(key), low64(key >> 64));
        table.set(KEY_LOW, low);
        table.set(KEY_HIGH, high);
        let table = Self { key: [low, high], ..table };
        table.set(TABLE_ID, table.keyed(b"table id"));
        table.set(HEAD, size.head(kind));
        Ok(table)
    }

    /// Attaches to words that [`Table::format`] made a table of.
    ///
    /// # Errors
    /// [`TableError`]: not a table, of another layout, or of another size than its header says.
    pub fn attach(words: &'t [Word]) -> Result<Self, TableError> {
        Self::attach_as(Kind::Rate, words)
    }

    pub(crate) fn attach_as(kind: Kind, words: &'t [Word]) -> Result<Self, TableError> {
        let size = TableSize::of_head(kind, words.first().ok_or(TableError::Layout)?.load(Relaxed))?;
        let need = size.words().ok_or(TableError::Size)?;
        if words.len() != need {
            return Err(TableError::Words { need, have: words.len() });
        }
        let table = Self::view(words, size)?;
        Ok(Self { key: [table.get(KEY_LOW), table.get(KEY_HIGH)], ..table })
    }

    fn view(words: &'t [Word], size: TableSize) -> Result<Self, TableError> {
        let (header, rest) = words.split_first_chunk::<LINE_WORDS>().ok_or(TableError::Size)?;
        let overflow = 1usize.checked_shl(u32::from(size.overflow_log2)).ok_or(TableError::Size)?;
        let (overflow, rest) = rest.split_at_checked(overflow).ok_or(TableError::Size)?;
        let (lines, _) = rest.as_chunks::<LINE_WORDS>();
        Ok(Self { header, overflow, lines, key: [0; 2] })
    }

    /// The hash of what is counted: a kind, so that an address never meets a principal of the same bytes, and its bytes.
    #[must_use]
    #[inline]
    pub fn partition(&self, kind: u8, bytes: &[u8]) -> Partition {
        Partition(sip::hash(self.key, kind, bytes))
    }

    /// A 64-bit value that only a holder of the table's key can compute; it never meets a partition.
    #[must_use]
    pub fn keyed(&self, bytes: &[u8]) -> u64 {
        self.partition(0, bytes).0
    }

    /// Where the entry of a partition and a name may live; `None` only if the table had no lines, which neither constructor allows.
    #[inline]
    pub(crate) fn place(&self, partition: Partition, name64: u64) -> Option<Place<'t>> {
        // As unguessable as the partition, whatever the name.
        let u = partition.0 ^ name64;
        let v = u.wrapping_mul(0x9E37_79B9_7F4A_7C15); // 2⁶⁴ / φ: Fibonacci hashing (Knuth, TAOCP 6.4)
        let count = self.lines.len();
        let a = scale(u >> 32, count)?;
        let mut b = scale(u & 0xFFFF_FFFF, count)?;
        if a == b {
            b = if a.checked_add(1)? == count { 0 } else { a.checked_add(1)? };
        }
        // n is a power of two: the mask is its remainder. Sixteen words a quota, so that one crowd does not decide for all.
        let spread = usize::try_from(name64.wrapping_add((v >> 36) & 15) & 0xFFFF).ok()?;
        let overflow = self.overflow.get(spread & self.overflow.len().checked_sub(1)?)?;
        Some(Place { lines: [self.lines.get(a)?, self.lines.get(b)?], v, overflow })
    }

    /// How often an overflow word had to decide since the table was formatted.
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        self.get(OVERFLOWED)
    }

    pub(crate) fn count_overflow(&self) {
        if let Some(word) = self.header.get(OVERFLOWED) {
            word.fetch_add(1, Relaxed);
        }
    }

    /// How many lines there are.
    #[must_use]
    pub const fn lines(&self) -> &'t [Line] {
        self.lines
    }

    /// When the table was last swept, in the room's unwrapped time.
    pub(crate) fn last(&self) -> u64 {
        self.get(LAST)
    }

    /// Moves `last` on; only one of several racing workers gets `true`.
    pub(crate) fn win_sweep(&self, from: u64, to: u64) -> bool {
        self.header.get(LAST).is_some_and(|last| last.compare_exchange(from, to, Relaxed, Relaxed).is_ok())
    }

    /// Takes the next `count` lines to sweep and returns the first of them, not yet reduced to the table's size.
    fn advance_cursor(&self, count: u64) -> u64 {
        self.header.get(CURSOR).map_or(0, |cursor| cursor.fetch_add(count, Relaxed))
    }

    /// The words to sweep after a gap, so that no pass over the table takes longer than `pass`; the next call goes on behind them.
    pub(crate) fn sweep_words(&self, gap: u64, pass: u64) -> impl Iterator<Item = &'t Word> {
        let total = u64::try_from(self.lines.len()).unwrap_or(0);
        let count = div_ceil(total.saturating_mul(gap), pass).min(total);
        let first = self.advance_cursor(count).checked_rem(total).unwrap_or(0);
        // Lossless: both are at most the number of lines.
        let (first, count) = (usize::try_from(first).unwrap_or(0), usize::try_from(count).unwrap_or(0));
        self.lines.iter().skip(first).chain(self.lines).take(count).flatten()
    }

    /// The words that hold entries, numbered: those of the lines, then the overflow words.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (u64, &'t Word)> {
        (0..).zip(self.lines.as_flattened().iter().chain(self.overflow))
    }

    /// The word of this number.
    pub(crate) fn slot(&self, at: u64) -> Option<&'t Word> {
        let (at, lines) = (usize::try_from(at).ok()?, self.lines.as_flattened());
        at.checked_sub(lines.len()).map_or_else(|| lines.get(at), |rest| self.overflow.get(rest))
    }

    /// What the table's entries depend on: the first word of its header, and its key.
    pub(crate) fn identity(&self) -> (u64, [u8; 16]) {
        let [low, high] = self.key;
        (self.get(HEAD), (u128::from(low) | u128::from(high) << 64).to_le_bytes())
    }

    /// A number that the room keeps in the header.
    pub(crate) fn note(&self) -> u64 {
        self.get(NOTE)
    }

    pub(crate) fn set_note(&self, value: u64) {
        self.set(NOTE, value);
    }

    fn get(&self, at: usize) -> u64 {
        self.header.get(at).map_or(0, |word| word.load(Relaxed))
    }

    fn set(&self, at: usize, value: u64) {
        if let Some(word) = self.header.get(at) {
            word.store(value, Relaxed);
        }
    }
}

impl fmt::Debug for Table<'_> {
    /// Its size only: the key is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("lines", &self.lines.len()).field("overflow", &self.overflow.len()).finish_non_exhaustive()
    }
}

/// `x · count / 2³²` for a 32-bit `x`: below `count`.
fn scale(x: u64, count: usize) -> Option<usize> {
    let product = x.wrapping_mul(u64::try_from(count).ok()?);
    usize::try_from(product >> 32).ok()
}

fn low64(value: u128) -> u64 {
    u64::try_from(value & u128::from(u64::MAX)).unwrap_or(0)
}

/// Why words are no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableError {
    /// Fewer than 2 lines, or overflow outside 2³ to 2¹⁶ words.
    Size,
    /// Not the number of words that the size takes.
    Words {
        /// Words that it takes.
        need: usize,
        /// Words given.
        have: usize,
    },
    /// Never formatted, or by another layout, or by another room.
    Layout,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size => f.write_str("a table has at least 2 lines and 2^3 to 2^16 overflow words"),
            Self::Words { need, have } => write!(f, "the table takes {need} words of 8 bytes; {have} were given"),
            Self::Layout => write!(f, "these words are no such table of layout {LAYOUT}: format them first"),
        }
    }
}

impl core::error::Error for TableError {}
