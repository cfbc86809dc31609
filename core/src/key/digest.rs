//! What is kept of a key: the first 16 bytes of an HMAC under a pepper that is kept elsewhere.

use core::fmt;
use core::hint::black_box;

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::format::KEY_MAX;
use super::record::{FORM_KEY, FORM_SHA256};
use crate::mac;

/// What the HMAC is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The key.
    Key,
    /// The key's SHA-256: for stores that were imported from elsewhere and hold only that.
    Sha256,
}

impl Form {
    /// The form of a record.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            FORM_KEY => Some(Self::Key),
            FORM_SHA256 => Some(Self::Sha256),
            _ => None,
        }
    }
}

/// 128 bits under which a key is stored and found. It has no `==`: compare with [`Digest::ct_eq`].
#[derive(Clone, Copy)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The bytes, to be stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Compares with a stored digest in constant time.
    #[must_use]
    pub fn ct_eq(&self, stored: &[u8; 16]) -> Choice {
        self.difference(stored).ct_eq(&0)
    }

    /// 0 if it is the stored one, by whole words: no byte is looked at alone.
    pub(super) fn difference(&self, stored: &[u8; 16]) -> u64 {
        let [a, b] = halves(&self.0);
        let [x, y] = halves(stored);
        (a ^ x) | (b ^ y)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

/// The digest of a key under a pepper; `None` for what can be no key: empty, over 256 bytes, or not visible ASCII.
///
/// # Example: one character more is another key
/// ```
/// use caltrop::{key::{Form, digest}, mac};
/// let pepper = mac::Key::new(&[7; 32]);
/// let stored = *digest(&pepper, Form::Key, b"acme_live_1").unwrap().as_bytes();
/// assert!(bool::from(digest(&pepper, Form::Key, b"acme_live_1").unwrap().ct_eq(&stored)));
/// assert!(!bool::from(digest(&pepper, Form::Key, b"acme_live_12").unwrap().ct_eq(&stored)));
/// assert!(digest(&pepper, Form::Key, b"two words").is_none());
/// ```
#[must_use]
pub fn digest(pepper: &mac::Key, form: Form, key: &[u8]) -> Option<Digest> {
    is_key(key).then(|| digest_of(pepper, form, key))
}

/// The digest of what [`is_key`] has said yes to.
pub(super) fn digest_of(pepper: &mac::Key, form: Form, key: &[u8]) -> Digest {
    Digest(match form {
        Form::Key => pepper.sign(key).truncated(),
        Form::Sha256 => pepper.sign(&Sha256::digest(key)).truncated(),
    })
}

/// Whether it can be a key of any form: 1 to [`KEY_MAX`] bytes of visible ASCII. It branches on the text that its sender made, and on nothing else:
/// a function of its own, so that the check of constant time can let it pass by name. The branch is here and not in the caller, since what stands
/// behind a [`black_box`] is never made without one.
#[inline(never)]
pub(super) fn is_key(shown: &[u8]) -> bool {
    if shown.len() <= KEY_MAX && crate::name::is_visible(shown) { true } else { black_box(false) }
}

fn halves(bytes: &[u8; 16]) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *bytes;
    [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes([i, j, k, l, m, n, o, p])]
}
