//! HMAC-SHA-256 with a prepared key, and tags that compare in constant time.
//!
//! Defends against: a comparison whose time tells how many bytes were right; a key or tag that ends up in a log.
//! Promises: RFC 2104 over FIPS 180-4; `verify` looks at every byte of the tag, whatever its value.
//! Costs: a prepared key is two SHA-256 states; a short message is two compressions.
//! Not here: which message is authenticated (`key`, `signed`), and keys shared with nobody else (`verify`).

use core::fmt;

use hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// The shortest tag that [`Key::verify`] accepts, in bytes: RFC 2104 §5 asks for no less than half of the hash's output.
pub const TAG_MIN: usize = 16;

/// A key, prepared once and shared by all threads. Wiped when dropped.
///
/// # Example: accepted, then refused
/// ```
/// use caltrop::mac::{InvalidTag, Key};
/// let key = Key::new(b"Jefe");
/// let tag = key.sign(b"what do ya want for nothing?"); // RFC 4231 §4.3
/// assert_eq!(tag.as_bytes()[..4], [0x5b, 0xdc, 0xc1, 0x46]);
/// assert_eq!(key.verify(b"what do ya want for nothing?", tag.as_bytes()), Ok(()));
/// assert_eq!(key.verify(b"what do ya want for nothing!", tag.as_bytes()), Err(InvalidTag));
/// ```
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// Prepares a key of any length; longer than 64 bytes it is hashed first (RFC 2104 §2).
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let mut block = [0u8; 64];
        if bytes.len() > block.len() {
            let digest: [u8; 32] = Sha256::digest(bytes).into();
            fill(&mut block, &digest);
        } else {
            fill(&mut block, bytes);
        }
        let key = Self(Hmac::<Sha256>::new(&block.into()));
        block.zeroize();
        key
    }

    /// The tag of one whole message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Tag {
        self.start().update(message).finish()
    }

    /// Starts a message that comes in pieces.
    #[must_use]
    pub fn start(&self) -> Mac<'_> {
        Mac { state: self.0.clone(), _key: self }
    }

    /// Checks a full or truncated tag in constant time.
    ///
    /// # Errors
    /// [`InvalidTag`]: it is not this message's tag, or shorter than [`TAG_MIN`] or longer than 32 bytes. It never says which.
    pub fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), InvalidTag> {
        self.sign(message).matches(tag)
    }
}

fn fill(block: &mut [u8; 64], bytes: &[u8]) {
    for (slot, byte) in block.iter_mut().zip(bytes) {
        *slot = *byte;
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// One message on its way through a key.
///
/// ```
/// let key = caltrop::mac::Key::new(b"k");
/// let whole = key.sign(b"one two");
/// assert!(key.start().update(b"one ").update(b"two").finish().matches(whole.as_bytes()).is_ok());
/// ```
#[derive(Clone)]
pub struct Mac<'k> {
    state: Hmac<Sha256>,
    _key: &'k Key,
}

impl Mac<'_> {
    /// Adds the next piece.
    #[must_use]
    pub fn update(mut self, piece: &[u8]) -> Self {
        self.state.update(piece);
        self
    }

    /// The tag of all pieces.
    #[must_use]
    pub fn finish(self) -> Tag {
        Tag(self.state.finalize().into_bytes().into())
    }
}

impl fmt::Debug for Mac<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(..)")
    }
}

/// A tag of 32 bytes. It has no `==`: [`Tag::matches`] compares in constant time. Wiped when dropped.
#[derive(Clone)]
pub struct Tag([u8; 32]);

impl Tag {
    /// The bytes, to be sent or stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 16 bytes: the digest under which an API key is stored.
    #[must_use]
    pub fn truncated(&self) -> [u8; 16] {
        self.0.first_chunk().copied().unwrap_or_default()
    }

    /// Compares a full or truncated tag in constant time.
    ///
    /// # Errors
    /// [`InvalidTag`], as [`Key::verify`].
    pub fn matches(&self, tag: &[u8]) -> Result<(), InvalidTag> {
        let ours = self.0.get(..tag.len()).filter(|_| tag.len() >= TAG_MIN).ok_or(InvalidTag)?;
        if bool::from(ours.ct_eq(tag)) { Ok(()) } else { Err(InvalidTag) }
    }
}

impl Drop for Tag {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tag(..)")
    }
}

/// The tag does not belong to the message. It says no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidTag;

impl fmt::Display for InvalidTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid tag")
    }
}

impl core::error::Error for InvalidTag {}
