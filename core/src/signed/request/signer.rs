//! The other side: the fields of a request that we sign.

use core::fmt;

use base64ct::{Base64, Encoding};
use heapless::String;

use super::base::Base;
use super::components::Components;
use super::digest::DigestField;
use super::input::{COVERED, COVERED_DIGEST, INPUT_MAX, KEYID_MAX, NONCE_MAX, TAG_MAX, is_value};
use crate::mac;

/// The longest `Signature-Input` that a [`Signer`] writes, in bytes.
pub const SIGNATURE_INPUT_MAX: usize = INPUT_MAX;
/// The longest `Signature` that a [`Signer`] writes, in bytes: `sig1=:`, 64 bytes in base64, a colon.
pub const SIGNATURE_MAX: usize = 95;

const LABEL: &str = "sig1=";

/// What signs.
#[derive(Clone, Copy)]
pub enum SigningKey<'k> {
    /// `hmac-sha256`: a secret that both sides hold.
    Hmac(&'k mac::Key),
    /// `ed25519`: whoever holds the secret key is shown the base, and gives its signature: a library, a device, another process.
    Ed25519(&'k dyn Fn(&[u8]) -> [u8; 64]),
}

impl fmt::Debug for SigningKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hmac(_) => "Hmac(..)",
            Self::Ed25519(_) => "Ed25519(..)",
        })
    }
}

/// Signs requests under one key, as [`super::Profile`] accepts them: see [`super::SignedRequest`] for both sides.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'k> {
    key: SigningKey<'k>,
    keyid: &'k str,
    tag: Option<&'k str>,
    life_s: Option<u32>,
}

impl<'k> Signer<'k> {
    /// A signer that the other side knows by this `keyid`.
    ///
    /// ```
    /// use caltrop::{mac, signed::{SignError, Signer, SigningKey}};
    /// let secret = mac::Key::new(b"32 bytes of a random generator!!");
    /// assert!(Signer::new(SigningKey::Hmac(&secret), "partner-7").is_ok());
    /// assert_eq!(Signer::new(SigningKey::Hmac(&secret), "two words").err(), Some(SignError::Keyid));
    /// ```
    /// # Errors
    /// [`SignError::Keyid`].
    pub fn new(key: SigningKey<'k>, keyid: &'k str) -> Result<Self, SignError> {
        if is_value(keyid, KEYID_MAX) { Ok(Self { key, keyid, tag: None, life_s: None }) } else { Err(SignError::Keyid) }
    }

    /// The same, for one use that the other side asks for by its `tag`.
    ///
    /// # Errors
    /// [`SignError::Tag`].
    pub fn tagged(self, tag: &'k str) -> Result<Self, SignError> {
        if is_value(tag, TAG_MAX) { Ok(Self { tag: Some(tag), ..self }) } else { Err(SignError::Tag) }
    }

    /// The same, with an `expires` so many seconds after `created`.
    #[must_use]
    pub const fn expiring(self, life_s: u32) -> Self {
        Self { life_s: Some(life_s), ..self }
    }

