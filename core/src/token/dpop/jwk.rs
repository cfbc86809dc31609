//! The public key that a proof brings along.

use super::ProofReason;
use crate::encode::base64url;
use crate::json::{Object, Value};
use crate::token::key::{Algorithm, Key};
use crate::token::thumbprint::Thumbprint;
#[cfg(feature = "verify-p256")]
use crate::verify::P256Key;
#[cfg(feature = "verify")]
use crate::verify::PublicKey;
#[cfg(feature = "verify-rsa")]
use crate::verify::RsaKey;

/// The longest modulus: RSA of 4,096 bits.
pub(super) const MATERIAL_MAX: usize = 512;

/// What only private and shared keys have (RFC 7518 §6.2.2, §6.3.2 and §6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// What a key is made of. Its other members say what somebody else may do with it, and are passed over.
pub(super) enum Jwk<'b> {
    P256([u8; 32], [u8; 32]),
    Ed25519([u8; 32]),
    Rsa(&'b [u8]),
}

impl<'b> Jwk<'b> {
    /// Reads it; an RSA modulus is decoded into the buffer.
    pub(super) fn read(jwk: Object<'_>, buffer: &'b mut [u8; MATERIAL_MAX]) -> Result<Self, ProofReason> {
        if PRIVATE.iter().any(|name| jwk.get(name).is_some()) {
            return Err(ProofReason::PrivateKey);
        }
        let text = |name| jwk.get(name).and_then(Value::as_text);
        let is = |name, value: &str| text(name).is_some_and(|text| text == value);
        // No character of base64url needs an escape, so none is read.
        let digits = |name| text(name).and_then(|text| text.as_str()).map(str::as_bytes).ok_or(ProofReason::Key);
        let whole = |name| bytes(digits(name)?).ok_or(ProofReason::Key);
        if is("kty", "EC") && is("crv", "P-256") {
            return Ok(Self::P256(whole("x")?, whole("y")?));
        }
        if is("kty", "OKP") && is("crv", "Ed25519") {
            return Ok(Self::Ed25519(whole("x")?));
        }
        if is("kty", "RSA") && is("e", "AQAB") {
            let modulus = base64url(digits("n")?, buffer).ok_or(ProofReason::Key)?;
            // RFC 7518 §6.3.1.1: no zero before it, so one key has one thumbprint.
            return if modulus.first().is_some_and(|first| *first > 0) { Ok(Self::Rsa(modulus)) } else { Err(ProofReason::Key) };
        }
        Err(ProofReason::Key)
    }

    pub(super) fn thumbprint(&self) -> Thumbprint {
        match self {
            Self::P256(x, y) => Thumbprint::of_p256(x, y),
            Self::Ed25519(key) => Thumbprint::of_ed25519(key),
            Self::Rsa(modulus) => Thumbprint::of_rsa(modulus),
        }
    }

    /// The key for an algorithm; `None` for one of another kind or not built, and where the bytes are no such key.
    pub(super) fn key(&self, algorithm: Algorithm) -> Option<Key<'b>> {
        match (self, algorithm) {
            #[cfg(feature = "verify-p256")]
            (Self::P256(x, y), Algorithm::Es256) => P256Key::from_coordinates(x, y).ok().map(|key| Key::es256(None, key)),
            #[cfg(feature = "verify")]
            (Self::Ed25519(key), Algorithm::EdDsa) => PublicKey::from_bytes(key).ok().map(|key| Key::ed25519(None, key)),
            #[cfg(feature = "verify-rsa")]
            (Self::Rsa(modulus), Algorithm::Rs256 | Algorithm::Ps256) => Key::rsa(None, algorithm, RsaKey::new(modulus, 65_537).ok()?),
            _ => None,
        }
    }
}

/// Exactly 32 bytes.
fn bytes(digits: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if base64url(digits, &mut bytes)?.len() == bytes.len() { Some(bytes) } else { None }
}

impl Thumbprint {
    /// Of a public JSON Web Key: EC over P-256, OKP over Ed25519, or RSA of up to 4,096 bits with the exponent 65,537.
    ///
    /// # Errors
    /// [`ProofReason::Key`] for any other, [`ProofReason::PrivateKey`] for one with a private member.
    ///
    /// ```
    /// use caltrop::{json, token::{ProofReason, Thumbprint}};
    /// let jwk = |text: &'static str| json::open(text.as_bytes()).unwrap().as_object().unwrap();
    /// let public = jwk(r#"{ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "1" }"#);
    /// assert_eq!(Thumbprint::of_jwk(public).unwrap().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    /// assert_eq!(Thumbprint::of_jwk(jwk(r#"{ "kty": "oct", "k": "AA" }"#)), Err(ProofReason::PrivateKey));
    /// ```
    pub fn of_jwk(jwk: Object<'_>) -> Result<Self, ProofReason> {
        let mut buffer = [0; MATERIAL_MAX];
        Jwk::read(jwk, &mut buffer).map(|jwk| jwk.thumbprint())
    }
}
