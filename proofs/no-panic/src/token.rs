//! `caltrop::token`: whose token a request shows.

use caltrop::Now;
use caltrop::json::Value;
use caltrop::token::{Claims, Key, TokenReason, Verifier, VerifierError};

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
