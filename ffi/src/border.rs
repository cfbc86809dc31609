//! The only place where raw pointers become references. Past it there are none.

use core::mem::MaybeUninit;
use core::slice;

use caltrop::table::Word;

use crate::status::caltrop_status;
use caltrop_status::{CALTROP_E_ALIGNMENT, CALTROP_E_LENGTH, CALTROP_E_NULL};

/// Bytes that the caller lends for this call; NULL is fine for none.
///
/// # Safety
/// `data` is NULL with `len` 0, or points at `len` initialised bytes of one object that nobody writes while `'a` lasts.
pub(crate) unsafe fn bytes<'a>(data: *const u8, len: usize) -> Result<&'a [u8], caltrop_status> {
    // SAFETY: this function's contract is the one of `array`.
    unsafe { array(data, len) }
}

/// Items that the caller lends for this call; NULL is fine for none.
///
/// # Safety
/// `items` is NULL with `count` 0, or points at `count` initialised `T` of one object that nobody writes while `'a` lasts.
pub(crate) unsafe fn array<'a, T>(items: *const T, count: usize) -> Result<&'a [T], caltrop_status> {
    if count == 0 {
        return Ok(&[]);
    }
    if items.is_null() {
        return Err(CALTROP_E_NULL);
    }
    if !items.is_aligned() {
        return Err(CALTROP_E_ALIGNMENT);
    }
    if count.checked_mul(size_of::<T>()).is_none_or(|len| isize::try_from(len).is_err()) {
        return Err(CALTROP_E_LENGTH);
    }
    // SAFETY: `from_raw_parts` asks for: non-null and aligned, at most `isize::MAX` bytes (all refused above), initialised and not written
    // during `'a` (this function's contract).
    Ok(unsafe { slice::from_raw_parts(items, count) })
}

/// Room that the caller lends for an answer of `count` items. It need not hold anything yet.
///
/// # Safety
/// `items` is NULL with `count` 0, or points at memory for `count` `T` of one object that nobody else uses while `'a` lasts.
pub(crate) unsafe fn buffer<'a, T>(items: *mut T, count: usize) -> Result<&'a mut [MaybeUninit<T>], caltrop_status> {
    if count == 0 {
        return Ok(&mut []);
    }
    if items.is_null() {
        return Err(CALTROP_E_NULL);
    }
    if !items.is_aligned() {
        return Err(CALTROP_E_ALIGNMENT);
    }
    if count.checked_mul(size_of::<T>()).is_none_or(|len| isize::try_from(len).is_err()) {
        return Err(CALTROP_E_LENGTH);
    }
    // SAFETY: `from_raw_parts_mut` asks for: non-null and aligned, at most `isize::MAX` bytes (all refused above), and no other use during
    // `'a` (the contract); `MaybeUninit` asks for no initialised items.
    Ok(unsafe { slice::from_raw_parts_mut(items.cast(), count) })
}

/// A value that the caller lends for reading.
///
/// # Safety
/// `value` is NULL or misaligned (both refused), or points at an initialised `T` that nobody writes while `'a` lasts.
pub(crate) unsafe fn shared<'a, T>(value: *const T) -> Result<&'a T, caltrop_status> {
    if value.is_null() {
        return Err(CALTROP_E_NULL);
    }
    if !value.is_aligned() {
        return Err(CALTROP_E_ALIGNMENT);
    }
    // SAFETY: a reference asks for: non-null, aligned (both refused above), initialised and not written during `'a` (the contract).
    Ok(unsafe { &*value })
}

/// A value that the caller lends for changing.
///
/// # Safety
/// `value` is NULL or misaligned (both refused), or points at an initialised `T` that nobody else uses while `'a` lasts.
pub(crate) unsafe fn unique<'a, T>(value: *mut T) -> Result<&'a mut T, caltrop_status> {
    if value.is_null() {
        return Err(CALTROP_E_NULL);
    }
    if !value.is_aligned() {
        return Err(CALTROP_E_ALIGNMENT);
    }
    // SAFETY: a unique reference asks for: non-null, aligned (both refused above), initialised, and no other use during `'a` (the contract).
    Ok(unsafe { &mut *value })
}

/// Memory that the caller lends for words that several threads or processes may change at once.
///
/// # Safety
/// `memory` is NULL or misaligned (both refused), or points at `len` initialised bytes of one object that lives while `'a` lasts and that
/// only atomic operations touch meanwhile.
pub(crate) unsafe fn words<'a>(memory: *mut u64, len: usize) -> Result<&'a [Word], caltrop_status> {
    if memory.is_null() {
        return Err(CALTROP_E_NULL);
    }
    if !memory.is_aligned() {
        return Err(CALTROP_E_ALIGNMENT);
    }
    if isize::try_from(len).is_err() {
        return Err(CALTROP_E_LENGTH);
    }
    let count = len >> size_of::<Word>().trailing_zeros();
    // SAFETY: `from_raw_parts` asks for: non-null and aligned for a `Word`, which is as large and as aligned as a `u64` (asserted below;
    // both refused above), at most `isize::MAX` bytes (refused above), initialised and alive during `'a` (the contract). Others may write
    // meanwhile, since a `Word` is an atomic and all of them write atomically (the contract).
    Ok(unsafe { slice::from_raw_parts(memory.cast::<Word>().cast_const(), count) })
}

const _: () = assert!(size_of::<Word>() == size_of::<u64>() && align_of::<Word>() == align_of::<u64>());

/// A place that the caller lends for an answer. It need not hold anything yet.
///
/// # Safety
/// `place` is NULL or misaligned (both refused), or points at memory for a `T` that nobody else uses while `'a` lasts.
pub(crate) unsafe fn place<'a, T>(place: *mut T) -> Result<&'a mut MaybeUninit<T>, caltrop_status> {
    if place.is_null() {
        return Err(CALTROP_E_NULL);
    }
    if !place.is_aligned() {
        return Err(CALTROP_E_ALIGNMENT);
    }
    // SAFETY: a unique reference asks for: non-null, aligned (both refused above), and no other use during `'a` (the contract);
    // `MaybeUninit` asks for no initialised bytes.
    Ok(unsafe { &mut *place.cast() })
}
