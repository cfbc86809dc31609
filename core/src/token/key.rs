//! Keys of an issuer, each bound to its one algorithm.

use core::fmt;

use crate::json::Text;
use crate::mac;
#[cfg(feature = "verify-p256")]
use crate::verify::P256Key;
#[cfg(feature = "verify")]
use crate::verify::PublicKey;
#[cfg(feature = "verify-rsa")]
use crate::verify::{Hash, RsaKey};

/// The algorithms of RFC 7518 §3.1 and RFC 8037 §3.1 that are built. `none` is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256: who verifies could issue, so only for issuers that are the host itself.
    Hs256,
    /// RSA, PKCS #1 v1.5, with SHA-256.
    Rs256,
    /// RSA, PKCS #1 v1.5, with SHA-384.
    Rs384,
    /// RSA, PKCS #1 v1.5, with SHA-512.
    Rs512,
    /// RSA, PSS, with SHA-256.
    Ps256,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// Ed25519, which a token may also call by its own name (RFC 9864 §2.2).
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Hs256, Self::Rs256, Self::Rs384, Self::Rs512, Self::Ps256, Self::Es256, Self::EdDsa];

    /// As `alg` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a name; `Ed25519` (RFC 9864 §2.2) is [`Algorithm::EdDsa`].
    ///
    /// ```
    /// use caltrop::token::Algorithm;
    /// assert_eq!((Algorithm::from_name("ES256"), Algorithm::from_name("none")), (Some(Algorithm::Es256), None));
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name || (*known == Self::EdDsa && name == "Ed25519"))
    }

    /// The number that stands for it in images, from 1.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Hs256 => 1,
            Self::Rs256 => 2,
            Self::Rs384 => 3,
            Self::Rs512 => 4,
            Self::Ps256 => 5,
            Self::Es256 => 6,
            Self::EdDsa => 7,
        }
    }

    pub(super) fn is_called(self, name: Text<'_>) -> bool {
        name == self.name() || (self == Self::EdDsa && name == "Ed25519")
    }
}

/// A key, and the `kid` that it is known by; without one it is tried whatever a token names.
#[derive(Clone, Copy)]
pub struct Key<'k> {
    pub(super) kid: Option<&'k str>,
    algorithm: Algorithm,
    material: Material<'k>,
}

#[derive(Clone, Copy)]
enum Material<'k> {
    Secret(&'k mac::Key),
    #[cfg(feature = "verify")]
    Ed25519(PublicKey),
    #[cfg(feature = "verify-p256")]
    P256(P256Key),
    #[cfg(feature = "verify-rsa")]
    Rsa(RsaKey<'k>, Padding),
}

/// How RSA is used.
#[cfg(feature = "verify-rsa")]
#[derive(Clone, Copy)]
enum Padding {
    Pkcs1(Hash),
    Pss,
}

impl<'k> Key<'k> {
    /// A secret that the issuer shares.
    #[must_use]
    pub const fn hs256(kid: Option<&'k str>, secret: &'k mac::Key) -> Self {
        Self { kid, algorithm: Algorithm::Hs256, material: Material::Secret(secret) }
    }

    /// An Ed25519 public key.
    #[cfg(feature = "verify")]
    #[must_use]
    pub const fn ed25519(kid: Option<&'k str>, key: PublicKey) -> Self {
        Self { kid, algorithm: Algorithm::EdDsa, material: Material::Ed25519(key) }
    }

    /// A point of P-256.
    #[cfg(feature = "verify-p256")]
    #[must_use]
    pub const fn es256(kid: Option<&'k str>, key: P256Key) -> Self {
        Self { kid, algorithm: Algorithm::Es256, material: Material::P256(key) }
    }

    /// An RSA key of the one of its algorithms that its issuer uses; `None` for an algorithm that is not of RSA.
    #[cfg(feature = "verify-rsa")]
    #[must_use]
    pub const fn rsa(kid: Option<&'k str>, algorithm: Algorithm, key: RsaKey<'k>) -> Option<Self> {
        let padding = match algorithm {
            Algorithm::Rs256 => Padding::Pkcs1(Hash::Sha256),
            Algorithm::Rs384 => Padding::Pkcs1(Hash::Sha384),
            Algorithm::Rs512 => Padding::Pkcs1(Hash::Sha512),
            Algorithm::Ps256 => Padding::Pss,
            Algorithm::Hs256 | Algorithm::Es256 | Algorithm::EdDsa => return None,
        };
        Some(Self { kid, algorithm, material: Material::Rsa(key, padding) })
    }

    /// The one algorithm that it verifies.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether these bytes are the signature of the message.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.material {
            // A shorter tag would be easier to guess, so only a whole one counts (RFC 7518 §3.2).
            Material::Secret(key) => signature.len() == 32 && key.verify(message, signature).is_ok(),
            #[cfg(feature = "verify")]
            Material::Ed25519(key) => signature.try_into().is_ok_and(|signature| key.verify(message, signature).is_ok()),
            #[cfg(feature = "verify-p256")]
            Material::P256(key) => signature.try_into().is_ok_and(|signature| key.verify(message, signature).is_ok()),
            #[cfg(feature = "verify-rsa")]
            Material::Rsa(key, Padding::Pkcs1(hash)) => key.verify_pkcs1(hash, message, signature).is_ok(),
            #[cfg(feature = "verify-rsa")]
            Material::Rsa(key, Padding::Pss) => key.verify_pss(message, signature).is_ok(),
        }
    }
}

impl fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, kid {:?})", self.algorithm.name(), self.kid)
    }
}
