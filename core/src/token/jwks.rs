//! Public keys of issuers, read where they stand: in a policy, or in an image of their own that comes by the hour.

use super::key::{Algorithm, Key};
use super::record::{JWK, JwkRecord, KIND_ED25519, KIND_P256, KIND_RSA, MATERIAL};
use super::shown::Shown;
use super::verifier::KEYS_MAX;
use crate::image::{Floor, Image, Kind, OpenError, Span, TEXT, Tag, Text, Trust};
#[cfg(feature = "verify-p256")]
use crate::verify::P256Key;
#[cfg(feature = "verify")]
use crate::verify::PublicKey;
#[cfg(feature = "verify-rsa")]
use crate::verify::RsaKey;

/// Keys and what they are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jwks<'b> {
    records: &'b [JwkRecord],
    material: &'b [u8],
    text: Text<'b>,
}

impl<'b> Jwks<'b> {
    /// The keys of an image, each looked at once.
    pub(super) fn open(image: &Image<'b>, text: Text<'b>) -> Result<Self, OpenError> {
        let keys = Self { records: image.records(JWK)?, material: image.records(MATERIAL)?, text };
        keys.records.iter().try_for_each(|record| keys.check(record))?;
        Ok(keys)
    }

    fn check(&self, record: &JwkRecord) -> Result<(), OpenError> {
        self.text.check_optional(record.kid, JWK)?;
        let of_kind = |algorithm: &&Algorithm| self.key(record, **algorithm).is_some();
        let named = |algorithm: &&Algorithm| record.algorithm == 0 || record.algorithm == algorithm.code();
        let is_good = Algorithm::ALL.iter().filter(of_kind).any(|algorithm| named(&algorithm));
        let is_whole = record.kind == KIND_RSA || record.exponent.get() == 0;
        if is_good && is_whole { Ok(()) } else { Err(OpenError::Content { tag: JWK }) }
    }

    pub(super) const fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn kid(&self, record: &JwkRecord) -> Option<&'b str> {
        self.text.get(record.kid)
    }

    /// Some of them.
    pub(super) fn of(self, span: Span) -> Self {
        Self { records: span.of(self.records), ..self }
    }

    /// Those that a token may mean: of its algorithm, and of its name if both have one.
    pub(super) fn meant<'s>(self, shown: &'s Shown<'_, '_>, algorithm: Algorithm) -> impl Iterator<Item = &'b JwkRecord> + use<'s, 'b> {
        let fits = move |record: &&JwkRecord| {
            let is_bound = record.algorithm == 0 || record.algorithm == algorithm.code();
            is_bound && is_of_kind(record, algorithm) && shown.header.may_mean(self.kid(record))
        };
        self.records.iter().filter(fits)
    }

    /// A key for one of its algorithms; `None` for one that is of another kind, or not built.
    pub(super) fn key(&self, record: &JwkRecord, algorithm: Algorithm) -> Option<Key<'b>> {
        let kid = self.kid(record);
        let first = usize::try_from(record.first.get()).ok()?;
        let bytes = self.material.get(first..)?.get(..usize::from(record.length.get()))?;
        match (record.kind, algorithm) {
            #[cfg(feature = "verify")]
            (KIND_ED25519, Algorithm::EdDsa) => PublicKey::from_bytes(bytes.try_into().ok()?).ok().map(|key| Key::ed25519(kid, key)),
            #[cfg(feature = "verify-p256")]
            (KIND_P256, Algorithm::Es256) => {
                let (x, y) = bytes.split_first_chunk()?;
                P256Key::from_coordinates(x, y.try_into().ok()?).ok().map(|key| Key::es256(kid, key))
            }
            #[cfg(feature = "verify-rsa")]
            (KIND_RSA, _) => Key::rsa(kid, algorithm, RsaKey::new(bytes, record.exponent.get()).ok()?),
            _ => None,
        }
    }
}

fn is_of_kind(record: &JwkRecord, algorithm: Algorithm) -> bool {
    let kind = match algorithm {
        Algorithm::EdDsa => KIND_ED25519,
        Algorithm::Es256 => KIND_P256,
        Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 | Algorithm::Ps256 => KIND_RSA,
        Algorithm::Hs256 => return false,
    };
    record.kind == kind
}

/// The keys of one issuer, as a feed brings them: signed, fresh and whole when they were opened.
#[derive(Debug, Clone, Copy)]
pub struct KeySet<'b> {
    image: Image<'b>,
    pub(super) keys: Jwks<'b>,
}

const KNOWN: &[Tag] = &[JWK, MATERIAL, TEXT];

impl<'b> KeySet<'b> {
    /// Opens untrusted bytes. Nothing of it is used unless all of it is good.
    ///
    /// # Errors
    /// [`OpenError`] says which check failed first; of no key, or more than [`KEYS_MAX`], it is the keys' section.
    /// # Bounds
    /// [`Image::open`], then one look at each key.
    pub fn open(bytes: &'b [u8], trust: &Trust, floor: Floor) -> Result<Self, OpenError> {
        let image = Image::open(bytes, Kind::Jwks, trust, floor, KNOWN)?;
        let keys = Jwks::open(&image, image.text()?)?;
        if (1..=KEYS_MAX).contains(&keys.len()) { Ok(Self { image, keys }) } else { Err(OpenError::Content { tag: JWK }) }
    }

    /// The image it was opened from.
    #[must_use]
    pub const fn image(&self) -> &Image<'b> {
        &self.image
    }

    /// The names of its keys, in its order; `None` for one without.
    pub fn kids(&self) -> impl Iterator<Item = Option<&'b str>> + use<'b> {
        let keys = self.keys;
        keys.records.iter().map(move |record| keys.kid(record))
    }
}
