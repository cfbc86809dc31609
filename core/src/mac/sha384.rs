//! HMAC-SHA-384: as [`super::Key`], with tags of 16 to 48 bytes.

super::keyed::keyed! {
    /// ```
    /// use caltrop::mac::{InvalidTag, sha384::Key};
    /// let key = Key::new(b"Jefe");
    /// let tag = key.sign(b"what do ya want for nothing?"); // RFC 4231 §4.3
    /// assert_eq!(tag.as_bytes()[..4], [0xaf, 0x45, 0xd2, 0xe3]);
    /// assert_eq!(key.verify(b"what do ya want for nothing?", tag.as_bytes()), Ok(()));
    /// assert_eq!(key.verify(b"what do ya want for nothing!", tag.as_bytes()), Err(InvalidTag));
    /// ```
    Sha384, "HMAC-SHA-384", block 128, tag 48, whole ()
}
