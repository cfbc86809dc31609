// Read first: docs/formats.md §3, the snapshot.
//! A limiter's debts as bytes, so that limits outlast a restart and the clock that begins anew with it.
//!
//! Defends against: who restarts a board to be let in again; bytes that were cut, changed, mixed with others or made under another key.
//! Promises: what opens is whole; what is restored owes as much as it did, less the time that two trusted wall clocks say went by.
//! Costs: 16 bytes a client that owes, and one HMAC-SHA-256. Workers go on meanwhile: each word is as it was at some moment of the call.
//! Not here: where the bytes lie. Keep two, write over the older, restore the one with the higher number; a host that also keeps that number
//! elsewhere notices when an old one is put back. They hold the key of the table's hash: let only the owner read them.

use core::fmt;
use core::sync::atomic::Ordering::Relaxed;

use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::Limiter;
use super::gcra::{debt, fingerprint, owing};
use crate::mac::{Key, TAG_MIN};
use crate::table::{Kind, TableError, TableSize, Word};
use crate::time::{Now, Quality, TICKS_PER_S};

/// What a snapshot begins with; the last byte is its format.
const MAGIC: [u8; 8] = *b"CLTPRAT\x01";
const TAG_BYTES: usize = 2 * TAG_MIN;

/// What stands before the entries.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Head {
    magic: [u8; 8],
    number: U64,
    /// As in the table's header.
    size: U64,
    key: [u8; 16],
    wall_s: U64,
    /// 1 if it could be believed.
    is_wall_trusted: U64,
    /// How many entries follow.
    count: U64,
}

/// One word that owed.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Entry {
    /// Which: those of the lines, then the overflow words.
    at: U64,
    /// It, as it would be at tick 0.
    word: U64,
}

const _: () = assert!(size_of::<Head>() == 64 && size_of::<Entry>() == 16);

/// What a snapshot is told besides the clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SnapshotOptions {
    /// Its number: one more than the last one's.
    pub number: u64,
    /// Who owes at most so many seconds is left out and begins anew: 0 keeps everyone, 60 spares a board's flash.
    pub above_s: u32,
}

impl Limiter<'_> {
    /// Writes all debts to the start of `out`, and says how many bytes that took; at most [`Snapshot::bytes`] of the table's words.
    ///
    /// The key is the host's, of at least 32 unpredictable bytes, and for nothing else. The caller's `out` may be a slot of flash in memory.
    ///
    /// # Errors
    /// [`SnapshotError::Room`]: `out` holds no snapshot then.
    pub fn snapshot(&self, out: &mut [u8], key: &Key, options: SnapshotOptions, now: Now) -> Result<usize, SnapshotError> {
        let tick = now.tick();
        self.sweep(tick);
        let above = u64::from(options.above_s).saturating_mul(TICKS_PER_S);
        let owing_words = self.table.slots().filter_map(|(at, word)| {
            let seen = word.load(Relaxed);
            let owed = debt(seen, tick);
            (owed > above).then(|| Entry { at: at.into(), word: owing(fingerprint(seen), 0, owed).into() })
        });
        let have = out.len();
        let (head, rest) = Head::mut_from_prefix(out).map_err(|_| SnapshotError::Room { need: Snapshot::bytes(0), have })?;
        let mut places = rest.as_chunks_mut::<{ size_of::<Entry>() }>().0.iter_mut();
        let mut count = 0usize;
        for entry in owing_words {
            count = count.saturating_add(1);
            if let Some(place) = places.next() {
                *place = zerocopy::transmute!(entry);
            }
        }
        let (size, table_key) = self.table.identity();
        *head = Head {
            magic: MAGIC,
            number: options.number.into(),
            size: size.into(),
            key: table_key,
            wall_s: now.wall_s.into(),
            is_wall_trusted: u64::from(now.quality == Quality::Trusted).into(),
            count: u64::try_from(count).unwrap_or(u64::MAX).into(),
        };
        let need = Snapshot::bytes(count);
        let signed = need.saturating_sub(TAG_BYTES);
        let (body, tag) = out.split_at_mut_checked(signed).ok_or(SnapshotError::Room { need, have })?;
        let tag = tag.first_chunk_mut().ok_or(SnapshotError::Room { need, have })?;
        *tag = *key.sign(body).as_bytes();
        Ok(need)
    }

    /// Clears the words, and makes of them the limiter that the snapshot is of, at a clock that may have begun anew. As [`Limiter::format`], before
    /// another worker attaches.
    ///
    /// # Errors
    /// [`TableError::Words`]: the snapshot is of a table of another size; nothing was written.
    pub fn restore<'t>(words: &'t [Word], snapshot: &Snapshot<'_>, now: Now) -> Result<Limiter<'t>, TableError> {
        let Snapshot { head, size, entries } = snapshot;
        let limiter = Limiter::format(words, *size, head.key)?;
        let are_trusted = head.is_wall_trusted != 0 && now.quality == Quality::Trusted;
        let gone_s = if are_trusted { now.wall_s.saturating_sub(head.wall_s.get()) } else { 0 };
        let gone = gone_s.saturating_mul(TICKS_PER_S);
        for entry in *entries {
            let seen = entry.word.get();
            let owed = debt(seen, 0).saturating_sub(gone);
            if let Some(word) = limiter.table.slot(entry.at.get()).filter(|_| owed > 0) {
                word.store(owing(fingerprint(seen), now.tick(), owed), Relaxed);
            }
        }
        Ok(limiter)
    }
}

