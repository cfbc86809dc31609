// Read first: docs/formats.md §8.
//! Tokens of our own: bytes that we gave to a stranger and know again, until they expire.
//!
//! ```text
//! c1. AQDKy2cAAAAA dXNlcj00Mg . 43 characters
//!     key, expiry  claims       HMAC-SHA-256 of purpose, context and all before the last dot
//! ```
//! Signed, not sealed: whoever holds a token reads its claims. A token cannot be taken back before it expires; its key can.

mod text;

use core::fmt;

use crate::mac::{self, Mac};
use crate::name::is_name;
use crate::time::{Now, Quality};
use text::Text;
pub use text::{CLAIMS_MAX, TOKEN_MAX, token_len};

/// The shortest secret of a token key, in bytes: as strong as the hash (RFC 2104 §3).
pub const KEY_MIN: usize = 32;

/// A key with the number that its tokens carry, so that several may live at once. Wiped when dropped.
///
/// ```
/// use caltrop::signed::{TokenKey, WeakKey};
/// assert!(TokenKey::new(1, &[7; 32]).is_ok());
/// assert_eq!(TokenKey::new(1, b"password").err(), Some(WeakKey));
/// ```
#[derive(Debug, Clone)]
pub struct TokenKey {
    id: u8,
    key: mac::Key,
}

impl TokenKey {
    /// Prepares a key.
    ///
    /// # Errors
    /// [`WeakKey`]: shorter than [`KEY_MIN`].
    pub fn new(id: u8, secret: &[u8]) -> Result<Self, WeakKey> {
        if secret.len() < KEY_MIN { Err(WeakKey) } else { Ok(Self { id, key: mac::Key::new(secret) }) }
    }

    /// The number.
    #[must_use]
    pub const fn id(&self) -> u8 {
        self.id
    }
}

/// Makes tokens for one purpose, and knows them again.
///
/// # Example: a link that is good for an hour, and for nothing else
/// ```
/// use caltrop::{Now, signed::{TOKEN_MAX, TokenKey, TokenReason, Tokens}, time::Quality};
/// let keys = [TokenKey::new(2, &[2; 32]).unwrap(), TokenKey::new(1, &[1; 32]).unwrap()]; // the first signs, all are known
/// let links = Tokens::new(&keys, "download-link").unwrap().bound_to(b"/files/17");
/// let now = Now { wall_s: 1_796_000_000, mono_ns: 0, quality: Quality::Trusted };
///
/// let (mut text, mut room) = ([0; TOKEN_MAX], [0; 64]);
/// let token = links.issue(b"user=42", now.wall_s + 3600, &mut text).unwrap();
/// assert_eq!(links.verify(token.as_bytes(), now, &mut room).unwrap().bytes, b"user=42");
///
/// let elsewhere = links.bound_to(b"/files/18").verify(token.as_bytes(), now, &mut room);
/// assert_eq!(elsewhere.err(), Some(TokenReason::Forged));
/// let sessions = Tokens::new(&keys, "session").unwrap().bound_to(b"/files/17");
/// assert_eq!(sessions.verify(token.as_bytes(), now, &mut room).err(), Some(TokenReason::Forged));
/// let later = Now { wall_s: now.wall_s + 3600, ..now };
/// assert_eq!(links.verify(token.as_bytes(), later, &mut room).err(), Some(TokenReason::Expired));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'k> {
    keys: &'k [TokenKey],
    signer: &'k TokenKey,
    purpose: &'k str,
    context: &'k [u8],
}

impl<'k> Tokens<'k> {
    /// The first key signs; tokens of all are good. The purpose says what a token is for, and is no secret.
    ///
    /// # Errors
    /// [`TokensError`].
    pub fn new(keys: &'k [TokenKey], purpose: &'k str) -> Result<Self, TokensError> {
        let signer = keys.first().ok_or(TokensError::NoKey)?;
        let mut rest = keys;
        while let Some((key, others)) = rest.split_first() {
            if others.iter().any(|other| other.id == key.id) {
                return Err(TokensError::TwoKeys { id: key.id });
            }
            rest = others;
        }
        if is_name(purpose) { Ok(Self { keys, signer, purpose, context: &[] }) } else { Err(TokensError::Purpose) }
    }

    /// The same, good only where the same bytes are at hand again: a path, a client's address, a session. They are not in the token.
    #[must_use]
    pub const fn bound_to(self, context: &'k [u8]) -> Self {
        Self { context, ..self }
    }

