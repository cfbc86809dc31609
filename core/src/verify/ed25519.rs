//! Ed25519, strictly.

use core::fmt;

use ed25519_dalek::{Signature, VerifyingKey};

use super::{BadKey, BadSignature};

/// An Ed25519 public key that decodes to a point of large order.
///
/// # Example: read, then refused
/// ```
/// use caltrop::verify::{BadKey, PublicKey};
/// let rfc8032 = [ // §7.1, test 1
///     0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
///     0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
/// ];
/// assert!(PublicKey::from_bytes(&rfc8032).is_ok());
/// assert_eq!(PublicKey::from_bytes(&[0; 32]).err(), Some(BadKey)); // a point of order 4
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads 32 bytes (RFC 8032 §5.1.5).
    ///
    /// # Errors
    /// [`BadKey`]: no point of the curve, or one of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BadKey> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| BadKey)?;
        if key.is_weak() { Err(BadKey) } else { Ok(Self(key)) }
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Checks a signature strictly: no malleable `S`, no small-order `R` or key, cofactorless equation.
    ///
    /// # Errors
    /// [`BadSignature`]. It never says why.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).map_err(|_| BadSignature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(Ed25519)")
    }
}
