//! The fault that check.sh plants: it must find this allocator, or it would find none.

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::hint::black_box;

struct Never;

// SAFETY: null is what `alloc` may always answer, and nothing that it never gave out can be given back.
unsafe impl GlobalAlloc for Never {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static NEVER: Never = Never;

/// A few bytes on the heap.
pub(crate) fn use_it() {
    black_box(alloc::vec![black_box(1u8), black_box(2)]);
}
