//! Public keys in files: 32 bytes in base64url without padding, on one line.

use std::fmt;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::verify::PublicKey;

/// Why a file is no public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerError {
    /// It cannot be read.
    Unreadable {
        /// What the system said.
        why: String,
    },
    /// It does not hold 32 bytes in base64url.
    Coding,
    /// The bytes are no Ed25519 public key.
    NotAKey,
}

impl SignerError {
    /// What would do.
    #[must_use]
    pub const fn mend(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "give the path of the public key, from the folder of the policy; `caltrop init` and `caltrop feed signer` make them"
            }
            Self::Coding | Self::NotAKey => "copy the file again: one line of 43 characters, as `caltrop init` wrote it",
        }
    }
}

impl fmt::Display for SignerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { why } => f.write_str(why),
            Self::Coding => f.write_str("not 32 bytes in base64url"),
            Self::NotAKey => f.write_str("not an Ed25519 public key"),
        }
    }
}

impl std::error::Error for SignerError {}

/// Reads a public key from the text of its file.
///
/// ```
/// use caltrop_host::signer::{SignerError, public_key};
/// assert!(public_key("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\n").is_ok()); // RFC 8032 §7.1, test 1
/// assert_eq!(public_key("11qYAYKx"), Err(SignerError::Coding));
/// ```
/// # Errors
/// [`SignerError::Coding`], [`SignerError::NotAKey`].
pub fn public_key(text: &str) -> Result<[u8; 32], SignerError> {
    let mut key = [0; 32];
    let decoded = Base64UrlUnpadded::decode(text.trim(), &mut key).map_err(|_| SignerError::Coding)?;
    if decoded.len() != 32 {
        return Err(SignerError::Coding);
    }
    PublicKey::from_bytes(&key).map_err(|_| SignerError::NotAKey)?;
    Ok(key)
}

/// Reads a public key from its file.
///
/// # Errors
/// [`SignerError`].
pub fn open(path: &Path) -> Result<[u8; 32], SignerError> {
    let text = std::fs::read_to_string(path).map_err(|error| SignerError::Unreadable { why: error.to_string() })?;
    public_key(&text)
}