/// A snapshot that is whole and was made under the key.
///
/// # Example: out of burst before the restart, and after it
/// ```
/// use caltrop::{mac::Key, table::{TableSize, Word}, time::Now};
/// use caltrop::rate::{Charge, Limiter, Quota, Refused, Snapshot, SnapshotError, SnapshotOptions};
/// let size = TableSize { lines: 8, overflow_log2: 6 };
/// let fresh = || (0..size.words().unwrap()).map(|_| Word::new(0)).collect::<Vec<_>>();
/// let quota = Quota::per("logins", 5, 3600, 5).unwrap();
/// let all_five = |limiter: &Limiter<'_>| Charge { partition: limiter.client(b"alice"), quota, cost: 5 };
/// let key = Key::new(&[9; 32]);
/// let mut flash = vec![0xFF; 4096];
///
/// let words = fresh();
/// let limiter = Limiter::format(&words, size, [7; 16]).unwrap();
/// let a_day_up = Now { mono_ns: 86_400_000_000_000, ..Now::default() };
/// assert!(limiter.take(&all_five(&limiter), a_day_up).is_ok());
/// let length = limiter.snapshot(&mut flash, &key, SnapshotOptions { number: 1, above_s: 60 }, a_day_up).unwrap();
/// assert_eq!(length, Snapshot::bytes(1));
///
/// let words = fresh(); // after a restart
/// let restored = Limiter::restore(&words, &Snapshot::open(&flash, &key).unwrap(), Now::default()).unwrap();
/// assert_eq!(restored.take(&all_five(&restored), Now::default()), Err(Refused::Wait { ticks: 3600 << 16 }));
/// flash[70] ^= 1;
/// assert_eq!(Snapshot::open(&flash, &key).unwrap_err(), SnapshotError::Tag);
/// ```
#[derive(Clone, Copy)]
pub struct Snapshot<'b> {
    head: &'b Head,
    size: TableSize,
    entries: &'b [Entry],
}

impl<'b> Snapshot<'b> {
    /// Bytes of a snapshot of so many words that owe.
    ///
    /// ```
    /// assert_eq!(caltrop::rate::Snapshot::bytes(100), 64 + 100 * 16 + 32);
    /// ```
    #[must_use]
    pub const fn bytes(words: usize) -> usize {
        words.saturating_mul(size_of::<Entry>()).saturating_add(size_of::<Head>()).saturating_add(TAG_BYTES)
    }

    /// Opens what [`Limiter::snapshot`] wrote. What follows it, the rest of a slot of flash, is not looked at.
    ///
    /// # Errors
    /// [`SnapshotError`]: no snapshot, cut, or not made under this key.
    /// # Bounds
    /// One HMAC over the bytes, and one look at each entry.
    pub fn open(bytes: &'b [u8], key: &Key) -> Result<Self, SnapshotError> {
        let (head, rest) = Head::ref_from_prefix(bytes).map_err(|_| SnapshotError::Cut { need: Self::bytes(0) })?;
        if head.magic != MAGIC {
            return Err(SnapshotError::Layout);
        }
        let count = usize::try_from(head.count.get()).unwrap_or(usize::MAX);
        let cut = SnapshotError::Cut { need: Self::bytes(count) };
        let (body, tag) = bytes.split_at_checked(Self::bytes(count).saturating_sub(TAG_BYTES)).ok_or(cut)?;
        let tag = tag.first_chunk::<TAG_BYTES>().ok_or(cut)?;
        key.verify(body, tag).map_err(|_| SnapshotError::Tag)?;
        let (entries, _) = <[Entry]>::ref_from_prefix_with_elems(rest, count).map_err(|_| cut)?;
        let size = TableSize::of_head(Kind::Rate, head.size.get()).map_err(|_| SnapshotError::Layout)?;
        Ok(Self { head, size, entries })
    }

    /// Its number: of two, the one with the higher is the later.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.head.number.get()
    }

    /// The size of its table.
    #[must_use]
    pub const fn size(&self) -> TableSize {
        self.size
    }
}

impl fmt::Debug for Snapshot<'_> {
    /// The key of the table's hash is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { head, size, entries } = self;
        f.debug_struct("Snapshot")
            .field("number", &head.number)
            .field("size", size)
            .field("entries", &entries.len())
            .finish_non_exhaustive()
    }
}

/// Why there is no snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotError {
    /// More clients owe than the place given can hold.
    Room {
        /// Bytes that it takes.
        need: usize,
        /// Bytes given.
        have: usize,
    },
    /// The bytes end before the snapshot does.
    Cut {
        /// Bytes that it would have.
        need: usize,
    },
    /// No snapshot of a rate table, or of another layout.
    Layout,
    /// Torn, changed, or made under another key.
    Tag,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room { need, have } => write!(f, "the snapshot takes {need} bytes; {have} were given"),
            Self::Cut { need } => write!(f, "cut: the snapshot has {need} bytes; take the other one"),
            Self::Layout => f.write_str("no snapshot of a rate table of this layout: format a new one"),
            Self::Tag => f.write_str("torn, changed, or made under another key: take the other one"),
        }
    }
}

impl core::error::Error for SnapshotError {}
