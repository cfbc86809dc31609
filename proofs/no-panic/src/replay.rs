//! `caltrop::replay` over `caltrop::table`.

use caltrop::Now;
use caltrop::replay::{Message, NotFirst, ReplayCache};
use caltrop::table::{TableError, Word};

#[unsafe(no_mangle)]
pub fn np_replay_format<'t>(words: &'t [Word], lines: u32, since_s: u64, entropy: [u8; 16]) -> Result<ReplayCache<'t>, TableError> {
    ReplayCache::format(words, lines, since_s, entropy)
}

#[unsafe(no_mangle)]
pub fn np_replay_attach<'t>(words: &'t [Word]) -> Result<ReplayCache<'t>, TableError> {
    ReplayCache::attach(words)
}

#[unsafe(no_mangle)]
pub fn np_replay_first_seen(cache: &ReplayCache<'_>, message: &Message<'_>, now: Now) -> Result<(), NotFirst> {
    cache.first_seen(message, now)
}
