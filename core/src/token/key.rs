//! Keys of an issuer, each bound to its one algorithm.

use core::fmt;

use crate::mac;
use crate::verify::PublicKey;

/// The algorithms of RFC 7518 §3.1 and RFC 8037 §3.1 that are built. `none` is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256: who verifies could issue, so only for issuers that are the host itself.
    Hs256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// As `alg` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// A key, and the `kid` that it is known by.
#[derive(Clone, Copy)]
pub struct Key<'k> {
    pub(super) kid: Option<&'k str>,
    material: Material<'k>,
}

#[derive(Clone, Copy)]
enum Material<'k> {
    Hs256(&'k mac::Key),
    EdDsa(PublicKey),
}

impl<'k> Key<'k> {
    /// A secret that the issuer shares. Without a `kid` it is tried whatever a token names.
    #[must_use]
    pub const fn hs256(kid: Option<&'k str>, secret: &'k mac::Key) -> Self {
        Self { kid, material: Material::Hs256(secret) }
    }

    /// An Ed25519 public key. Without a `kid` it is tried whatever a token names.
    #[must_use]
    pub const fn ed25519(kid: Option<&'k str>, key: PublicKey) -> Self {
        Self { kid, material: Material::EdDsa(key) }
    }

    /// The one algorithm that it verifies.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Hs256(_) => Algorithm::Hs256,
            Material::EdDsa(_) => Algorithm::EdDsa,
        }
    }

    /// Whether these bytes are the signature of the message.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.material {
            // A shorter tag would be easier to guess, so only a whole one counts (RFC 7518 §3.2).
            Material::Hs256(key) => signature.len() == 32 && key.verify(message, signature).is_ok(),
            Material::EdDsa(key) => signature.try_into().is_ok_and(|signature| key.verify(message, signature).is_ok()),
        }
    }
}

impl fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, kid {:?})", self.algorithm().name(), self.kid)
    }
}
