//! Keys on their way into an image: a policy's, or one of their own.

use caltrop::image::{Kind, NO_TEXT, TEXT};
use caltrop::token::record::{JWK, JwkRecord, KIND_ED25519, KIND_P256, KIND_RSA, MATERIAL};

use super::{Jwk, Material};
use crate::image::ImageWriter;
use crate::model::CompileError;
use crate::text::TextPool;

/// The sections of keys.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    keys: Vec<JwkRecord>,
    material: Vec<u8>,
}

impl Sections {
    /// How many keys there are.
    pub(crate) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// One more.
    pub(crate) fn add(&mut self, jwk: &Jwk, text: &mut TextPool) -> Result<(), CompileError> {
        let (kind, exponent) = match &jwk.key {
            Material::Ed25519(_) => (KIND_ED25519, 0),
            Material::P256(_) => (KIND_P256, 0),
            Material::Rsa { exponent, .. } => (KIND_RSA, *exponent),
        };
        let bytes = jwk.key.as_bytes();
        let too_many = |_| CompileError::TooMany("bytes of keys");
        let first = u32::try_from(self.material.len()).map_err(too_many)?;
        self.material.extend_from_slice(bytes);
        self.keys.push(JwkRecord {
            kid: jwk.kid.as_ref().map_or(Ok(NO_TEXT.into()), |kid| text.intern(kid))?,
            first: first.into(),
            exponent: exponent.into(),
            length: u16::try_from(bytes.len()).map_err(too_many)?.into(),
            kind,
            algorithm: jwk.algorithm.map_or(0, caltrop::token::Algorithm::code),
        });
        Ok(())
    }

    pub(crate) fn write(&self, image: ImageWriter) -> ImageWriter {
        image.records(JWK, &self.keys).raw(MATERIAL, 1, &self.material)
    }
}

/// The image of an issuer's keys, as a feed brings it, but for its stamp and signature; the scope is `POLICY/FEED`.
///
/// ```
/// use caltrop::{image::{Floor, Trust}, token::{Algorithm, KeySet}, verify::PublicKey};
/// use caltrop_control::{image::Stamp, jwks};
/// let set = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// let signer = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
/// let stamp = Stamp { sequence: 1, created_s: 1_796_000_000, not_after_s: 0 };
/// let keys = jwks::read_set(set, &[Algorithm::EdDsa]).unwrap().keys;
/// let image = jwks::image("acme-api/corp", &keys).unwrap().finish(&signer, stamp);
/// let trust = Trust::new("acme-api/corp", &[PublicKey::from_bytes(signer.verifying_key().as_bytes()).unwrap()]);
/// let keys = KeySet::open(&image, &trust, Floor::NONE).unwrap();
/// assert_eq!(keys.kids().collect::<Vec<_>>(), [Some("k1")]);
/// ```
///
/// # Errors
/// [`CompileError`]: a `kid` of over 255 bytes.
pub fn image(scope: &str, keys: &[Jwk]) -> Result<ImageWriter, CompileError> {
    let (mut sections, mut text) = (Sections::default(), TextPool::default());
    keys.iter().try_for_each(|key| sections.add(key, &mut text))?;
    Ok(sections.write(ImageWriter::new(Kind::Jwks, scope)).raw(TEXT, 1, text.as_bytes()))
}
