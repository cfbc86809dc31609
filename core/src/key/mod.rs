// Read first: docs/formats.md §2.
//! API keys: made, stored as digests only, found by digest.
//!
//! Defends against: a stolen store (it holds keyed digests, no keys); a comparison or look-up whose time tells about other keys; a leaked
//! key that nobody can recognise (prefix and checksum are for scanners).
//! Promises: every pair of pepper and form is computed for every key shown, and a whole bucket is compared, so known and unknown keys cost the same.
//! Costs: one HMAC a pair, then at most 16 comparisons of 16 bytes.
//! Not here: what a key's owner may do (`access`), and the file of keys (`control`).

mod digest;
mod format;
#[cfg(feature = "verify")]
mod keyring;
pub mod record;

pub use digest::{Digest, Form, digest};
pub use format::{CHECKSUM_LEN, Environment, FormatError, ID_LEN, IssuedKey, KEY_MAX, KeyText, SECRET_LEN, crc32, issue};
#[cfg(feature = "verify")]
pub use keyring::{Entry, KeyReason, Keyring};
