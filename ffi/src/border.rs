//! The only place where raw pointers become references. Past it there are none.

use core::mem::MaybeUninit;
use core::slice;

use crate::status::caltrop_status;
use caltrop_status::{CALTROP_E_ALIGNMENT, CALTROP_E_LENGTH, CALTROP_E_NULL};

/// Bytes that the caller lends for this call; NULL is fine for none.
///
/// # Safety
/// `data` is NULL with `len` 0, or points at `len` initialised bytes of one object that nobody writes while `'a` lasts.
pub(crate) unsafe fn bytes<'a>(data: *const u8, len: usize) -> Result<&'a [u8], caltrop_status> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(CALTROP_E_NULL);
    }
    if isize::try_from(len).is_err() {
        return Err(CALTROP_E_LENGTH);
    }
    // SAFETY: `from_raw_parts` asks for: non-null and aligned (NULL refused above; a `u8` needs no more), `len` initialised bytes of one
    // object that nobody writes during `'a` (this function's contract), at most `isize::MAX` bytes (refused above).
    Ok(unsafe { slice::from_raw_parts(data, len) })
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
