//! A key that was dropped has left nothing of itself where it was.

use std::mem::{MaybeUninit, size_of};

use caltrop::mac::{self, sha384, sha512};

/// The memory of a key before and after its drop.
fn after_drop<K>(make: impl Fn() -> K) -> (Vec<u8>, Vec<u8>) {
    let mut slot = Box::new(MaybeUninit::<K>::zeroed());
    slot.write(make());
    let read = |slot: &MaybeUninit<K>| {
        let start = slot.as_ptr().cast::<u8>();
        let places = (0..size_of::<K>()).map(|at| start.wrapping_add(at));
        // SAFETY: `read_volatile` asks for readable memory: each place is one of the `size_of::<K>()` bytes that `slot` owns.
        places.map(|place| unsafe { place.read_volatile() }).collect()
    };
    let before = read(&slot);
    // SAFETY: `assume_init_drop` asks for an initialised value that is not used again: written above, and only its bytes are read below.
    unsafe { slot.assume_init_drop() };
    (before, read(&slot))
}

/// What only one key's memory holds is gone with it.
fn nothing_is_left<K>(make: impl Fn(&[u8]) -> K) {
    let (one, one_after) = after_drop(|| make(b"one key"));
    let (other, _) = after_drop(|| make(b"another key"));
    let holds = |memory: &[u8], part: &[u8]| memory.windows(part.len()).any(|window| window == part);
    // Zeros are not of the key: the hash's block buffer is empty, and holds what was there before.
    let secret: Vec<&[u8]> = one.windows(8).filter(|part| !part.contains(&0) && !holds(&other, part)).collect();
    assert!(secret.len() >= 40, "only {} parts tell two living keys apart: the test has gone blind", secret.len());
    let left = secret.iter().filter(|part| holds(&one_after, part)).count();
    assert_eq!(left, 0, "of {} parts of the key", secret.len());
}

#[test]
fn a_dropped_key_cannot_be_told_from_another() {
    nothing_is_left(mac::Key::new);
    nothing_is_left(sha384::Key::new);
    nothing_is_left(sha512::Key::new);
}
