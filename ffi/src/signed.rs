//! Webhooks of known vendors: read the header fields, add the body in pieces, ask at the end.

use core::mem::MaybeUninit;
use core::ptr;

use caltrop::signed::{Check, SECRETS_MAX, SecretError, SharedSecrets, WebhookReason, Window, github, slack, standard, stripe};

use crate::border::{array, bytes, place, shared, unique};
use crate::request::{Fields, caltrop_header, caltrop_now};
use crate::status::{caltrop_status, status};
use caltrop_status::{
    CALTROP_E_CLOCK, CALTROP_E_FORGED, CALTROP_E_FUTURE, CALTROP_E_MALFORMED, CALTROP_E_MISSING, CALTROP_E_REPEATED, CALTROP_E_SECRET,
    CALTROP_E_STALE, CALTROP_E_VALUE,
};

/// `vendor` of `caltrop_signed_init`: `X-Hub-Signature-256`. GitHub signs no date.
pub const CALTROP_GITHUB: u8 = 1;
/// `vendor` of `caltrop_signed_init`: `X-Slack-Signature`.
pub const CALTROP_SLACK: u8 = 2;
/// `vendor` of `caltrop_signed_init`: `Stripe-Signature`. A secret is given with its `whsec_`.
pub const CALTROP_STRIPE: u8 = 3;
/// `vendor` of `caltrop_signed_init`: `webhook-signature` of Standard Webhooks. A secret is `whsec_` and base64.
pub const CALTROP_STANDARD: u8 = 4;

/// Words of `caltrop_signed_webhooks`: 4 prepared keys, and some room.
pub const CALTROP_SIGNED_WEBHOOKS_WORDS: usize = 128;
/// Words of `caltrop_signed_check`: 4 messages on their way, 8 signatures, and some room.
pub const CALTROP_SIGNED_CHECK_WORDS: usize = 144;

/// A secret that is lent for one call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_secret {
    /// Its bytes.
    pub bytes: *const u8,
    /// How many.
    pub len: usize,
    /// The number of a token key; not looked at for webhooks.
    pub id: u8,
}

/// When a message may have been signed: at most `tolerance_s` ago, at most `leeway_s` ahead of this host's clock.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_window {
    /// How old a message may be; vendors say 300.
    pub tolerance_s: u32,
    /// How far the vendor's clock may be ahead; 30 is plenty.
    pub leeway_s: u32,
}

/// A vendor and its secrets: made once by `caltrop_signed_init`, shared by all threads, ended by `caltrop_signed_wipe`. It may not be copied.
#[repr(C)]
pub struct caltrop_signed_webhooks {
    words: [MaybeUninit<u64>; CALTROP_SIGNED_WEBHOOKS_WORDS],
}

/// One webhook on its way: begun by `caltrop_signed_start`, ended by `caltrop_signed_finish`. It may not be copied.
#[repr(C)]
pub struct caltrop_signed_check {
    words: [MaybeUninit<u64>; CALTROP_SIGNED_CHECK_WORDS],
}

struct Webhooks {
    vendor: u8,
    secrets: SharedSecrets,
}

const _: () = assert!(size_of::<Webhooks>() <= size_of::<caltrop_signed_webhooks>());
const _: () = assert!(align_of::<Webhooks>() <= align_of::<caltrop_signed_webhooks>());
const _: () = assert!(size_of::<Check<'_>>() <= size_of::<caltrop_signed_check>());
const _: () = assert!(align_of::<Check<'_>>() <= align_of::<caltrop_signed_check>());

impl From<WebhookReason> for caltrop_status {
    fn from(reason: WebhookReason) -> Self {
        match reason {
            WebhookReason::Missing => CALTROP_E_MISSING,
            WebhookReason::Repeated => CALTROP_E_REPEATED,
            WebhookReason::Malformed => CALTROP_E_MALFORMED,
            WebhookReason::Stale => CALTROP_E_STALE,
            WebhookReason::Future => CALTROP_E_FUTURE,
            WebhookReason::Clock => CALTROP_E_CLOCK,
            WebhookReason::Forged => CALTROP_E_FORGED,
        }
    }
}

impl From<SecretError> for caltrop_status {
    fn from(_: SecretError) -> Self {
        CALTROP_E_SECRET
    }
}

/// At most 4 secrets with their numbers.
pub(crate) type Lent<'a> = [(u8, &'a [u8]); SECRETS_MAX];

/// Reads secrets that are lent for this call; behind the last one there are empty ones.
///
/// # Safety
/// `secrets` points at `count` secrets, each of which points at as many bytes as it says, or is NULL with a length of 0.
pub(crate) unsafe fn lent<'a>(secrets: *const caltrop_secret, count: usize) -> Result<Lent<'a>, caltrop_status> {
    // SAFETY: this function's contract is the one of `array`.
    let given = unsafe { array(secrets, count) }?;
    if given.len() > SECRETS_MAX {
        return Err(CALTROP_E_SECRET);
    }
    let mut all: Lent<'a> = [(0, &[]); SECRETS_MAX];
    for (slot, secret) in all.iter_mut().zip(given) {
        // SAFETY: this function's contract is the one of `bytes`.
        *slot = (secret.id, unsafe { bytes(secret.bytes, secret.len) }?);
    }
    Ok(all)
}

