//! `caltrop::token`: whose token a request shows.

use caltrop::Now;
use caltrop::json::Value;
use caltrop::token::{Claims, Key, TokenReason, Verifier, VerifierError};
use caltrop::verify::{BadKey, BadSignature, Hash, P256Key, RsaKey};

#[unsafe(no_mangle)]
pub fn np_token_verifier<'r>(issuer: &'r str, audiences: &'r [&'r str], keys: &'r [Key<'r>]) -> Result<Verifier<'r>, VerifierError> {
    Verifier::new(issuer, audiences, keys)
}

#[unsafe(no_mangle)]
pub fn np_token_verify<'b>(verifier: &Verifier<'_>, token: &[u8], buffer: &'b mut [u8], now: Now) -> Result<Claims<'b>, TokenReason> {
    verifier.verify(token, buffer, now)
}

#[unsafe(no_mangle)]
pub fn np_token_claim<'b>(claims: &Claims<'b>, path: &str) -> Option<Value<'b>> {
    claims.claim(path)
}

#[unsafe(no_mangle)]
pub fn np_token_has(claims: &Claims<'_>, path: &str, word: &str) -> bool {
    claims.has(path, word)
}

#[unsafe(no_mangle)]
pub fn np_verify_p256(key: &P256Key, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
    key.verify(message, signature)
}

#[unsafe(no_mangle)]
pub fn np_p256_key(x: &[u8; 32], y: &[u8; 32]) -> Result<P256Key, BadKey> {
    P256Key::from_coordinates(x, y)
}

#[unsafe(no_mangle)]
pub fn np_rsa_key(modulus: &[u8], exponent: u32) -> Result<RsaKey<'_>, BadKey> {
    RsaKey::new(modulus, exponent)
}

#[unsafe(no_mangle)]
pub fn np_verify_pkcs1(key: &RsaKey<'_>, hash: Hash, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    key.verify_pkcs1(hash, message, signature)
}

#[unsafe(no_mangle)]
pub fn np_verify_pss(key: &RsaKey<'_>, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    key.verify_pss(message, signature)
}
