//! API keys.

use core::mem::MaybeUninit;

use caltrop::key::{Form, FormatError, KeyText, digest, issue};

use crate::border::{bytes, place, shared};
use crate::mac::{caltrop_mac_key, prepared};
use crate::status::{caltrop_status, status};
use caltrop_status::{CALTROP_E_KEY_BYTES, CALTROP_E_KEY_CHECKSUM, CALTROP_E_KEY_PREFIX, CALTROP_E_KEY_SHAPE, CALTROP_E_VALUE};

/// A key on its way to its owner. Show it once, then wipe it: nothing else holds it.
#[repr(C)]
pub struct caltrop_key_text {
    /// The public id.
    pub id: u64,
    /// The text, ended by a NUL.
    pub text: [u8; 96],
}

impl From<FormatError> for caltrop_status {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Shape => CALTROP_E_KEY_SHAPE,
            FormatError::Prefix => CALTROP_E_KEY_PREFIX,
            FormatError::Checksum => CALTROP_E_KEY_CHECKSUM,
        }
    }
}

fn text(bytes: &[u8]) -> Result<&str, caltrop_status> {
    core::str::from_utf8(bytes).map_err(|_| CALTROP_E_KEY_SHAPE)
}

/// Makes a key of 40 bytes of the caller's entropy, with a prefix such as `acme_live`.
///
/// # Safety
/// * `prefix` points at `prefix_len` bytes, `entropy` at 40, `out` at memory for a `caltrop_key_text`; none overlap.
///
/// cbindgen:ptrs-as-arrays=[[entropy; 40]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_key_issue(
    prefix: *const u8,
    prefix_len: usize,
    entropy: *const u8,
    out: *mut caltrop_key_text,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `bytes`.
    let prefix = unsafe { bytes(prefix, prefix_len) };
    // SAFETY: this function's contract is the one of `shared`.
    let entropy = unsafe { shared(entropy.cast::<[u8; 40]>()) };
    // SAFETY: this function's contract is the one of `place`.
    let out: Result<&mut MaybeUninit<caltrop_key_text>, _> = unsafe { place(out) };
    status(prefix.and_then(|prefix| {
        let (entropy, out) = (entropy?, out?);
        let key = issue(text(prefix)?, *entropy)?;
        let answer = out.write(caltrop_key_text { id: key.id(), text: [0; 96] });
        // The longest key has 80 bytes, so a NUL is always left.
        answer.text.iter_mut().zip(key.text().bytes()).for_each(|(slot, byte)| *slot = byte);
        Ok(())
    }))
}

/// Checks a key's shape and checksum, offline, and gives its public id. It says nothing about whether the key is good.
///
/// # Safety
/// * `key` points at `key_len` bytes, or is NULL with a length of 0; `id` at memory for a `uint64_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_key_check(key: *const u8, key_len: usize, id: *mut u64) -> caltrop_status {
    // SAFETY: this function's contract is the one of `bytes`.
    let key = unsafe { bytes(key, key_len) };
    // SAFETY: this function's contract is the one of `place`.
    let id = unsafe { place(id) };
    status(key.and_then(|key| {
        let id = id?;
        id.write(KeyText::parse(text(key)?)?.id);
        Ok(())
    }))
}

/// The digest under which a key is stored. `form` 0: of the key; 1: of its SHA-256.
///
/// # Safety
/// * `pepper` was made by `caltrop_mac_key_init`; `key` points at `key_len` bytes, or is NULL with a length of 0; `out` at 16 bytes.
///
/// cbindgen:ptrs-as-arrays=[[out; 16]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_key_digest(
    pepper: *const caltrop_mac_key,
    form: u8,
    key: *const u8,
    key_len: usize,
    out: *mut u8,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `prepared`.
    let pepper = unsafe { prepared(pepper) };
    // SAFETY: this function's contract is the one of `bytes`.
    let key = unsafe { bytes(key, key_len) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out.cast::<[u8; 16]>()) };
    status(pepper.and_then(|pepper| {
        let (key, out) = (key?, out?);
        let form = Form::from_code(form).ok_or(CALTROP_E_VALUE)?;
        out.write(*digest(pepper, form, key).ok_or(CALTROP_E_KEY_BYTES)?.as_bytes());
        Ok(())
    }))
}
