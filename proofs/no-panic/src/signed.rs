//! `caltrop::signed`: requests that others sign, and that we sign.

use caltrop::Now;
use caltrop::mac::Key;
use caltrop::request::Headers;
use caltrop::signed::{
    Body, Components, DigestCheck, DigestField, NonceError, Profile, RequestKey, RequestSecret, ServerNonce, ServerNonces, SignError,
    SignatureReason, SignedFields, SignedRequest, Signer, Verified, WrongBody, content_digest, request_secret,
};

#[unsafe(no_mangle)]
pub fn np_signed_read<'m>(
    profile: &Profile<'_>,
    request: &Components<'m>,
    body: Body,
    headers: &'m dyn Headers,
) -> Result<SignedRequest<'m>, SignatureReason> {
    profile.read(request, body, headers)
}

#[unsafe(no_mangle)]
pub fn np_signed_verify<'m>(request: SignedRequest<'m>, key: RequestKey<'_>, now: Now) -> Result<Verified<'m>, SignatureReason> {
    request.verify(key, now)
}

#[unsafe(no_mangle)]
pub fn np_signed_body(verified: &Verified<'_>, piece: &[u8]) -> DigestCheck {
    verified.body().update(piece)
}

#[unsafe(no_mangle)]
pub fn np_signed_body_finish(check: DigestCheck) -> Result<(), WrongBody> {
    check.finish()
}

#[unsafe(no_mangle)]
pub fn np_signed_sign(
    signer: &Signer<'_>,
    request: &Components<'_>,
    digest: Option<&DigestField>,
    created_s: u64,
    nonce: &str,
) -> Result<SignedFields, SignError> {
    signer.sign(request, digest, created_s, nonce)
}

#[unsafe(no_mangle)]
pub fn np_signed_digest(body: &[u8]) -> DigestField {
    content_digest(body)
}

#[unsafe(no_mangle)]
pub fn np_signed_secret(root: &Key, key_id: u64, generation: u32) -> RequestSecret {
    request_secret(root, key_id, generation)
}

#[unsafe(no_mangle)]
pub fn np_signed_nonce(nonces: &ServerNonces<'_>, now: Now) -> ServerNonce {
    nonces.give(now)
}

#[unsafe(no_mangle)]
pub fn np_signed_nonce_check(nonces: &ServerNonces<'_>, nonce: &str, now: Now) -> Result<(), NonceError> {
    nonces.check(nonce, now)
}
