// Read first: RFC 8032 §5.1.7 and "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020) on what strict means; RFC 8017 §8; FIPS 186-5 §6.4.
//! Signatures by keys that nobody else needs to keep secret: Ed25519, ECDSA over P-256, RSA.
//!
//! Defends against: small-order keys and points, encodings that two verifiers would judge differently, padding that is parsed instead of compared,
//! and RSA keys that are too short, or so long or of such an exponent that checking costs too much.
//! Costs: one verification of Ed25519 takes tens of microseconds on a host and 1.6 million instructions on a Cortex-M3, of P-256 and RSA with
//! 2,048 bits hundreds and tens of microseconds.
//! Bounds: RSA of 2,048 to 4,096 bits and the public exponent 65,537.
//! Not here: who may sign what (`image::Trust`); secrets shared by both sides (`mac`).
//!
//! Each kind of key is a feature: `verify` for Ed25519, `verify-p256`, `verify-rsa`.

use core::fmt;

#[cfg(feature = "verify")]
mod ed25519;
#[cfg(feature = "verify-p256")]
mod p256;
#[cfg(feature = "verify-rsa")]
mod rsa;

#[cfg(feature = "verify")]
pub use ed25519::PublicKey;
#[cfg(feature = "verify-p256")]
pub use p256::P256Key;
#[cfg(feature = "verify-rsa")]
pub use rsa::{Hash, MODULUS_MAX, RsaKey};

/// The bytes are no usable public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadKey;

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a public key: no point of the curve, one of small order, or an RSA key out of bounds")
    }
}

impl core::error::Error for BadKey {}

/// The signature is not this key's over this message. It says no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadSignature;

impl fmt::Display for BadSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bad signature")
    }
}

impl core::error::Error for BadSignature {}
