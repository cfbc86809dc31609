//! Names, and the 64 bits by which tables know them.
//!
//! A name is visible ASCII. A principal may have 255 bytes (an OIDC `sub`); every other name (tenant, plan, route, zone, scope,
//! quota, feed) has at most 63. Longer is refused, never cut, so that a decision of 624 bytes can own them all.

use sha2::{Digest, Sha256};

/// The longest name of a tenant, plan, route, zone, scope, quota, policy or feed, in bytes.
pub const NAME_MAX: usize = 63;

/// The longest name of a principal, in bytes: what OpenID Connect Core §2 allows a `sub`.
pub const PRINCIPAL_MAX: usize = 255;

/// The first 8 bytes of SHA-256 of the name, little-endian.
///
/// Tables are keyed by it, so a new policy keeps every client's balance. An authorization check never uses it: that compares bytes.
///
/// ```
/// assert_eq!(caltrop::name::name64("abc"), u64::from_le_bytes([0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea])); // FIPS 180-4, "abc"
/// ```
#[must_use]
pub fn name64(name: &str) -> u64 {
    let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    match digest.first_chunk() {
        Some(first) => u64::from_le_bytes(*first),
        None => 0, // 32 bytes always hold 8: the compiler drops this arm
    }
}

/// Whether `text` may be a name: 1 to [`NAME_MAX`] bytes of visible ASCII.
///
/// ```
/// use caltrop::name::is_name;
/// assert!(is_name("orders:read"));
/// assert!(!is_name("") && !is_name("two words") && !is_name(&"x".repeat(64)));
/// ```
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.len() <= NAME_MAX && is_visible(text.as_bytes())
}

/// Whether `text` may name a principal: 1 to [`PRINCIPAL_MAX`] bytes of visible ASCII.
///
/// ```
/// use caltrop::name::is_principal;
/// assert!(is_principal("auth0|5f7c8ec7c33c6c004bbafe82"));
/// assert!(!is_principal("søren"));
/// ```
#[must_use]
pub fn is_principal(text: &str) -> bool {
    text.len() <= PRINCIPAL_MAX && is_visible(text.as_bytes())
}

/// Whether `bytes` are all visible ASCII (RFC 5234 `VCHAR`), and at least one.
pub(crate) fn is_visible(bytes: &[u8]) -> bool {
    // All bytes are looked at, whatever they are: without a way out of the loop they are taken many at once.
    !bytes.is_empty() && bytes.iter().fold(true, |all, byte| all & byte.is_ascii_graphic())
}
