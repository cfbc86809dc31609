//! The secrets that a vendor and we share, several of them while one replaces another.

use core::fmt;

use base64ct::{Base64, Encoding};
use heapless::Vec;
use zeroize::Zeroize;

use crate::mac;

/// The most secrets that live at once: each costs one HMAC over every message.
pub const SECRETS_MAX: usize = 4;

/// Standard Webhooks, "Signature scheme": 24 to 64 bytes.
const STANDARD_MIN: usize = 24;
const STANDARD_MAX: usize = 64;

/// One to [`SECRETS_MAX`] secrets; a message is good under any of them. Wiped when dropped.
///
/// # Example: read, then refused
/// ```
/// use caltrop::signed::{SecretError, SharedSecrets};
/// assert!(SharedSecrets::new(&[b"new", b"old"]).is_ok());
/// assert_eq!(SharedSecrets::new(&[b""]).err(), Some(SecretError::Empty)); // a variable that was never set
/// assert_eq!(SharedSecrets::new(&[]).err(), Some(SecretError::None));
/// ```
#[derive(Debug, Clone)]
pub struct SharedSecrets(Vec<mac::Key, SECRETS_MAX>);

impl SharedSecrets {
    /// Secrets as they stand: GitHub's, Slack's, and Stripe's with its `whsec_`, which belongs to it.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn new(secrets: &[&[u8]]) -> Result<Self, SecretError> {
        Self::all(secrets, |secret| if secret.is_empty() { Err(SecretError::Empty) } else { Ok(mac::Key::new(secret)) })
    }

    /// Secrets of Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes.
    ///
    /// ```
    /// use caltrop::signed::{SecretError, SharedSecrets};
    /// assert!(SharedSecrets::standard(&["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]).is_ok());
    /// assert_eq!(SharedSecrets::standard(&["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]).err(), Some(SecretError::Shape));
    /// ```
    /// # Errors
    /// [`SecretError`].
    pub fn standard(secrets: &[&str]) -> Result<Self, SecretError> {
        Self::all(secrets, |secret| {
            if secret.is_empty() {
                return Err(SecretError::Empty);
            }
            let text = secret.strip_prefix("whsec_").ok_or(SecretError::Shape)?;
            let mut room = [0; STANDARD_MAX];
            let key = match Base64::decode(text, &mut room) {
                Ok(bytes) if bytes.len() >= STANDARD_MIN => Ok(mac::Key::new(bytes)),
                _ => Err(SecretError::Shape),
            };
            room.zeroize();
            key
        })
    }

    fn all<T: ?Sized>(secrets: &[&T], read: impl Fn(&T) -> Result<mac::Key, SecretError>) -> Result<Self, SecretError> {
        let mut keys = Vec::new();
        for secret in secrets {
            keys.push(read(secret)?).map_err(|_| SecretError::TooMany)?;
        }
        if keys.is_empty() { Err(SecretError::None) } else { Ok(Self(keys)) }
    }

    pub(super) fn keys(&self) -> &[mac::Key] {
        &self.0
    }
}

/// Why secrets are refused when they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretError {
    /// There is none.
    None,
    /// One is empty.
    Empty,
    /// One is not `whsec_` and the base64 of 24 to 64 bytes.
    Shape,
    /// More than [`SECRETS_MAX`].
    TooMany,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no secret: give at least one",
            Self::Empty => "an empty secret: anyone could sign with it",
            Self::Shape => "not a secret of Standard Webhooks: whsec_ and the base64 of 24 to 64 bytes are expected",
            Self::TooMany => "more than 4 secrets: each is tried on every message",
        })
    }
}

impl core::error::Error for SecretError {}
