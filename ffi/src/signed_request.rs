//! Signed requests under the profile of docs/formats.md §9: who claims to have signed, whether it was so, and the body.

use core::mem::MaybeUninit;
use core::ptr;

use caltrop::mac;
use caltrop::request::Headers;
use caltrop::signed::{
    AUTHORITY_MAX, Body, Components, DigestCheck, METHOD_MAX, Profile, RequestKey, Scheme, SignatureReason, TARGET_MAX, Window, WrongBody,
};
use caltrop::verify::PublicKey;

use crate::border::{array, bytes, place, shared, unique};
use crate::request::{Fields, caltrop_header, caltrop_now};
use crate::signed::caltrop_window;
use crate::status::{caltrop_status, status};
use caltrop_status::{
    CALTROP_E_ALGORITHM, CALTROP_E_BODY, CALTROP_E_CLOCK, CALTROP_E_COMPONENTS, CALTROP_E_DIGEST, CALTROP_E_EXPIRED, CALTROP_E_FORGED,
    CALTROP_E_FUTURE, CALTROP_E_MALFORMED, CALTROP_E_MISSING, CALTROP_E_PUBLIC_KEY, CALTROP_E_REPEATED, CALTROP_E_REQUEST,
    CALTROP_E_SECRET, CALTROP_E_SEVERAL, CALTROP_E_STALE, CALTROP_E_UNCOVERED, CALTROP_E_USE, CALTROP_E_VALUE,
};

/// `scheme` of a `caltrop_signed_request`: `https`.
pub const CALTROP_HTTPS: u8 = 0;
/// `scheme` of a `caltrop_signed_request`: `http`.
pub const CALTROP_HTTP: u8 = 1;

/// The longest method of a signed request, in bytes.
pub const CALTROP_SIGNED_METHOD_MAX: usize = 32;
/// The longest authority of a signed request, in bytes.
pub const CALTROP_SIGNED_AUTHORITY_MAX: usize = 255;
/// The longest target of a signed request, in bytes.
pub const CALTROP_SIGNED_TARGET_MAX: usize = 2048;

const _: () = assert!(CALTROP_SIGNED_METHOD_MAX == METHOD_MAX && CALTROP_SIGNED_AUTHORITY_MAX == AUTHORITY_MAX);
const _: () = assert!(CALTROP_SIGNED_TARGET_MAX == TARGET_MAX);

/// Words of `caltrop_signed_key`: a prepared key of either kind, and some room.
pub const CALTROP_SIGNED_KEY_WORDS: usize = 40;
/// Words of `caltrop_signed_body`: a hash on its way, what it should be, and some room.
pub const CALTROP_SIGNED_BODY_WORDS: usize = 24;

/// The key of one signer: made once, shared by all threads, ended by `caltrop_signed_key_wipe`. It alone says which algorithm counts. It may not be
/// copied.
#[repr(C)]
pub struct caltrop_signed_key {
    words: [MaybeUninit<u64>; CALTROP_SIGNED_KEY_WORDS],
}

/// The body of a signed request on its way: begun by `caltrop_signed_verify`, ended by `caltrop_signed_body_finish`. It may not be copied.
#[repr(C)]
pub struct caltrop_signed_body {
    words: [MaybeUninit<u64>; CALTROP_SIGNED_BODY_WORDS],
}

/// A request as far as signatures cover it, as it was received.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_signed_request {
    /// The method.
    pub method: *const u8,
    /// Its bytes.
    pub method_len: usize,
    /// Path and query, undecoded.
    pub target: *const u8,
    /// Its bytes.
    pub target_len: usize,
    /// `Host` or `:authority`.
    pub authority: *const u8,
    /// Its bytes.
    pub authority_len: usize,
    /// Header fields; not looked at for signing.
    pub headers: *const caltrop_header,
    /// How many.
    pub header_count: usize,
    /// What the client used: `CALTROP_HTTPS` or `CALTROP_HTTP`.
    pub scheme: u8,
    /// 1 if a body comes, or may come; 0 if there is none. Not looked at for signing.
    pub has_body: u8,
}

