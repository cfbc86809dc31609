//! Public keys of issuers, as they publish them: JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2).
//!
//! Promises: a key that is taken verifies; what is for something else than signatures, or of a kind that is not built, is told apart from what is broken.

mod sections;
mod set;

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::token::{Algorithm, Key};
use caltrop::verify::{MODULUS_MAX, P256Key, PublicKey, RsaKey};
use sha2::{Digest, Sha256};

pub(crate) use sections::Sections;
pub use sections::image;
pub use set::{Set, SetError, read_set};

/// A public key that verifies signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    /// Its `kid`.
    pub kid: Option<String>,
    /// Its `alg`; without one it is bound by the issuer's algorithms.
    pub algorithm: Option<Algorithm>,
    /// The key.
    pub key: Material,
}

/// What a key is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Material {
    /// A point of Ed25519.
    Ed25519([u8; 32]),
    /// A point of P-256: both coordinates.
    P256([u8; 64]),
    /// RSA.
    Rsa {
        /// The modulus, the first byte first.
        modulus: Vec<u8>,
        /// The public exponent.
        exponent: u32,
    },
}

impl Material {
    /// As images have it: the point, both coordinates, or the modulus.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Ed25519(point) => point,
            Self::P256(point) => point,
            Self::Rsa { modulus, .. } => modulus,
        }
    }

    /// Whether it is of an algorithm.
    #[must_use]
    pub const fn is_of(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Ed25519(_) => matches!(algorithm, Algorithm::EdDsa),
            Self::P256(_) => matches!(algorithm, Algorithm::Es256),
            Self::Rsa { .. } => matches!(algorithm, Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 | Algorithm::Ps256),
        }
    }
}

/// Why a JSON Web Key is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwkError {
    /// It is for something else: encryption, another curve, an algorithm that is not built.
    NotOurs(String),
    /// A member is missing, or is not what it should be.
    Member(&'static str),
    /// It has a private part: who publishes it has lost it.
    Private,
    /// Its parts make no usable key.
    Bad,
}

impl fmt::Display for JwkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs(what) => write!(f, "{what}: give an RSA, P-256 or Ed25519 key for signatures"),
            Self::Member(name) => write!(f, "{name:?} is missing, or no base64url of the right length"),
            Self::Private => f.write_str("it has a private part: give the public key alone, and replace the key"),
            Self::Bad => f.write_str("no usable public key: RSA has 2,048 to 4,096 bits and the exponent 65537, a point lies on its curve"),
        }
    }
}

impl std::error::Error for JwkError {}

impl Jwk {
    /// What it is called when people are told of it.
    #[must_use]
    pub fn label(&self) -> String {
        let kind = match &self.key {
            Material::Ed25519(_) => "Ed25519".to_owned(),
            Material::P256(_) => "P-256".to_owned(),
            Material::Rsa { modulus, .. } => format!("RSA-{}", modulus.len() * 8),
        };
        // A key that bears an older one's name is told apart by its bytes.
        let print: String = Sha256::digest(self.key.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("{kind} key {} ({print})", self.kid.as_deref().unwrap_or("without kid"))
    }

    /// The key that these members make.
    ///
    /// ```
    /// use caltrop_control::jwks::{Jwk, JwkError};
    /// let rfc8037 = [("kty", "OKP"), ("crv", "Ed25519"), ("x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")];
    /// let of = |members: &[(&str, &'static str)], name: &str| members.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    /// assert!(Jwk::from_members(|name| of(&rfc8037, name)).is_ok());
    /// assert_eq!(Jwk::from_members(|name| of(&rfc8037[..2], name)), Err(JwkError::Member("x")));
    /// ```
    ///
    /// # Errors
    /// [`JwkError`]
    pub fn from_members<'m>(member: impl Fn(&str) -> Option<&'m str>) -> Result<Self, JwkError> {
        if let Some(other) = member("use").filter(|usage| *usage != "sig") {
            return Err(JwkError::NotOurs(format!("a key for {other:?}")));
        }
        if member("d").is_some() || member("k").is_some() {
            return Err(JwkError::Private);
        }
        let kty = member("kty").ok_or(JwkError::Member("kty"))?;
        let key = match (kty, member("crv")) {
            ("RSA", _) => rsa(&member)?,
            ("EC", Some("P-256")) => {
                let (x, y) = (exactly::<32>(&member, "x")?, exactly::<32>(&member, "y")?);
                P256Key::from_coordinates(&x, &y).map_err(|_| JwkError::Bad)?;
                let mut point = [0; 64];
                point[..32].copy_from_slice(&x);
                point[32..].copy_from_slice(&y);
                Material::P256(point)
            }
            ("OKP", Some("Ed25519")) => {
                let point = exactly::<32>(&member, "x")?;
                PublicKey::from_bytes(&point).map_err(|_| JwkError::Bad)?;
                Material::Ed25519(point)
            }
            (kty, curve) => return Err(JwkError::NotOurs(format!("a key of type {kty:?} {}", curve.unwrap_or_default()))),
        };
        let algorithm = match member("alg") {
            None => None,
            Some(name) => {
                let named = Algorithm::from_name(name).filter(|algorithm| key.is_of(*algorithm));
                Some(named.ok_or_else(|| JwkError::NotOurs(format!("a key of type {kty:?} for {name:?}")))?)
            }
        };
        Ok(Self { kid: member("kid").map(str::to_owned), algorithm, key })
    }

