//! The other side of signed requests: the fields of a request that we sign, secrets of API keys, nonces of a server.

use caltrop::signed::{
    DIGEST_LEN, SERVER_NONCE_LEN, SIGNATURE_INPUT_MAX, SIGNATURE_MAX, ServerNonces, SignError, Signer, SigningKey, content_digest,
    request_secret,
};

use crate::border::{bytes, place, shared};
use crate::mac::{caltrop_mac_key, prepared as prepared_mac};
use crate::request::caltrop_now;
use crate::signed_request::{Prepared, caltrop_signed_key, caltrop_signed_request, components, prepared};
use crate::status::{caltrop_status, status};
use caltrop_status::{CALTROP_E_NONCE, CALTROP_E_REQUEST, CALTROP_E_VALUE};

/// The longest `Signature-Input` that is written, in bytes.
pub const CALTROP_SIGNATURE_INPUT_MAX: usize = 1024;
/// The longest `Signature` that is written, in bytes.
pub const CALTROP_SIGNATURE_MAX: usize = 95;
/// The length of a `Content-Digest` that is written.
pub const CALTROP_CONTENT_DIGEST_SIZE: usize = 54;
/// The length of a nonce of the server.
pub const CALTROP_SERVER_NONCE_SIZE: usize = 24;

const _: () = assert!(CALTROP_SIGNATURE_INPUT_MAX == SIGNATURE_INPUT_MAX && CALTROP_SIGNATURE_MAX == SIGNATURE_MAX);
const _: () = assert!(CALTROP_CONTENT_DIGEST_SIZE == DIGEST_LEN && CALTROP_SERVER_NONCE_SIZE == SERVER_NONCE_LEN);

/// How a request is signed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_signed_signer {
    /// What the other side knows the key by: 1 to 255 visible ASCII characters, none of them `"` or `\`.
    pub keyid: *const u8,
    /// Its bytes.
    pub keyid_len: usize,
    /// The use that the other side asks for: 1 to 63 such characters; NULL with a length of 0 for none.
    pub tag: *const u8,
    /// Its bytes.
    pub tag_len: usize,
    /// New each time: 1 to 128 such characters.
    pub nonce: *const u8,
    /// Its bytes.
    pub nonce_len: usize,
    /// The present Unix second.
    pub created_s: u64,
    /// In how many seconds it expires; 0 if it does not say.
    pub life_s: u32,
}

/// The values of the fields that sign a request, without a NUL.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_signed_fields {
    /// `Signature-Input`.
    pub signature_input: [u8; CALTROP_SIGNATURE_INPUT_MAX],
    /// Its bytes.
    pub signature_input_len: usize,
    /// `Signature`.
    pub signature: [u8; CALTROP_SIGNATURE_MAX],
    /// Its bytes.
    pub signature_len: usize,
    /// `Content-Digest`.
    pub content_digest: [u8; CALTROP_CONTENT_DIGEST_SIZE],
    /// Its bytes; 0 without a body: then there is no such field.
    pub content_digest_len: usize,
}

impl From<SignError> for caltrop_status {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Keyid | SignError::Tag | SignError::Nonce | SignError::Created => CALTROP_E_VALUE,
            SignError::Request => CALTROP_E_REQUEST,
        }
    }
}

/// Signs a request with its whole body under a secret. `CALTROP_E_REQUEST`: it is out of bounds; `CALTROP_E_VALUE`: a keyid, tag, nonce or date that
/// no signature can have, or a key of Ed25519, which only verifies.
///
/// # Safety
/// * `request` and `signer` point at what they are named for, and their pointers at as many bytes as they say.
/// * `key` was made by `caltrop_signed_key_hmac`; `body` points at `body_len` bytes, or is NULL with a length of 0.
/// * `out` points at memory for a `caltrop_signed_fields`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_sign(
    request: *const caltrop_signed_request,
    key: *const caltrop_signed_key,
    signer: *const caltrop_signed_signer,
    body: *const u8,
    body_len: usize,
    out: *mut caltrop_signed_fields,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let request = unsafe { shared(request) };
    // SAFETY: this function's contract is the one of `components`.
    let request = request.and_then(|request| unsafe { components(request) });
    // SAFETY: this function's contract is the one of `prepared`.
    let key = unsafe { prepared(key) };
    // SAFETY: this function's contract is the one of `shared`.
    let signer = unsafe { shared(signer) };
    // SAFETY: this function's contract is the one of `texts`.
    let texts = signer.and_then(|signer| unsafe { texts(signer) });
    // SAFETY: this function's contract is the one of `bytes`.
    let body = unsafe { bytes(body, body_len) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out) };
    status(request.and_then(|request| {
        let (key, signer, [keyid, tag, nonce], body, out) = (key?, signer?, texts?, body?, out?);
        let Prepared::Hmac(key) = key else { return Err(CALTROP_E_VALUE) };
        let mut signs = Signer::new(SigningKey::Hmac(key), keyid)?;
        if !tag.is_empty() {
            signs = signs.tagged(tag)?;
        }
        if signer.life_s > 0 {
            signs = signs.expiring(signer.life_s);
        }
        let digest = (!body.is_empty()).then(|| content_digest(body));
        let fields = signs.sign(&request, digest.as_ref(), signer.created_s, nonce)?;
        let digest = digest.as_ref().map_or("", |digest| digest.as_str());
        out.write(caltrop_signed_fields {
            signature_input: padded(fields.signature_input()),
            signature_input_len: fields.signature_input().len(),
            signature: padded(fields.signature()),
            signature_len: fields.signature().len(),
            content_digest: padded(digest),
            content_digest_len: digest.len(),
        });
        Ok(())
    }))
}