/// What is accepted.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_signed_profile {
    /// When a request may have been signed.
    pub window: caltrop_window,
    /// The `tag` that a signature must have; NULL with a length of 0 if it must have none.
    pub tag: *const u8,
    /// Its bytes.
    pub tag_len: usize,
}

/// What a request says of its signature. The pointers are into its header fields.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_signed_claims {
    /// Whose key: the sender of `caltrop_replay_first_seen`.
    pub keyid: *const u8,
    /// Its bytes: 1 to 255.
    pub keyid_len: usize,
    /// What makes it this request of theirs: the id of `caltrop_replay_first_seen`.
    pub nonce: *const u8,
    /// Its bytes: 1 to 128.
    pub nonce_len: usize,
    /// The Unix second at which it was signed.
    pub created_s: u64,
    /// The last Unix second at which it would be accepted; 0 before it is verified.
    pub until_s: u64,
}

pub(crate) enum Prepared {
    Hmac(mac::Key),
    Ed25519(PublicKey),
}

const _: () =
    assert!(size_of::<Prepared>() <= size_of::<caltrop_signed_key>() && align_of::<Prepared>() <= align_of::<caltrop_signed_key>());
const _: () = assert!(size_of::<DigestCheck>() <= size_of::<caltrop_signed_body>());
const _: () = assert!(align_of::<DigestCheck>() <= align_of::<caltrop_signed_body>());

impl From<SignatureReason> for caltrop_status {
    fn from(reason: SignatureReason) -> Self {
        match reason {
            SignatureReason::Missing => CALTROP_E_MISSING,
            SignatureReason::Repeated => CALTROP_E_REPEATED,
            SignatureReason::Malformed => CALTROP_E_MALFORMED,
            SignatureReason::Several => CALTROP_E_SEVERAL,
            SignatureReason::Components => CALTROP_E_COMPONENTS,
            SignatureReason::Uncovered => CALTROP_E_UNCOVERED,
            SignatureReason::Digest => CALTROP_E_DIGEST,
            SignatureReason::Request => CALTROP_E_REQUEST,
            SignatureReason::Algorithm => CALTROP_E_ALGORITHM,
            SignatureReason::Tag => CALTROP_E_USE,
            SignatureReason::Stale => CALTROP_E_STALE,
            SignatureReason::Future => CALTROP_E_FUTURE,
            SignatureReason::Expired => CALTROP_E_EXPIRED,
            SignatureReason::Clock => CALTROP_E_CLOCK,
            SignatureReason::Forged => CALTROP_E_FORGED,
        }
    }
}

/// Prepares a secret that both sides hold, for `hmac-sha256`. `CALTROP_E_SECRET`: an empty one.
///
/// # Safety
/// * `secret` points at `secret_len` bytes, or is NULL with a length of 0.
/// * `out` points at memory for a `caltrop_signed_key` that no other thread uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_key_hmac(secret: *const u8, secret_len: usize, out: *mut caltrop_signed_key) -> caltrop_status {
    // SAFETY: this function's contract is the one of `bytes`.
    let secret = unsafe { bytes(secret, secret_len) };
    // SAFETY: this function's contract is the one of `place`; the value fits, as asserted above.
    let out = unsafe { place(out.cast::<Prepared>()) };
    status(secret.and_then(|secret| {
        let out = out?;
        if secret.is_empty() {
            return Err(CALTROP_E_SECRET);
        }
        out.write(Prepared::Hmac(mac::Key::new(secret)));
        Ok(())
    }))
}

/// Prepares a signer's public key, for `ed25519`. `CALTROP_E_PUBLIC_KEY`: no point of the curve, or one of small order.
///
/// # Safety
/// * `public_key` points at 32 bytes.
/// * `out` points at memory for a `caltrop_signed_key` that no other thread uses during the call.
///
/// cbindgen:ptrs-as-arrays=[[public_key; 32]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_key_ed25519(public_key: *const u8, out: *mut caltrop_signed_key) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let public_key = unsafe { shared(public_key.cast::<[u8; 32]>()) };
    // SAFETY: this function's contract is the one of `place`; the value fits, as asserted above.
    let out = unsafe { place(out.cast::<Prepared>()) };
    status(public_key.and_then(|public_key| {
        let key = PublicKey::from_bytes(public_key).map_err(|_| CALTROP_E_PUBLIC_KEY)?;
        out?.write(Prepared::Ed25519(key));
        Ok(())
    }))
}

