// Read first: docs/formats.md §3; RFC 9449 §11.1 (`jti`), RFC 9421 §7.2.2 (`nonce`), RFC 4120 §3.2.3 (the replay cache).
//! Seen before? A replay cache for nonces, `jti` and whole messages, in fixed memory.
//!
//! Defends against: a message that was overheard, or that a caller sends again; a flood that makes the cache forget what it has seen.
//! Promises: of all copies of one message, however many workers see them at once, at most one is first until the message expires, and exactly one
//! unless its worker dies; nothing that lives is ever evicted, so nobody can choose what is forgotten; the clock never goes back.
//! Costs: two 64-byte lines read twice and two compare-and-swaps for a first message, read once for a copy; 8 bytes a message. No lock, no loop
//! over messages: once a second one caller also clears a few lines.
//! Full: when both lines hold messages that live, the new one is refused ([`NotFirst::Full`]), and [`ReplayCache::full`] counts it.
//! Known limits: a new message meets up to 16 fingerprints of 35 bits, so at most 1 in 2³¹ is refused as a copy; a wall clock that was
//! trusted and too far ahead refuses as expired, until it is caught up with or the cache is formatted anew; after three years without a call, words
//! that nobody swept may refuse as if they lived.
//! Not here: whether the message is genuine (`signed`). **Only what is verified may enter**: else strangers fill the cache.

mod cache;
mod word;

pub use cache::{Message, NotFirst, ReplayCache};
pub use word::LIFE_MAX_S;