/// Reads 1 to 4 secrets of a vendor. `CALTROP_E_SECRET`: none, more, an empty one, or not one of Standard Webhooks.
///
/// # Safety
/// * `secrets` points at `secret_count` secrets, each of which points at as many bytes as it says, or is NULL with a length of 0.
/// * `out` points at memory for a `caltrop_signed_webhooks` that no other thread uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_init(
    vendor: u8,
    secrets: *const caltrop_secret,
    secret_count: usize,
    out: *mut caltrop_signed_webhooks,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `lent`.
    let secrets = unsafe { lent(secrets, secret_count) };
    // SAFETY: this function's contract is the one of `place`; the value fits, as asserted above.
    let out = unsafe { place(out.cast::<Webhooks>()) };
    status(secrets.and_then(|secrets| {
        let out = out?;
        let secrets = match vendor {
            CALTROP_GITHUB | CALTROP_SLACK | CALTROP_STRIPE => {
                let all = secrets.map(|(_, secret)| secret);
                SharedSecrets::new(all.get(..secret_count).unwrap_or_default())?
            }
            CALTROP_STANDARD => {
                let all = secrets.map(|(_, secret)| core::str::from_utf8(secret).unwrap_or("not text"));
                SharedSecrets::standard(all.get(..secret_count).unwrap_or_default())?
            }
            _ => return Err(CALTROP_E_VALUE),
        };
        out.write(Webhooks { vendor, secrets });
        Ok(())
    }))
}

/// Begins with a webhook: reads the header fields that sign, and the date. `check` keeps a pointer to `webhooks` until it is finished.
///
/// # Safety
/// * `webhooks` was made by `caltrop_signed_init`, and is not wiped before `check` is finished.
/// * `headers` points at `header_count` fields, each of which points at as many bytes as it says; `window` and `now` at what they are named for.
/// * `check` points at memory for a `caltrop_signed_check` that no other thread uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_start(
    webhooks: *const caltrop_signed_webhooks,
    headers: *const caltrop_header,
    header_count: usize,
    window: *const caltrop_window,
    now: *const caltrop_now,
    check: *mut caltrop_signed_check,
) -> caltrop_status {
    // SAFETY: the contract of `shared`, for what `caltrop_signed_init` wrote there; its size and alignment are asserted above.
    let webhooks = unsafe { shared(webhooks.cast::<Webhooks>()) };
    // SAFETY: this function's contract is the one of `array`.
    let headers = unsafe { array(headers, header_count) };
    // SAFETY: this function's contract is the one of `Fields::new`.
    let headers = headers.and_then(|headers| unsafe { Fields::new(headers) });
    // SAFETY: this function's contract is the one of `shared`.
    let window = unsafe { shared(window) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    // SAFETY: this function's contract is the one of `place`; the value fits, as asserted above.
    let out = unsafe { place(check.cast::<Check<'_>>()) };
    status(webhooks.and_then(|webhooks| {
        let (headers, window, now, out) = (headers?, window?, now?.get(), out?);
        let window = Window { tolerance_s: window.tolerance_s, leeway_s: window.leeway_s };
        let secrets = &webhooks.secrets;
        let begun = match webhooks.vendor {
            CALTROP_GITHUB => github(secrets, &headers),
            CALTROP_SLACK => slack(secrets, &headers, window, now),
            CALTROP_STRIPE => stripe(secrets, &headers, window, now),
            CALTROP_STANDARD => standard(secrets, &headers, window, now),
            _ => return Err(CALTROP_E_VALUE),
        };
        out.write(begun?);
        Ok(())
    }))
}

/// Adds the next piece of the body, as it was received.
///
/// # Safety
/// * `check` was begun by `caltrop_signed_start` and is not finished; no other thread uses it.
/// * `piece` points at `piece_len` bytes, or is NULL with a length of 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_update(check: *mut caltrop_signed_check, piece: *const u8, piece_len: usize) -> caltrop_status {
    // SAFETY: the contract of `unique`, for the `Check` that `caltrop_signed_start` wrote there; its size and alignment are asserted above.
    let check = unsafe { unique(check.cast::<Check<'_>>()) };
    // SAFETY: this function's contract is the one of `bytes`.
    let piece = unsafe { bytes(piece, piece_len) };
    status(check.and_then(|check| {
        check.feed(piece?);
        Ok(())
    }))
}

/// Ends a webhook, and wipes `check`: `CALTROP_OK` only if one of the secrets signed all of it, `CALTROP_E_FORGED` if none did.
///
/// # Safety
/// * `check` was begun by `caltrop_signed_start` and is not finished; no other thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_finish(check: *mut caltrop_signed_check) -> caltrop_status {
    // SAFETY: the contract of `unique`, for the `Check` that `caltrop_signed_start` wrote there; its size and alignment are asserted above.
    let answer = unsafe { unique(check.cast::<Check<'_>>()) }.and_then(|check| check.clone().finish().map_err(caltrop_status::from));
    if !check.is_null() && check.is_aligned() {
        // SAFETY: `drop_in_place` asks for a valid, aligned `Check` that is not used again: `caltrop_signed_start` made it (the contract).
        unsafe { ptr::drop_in_place(check.cast::<Check<'_>>()) };
        // SAFETY: `write_bytes` asks for writable memory of this size: the `caltrop_signed_check` that the caller owns (the contract).
        unsafe { ptr::write_bytes(check, 0, 1) };
    }
    status(answer)
}

/// Wipes a vendor's secrets; they must not be used again. NULL is ignored.
///
/// # Safety
/// * `webhooks` is NULL or was made by `caltrop_signed_init`, no other thread uses it, and no check of it is unfinished.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_wipe(webhooks: *mut caltrop_signed_webhooks) {
    if webhooks.is_null() || !webhooks.is_aligned() {
        return;
    }
    // SAFETY: `drop_in_place` asks for a valid, aligned value that is not used again: `caltrop_signed_init` made it (the contract).
    unsafe { ptr::drop_in_place(webhooks.cast::<Webhooks>()) };
    // SAFETY: `write_bytes` asks for writable memory of this size: the `caltrop_signed_webhooks` that the caller owns (the contract).
    unsafe { ptr::write_bytes(webhooks, 0, 1) };
}
