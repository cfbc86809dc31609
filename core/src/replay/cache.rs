//! Who was first.
//!
//! ```text
//! first_seen(message):
//!   clock = the latest wall second that any caller has brought, at least 1; until < clock → Expired
//!   at most 64 times:
//!     read the 16 words of the message's two lines: a live one of its fingerprint → Replayed
//!     claim the first dead word of the line with fewer live ones; none → Full; lost to another worker → again
//!     read the other 15: first → give the claim back, Replayed
//!                        a claim before ours → give ours back, Replayed          // that one will be first
//!                        a claim after ours → beat it; it was turned to first meanwhile → as above
//!     the clock is past until → give back, Expired
//!     turn our claim to first: done → first; it was beaten → Replayed
//! ```
//! Never two firsts: of two claims the later one reads the earlier (a full fence stands between claim and reading), and beats it, yields to it, or
//! finds it first; who was beaten cannot turn his word, and a beaten word is not used again before the message has expired.
//! Never none: who yields or is beaten has seen a claim before his own, and there are 16 words; so the chain ends at one who is first. If that one
//! dies on the way, the message counts as seen.
//! The second look at the clock: the word of an earlier copy may only be reused once the clock has passed `until`, and who sees the reused word
//! sees that clock.

use core::fmt;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, SeqCst};

use portable_atomic::fence;

use super::word::{LIFE_MAX_S, State, fingerprint, is_live, is_of, moved, state, with};
use crate::table::{Kind, LINE_WORDS, Place, Table, TableError, TableSize, Word};
use crate::time::{Now, Quality};

/// How often a lost race is tried again before the answer is [`NotFirst::Contended`].
const TRIES: u32 = 64;

/// The partition of messages; a sender is hashed apart from them.
const MESSAGE: u8 = 1;

/// One pass of the sweep takes at most this long, in seconds: 24 days.
const PASS_S: u64 = 24 * 86_400;

/// A message that its sender may show once. All of it is verified before it is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Message<'m> {
    /// Who made it: an issuer, a key id, a webhook's source. One sender cannot use up the ids of another.
    pub sender: &'m [u8],
    /// What makes it this message: its `jti`, its nonce, its tag. Of any length.
    pub id: &'m [u8],
    /// When it was issued, in wall seconds; 0 if it does not say, which only a cache with `since_s` 0 accepts.
    pub issued_s: u64,
    /// The last wall second at which it would be accepted: its `exp`, or its date and what is tolerated.
    pub until_s: u64,
}

/// Why a message is not the first of its kind, or cannot be told to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFirst {
    /// It was shown before.
    Replayed,
    /// Its last second is past.
    Expired,
    /// It lives longer than [`LIFE_MAX_S`].
    TooLong,
    /// It was issued before the cache began to remember.
    Forgotten,
    /// The wall clock is not trusted, so nothing can be told to have expired.
    Clock,
    /// No room: everything in its two lines still lives.
    Full,
    /// 64 races were lost in a row.
    Contended,
}

impl fmt::Display for NotFirst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Replayed => "seen before",
            Self::Expired => "expired",
            Self::TooLong => "it lives longer than 388 days: give it an earlier end",
            Self::Forgotten => "issued before the replay cache began to remember",
            Self::Clock => "the clock is not trusted, so nothing can be told to have expired",
            Self::Full => "the replay cache is full: give it more lines, or messages a shorter life",
            Self::Contended => "too many workers write the same lines: try again",
        })
    }
}

impl core::error::Error for NotFirst {}

/// A replay cache over words that the caller lends; workers and processes that share the words share what was seen.
///
/// # Example: first, then not
/// ```
/// use caltrop::{replay::{Message, NotFirst, ReplayCache}, table::Word, time::{Now, Quality}};
/// let words: Vec<Word> = (0..ReplayCache::words(64).unwrap()).map(|_| Word::new(0)).collect();
/// let cache = ReplayCache::format(&words, 64, 1_796_000_000, [7; 16]).unwrap();
/// let now = Now { wall_s: 1_796_000_100, mono_ns: 0, quality: Quality::Trusted };
/// let proof = Message { sender: b"client 7", id: b"e1j3V_bKic8-LAEB", issued_s: 1_796_000_098, until_s: 1_796_000_398 };
/// assert_eq!(cache.first_seen(&proof, now), Ok(()));
/// assert_eq!(cache.first_seen(&proof, now), Err(NotFirst::Replayed));
/// assert_eq!(cache.first_seen(&Message { sender: b"client 8", ..proof }, now), Ok(()));
/// // What an earlier cache may have seen is refused, for it is forgotten.
/// assert_eq!(cache.first_seen(&Message { issued_s: 1_796_000_000, ..proof }, now), Err(NotFirst::Forgotten));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ReplayCache<'t> {
    table: Table<'t>,
}

