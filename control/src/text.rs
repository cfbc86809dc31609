//! The texts of an image, each stored once.

use std::collections::HashMap;
use std::fmt;

use zerocopy::little_endian::U32;

/// Texts on their way into a `TEXT` section: (length u8 ‖ bytes), one after another.
///
/// ```
/// use caltrop_control::text::TextPool;
/// let mut pool = TextPool::default();
/// assert_eq!(pool.intern("GET"), pool.intern("GET"));
/// assert_eq!(pool.as_bytes(), b"\x03GET");
/// assert!(pool.intern(&"x".repeat(256)).is_err());
/// ```
#[derive(Debug, Default, Clone)]
pub struct TextPool {
    bytes: Vec<u8>,
    offsets: HashMap<String, u32>,
}

impl TextPool {
    /// The offset of a text, stored now or before.
    ///
    /// # Errors
    /// [`TextError`]: it has over 255 bytes, or the pool would pass 4 GiB.
    pub fn intern(&mut self, text: &str) -> Result<U32, TextError> {
        if let Some(&offset) = self.offsets.get(text) {
            return Ok(offset.into());
        }
        let length = u8::try_from(text.len()).map_err(|_| TextError::TooLong { length: text.len() })?;
        let offset = u32::try_from(self.bytes.len()).map_err(|_| TextError::Full)?;
        self.bytes.push(length);
        self.bytes.extend_from_slice(text.as_bytes());
        self.offsets.insert(text.to_owned(), offset);
        Ok(offset.into())
    }

    /// The section.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why a text cannot be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextError {
    /// Over 255 bytes.
    TooLong {
        /// Its bytes.
        length: usize,
    },
    /// All texts together pass 4 GiB.
    Full,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => write!(f, "{length} bytes, and a text has at most 255: shorten it"),
            Self::Full => f.write_str("all texts together pass 4 GiB: split the image"),
        }
    }
}

impl std::error::Error for TextError {}
