//! The fault that check.sh plants: an allocator that works, and a user of it. Every case is still decided as the file says, so only a look
//! at the symbols can tell.

extern crate alloc;

use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::hint::black_box;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Hands out the words of its memory one after another, and takes none back.
struct Bump {
    used_words: AtomicUsize,
}

static MEMORY: [portable_atomic::AtomicU64; 64] = [const { portable_atomic::AtomicU64::new(0) }; 64];

#[global_allocator]
static BUMP: Bump = Bump { used_words: AtomicUsize::new(0) };

// SAFETY: memory given out is never given out again, lies whole within MEMORY and is aligned to a word; what wants more gets null.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let first = self.used_words.load(Relaxed);
        let words = layout.size().div_ceil(size_of::<u64>());
        match MEMORY.get(first..).and_then(|free| free.get(..words)) {
            Some(place) if layout.align() <= align_of::<u64>() => {
                self.used_words.store(first + words, Relaxed);
                place.as_ptr().cast_mut().cast()
            }
            _ => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

/// A few bytes on the heap.
pub(crate) fn use_it() {
    let mut bytes = Vec::new();
    for byte in 0..black_box(9u8) {
        bytes.push(byte);
    }
    black_box(bytes);
}