    /// Writes a token that is good until `expires_s`, a Unix second, is there.
    ///
    /// # Errors
    /// [`IssueError`]; then nothing was written.
    pub fn issue<'o>(&self, claims: &[u8], expires_s: u64, out: &'o mut [u8]) -> Result<&'o str, IssueError> {
        text::write(claims, self.signer.id, expires_s, out, |signed| self.mac(self.signer, signed).finish())
    }

    /// Knows a token again and gives back its claims.
    ///
    /// # Errors
    /// [`TokenReason`], for the operator; then nothing was written.
    /// # Bounds
    /// One HMAC of at most [`TOKEN_MAX`] bytes, purpose and context.
    pub fn verify<'o>(&self, token: &[u8], now: Now, out: &'o mut [u8]) -> Result<Claims<'o>, TokenReason> {
        let text = Text::read(token).ok_or(TokenReason::Malformed)?;
        let key = self.keys.iter().find(|key| key.id == text.key_id).ok_or(TokenReason::UnknownKey)?;
        self.mac(key, text.signed).finish().matches(&text.tag).map_err(|_| TokenReason::Forged)?;
        if now.quality != Quality::Trusted {
            return Err(TokenReason::Clock);
        }
        if now.wall_s >= text.expires_s {
            return Err(TokenReason::Expired);
        }
        if text.claims_len() > out.len() {
            return Err(TokenReason::Room);
        }
        let bytes = text.claims(out).ok_or(TokenReason::Malformed)?;
        Ok(Claims { bytes, expires_s: text.expires_s })
    }

    /// Every part has a length before it, or a fixed one, but for the last: no two uses have one message.
    fn mac<'s>(&self, key: &'s TokenKey, signed: &[u8]) -> Mac<'s> {
        let purpose_len = u8::try_from(self.purpose.len()).unwrap_or(u8::MAX); // at most 63: `is_name`
        let context_len = u64::try_from(self.context.len()).unwrap_or(u64::MAX);
        let mac = key.key.start().update(b"caltrop token v1").update(&[purpose_len]).update(self.purpose.as_bytes());
        mac.update(&context_len.to_le_bytes()).update(self.context).update(signed)
    }
}

/// What a good token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims<'o> {
    /// The bytes that it was made with.
    pub bytes: &'o [u8],
    /// The Unix second from which on it is not good.
    pub expires_s: u64,
}

/// Why a token is not good: for the operator, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenReason {
    /// It is no token of this format.
    Malformed,
    /// It names a key that is not here.
    UnknownKey,
    /// It was not made under this key, for this purpose, in this context.
    Forged,
    /// Its time is over.
    Expired,
    /// The clock cannot be trusted, and every token expires.
    Clock,
    /// Its claims are longer than the memory lent for them.
    Room,
}

impl TokenReason {
    /// One word for a log.
    ///
    /// ```
    /// assert_eq!(caltrop::signed::TokenReason::UnknownKey.word(), "unknown-key");
    /// ```
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown-key",
            Self::Forged => "forged",
            Self::Expired => "expired",
            Self::Clock => "clock",
            Self::Room => "room",
        }
    }
}

/// Why a set of keys and a purpose make no tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokensError {
    /// No key is there.
    NoKey,
    /// Two keys have one number.
    TwoKeys {
        /// The number.
        id: u8,
    },
    /// The purpose is not 1 to 63 bytes of visible ASCII.
    Purpose,
}

impl fmt::Display for TokensError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str("no key: give at least one"),
            Self::TwoKeys { id } => write!(f, "two keys have the number {id}: give each its own"),
            Self::Purpose => f.write_str("a purpose is 1 to 63 visible ASCII characters"),
        }
    }
}

impl core::error::Error for TokensError {}

/// Why no token was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueError {
    /// More claims than [`CLAIMS_MAX`].
    ClaimsTooLong {
        /// How many bytes were given.
        given: usize,
    },
    /// The memory lent for the token is too small: see [`token_len`].
    Room {
        /// How many bytes it takes.
        need: usize,
        /// How many there are.
        have: usize,
    },
}

impl fmt::Display for IssueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClaimsTooLong { given } => write!(f, "{given} bytes of claims: a token carries at most {CLAIMS_MAX}"),
            Self::Room { need, have } => write!(f, "the token takes {need} bytes, and there are {have}"),
        }
    }
}

impl core::error::Error for IssueError {}

/// The secret of a token key is shorter than [`KEY_MIN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeakKey;

impl fmt::Display for WeakKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a token key has at least {KEY_MIN} bytes, of a random generator")
    }
}

impl core::error::Error for WeakKey {}
