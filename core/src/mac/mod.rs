//! HMAC with a prepared key, and tags that compare in constant time.
//!
//! Defends against: a comparison whose time tells how many bytes were right; a key or tag that ends up in a log.
//! Promises: RFC 2104 over FIPS 180-4; `verify` looks at every byte of the tag, whatever its value.
//! Costs: a prepared key is two hash states, and for SHA-256 two more; a short message is two compressions. A hash that is not used is not linked.
//! Known limit: a key's own memory is wiped when it is dropped, but not what a message on its way leaves on the stack.
//! Not here: which message is authenticated (`key`, `signed`), and keys shared with nobody else (`verify`).
//!
//! [`Key`] is HMAC-SHA-256, what the other rooms use. [`sha384`] and [`sha512`] (feature `sha512`) are for peers who ask for them.
//!
//! ```
//! let key = caltrop::mac::Key::new(b"k");
//! let whole = key.sign(b"one two");
//! assert!(key.start().update(b"one ").update(b"two").finish().matches(whole.as_bytes()).is_ok());
//! assert!(key.start().update(b"one").update(b"two").finish().matches(whole.as_bytes()).is_err());
//! ```

mod keyed;
mod sha256;
#[cfg(feature = "sha512")]
pub mod sha384;
#[cfg(feature = "sha512")]
pub mod sha512;

use core::fmt;

pub use sha256::{Key, Mac, Tag};

/// The shortest tag that is accepted, in bytes, of whichever hash: a forger's guess hits with 2⁻¹²⁸. It is half of SHA-256's output,
/// the least that RFC 2104 §5 asks for.
pub const TAG_MIN: usize = 16;

/// The tag does not belong to the message. It says no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidTag;

impl fmt::Display for InvalidTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid tag")
    }
}

impl core::error::Error for InvalidTag {}
