//! What the fuzz targets share: the fixed house that requests are asked of, images signed again after a change, and the planted fault.

use std::hint::black_box;

pub mod house;
pub mod requests;
pub mod resign;

/// Panics on one input if the fault is planted: what `ci/fuzz.sh --planted` must see found. One byte after the other, each a way of its own, so
/// that coverage leads there and not luck.
pub fn planted(data: &[u8]) {
    if cfg!(feature = "planted") && (0..3).zip(b"BUG").all(|(at, letter)| is_there(data, at, *letter)) {
        panic!("the planted panic");
    }
}

#[inline(never)]
fn is_there(data: &[u8], at: usize, letter: u8) -> bool {
    // Three places, three counters.
    match (at, data.get(at) == Some(&letter)) {
        (0, true) => black_box(true),
        (1, true) => !black_box(false),
        (2, true) => black_box(at) == 2,
        _ => false,
    }
}
