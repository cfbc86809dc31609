//! HMAC-SHA-256.

use core::mem::MaybeUninit;
use core::ptr;

use caltrop::mac::Key;

use crate::border::{bytes, place, shared};
use crate::status::{caltrop_status, status};

/// Words of a prepared key: four SHA-256 states, a block and a counter, and some room.
pub const CALTROP_MAC_KEY_WORDS: usize = 32;

/// A prepared key: made once by `caltrop_mac_key_init`, shared by all threads, ended by `caltrop_mac_key_wipe`. It may not be copied.
#[repr(C)]
pub struct caltrop_mac_key {
    words: [MaybeUninit<u64>; CALTROP_MAC_KEY_WORDS],
}

const _: () = assert!(size_of::<Key>() <= size_of::<caltrop_mac_key>() && align_of::<Key>() <= align_of::<caltrop_mac_key>());

/// The key inside.
///
/// # Safety
/// As `border::shared`, and `caltrop_mac_key_init` made it.
pub(crate) unsafe fn prepared<'a>(key: *const caltrop_mac_key) -> Result<&'a Key, caltrop_status> {
    // SAFETY: the contract of `shared`, for the `Key` that `caltrop_mac_key_init` wrote there; its size and alignment are asserted above.
    unsafe { shared(key.cast::<Key>()) }
}

/// Prepares a key of any length.
///
/// # Safety
/// * `key` points at `key_len` bytes, or is NULL with a length of 0.
/// * `out` points at memory for a `caltrop_mac_key` that no other thread uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_mac_key_init(key: *const u8, key_len: usize, out: *mut caltrop_mac_key) -> caltrop_status {
    // SAFETY: this function's contract is the one of `bytes`.
    let key = unsafe { bytes(key, key_len) };
    // SAFETY: this function's contract is the one of `place`; the `Key` fits, as asserted above.
    let out = unsafe { place(out.cast::<Key>()) };
    status(key.and_then(|key| {
        out?.write(Key::new(key));
        Ok(())
    }))
}

/// The 32-byte tag of a message.
///
/// # Safety
/// * `key` was made by `caltrop_mac_key_init`.
/// * `message` points at `message_len` bytes, or is NULL with a length of 0; `tag` at 32 bytes that do not overlap them.
///
/// cbindgen:ptrs-as-arrays=[[tag; 32]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_mac_sign(
    key: *const caltrop_mac_key,
    message: *const u8,
    message_len: usize,
    tag: *mut u8,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `prepared`.
    let key = unsafe { prepared(key) };
    // SAFETY: this function's contract is the one of `bytes`.
    let message = unsafe { bytes(message, message_len) };
    // SAFETY: this function's contract is the one of `place`.
    let tag = unsafe { place(tag.cast::<[u8; 32]>()) };
    status(key.and_then(|key| {
        let (message, tag) = (message?, tag?);
        tag.write(*key.sign(message).as_bytes());
        Ok(())
    }))
}

/// Checks a tag of 16 to 32 bytes in constant time. `CALTROP_E_TAG`: it is not this message's, or of another length.
///
/// # Safety
/// * `key` was made by `caltrop_mac_key_init`.
/// * `message` and `tag` point at as many bytes as their lengths say, or are NULL with a length of 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_mac_verify(
    key: *const caltrop_mac_key,
    message: *const u8,
    message_len: usize,
    tag: *const u8,
    tag_len: usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `prepared`.
    let key = unsafe { prepared(key) };
    // SAFETY: this function's contract is the one of `bytes`.
    let message = unsafe { bytes(message, message_len) };
    // SAFETY: this function's contract is the one of `bytes`.
    let tag = unsafe { bytes(tag, tag_len) };
    status(key.and_then(|key| key.verify(message?, tag?).map_err(|_| caltrop_status::CALTROP_E_TAG)))
}

/// Wipes a prepared key; it must not be used again. NULL is ignored.
///
/// # Safety
/// * `key` is NULL or was made by `caltrop_mac_key_init`, and no other thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_mac_key_wipe(key: *mut caltrop_mac_key) {
    if key.is_null() || !key.is_aligned() {
        return;
    }
    // SAFETY: `drop_in_place` asks for a valid, aligned `Key` that is not used again: it was made by `caltrop_mac_key_init` (the contract).
    unsafe { ptr::drop_in_place(key.cast::<Key>()) };
    // SAFETY: `write_bytes` asks for writable memory of this size: the `caltrop_mac_key` that the caller owns (the contract).
    unsafe { ptr::write_bytes(key, 0, 1) };
}
