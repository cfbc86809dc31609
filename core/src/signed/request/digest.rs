// Read first: RFC 9530 §2 and §6.
//! `Content-Digest`: the signature covers the field, and the field says what the body is.
//!
//! SHA-256 is the one that counts; it must be there, and others beside it are passed over (RFC 9530 §2).

use core::fmt;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

use super::input::parted;
use super::reason::SignatureReason;

/// The longest `Content-Digest` that is read, in bytes: several digests, SHA-512 among them.
pub const DIGEST_FIELD_MAX: usize = 512;

/// The length of a value that [`content_digest`] writes: `sha-256=:`, 32 bytes in base64, a colon.
pub const DIGEST_LEN: usize = 54;

/// Reads the SHA-256 of a field: members `name=:base64:`, commas between them, `sha-256` once. The others are read as strictly, and passed over.
pub(super) fn read(field: &[u8]) -> Result<[u8; 32], SignatureReason> {
    let (mut rest, mut found) = (field, None);
    loop {
        let mut room = [0; DIGEST_FIELD_MAX];
        let (name, digest, behind) = member(rest, &mut room).ok_or(SignatureReason::Malformed)?;
        if name == b"sha-256" {
            let digest = digest.try_into().map_err(|_| SignatureReason::Malformed)?;
            if found.replace(digest).is_some() {
                return Err(SignatureReason::Malformed);
            }
        }
        match behind.split_first() {
            None => return found.ok_or(SignatureReason::Digest),
            Some((b',', next)) => rest = unspaced(next),
            Some(_) => return Err(SignatureReason::Malformed),
        }
    }
}

/// What follows spaces and tabs (RFC 8941 §3.2), and no line break: that would begin another component.
fn unspaced(mut text: &[u8]) -> &[u8] {
    while let Some((b' ' | b'\t', rest)) = text.split_first() {
        text = rest;
    }
    text
}

/// A name, the bytes between its colons, and what is behind it.
fn member<'t, 'r>(text: &'t [u8], room: &'r mut [u8]) -> Option<(&'t [u8], &'r [u8], &'t [u8])> {
    let (name, value) = parted(text, b'=')?;
    let (digest, behind) = parted(value.strip_prefix(b":")?, b':')?;
    let is_first = name.first().is_some_and(u8::is_ascii_lowercase);
    let is_name = is_first && name.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-');
    let bytes = Base64::decode(digest, room).ok()?;
    is_name.then_some((name, bytes, behind))
}

/// A body on its way past the digest that was signed. It is the body that was signed only when [`DigestCheck::finish`] says so.
///
/// Without a digest the request was signed without a body, so the first byte of one is wrong.
#[derive(Clone)]
#[must_use = "a body is what was signed only when `finish` says so"]
pub struct DigestCheck {
    hash: Sha256,
    /// Nothing is expected after what was signed without a body.
    expected: Option<[u8; 32]>,
    is_empty: bool,
}

impl DigestCheck {
    pub(super) fn of(expected: Option<[u8; 32]>) -> Self {
        Self { hash: Sha256::new(), expected, is_empty: true }
    }

    /// Adds the next piece of the body, as it was received: not decoded (RFC 9530 §2).
    pub fn update(mut self, piece: &[u8]) -> Self {
        self.feed(piece);
        self
    }

    /// Adds the next piece of the body to a check that stays where it is.
    pub fn feed(&mut self, piece: &[u8]) {
        self.is_empty &= piece.is_empty();
        if self.expected.is_some() {
            self.hash.update(piece);
        }
    }

    /// Whether this was the body that was signed.
    ///
    /// # Errors
    /// [`WrongBody`].
    pub fn finish(self) -> Result<(), WrongBody> {
        let is_right = match self.expected {
            Some(expected) => <[u8; 32]>::from(self.hash.finalize()) == expected,
            None => self.is_empty,
        };
        if is_right { Ok(()) } else { Err(WrongBody) }
    }
}

impl fmt::Debug for DigestCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestCheck(..)")
    }
}

/// The body is not the one that was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongBody;

impl fmt::Display for WrongBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body is not the one that was signed")
    }
}

impl core::error::Error for WrongBody {}

/// The value of a `Content-Digest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestField([u8; DIGEST_LEN]);

impl DigestField {
    /// The value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default() // always ASCII
    }
}

/// The `Content-Digest` of a body.
///
/// ```
/// let digest = caltrop::signed::content_digest(b"{\"hello\": \"world\"}"); // RFC 9421 §7.2.8
/// assert_eq!(digest.as_str(), "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
/// ```
#[must_use]
pub fn content_digest(body: &[u8]) -> DigestField {
    let mut value = *b"sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:";
    if let Some(text) = value.get_mut(9..53) {
        // 32 bytes have 44 digits, so it always fits.
        let _ = Base64::encode(&Sha256::digest(body), text);
    }
    DigestField(value)
}