impl<'t> ReplayCache<'t> {
    /// How many words a cache of so many lines takes, each with room for 8 messages; `None` if there are fewer than 2 lines.
    ///
    /// Give it three times the messages that live at once, and the first [`NotFirst::Full`] is out of sight.
    ///
    /// ```
    /// use caltrop::replay::ReplayCache;
    /// assert_eq!(ReplayCache::words(64), Some(8 + 8 + 64 * 8));
    /// assert_eq!(ReplayCache::words(1), None);
    /// ```
    #[must_use]
    pub fn words(lines: u32) -> Option<usize> {
        size(lines).words()
    }

    /// Clears the words and makes an empty cache of them. The entropy is the key of its hash: unpredictable, and new each time.
    ///
    /// It knows nothing of what was shown before. So messages issued at or before the wall second `since_s` are refused: give the present second
    /// and, on top, how far ahead a sender's clock may be; or 0, if no message can have been accepted before.
    ///
    /// # Errors
    /// As [`Table::format`].
    pub fn format(words: &'t [Word], lines: u32, since_s: u64, entropy: [u8; 16]) -> Result<Self, TableError> {
        let table = Table::format_as(Kind::Replay, words, size(lines), entropy)?;
        table.set_note(since_s);
        Ok(Self { table })
    }

    /// Attaches to words that a cache lives in already.
    ///
    /// # Errors
    /// As [`Table::attach`]; the words of a limiter are no cache.
    ///
    /// ```
    /// use caltrop::{replay::ReplayCache, table::Word};
    /// let words: Vec<Word> = (0..ReplayCache::words(2).unwrap()).map(|_| Word::new(0)).collect();
    /// assert!(ReplayCache::attach(&words).is_err());
    /// ReplayCache::format(&words, 2, 0, [7; 16]).unwrap();
    /// assert!(ReplayCache::attach(&words).is_ok());
    /// ```
    pub fn attach(words: &'t [Word]) -> Result<Self, TableError> {
        Table::attach_as(Kind::Replay, words).map(|table| Self { table })
    }

    /// The wall second up to which issued messages are refused as forgotten.
    ///
    /// ```
    /// # use caltrop::{replay::ReplayCache, table::Word};
    /// # let words: Vec<Word> = (0..ReplayCache::words(2).unwrap()).map(|_| Word::new(0)).collect();
    /// assert_eq!(ReplayCache::format(&words, 2, 1_796_000_000, [7; 16]).unwrap().since_s(), 1_796_000_000);
    /// ```
    #[must_use]
    pub fn since_s(&self) -> u64 {
        self.table.note()
    }

    /// How many messages were refused for want of room since the cache was formatted.
    ///
    /// ```
    /// # use caltrop::{replay::ReplayCache, table::Word};
    /// # let words: Vec<Word> = (0..ReplayCache::words(2).unwrap()).map(|_| Word::new(0)).collect();
    /// assert_eq!(ReplayCache::format(&words, 2, 0, [7; 16]).unwrap().full(), 0);
    /// ```
    #[must_use]
    pub fn full(&self) -> u64 {
        self.table.overflowed()
    }