/// Keyid, tag and nonce.
///
/// # Safety
/// The pointers of `signer` point at as many bytes as it says, which nobody writes while `'a` lasts.
unsafe fn texts<'a>(signer: &caltrop_signed_signer) -> Result<[&'a str; 3], caltrop_status> {
    // SAFETY: this function's contract is the one of `bytes`.
    let keyid = unsafe { bytes(signer.keyid, signer.keyid_len) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let tag = unsafe { bytes(signer.tag, signer.tag_len) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let nonce = unsafe { bytes(signer.nonce, signer.nonce_len) }?;
    let text = |bytes| core::str::from_utf8(bytes).map_err(|_| CALTROP_E_VALUE);
    Ok([text(keyid)?, text(tag)?, text(nonce)?])
}

/// A text, and zeros behind it.
fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut out = [0; N];
    out.iter_mut().zip(text.bytes()).for_each(|(slot, byte)| *slot = byte);
    out
}

/// The secret of 32 bytes under which requests of the API key with this id are signed, in its present generation.
///
/// # Safety
/// * `root` was made by `caltrop_mac_key_init`; `out` points at 32 bytes.
///
/// cbindgen:ptrs-as-arrays=[[out; 32]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_secret(root: *const caltrop_mac_key, key_id: u64, generation: u32, out: *mut u8) -> caltrop_status {
    // SAFETY: this function's contract is the one of `prepared_mac`.
    let root = unsafe { prepared_mac(root) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out.cast::<[u8; 32]>()) };
    status(root.and_then(|root| {
        out?.write(*request_secret(root, key_id, generation).as_bytes());
        Ok(())
    }))
}

/// Writes the nonce of this step, without a NUL: what a client puts in front of its own. `CALTROP_E_VALUE`: steps of no length.
///
/// # Safety
/// * `key` was made by `caltrop_mac_key_init`; `boot` points at 16 bytes, `now` at a `caltrop_now`, `out` at 24 bytes that overlap nothing.
///
/// cbindgen:ptrs-as-arrays=[[boot; 16], [out; 24]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_nonce_give(
    key: *const caltrop_mac_key,
    boot: *const u8,
    step_s: u32,
    now: *const caltrop_now,
    out: *mut u8,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `nonces`.
    let nonces = unsafe { nonces(key, boot, step_s) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    // SAFETY: this function's contract is the one of `place`.
    let out = unsafe { place(out.cast::<[u8; CALTROP_SERVER_NONCE_SIZE]>()) };
    status(nonces.and_then(|nonces| {
        let (now, out) = (now?.get(), out?);
        out.write(padded(nonces.give(now).as_str()));
        Ok(())
    }))
}

/// Whether a request's nonce begins with the nonce of this step or the one before, and goes on; else `CALTROP_E_NONCE`.
///
/// # Safety
/// * `key` was made by `caltrop_mac_key_init`; `boot` points at 16 bytes, `now` at a `caltrop_now`.
/// * `nonce` points at `nonce_len` bytes, or is NULL with a length of 0.
///
/// cbindgen:ptrs-as-arrays=[[boot; 16]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_signed_nonce_check(
    key: *const caltrop_mac_key,
    boot: *const u8,
    step_s: u32,
    nonce: *const u8,
    nonce_len: usize,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `nonces`.
    let nonces = unsafe { nonces(key, boot, step_s) };
    // SAFETY: this function's contract is the one of `bytes`.
    let nonce = unsafe { bytes(nonce, nonce_len) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    status(nonces.and_then(|nonces| {
        let (nonce, now) = (core::str::from_utf8(nonce?).map_err(|_| CALTROP_E_NONCE)?, now?.get());
        nonces.check(nonce, now).map_err(|_| CALTROP_E_NONCE)
    }))
}

/// # Safety
/// `key` was made by `caltrop_mac_key_init`; `boot` points at 16 bytes.
unsafe fn nonces<'a>(key: *const caltrop_mac_key, boot: *const u8, step_s: u32) -> Result<ServerNonces<'a>, caltrop_status> {
    // SAFETY: this function's contract is the one of `prepared_mac`.
    let key = unsafe { prepared_mac(key) }?;
    // SAFETY: this function's contract is the one of `shared`.
    let boot = unsafe { shared(boot.cast::<[u8; 16]>()) }?;
    ServerNonces::new(key, *boot, step_s).ok_or(CALTROP_E_VALUE)
}
