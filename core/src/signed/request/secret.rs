//! The secrets of API keys, made of one root: nothing is stored in the clear, and a new generation ends an old secret.

use crate::mac::{Key, Tag};

/// The secret under which requests of one API key are signed. It prints nothing, and is wiped when dropped.
#[derive(Debug, Clone)]
pub struct RequestSecret(Tag);

impl RequestSecret {
    /// The 32 bytes, for whoever signs.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The key, for whoever verifies.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.as_bytes())
    }
}

/// The secret of the key with this id, in its present generation: `HMAC-SHA-256(root, "caltrop signed v1" ‖ key id u64 ‖ generation u32)`,
/// little-endian.
///
/// ```
/// use caltrop::{mac, signed::request_secret};
/// let root = mac::Key::new(&[7; 32]); // 32 bytes of a random generator, from a file
/// let (first, second) = (request_secret(&root, 42, 1), request_secret(&root, 42, 2));
/// assert_ne!(first.as_bytes(), second.as_bytes());
/// ```
#[must_use]
pub fn request_secret(root: &Key, key_id: u64, generation: u32) -> RequestSecret {
    let message = root.start().update(b"caltrop signed v1").update(&key_id.to_le_bytes()).update(&generation.to_le_bytes());
    RequestSecret(message.finish())
}
