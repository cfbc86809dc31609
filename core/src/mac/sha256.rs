//! HMAC-SHA-256.

super::keyed::keyed! {
    /// ```
    /// use caltrop::mac::{InvalidTag, Key};
    /// let key = Key::new(b"Jefe");
    /// let tag = key.sign(b"what do ya want for nothing?"); // RFC 4231 §4.3
    /// assert_eq!(tag.as_bytes()[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    /// assert_eq!(key.verify(b"what do ya want for nothing?", tag.as_bytes()), Ok(()));
    /// assert_eq!(key.verify(b"what do ya want for nothing!", tag.as_bytes()), Err(InvalidTag));
    /// ```
    Sha256, "HMAC-SHA-256", block 64, tag 32
}