    /// Signs a request: with the digest of its body, if it has one, at this Unix second. The nonce is new each time: 16 bytes of a random generator in
    /// base64url, say, or what the server gave and something of one's own behind it.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(
        &self,
        request: &Components<'_>,
        digest: Option<&DigestField>,
        created_s: u64,
        nonce: &str,
    ) -> Result<SignedFields, SignError> {
        let derived = request.derive().ok_or(SignError::Request)?;
        let expires_s = self.life_s.map(|life_s| created_s.saturating_add(u64::from(life_s)));
        if created_s == 0 || expires_s.unwrap_or(created_s) > SECONDS_MAX {
            return Err(SignError::Created);
        }
        if !is_value(nonce, NONCE_MAX) {
            return Err(SignError::Nonce);
        }
        // Every part has a bound, and all together fit: as `INPUT_MAX` says.
        let input = self.input(digest.is_some(), created_s, expires_s, nonce).ok_or(SignError::Nonce)?;
        let params = input.strip_prefix(LABEL).unwrap_or_default().as_bytes();
        let base = Base { derived, digest: digest.map(|digest| digest.as_str().as_bytes()), params };
        let signature = self.signature(&base).ok_or(SignError::Request)?;
        Ok(SignedFields { input, signature })
    }

    fn input(&self, has_digest: bool, created_s: u64, expires_s: Option<u64>, nonce: &str) -> Option<String<SIGNATURE_INPUT_MAX>> {
        let mut text = String::new();
        let mut put = |part: &str| text.push_str(part).ok();
        put(LABEL)?;
        put(core::str::from_utf8(COVERED).ok()?)?;
        if has_digest {
            put(core::str::from_utf8(COVERED_DIGEST).ok()?)?;
        }
        put(");created=")?;
        put(decimal(created_s, &mut [0; 20]))?;
        if let Some(expires_s) = expires_s {
            put(";expires=")?;
            put(decimal(expires_s, &mut [0; 20]))?;
        }
        let tag = self.tag.map(|tag| (";tag=\"", tag));
        for (name, value) in [Some((";nonce=\"", nonce)), Some((";keyid=\"", self.keyid)), tag].into_iter().flatten() {
            put(name)?;
            put(value)?;
            put("\"")?;
        }
        Some(text)
    }

    fn signature(&self, base: &Base<'_>) -> Option<String<SIGNATURE_MAX>> {
        let mut room = [0; 88];
        let encoded = match self.key {
            SigningKey::Hmac(key) => {
                let mac = base.pieces().iter().fold(key.start(), |mac, piece| mac.update(piece));
                Base64::encode(mac.finish().as_bytes(), &mut room).ok()?
            }
            SigningKey::Ed25519(sign) => Base64::encode(&sign(&base.whole()?), &mut room).ok()?,
        };
        let mut text = String::new();
        for part in [LABEL, ":", encoded, ":"] {
            text.push_str(part).ok()?;
        }
        Some(text)
    }
}

/// Ten digits: what a verifier reads.
const SECONDS_MAX: u64 = 9_999_999_999;

/// A number in decimal digits; formatting would link a panic path.
fn decimal(mut number: u64, room: &mut [u8; 20]) -> &str {
    let mut first = room.len();
    for slot in room.iter_mut().rev() {
        *slot = b'0'.wrapping_add(u8::try_from(number % 10).unwrap_or(0));
        first = first.saturating_sub(1);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    room.get(first..).and_then(|digits| core::str::from_utf8(digits).ok()).unwrap_or_default()
}

/// The values of the two fields that sign a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedFields {
    input: String<SIGNATURE_INPUT_MAX>,
    signature: String<SIGNATURE_MAX>,
}

impl SignedFields {
    /// The value of `Signature-Input`.
    #[must_use]
    pub fn signature_input(&self) -> &str {
        &self.input
    }

    /// The value of `Signature`.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.signature
    }
}

/// Why a request is not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignError {
    /// The `keyid` is not 1 to [`KEYID_MAX`] visible ASCII characters, or has a `"` or `\`.
    Keyid,
    /// The `tag` is not 1 to [`TAG_MAX`] such characters.
    Tag,
    /// The `nonce` is not 1 to [`NONCE_MAX`] such characters.
    Nonce,
    /// The date is 0, or has over ten digits.
    Created,
    /// Method, authority or target are out of bounds, or the target is no origin-form.
    Request,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keyid => "a keyid is 1 to 255 visible ASCII characters, none of them a quotation mark or backslash",
            Self::Tag => "a tag is 1 to 63 visible ASCII characters, none of them a quotation mark or backslash",
            Self::Nonce => "a nonce is 1 to 128 visible ASCII characters, none of them a quotation mark or backslash",
            Self::Created => "a date is 1 to 9999999999, in Unix seconds",
            Self::Request => {
                "the target is a path of at most 2,048 bytes with its query, the method a token, the authority a host and its port"
            }
        })
    }
}

impl core::error::Error for SignError {}