/// Wipes a key; it must not be used again. NULL is ignored.
///
/// # Safety
/// * `key` is NULL or was made by `caltrop_signed_key_hmac` or `caltrop_signed_key_ed25519`, and no other thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_key_wipe(key: *mut caltrop_signed_key) {
    if key.is_null() || !key.is_aligned() {
        return;
    }
    // SAFETY: `drop_in_place` asks for a valid, aligned value that is not used again: one of the two functions made it (the contract).
    unsafe { ptr::drop_in_place(key.cast::<Prepared>()) };
    // SAFETY: `write_bytes` asks for writable memory of this size: the `caltrop_signed_key` that the caller owns (the contract).
    unsafe { ptr::write_bytes(key, 0, 1) };
}

/// The key inside.
///
/// # Safety
/// As `border::shared`, and `caltrop_signed_key_hmac` or `caltrop_signed_key_ed25519` made it.
pub(crate) unsafe fn prepared<'a>(key: *const caltrop_signed_key) -> Result<&'a Prepared, caltrop_status> {
    // SAFETY: the contract of `shared`, for the `Prepared` that was written there; its size and alignment are asserted above.
    unsafe { shared(key.cast::<Prepared>()) }
}

/// The request line and the authority.
///
/// # Safety
/// The pointers of `request` point at as many bytes as it says, which nobody writes while `'a` lasts.
pub(crate) unsafe fn components<'a>(request: &caltrop_signed_request) -> Result<Components<'a>, caltrop_status> {
    let scheme = match request.scheme {
        CALTROP_HTTPS => Scheme::Https,
        CALTROP_HTTP => Scheme::Http,
        _ => return Err(CALTROP_E_VALUE),
    };
    // SAFETY: this function's contract is the one of `bytes`.
    let method = unsafe { bytes(request.method, request.method_len) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let target = unsafe { bytes(request.target, request.target_len) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let authority = unsafe { bytes(request.authority, request.authority_len) }?;
    Ok(Components { method, scheme, authority, target })
}

/// What is read of a request, in Rust's types.
struct Received<'a> {
    components: Components<'a>,
    body: Body,
    fields: Fields<'a>,
    profile: Profile<'a>,
}

/// # Safety
/// `request` and `profile` point at what they are named for, and their pointers at as many bytes, or fields, as they say.
unsafe fn received<'a>(
    request: *const caltrop_signed_request,
    profile: *const caltrop_signed_profile,
) -> Result<Received<'a>, caltrop_status> {
    // SAFETY: this function's contract is the one of `shared`.
    let request = unsafe { shared(request) }?;
    // SAFETY: this function's contract is the one of `shared`.
    let profile = unsafe { shared(profile) }?;
    // SAFETY: this function's contract is the one of `components`.
    let components = unsafe { components(request) }?;
    // SAFETY: this function's contract is the one of `array`.
    let fields = unsafe { array(request.headers, request.header_count) }?;
    // SAFETY: this function's contract is the one of `Fields::new`.
    let fields = unsafe { Fields::new(fields) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let tag = unsafe { bytes(profile.tag, profile.tag_len) }?;
    let tag = core::str::from_utf8(tag).map_err(|_| CALTROP_E_VALUE)?;
    let window = Window { tolerance_s: profile.window.tolerance_s, leeway_s: profile.window.leeway_s };
    let body = match request.has_body {
        0 => Body::None,
        1 => Body::Follows,
        _ => return Err(CALTROP_E_VALUE),
    };
    Ok(Received { components, body, fields, profile: Profile { window, tag: (!tag.is_empty()).then_some(tag) } })
}

fn claims(keyid: &str, nonce: &str, created_s: u64, until_s: u64) -> caltrop_signed_claims {
    let (keyid, keyid_len, nonce, nonce_len) = (keyid.as_ptr(), keyid.len(), nonce.as_ptr(), nonce.len());
    caltrop_signed_claims { keyid, keyid_len, nonce, nonce_len, created_s, until_s }
}