    /// Whether it may be used with one of the algorithms.
    #[must_use]
    pub fn is_for(&self, algorithms: &[Algorithm]) -> bool {
        algorithms.iter().any(|algorithm| self.key.is_of(*algorithm) && self.algorithm.is_none_or(|own| own == *algorithm))
    }

    /// The key for each of the algorithms that it may be used with.
    pub fn prepared<'j>(&'j self, algorithms: &[Algorithm]) -> impl Iterator<Item = Key<'j>> {
        let bound = |algorithm: &&Algorithm| self.algorithm.is_none_or(|own| own == **algorithm);
        algorithms.iter().filter(bound).filter_map(|algorithm| self.prepare(*algorithm)).collect::<Vec<_>>().into_iter()
    }

    fn prepare(&self, algorithm: Algorithm) -> Option<Key<'_>> {
        let kid = self.kid.as_deref();
        match &self.key {
            _ if !self.key.is_of(algorithm) => None,
            Material::Ed25519(point) => PublicKey::from_bytes(point).ok().map(|key| Key::ed25519(kid, key)),
            Material::P256(point) => {
                let (x, y) = point.split_first_chunk()?;
                P256Key::from_coordinates(x, y.try_into().ok()?).ok().map(|key| Key::es256(kid, key))
            }
            Material::Rsa { modulus, exponent } => Key::rsa(kid, algorithm, RsaKey::new(modulus, *exponent).ok()?),
        }
    }
}

fn rsa<'m>(member: impl Fn(&str) -> Option<&'m str>) -> Result<Material, JwkError> {
    let (modulus, exponent) = (bytes(&member, "n")?, bytes(&member, "e")?);
    // RFC 7518 §6.3.1.1: no zero before it; some write one.
    let modulus = modulus[modulus.iter().position(|&byte| byte != 0).unwrap_or(modulus.len())..].to_vec();
    let exponent = if exponent.len() > 4 { 0 } else { exponent.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)) };
    if modulus.len() > MODULUS_MAX || RsaKey::new(&modulus, exponent).is_err() {
        return Err(JwkError::Bad);
    }
    Ok(Material::Rsa { modulus, exponent })
}

fn bytes<'m>(member: impl Fn(&str) -> Option<&'m str>, name: &'static str) -> Result<Vec<u8>, JwkError> {
    member(name).and_then(|text| Base64UrlUnpadded::decode_vec(text).ok()).ok_or(JwkError::Member(name))
}

fn exactly<'m, const N: usize>(member: impl Fn(&str) -> Option<&'m str>, name: &'static str) -> Result<[u8; N], JwkError> {
    bytes(member, name)?.try_into().map_err(|_| JwkError::Member(name))
}
