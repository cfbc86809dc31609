//! HMAC-SHA-512: as [`super::Key`], with tags of 16 to 64 bytes.

super::keyed::keyed! {
    /// ```
    /// use caltrop::mac::{InvalidTag, sha512::Key};
    /// let key = Key::new(b"Jefe");
    /// let tag = key.sign(b"what do ya want for nothing?"); // RFC 4231 §4.3
    /// assert_eq!(tag.as_bytes()[..4], [0x16, 0x4b, 0x7a, 0x7b]);
    /// assert_eq!(key.verify(b"what do ya want for nothing?", tag.as_bytes()), Ok(()));
    /// assert_eq!(key.verify(b"what do ya want for nothing!", tag.as_bytes()), Err(InvalidTag));
    /// ```
    Sha512, "HMAC-SHA-512", block 128, tag 64, whole ()
}