/// Reads who claims to have signed, so that the key can be looked up. Nothing is verified.
///
/// # Safety
/// * `request` and `profile` point at what they are named for, and their pointers at as many bytes, or fields, as they say.
/// * `out` points at memory for a `caltrop_signed_claims`, whose pointers are good as long as the header fields.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_read(
    request: *const caltrop_signed_request,
    profile: *const caltrop_signed_profile,
    out: *mut caltrop_signed_claims,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `received`.
    let received = unsafe { received(request, profile) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(received.and_then(|Received { components, body, fields, profile }| {
        let (out, headers): (_, &dyn Headers) = (out?, &fields);
        let read = profile.read(&components, body, headers)?;
        out.write(claims(read.keyid(), read.nonce(), read.created_s(), 0));
        Ok(())
    }))
}

/// Whether this key signed the request, and just now; begins with its body. Then ask `caltrop_replay_first_seen`, and let the body through
/// `caltrop_signed_body_update` and `_finish`, also if there is none.
///
/// # Safety
/// * `request` and `profile` point at what they are named for, and their pointers at as many bytes, or fields, as they say.
/// * `key` was made by `caltrop_signed_key_hmac` or `caltrop_signed_key_ed25519`; `now` points at a `caltrop_now`.
/// * `out` points at memory for a `caltrop_signed_claims`, whose pointers are good as long as the header fields; `body` at memory for a
///   `caltrop_signed_body` that no other thread uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_verify(
    request: *const caltrop_signed_request,
    profile: *const caltrop_signed_profile,
    key: *const caltrop_signed_key,
    now: *const caltrop_now,
    out: *mut caltrop_signed_claims,
    body: *mut caltrop_signed_body,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `received`.
    let received = unsafe { received(request, profile) };
    // SAFETY: this function's contract is the one of `prepared`.
    let key = unsafe { prepared(key) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    // SAFETY: this function's contract is the one of `place`; the value fits, as asserted above.
    let check = unsafe { place(body.cast::<DigestCheck>()) };
    status(received.and_then(|Received { components, body, fields, profile }| {
        let (key, now, out, check) = (key?, now?.get(), out?, check?);
        let headers: &dyn Headers = &fields;
        let key = match key {
            Prepared::Hmac(key) => RequestKey::Hmac(key),
            Prepared::Ed25519(key) => RequestKey::Ed25519(*key),
        };
        let verified = profile.read(&components, body, headers)?.verify(key, now)?;
        out.write(claims(verified.keyid, verified.nonce, verified.created_s, verified.until_s));
        check.write(verified.body());
        Ok(())
    }))
}

/// Adds the next piece of the body, as it was received.
///
/// # Safety
/// * `body` was begun by `caltrop_signed_verify` and is not finished; no other thread uses it.
/// * `piece` points at `piece_len` bytes, or is NULL with a length of 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_body_update(body: *mut caltrop_signed_body, piece: *const u8, piece_len: usize) -> caltrop_status {
    // SAFETY: the contract of `unique`, for the `DigestCheck` that `caltrop_signed_verify` wrote there; its size is asserted above.
    let body = unsafe { unique(body.cast::<DigestCheck>()) };
    // SAFETY: this function's contract is the one of `bytes`.
    let piece = unsafe { bytes(piece, piece_len) };
    status(body.and_then(|body| {
        body.feed(piece?);
        Ok(())
    }))
}

/// Ends a body: `CALTROP_OK` only if it is the one that was signed, else `CALTROP_E_BODY`.
///
/// # Safety
/// * `body` was begun by `caltrop_signed_verify` and is not finished; no other thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_body_finish(body: *mut caltrop_signed_body) -> caltrop_status {
    // SAFETY: the contract of `unique`, for the `DigestCheck` that `caltrop_signed_verify` wrote there; its size is asserted above.
    let body = unsafe { unique(body.cast::<DigestCheck>()) };
    status(body.and_then(|body| body.clone().finish().map_err(|WrongBody| CALTROP_E_BODY)))
}
