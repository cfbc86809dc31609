//! `caltrop::token`: whose token a request shows.

use caltrop::Now;
use caltrop::json::{Object, Value};
use caltrop::request::Headers;
use caltrop::token::{
    Binding, BindingReason, Claims, ClientCertError, Htu, Key, Nonce, Nonces, Presented, Proof, ProofReason, ProofVerifier, ProvenRequest,
    Scheme, Thumbprint, TokenReason, Verifier, VerifierError, client_cert,
};
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

#[unsafe(no_mangle)]
pub fn np_proof_verify(
    verifier: &ProofVerifier<'_>,
    headers: &dyn Headers,
    request: &ProvenRequest<'_>,
    buffer: &mut [u8],
    now: Now,
) -> Result<Proof, ProofReason> {
    verifier.verify(headers, request, buffer, now)
}

#[unsafe(no_mangle)]
pub fn np_htu<'u>(authority: &'u [u8], target: &'u [u8]) -> Option<Htu<'u>> {
    Htu::new(Scheme::Https, authority, target)
}

#[unsafe(no_mangle)]
pub fn np_htu_same(uri: &[u8], other: &[u8]) -> bool {
    Htu::parse(uri) == Htu::parse(other)
}

#[unsafe(no_mangle)]
pub fn np_nonce_issue(nonces: &Nonces, now: Now) -> Nonce {
    nonces.issue(now)
}

#[unsafe(no_mangle)]
pub fn np_nonce_is_live(nonces: &Nonces, nonce: &[u8], now: Now) -> bool {
    nonces.is_live(nonce, now)
}

#[unsafe(no_mangle)]
pub fn np_thumbprint_jwk(jwk: Object<'_>) -> Result<Thumbprint, ProofReason> {
    Thumbprint::of_jwk(jwk)
}

#[unsafe(no_mangle)]
pub fn np_thumbprint_text(text: &[u8]) -> Option<Thumbprint> {
    Thumbprint::from_text(text)
}

#[unsafe(no_mangle)]
pub fn np_client_cert(headers: &dyn Headers) -> Result<Option<Thumbprint>, ClientCertError> {
    client_cert(headers)
}

#[unsafe(no_mangle)]
pub fn np_binding(cnf: Option<Value<'_>>) -> Result<Binding, BindingReason> {
    Binding::of_cnf(cnf)
}

#[unsafe(no_mangle)]
pub fn np_binding_check(binding: &Binding, presented: Presented<'_>, certificate: Option<Thumbprint>) -> Result<(), BindingReason> {
    binding.check(presented, certificate)
}
