// Read first: RFC 7638 (of keys), RFC 8037 §2 (of Ed25519), RFC 8705 §3.1 (of certificates).
//! Thumbprints: the SHA-256 by which a token names a key or a certificate.
//!
//! A key's is of one JSON text: the members that make it the key, in alphabetic order, without a space. Here the text is written into the hash piece
//! by piece, so that it stands nowhere. A thumbprint is public, so it is compared as any bytes are.

use base64ct::{Base64UrlUnpadded, Encoding};
use core::fmt;
use sha2::{Digest, Sha256};

use crate::encode::base64url;

/// 256 bits in base64url.
const TEXT_LEN: usize = 43;

/// How many bytes become text at once: a multiple of 3, so that the next begin afresh.
const PIECE: usize = 48;

/// The SHA-256 of a public key (`jkt`) or of a certificate (`x5t#S256`).
///
/// # Example: the key of RFC 8037, appendix A.3
/// ```
/// use caltrop::{encode::base64url, token::Thumbprint};
/// let mut key = [0; 32];
/// base64url(b"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", &mut key).unwrap();
/// let thumbprint = Thumbprint::of_ed25519(&key);
/// assert_eq!(thumbprint.to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// assert_eq!(Thumbprint::from_text(thumbprint.to_string().as_bytes()), Some(thumbprint));
/// assert_ne!(Thumbprint::of_certificate(&key), thumbprint);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// Of a point of P-256, by its coordinates (RFC 7638 §3.2). Whether the curve has it is not looked at.
    #[must_use]
    pub fn of_p256(x: &[u8; 32], y: &[u8; 32]) -> Self {
        let hash = Sha256::new().chain_update(br#"{"crv":"P-256","kty":"EC","x":""#);
        let hash = with_text(hash, x).chain_update(br#"","y":""#);
        Self(with_text(hash, y).chain_update(br#""}"#).finalize().into())
    }

    /// Of an Ed25519 public key (RFC 8037 §2).
    #[must_use]
    pub fn of_ed25519(key: &[u8; 32]) -> Self {
        let hash = Sha256::new().chain_update(br#"{"crv":"Ed25519","kty":"OKP","x":""#);
        Self(with_text(hash, key).chain_update(br#""}"#).finalize().into())
    }

    /// Of an RSA key, by its modulus, first byte first and not zero, and the exponent 65,537, which is the one that is verified here.
    #[must_use]
    pub fn of_rsa(modulus: &[u8]) -> Self {
        let hash = Sha256::new().chain_update(br#"{"e":"AQAB","kty":"RSA","n":""#);
        Self(with_text(hash, modulus).chain_update(br#""}"#).finalize().into())
    }

    /// Of a certificate, by its DER bytes (RFC 8705 §3.1), which are not looked at: whoever ended TLS has verified them.
    #[must_use]
    pub fn of_certificate(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Of an access token, as `ath` has it (RFC 9449 §4.2).
    pub(super) fn of_token(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }

    pub(super) fn of_hash(hash: Sha256) -> Self {
        Self(hash.finalize().into())
    }

    /// As a token writes it: 43 characters of base64url, in the one way that these bytes have.
    #[must_use]
    pub fn from_text(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != TEXT_LEN {
            return None;
        }
        base64url(text, &mut bytes)?;
        Some(Self(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The hash with the text of these bytes in it.
fn with_text(mut hash: Sha256, bytes: &[u8]) -> Sha256 {
    for piece in bytes.chunks(PIECE) {
        let mut text = [0; PIECE / 3 * 4];
        // It always fits.
        hash.update(Base64UrlUnpadded::encode(piece, &mut text).unwrap_or_default());
    }
    hash
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; TEXT_LEN];
        f.write_str(Base64UrlUnpadded::encode(&self.0, &mut text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}