    /// `Ok` if no copy of this message was shown before, and remembers it until its end.
    ///
    /// # Errors
    /// [`NotFirst`]: for whatever reason, the message is not to be accepted.
    /// # Bounds
    /// 32 words read, two compare-and-swaps; each race lost to another worker costs as much again, at most 64 times. Once a second one caller also
    /// sweeps a few lines: all of them in 24 days.
    pub fn first_seen(&self, message: &Message<'_>, now: Now) -> Result<(), NotFirst> {
        if now.quality != Quality::Trusted {
            return Err(NotFirst::Clock);
        }
        let clock_s = self.clock(now.wall_s)?;
        let life_s = message.until_s.checked_sub(clock_s).ok_or(NotFirst::Expired)?;
        if life_s > LIFE_MAX_S {
            return Err(NotFirst::TooLong);
        }
        if message.issued_s <= self.since_s() && self.since_s() != 0 {
            return Err(NotFirst::Forgotten);
        }
        let partition = self.table.partition(MESSAGE, message.id);
        let place = self.table.place(partition, self.table.keyed(message.sender)).ok_or(NotFirst::Full)?;
        let fingerprint = fingerprint(place.v);
        let claim = with(fingerprint, State::Claim, message.until_s);
        for _ in 0..TRIES {
            let Some(free) = look(&place, fingerprint, clock_s)? else {
                self.table.count_overflow();
                return Err(NotFirst::Full);
            };
            if free.word.compare_exchange(free.seen, claim, AcqRel, Relaxed).is_err() {
                continue;
            }
            fence(SeqCst);
            let rival = free.rival(&place, fingerprint, clock_s);
            let late = (self.table.last() > message.until_s).then_some(NotFirst::Expired);
            if let Some(why) = rival.or(late) {
                // A lost race means that it was beaten: it stays so until it expires.
                let _ = free.word.compare_exchange(claim, 0, AcqRel, Relaxed);
                return Err(why);
            }
            let turned = free.word.compare_exchange(claim, moved(claim, State::First), AcqRel, Relaxed);
            return turned.map(|_| ()).map_err(|_| NotFirst::Replayed);
        }
        Err(NotFirst::Contended)
    }

    /// The latest wall second that anyone has brought. Whoever moves it also sweeps.
    fn clock(&self, wall_s: u64) -> Result<u64, NotFirst> {
        // 0 means that nobody has brought one, and that there is nothing to sweep.
        let wall_s = wall_s.max(1);
        for _ in 0..TRIES {
            let last = self.table.last();
            if wall_s <= last {
                return Ok(last);
            }
            if self.table.win_sweep(last, wall_s) {
                self.sweep(last, wall_s);
                return Ok(wall_s);
            }
        }
        Err(NotFirst::Contended)
    }

    /// Clears dead words of the next few lines.
    fn sweep(&self, last_s: u64, clock_s: u64) {
        if last_s == 0 {
            return;
        }
        for word in self.table.sweep_words(clock_s.saturating_sub(last_s), PASS_S) {
            let seen = word.load(Relaxed);
            if seen != 0 && !is_live(seen, clock_s) {
                // A lost race means that the word is in use again.
                let _ = word.compare_exchange(seen, 0, AcqRel, Relaxed);
            }
        }
    }
}

/// The fewest overflow words that a table may have: nobody decides in one here.
const fn size(lines: u32) -> TableSize {
    TableSize { lines, overflow_log2: 3 }
}

/// A dead word that a message may have.
struct Free<'t> {
    word: &'t Word,
    seen: u64,
    /// Which of the 16 it is.
    at: usize,
}

/// One look at a message's two lines: a dead word of the line with fewer live ones, or `None` if all of them live.
fn look<'t>(place: &Place<'t>, fingerprint: u64, clock_s: u64) -> Result<Option<Free<'t>>, NotFirst> {
    let mut free = None;
    let mut fewest = usize::MAX;
    for (line, before) in place.lines.into_iter().zip([0, LINE_WORDS]) {
        let mut live = 0usize;
        let mut free_here = None;
        for (word, at) in line.iter().zip(before..) {
            let seen = word.load(Relaxed);
            if is_live(seen, clock_s) {
                if is_of(seen, fingerprint) {
                    return Err(NotFirst::Replayed);
                }
                live = live.saturating_add(1);
            } else if free_here.is_none() {
                free_here = Some(Free { word, seen, at });
            }
        }
        if live < fewest && free_here.is_some() {
            fewest = live;
            free = free_here;
        }
    }
    Ok(free)
}

impl Free<'_> {
    /// Why the claim in this word is not to become the first, once it is written. Beats the claims that come after it.
    fn rival(&self, place: &Place<'_>, fingerprint: u64, clock_s: u64) -> Option<NotFirst> {
        let words = place.lines.into_iter().flatten().enumerate();
        words.filter(|(at, _)| *at != self.at).find_map(|(at, word)| {
            for _ in 0..TRIES {
                let seen = word.load(Acquire);
                if !is_of(seen, fingerprint) || !is_live(seen, clock_s) {
                    return None;
                }
                match state(seen) {
                    State::Beaten => return None,
                    State::First => return Some(NotFirst::Replayed),
                    State::Claim if at < self.at => return Some(NotFirst::Replayed),
                    // Lost: it was turned, given back, or another's already.
                    State::Claim if word.compare_exchange(seen, moved(seen, State::Beaten), AcqRel, Relaxed).is_ok() => return None,
                    State::Claim => {}
                }
            }
            Some(NotFirst::Contended)
        })
    }
}
