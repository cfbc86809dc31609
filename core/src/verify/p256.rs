//! ECDSA over P-256 with SHA-256 (FIPS 186-5 §6.4.2), as `ES256` has it.

use core::fmt;

use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};

use super::{BadKey, BadSignature};

/// A point of P-256.
///
/// # Example: read, then refused
/// ```
/// use caltrop::verify::{BadKey, P256Key};
/// let (x, y) = ( // RFC 7515 §A.3
///     [127, 205, 206, 39, 112, 246, 196, 93, 65, 131, 203, 238, 111, 219, 75, 123, 88, 7, 51, 53, 123, 233, 239, 19, 186, 207, 110, 60, 123, 209, 84, 69],
///     [199, 241, 68, 205, 27, 189, 155, 126, 135, 44, 223, 237, 185, 238, 185, 244, 179, 105, 93, 110, 169, 11, 36, 173, 138, 70, 35, 40, 133, 136, 229, 173],
/// );
/// assert!(P256Key::from_coordinates(&x, &y).is_ok());
/// assert_eq!(P256Key::from_coordinates(&x, &x).err(), Some(BadKey));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct P256Key(VerifyingKey);

impl P256Key {
    /// Reads a point by its coordinates, each in 32 bytes, as RFC 7518 §6.2.1 has them.
    ///
    /// # Errors
    /// [`BadKey`]: the curve has no such point.
    pub fn from_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Result<Self, BadKey> {
        let point = p256::Sec1Point::from_affine_coordinates(&(*x).into(), &(*y).into(), false);
        VerifyingKey::from_sec1_point(&point).map(Self).map_err(|_| BadKey)
    }

    /// Checks a signature: `r` and then `s`, each in 32 bytes (RFC 7518 §3.4).
    ///
    /// # Errors
    /// [`BadSignature`]. It never says why.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
        let signature = Signature::from_slice(signature).map_err(|_| BadSignature)?;
        self.0.verify(message, &signature).map_err(|_| BadSignature)
    }
}

impl fmt::Debug for P256Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P256Key")
    }
}
