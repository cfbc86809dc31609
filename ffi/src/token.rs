//! Tokens of our own, for links and sessions.

use core::mem::MaybeUninit;
use core::ptr;

use caltrop::signed::{IssueError, SECRETS_MAX, TokenKey, TokenReason, Tokens, TokensError};

use crate::border::{buffer, bytes, place, shared};
use crate::request::caltrop_now;
use crate::signed::{caltrop_secret, lent};
use crate::status::{caltrop_status, status};
use caltrop_status::{
    CALTROP_E_CLOCK, CALTROP_E_EXPIRED, CALTROP_E_FORGED, CALTROP_E_LENGTH, CALTROP_E_MALFORMED, CALTROP_E_MEMORY, CALTROP_E_PURPOSE,
    CALTROP_E_SECRET, CALTROP_E_UNKNOWN_KEY,
};

/// Words of `caltrop_token_keys`: 4 prepared keys, and some room.
pub const CALTROP_TOKEN_KEYS_WORDS: usize = 128;
/// The most claims a token carries, in bytes.
pub const CALTROP_CLAIMS_MAX: usize = 1024;
/// The longest token, in bytes, without a NUL.
pub const CALTROP_TOKEN_MAX: usize = 1425;

const _: () = assert!(CALTROP_CLAIMS_MAX == caltrop::signed::CLAIMS_MAX && CALTROP_TOKEN_MAX == caltrop::signed::TOKEN_MAX);

/// The keys of tokens: made once by `caltrop_token_keys_init`, shared by all threads, ended by `caltrop_token_keys_wipe`. It may not be copied.
#[repr(C)]
pub struct caltrop_token_keys {
    words: [MaybeUninit<u64>; CALTROP_TOKEN_KEYS_WORDS],
}

/// What a token is for.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_token_use {
    /// Its purpose: 1 to 63 visible ASCII characters.
    pub purpose: *const u8,
    /// Its bytes.
    pub purpose_len: usize,
    /// What must be at hand again when it is shown, a path or a session, say; NULL with a length of 0 for nothing.
    pub context: *const u8,
    /// Its bytes.
    pub context_len: usize,
}

/// Behind the last key the first one stands again, and is not looked at.
struct Keys {
    keys: [TokenKey; SECRETS_MAX],
    count: usize,
}

const _: () = assert!(size_of::<Keys>() <= size_of::<caltrop_token_keys>() && align_of::<Keys>() <= align_of::<caltrop_token_keys>());

impl From<TokenReason> for caltrop_status {
    fn from(reason: TokenReason) -> Self {
        match reason {
            TokenReason::Malformed => CALTROP_E_MALFORMED,
            TokenReason::UnknownKey => CALTROP_E_UNKNOWN_KEY,
            TokenReason::Forged => CALTROP_E_FORGED,
            TokenReason::Expired => CALTROP_E_EXPIRED,
            TokenReason::Clock => CALTROP_E_CLOCK,
            TokenReason::Room => CALTROP_E_MEMORY,
        }
    }
}

impl From<TokensError> for caltrop_status {
    fn from(error: TokensError) -> Self {
        match error {
            TokensError::NoKey | TokensError::TwoKeys { .. } => CALTROP_E_SECRET,
            TokensError::Purpose => CALTROP_E_PURPOSE,
        }
    }
}

impl From<IssueError> for caltrop_status {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::ClaimsTooLong { .. } => CALTROP_E_LENGTH,
            IssueError::Room { .. } => CALTROP_E_MEMORY,
        }
    }
}

/// Prepares 1 to 4 keys of 32 bytes or more, each with a number of its own: the first signs, tokens of all are good.
///
/// # Safety
/// * `secrets` points at `secret_count` secrets, each of which points at as many bytes as it says, or is NULL with a length of 0.
/// * `out` points at memory for a `caltrop_token_keys` that no other thread uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_token_keys_init(
    secrets: *const caltrop_secret,
    secret_count: usize,
    out: *mut caltrop_token_keys,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `lent`.
    let secrets = unsafe { lent(secrets, secret_count) };
    // SAFETY: this function's contract is the one of `place`; the value fits, as asserted above.
    let out = unsafe { place(out.cast::<Keys>()) };
    status(secrets.and_then(|secrets| {
        let out = out?;
        let key = |(id, secret): (u8, &[u8])| TokenKey::new(id, secret).map_err(|_| CALTROP_E_SECRET);
        let [first, ..] = secrets;
        let first = key(first)?;
        let mut keys: [TokenKey; SECRETS_MAX] = core::array::from_fn(|_| first.clone());
        for (slot, secret) in keys.iter_mut().zip(secrets).take(secret_count) {
            *slot = key(secret)?;
        }
        let keys = Keys { keys, count: secret_count };
        keys.tokens("check")?;
        out.write(keys);
        Ok(())
    }))
}

impl Keys {
    fn tokens<'k>(&'k self, purpose: &'k str) -> Result<Tokens<'k>, caltrop_status> {
        Ok(Tokens::new(self.keys.get(..self.count).unwrap_or_default(), purpose)?)
    }
}

