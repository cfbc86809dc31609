//! A replay cache in memory that the caller lends.

use caltrop::replay::{Message, NotFirst, ReplayCache};

use crate::border::{bytes, place, shared, words};
use crate::request::caltrop_now;
use crate::status::{caltrop_status, status};
use caltrop_status::{
    CALTROP_E_CLOCK, CALTROP_E_CONTENDED, CALTROP_E_EXPIRED, CALTROP_E_FORGOTTEN, CALTROP_E_FULL, CALTROP_E_LENGTH, CALTROP_E_REPLAYED,
    CALTROP_E_TOO_LONG,
};

/// A cache over memory that `caltrop_replay_init` formatted. It may be copied; any thread or process that shares the memory may use one.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_replay_cache {
    words: *const u64,
    count: usize,
}

/// A message that its sender may show once. All of it is verified before it is asked about.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_replay_message {
    /// Who made it: an issuer, a key id, a webhook's source. One sender cannot use up the ids of another.
    pub sender: *const u8,
    /// Its bytes.
    pub sender_len: usize,
    /// What makes it this message: its jti, its nonce, its tag.
    pub id: *const u8,
    /// Its bytes.
    pub id_len: usize,
    /// When it was issued, in Unix seconds; 0 if it does not say, which only a cache since 0 accepts.
    pub issued_s: u64,
    /// The last Unix second at which it would be accepted.
    pub until_s: u64,
}

impl From<NotFirst> for caltrop_status {
    fn from(why: NotFirst) -> Self {
        match why {
            NotFirst::Replayed => CALTROP_E_REPLAYED,
            NotFirst::Expired => CALTROP_E_EXPIRED,
            NotFirst::TooLong => CALTROP_E_TOO_LONG,
            NotFirst::Forgotten => CALTROP_E_FORGOTTEN,
            NotFirst::Clock => CALTROP_E_CLOCK,
            NotFirst::Full => CALTROP_E_FULL,
            NotFirst::Contended => CALTROP_E_CONTENDED,
        }
    }
}

/// Bytes of memory for a cache with this many lines of 8 messages, at least 2; 0 if they are fewer. Give it three times the messages that live
/// at once.
#[unsafe(no_mangle)]
pub extern "C" fn caltrop_replay_size(lines: u32) -> usize {
    ReplayCache::words(lines).and_then(|words| words.checked_mul(size_of::<u64>())).unwrap_or(0)
}

/// Formats memory of exactly `caltrop_replay_size` bytes. The entropy is unpredictable, and new each time. Messages issued at or before `since_s`
/// are refused, for an earlier cache may have seen them: give the present Unix second and how far ahead a sender's clock may be; or 0, if no
/// message can have been accepted before.
///
/// # Safety
/// * `memory` points at `memory_len` bytes, aligned to 8 (64 is faster), which live as long as the cache is used and which only
///   caltrop's functions touch meanwhile; `entropy` points at 16 bytes, `out` at memory for a `caltrop_replay_cache`.
///
/// cbindgen:ptrs-as-arrays=[[entropy; 16]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_replay_init(
    memory: *mut u64,
    memory_len: usize,
    lines: u32,
    since_s: u64,
    entropy: *const u8,
    out: *mut caltrop_replay_cache,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `words`.
    let table = unsafe { words(memory, memory_len) };
    // SAFETY: this function's contract is the one of `shared`.
    let entropy = unsafe { shared(entropy.cast::<[u8; 16]>()) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(table.and_then(|table| {
        let (entropy, out) = (entropy?, out?);
        ReplayCache::format(table, lines, since_s, *entropy)?;
        out.write(caltrop_replay_cache { words: memory, count: table.len() });
        Ok(())
    }))
}

/// Finds the cache in memory that another process formatted.
///
/// # Safety
/// * As `caltrop_replay_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_replay_attach(memory: *mut u64, memory_len: usize, out: *mut caltrop_replay_cache) -> caltrop_status {
    // SAFETY: this function's contract is the one of `words`.
    let table = unsafe { words(memory, memory_len) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(table.and_then(|table| {
        let out = out?;
        ReplayCache::attach(table)?;
        out.write(caltrop_replay_cache { words: memory, count: table.len() });
        Ok(())
    }))
}

/// CALTROP_OK if no copy of this message was shown before, and remembers it until its end. Whatever else comes back, the message is not to be
/// accepted: it was seen (CALTROP_E_REPLAYED), or cannot be told to be the first.
///
/// # Safety
/// * The cache was made by `caltrop_replay_init` or `caltrop_replay_attach`, and its memory lives; the message's pointers point at as many bytes
///   as their lengths say; the other pointers point at what they are named for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_replay_first_seen(
    cache: *const caltrop_replay_cache,
    message: *const caltrop_replay_message,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `ask`.
    status(unsafe { ask(cache, message, now) })
}

/// # Safety
/// * As `caltrop_replay_first_seen`.
unsafe fn ask(
    cache: *const caltrop_replay_cache,
    message: *const caltrop_replay_message,
    now: *const caltrop_now,
) -> Result<(), caltrop_status> {
    // SAFETY: this function's contract is the one of `shared`.
    let cache = unsafe { shared(cache) }?;
    // SAFETY: this function's contract is the one of `shared`.
    let message = unsafe { shared(message) }?;
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let sender = unsafe { bytes(message.sender, message.sender_len) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let id = unsafe { bytes(message.id, message.id_len) }?;
    let len = cache.count.checked_mul(size_of::<u64>()).ok_or(CALTROP_E_LENGTH)?;
    // SAFETY: `caltrop_replay_init` was given this memory under the contract of `words`, and it lives as long as the cache is used.
    let table = unsafe { words(cache.words.cast_mut(), len) }?;
    let message = Message { sender, id, issued_s: message.issued_s, until_s: message.until_s };
    ReplayCache::attach(table)?.first_seen(&message, now.get())?;
    Ok(())
}
