//! All memory that is not code or stack: the guard's state, and what only this harness needs.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

use caltrop::table::Word;

/// A state within the board's 64 KiB: 16 KiB, enough for `slots = 512`.
const STATE_WORDS: usize = 2048;
/// A policy that asks for more gets the memory outside.
const LARGE_STATE_WORDS: usize = 1 << 19;
/// Room for the packed vectors.
const FILE_BYTES: usize = 4 << 20;

static STATE: [Word; STATE_WORDS] = [const { Word::new(0) }; STATE_WORDS];

// What a section outside .bss holds at start is not known: `State::format` clears every word that it is given.
#[unsafe(link_section = ".psram.state")]
static LARGE_STATE: [Word; LARGE_STATE_WORDS] = [const { Word::new(0) }; LARGE_STATE_WORDS];

#[unsafe(link_section = ".psram.copy")]
static COPY: [Word; LARGE_STATE_WORDS] = [const { Word::new(0) }; LARGE_STATE_WORDS];

#[unsafe(link_section = ".psram.file")]
static FILE: FileBuffer = FileBuffer(UnsafeCell::new([0; FILE_BYTES]));

/// Words for a state of this size, in the board's RAM where it fits.
pub(crate) fn words(count: usize) -> Option<&'static [Word]> {
    STATE.get(..count).or_else(|| LARGE_STATE.get(..count))
}

/// Words into which a part of a state is copied, to see what changes.
pub(crate) fn copy_of(count: usize) -> Option<&'static [Word]> {
    COPY.get(..count)
}

/// Memory for the vectors; the second to ask gets none.
pub(crate) fn take_file_buffer() -> Option<&'static mut [u8]> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    // A load and a store, since one core without interrupt handlers has no one between them.
    if TAKEN.load(Ordering::Relaxed) {
        return None;
    }
    TAKEN.store(true, Ordering::Relaxed);
    // SAFETY: the pointer is that of a static, hence valid and aligned, and any byte is a `u8`; TAKEN makes this the only reference.
    Some(unsafe { &mut *FILE.0.get() })
}

struct FileBuffer(UnsafeCell<[u8; FILE_BYTES]>);

// SAFETY: only `take_file_buffer` reaches into it, and it hands out one reference.
unsafe impl Sync for FileBuffer {}