/// The tokens of a use.
///
/// # Safety
/// `keys` was made by `caltrop_token_keys_init`; the pointers of `use_of` point at as many bytes as it says.
unsafe fn tokens<'k>(keys: *const caltrop_token_keys, use_of: *const caltrop_token_use) -> Result<Tokens<'k>, caltrop_status> {
    // SAFETY: the contract of `shared`, for the `Keys` that `caltrop_token_keys_init` wrote there; size and alignment are asserted above.
    let keys = unsafe { shared(keys.cast::<Keys>()) }?;
    // SAFETY: this function's contract is the one of `shared`.
    let use_of = unsafe { shared(use_of) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let purpose = unsafe { bytes(use_of.purpose, use_of.purpose_len) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let context = unsafe { bytes(use_of.context, use_of.context_len) }?;
    Ok(keys.tokens(core::str::from_utf8(purpose).map_err(|_| CALTROP_E_PURPOSE)?)?.bound_to(context))
}

/// Writes a token, without a NUL, that is good until the Unix second `expires_s`. `CALTROP_E_LENGTH`: more than `CALTROP_CLAIMS_MAX` bytes
/// of claims; `CALTROP_E_MEMORY`: it does not fit into `size` bytes; `CALTROP_TOKEN_MAX` always do.
///
/// # Safety
/// * `keys` was made by `caltrop_token_keys_init`; the pointers of `use_of` point at as many bytes as it says.
/// * `claims` points at `claims_len` bytes, or is NULL with a length of 0; `out` at `size` bytes that overlap nothing; `out_len` at a `size_t`.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "C has no slices: three of its parts take two arguments each")]
pub unsafe extern "C" fn caltrop_token_issue(
    keys: *const caltrop_token_keys,
    use_of: *const caltrop_token_use,
    claims: *const u8,
    claims_len: usize,
    expires_s: u64,
    out: *mut u8,
    size: usize,
    out_len: *mut usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `tokens`.
    let tokens = unsafe { tokens(keys, use_of) };
    // SAFETY: this function's contract is the one of `bytes`.
    let claims = unsafe { bytes(claims, claims_len) };
    // SAFETY: this function's contract is the one of `buffer`.
    let out = unsafe { buffer(out, size) };
    // SAFETY: this function's contract is the one of `place`.
    let out_len = unsafe { place(out_len) };
    status(tokens.and_then(|tokens| {
        let (claims, out, out_len) = (claims?, out?, out_len?);
        let mut room = [0; CALTROP_TOKEN_MAX];
        let token = tokens.issue(claims, expires_s, &mut room)?;
        copied(token.as_bytes(), out, out_len)
    }))
}

/// Knows a token again, and writes its claims into `size` bytes, of which `CALTROP_CLAIMS_MAX` are always enough.
///
/// # Safety
/// * `keys` was made by `caltrop_token_keys_init`; the pointers of `use_of` point at as many bytes as it says.
/// * `token` points at `token_len` bytes, or is NULL with a length of 0; `now` at a `caltrop_now`.
/// * `out` points at `size` bytes that overlap nothing, or is NULL with a size of 0; `out_len` at a `size_t`.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "C has no slices: three of its parts take two arguments each")]
pub unsafe extern "C" fn caltrop_token_verify(
    keys: *const caltrop_token_keys,
    use_of: *const caltrop_token_use,
    token: *const u8,
    token_len: usize,
    now: *const caltrop_now,
    out: *mut u8,
    size: usize,
    out_len: *mut usize,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `tokens`.
    let tokens = unsafe { tokens(keys, use_of) };
    // SAFETY: this function's contract is the one of `bytes`.
    let token = unsafe { bytes(token, token_len) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    // SAFETY: this function's contract is the one of `buffer`.
    let out = unsafe { buffer(out, size) };
    // SAFETY: this function's contract is the one of `place`.
    let out_len = unsafe { place(out_len) };
    status(tokens.and_then(|tokens| {
        let (token, now, out, out_len) = (token?, now?.get(), out?, out_len?);
        let mut room = [0; CALTROP_CLAIMS_MAX];
        let claims = tokens.verify(token, now, &mut room)?;
        copied(claims.bytes, out, out_len)
    }))
}

/// All of it, or nothing.
pub(crate) fn copied(from: &[u8], out: &mut [MaybeUninit<u8>], out_len: &mut MaybeUninit<usize>) -> Result<(), caltrop_status> {
    let out = out.get_mut(..from.len()).ok_or(CALTROP_E_MEMORY)?;
    out.iter_mut().zip(from).for_each(|(slot, byte)| {
        slot.write(*byte);
    });
    out_len.write(from.len());
    Ok(())
}

/// Wipes the keys; they must not be used again. NULL is ignored.
///
/// # Safety
/// * `keys` is NULL or was made by `caltrop_token_keys_init`, and no other thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_token_keys_wipe(keys: *mut caltrop_token_keys) {
    if keys.is_null() || !keys.is_aligned() {
        return;
    }
    // SAFETY: `drop_in_place` asks for valid, aligned `Keys` that are not used again: `caltrop_token_keys_init` made them (the contract).
    unsafe { ptr::drop_in_place(keys.cast::<Keys>()) };
    // SAFETY: `write_bytes` asks for writable memory of this size: the `caltrop_token_keys` that the caller owns (the contract).
    unsafe { ptr::write_bytes(keys, 0, 1) };
}
