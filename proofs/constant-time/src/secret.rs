//! Bytes that memcheck takes as undefined, and results that it takes as known again.

use std::ffi::c_void;
use std::hint::black_box;

use crabgrind::memcheck::{MemState, mark_memory};

/// Bytes that nothing may branch on.
pub(crate) fn secret(bytes: &[u8]) -> Vec<u8> {
    let bytes = black_box(bytes.to_vec());
    classify(&bytes);
    bytes
}

/// Makes bytes secret where they lie.
pub(crate) fn classify(bytes: &[u8]) {
    mark(bytes.as_ptr().cast(), bytes.len(), MemState::Undefined);
}

/// A result that the caller is told: whatever it depends on, it is public from here.
pub(crate) fn public<T>(result: T) -> T {
    let result = black_box(result);
    mark((&raw const result).cast(), size_of::<T>(), MemState::Defined);
    result
}

fn mark(at: *const c_void, length: usize, state: MemState) {
    mark_memory(at, length, state).expect("under valgrind: main has looked");
}
