//! The text of a key: `<prefix>_<id><secret><checksum>`.
//!
//! ```text
//! acme_live_ 1f5Xk2pQ9a 43 digits of secret  6 digits of checksum
//! prefix     public id  256 bits             CRC-32 of all before it
//! ```
//! The checksum is for tools: a scanner tells a key from noise, a form finds a typo, neither asks a server. `admit` ignores it.

use core::fmt;

use zeroize::Zeroize;

use crate::encode::{base62_256, base62_u64, u64_base62};

/// Base62 digits of the public id: 59.5 bits, so it fits a `u64`.
pub const ID_LEN: usize = 10;
/// The shortest base62 text that holds 256 bits: 43 × log2(62) = 256.03.
pub const SECRET_LEN: usize = 43;
/// The shortest base62 text that holds 32 bits: 6 × log2(62) = 35.7.
pub const CHECKSUM_LEN: usize = 6;
/// The longest key that is accepted, in bytes, of whatever form.
pub const KEY_MAX: usize = 256;

/// The longest prefix: 15 characters and `_live`.
const PREFIX_MAX: usize = 20;
const TAIL_LEN: usize = ID_LEN + SECRET_LEN + CHECKSUM_LEN;
const TEXT_MAX: usize = PREFIX_MAX + 1 + TAIL_LEN;

/// 62¹⁰: ids are below it.
const ID_END: u64 = 839_299_365_868_340_224;

/// What a key is for, as its prefix says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// The prefix does not say.
    None,
    /// `_live`.
    Live,
    /// `_test`.
    Test,
}

impl Environment {
    /// The number in a record.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Live => 1,
            Self::Test => 2,
        }
    }
}

/// The parts of a well-formed key that are public.
///
/// # Example: read, then refused
/// ```
/// use caltrop::key::{FormatError, KeyText, issue};
/// let key = issue("acme_live", [3; 40]).unwrap();
/// let parts = KeyText::parse(key.text()).unwrap();
/// assert_eq!((parts.prefix, parts.id), ("acme_live", key.id()));
/// let typo = key.text().replace('0', "1");
/// assert_eq!(KeyText::parse(&typo).err(), Some(FormatError::Checksum));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyText<'k> {
    /// Prefix, environment included.
    pub prefix: &'k str,
    /// What the prefix says the key is for.
    pub environment: Environment,
    /// The public id.
    pub id: u64,
}

impl<'k> KeyText<'k> {
    /// Takes a key apart, offline: it says nothing about whether the key is good.
    ///
    /// # Errors
    /// [`FormatError`].
    pub fn parse(key: &'k str) -> Result<Self, FormatError> {
        let end = key.bytes().rposition(|byte| byte == b'_').ok_or(FormatError::Shape)?;
        let (prefix, rest) = key.split_at_checked(end).ok_or(FormatError::Shape)?;
        let tail = rest.get(1..).ok_or(FormatError::Shape)?;
        if tail.len() != TAIL_LEN || !tail.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(FormatError::Shape);
        }
        let environment = check_prefix(prefix)?;
        let (body, checksum) = key.split_at_checked(key.len().wrapping_sub(CHECKSUM_LEN)).ok_or(FormatError::Shape)?;
        if u64_base62(checksum.as_bytes()) != Some(u64::from(crc32(body.as_bytes()))) {
            return Err(FormatError::Checksum);
        }
        let id = tail.get(..ID_LEN).and_then(|digits| u64_base62(digits.as_bytes())).ok_or(FormatError::Shape)?;
        Ok(Self { prefix, environment, id })
    }
}

fn check_prefix(prefix: &str) -> Result<Environment, FormatError> {
    let (name, environment) = match (prefix.strip_suffix("_live"), prefix.strip_suffix("_test")) {
        (Some(name), _) => (name, Environment::Live),
        (None, Some(name)) => (name, Environment::Test),
        (None, None) => (prefix, Environment::None),
    };
    let mut bytes = name.bytes();
    let is_good = (2..=15).contains(&name.len())
        && bytes.next().is_some_and(|byte| byte.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if is_good { Ok(environment) } else { Err(FormatError::Prefix) }
}

/// A key on its way to its owner: shown once, never stored. Wiped when dropped.
pub struct IssuedKey {
    text: [u8; TEXT_MAX],
    len: usize,
    id: u64,
    environment: Environment,
}

impl IssuedKey {
    /// The text, to be handed to its owner.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.get(..self.len).and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default()
    }

    /// The public id.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// What the prefix says the key is for.
    #[must_use]
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    fn push(&mut self, piece: &[u8]) {
        for (slot, byte) in self.text.iter_mut().skip(self.len).zip(piece) {
            *slot = *byte;
        }
        self.len = self.len.saturating_add(piece.len()).min(TEXT_MAX);
    }
}

impl Drop for IssuedKey {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl fmt::Debug for IssuedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuedKey({:?}, ..)", self.id)
    }
}

/// Makes a key of the caller's entropy: 8 bytes for the id, 32 for the secret.
///
/// ```
/// let key = caltrop::key::issue("acme_test", [9; 40]).unwrap();
/// assert_eq!(key.text().len(), "acme_test_".len() + 10 + 43 + 6);
/// assert!(caltrop::key::issue("Acme", [9; 40]).is_err());
/// ```
/// # Errors
/// [`FormatError::Prefix`]: not `[a-z][a-z0-9]{1,14}`, with `_live` or `_test` behind it or not.
pub fn issue(prefix: &str, mut entropy: [u8; 40]) -> Result<IssuedKey, FormatError> {
    let environment = check_prefix(prefix)?;
    let (id, mut secret) = match (entropy.first_chunk(), entropy.last_chunk()) {
        (Some(id), Some(secret)) => (u64::from_le_bytes(*id) % ID_END, *secret),
        _ => return Err(FormatError::Shape),
    };
    entropy.zeroize();
    let mut key = IssuedKey { text: [0; TEXT_MAX], len: 0, id, environment };
    key.push(prefix.as_bytes());
    key.push(b"_");
    key.push(&base62_u64::<ID_LEN>(id));
    key.push(&base62_256(&secret));
    secret.zeroize();
    // The bytes, not the text: to look whether they are UTF-8 is to branch on a secret.
    let checksum = crc32(key.text.get(..key.len).unwrap_or_default());
    key.push(&base62_u64::<CHECKSUM_LEN>(u64::from(checksum)));
    Ok(key)
}

/// CRC-32 as in ISO 3309 and Ethernet ("ISO-HDLC"): reflected, polynomial 0x04C11DB7.
///
/// ```
/// assert_eq!(caltrop::key::crc32(b"123456789"), 0xCBF4_3926); // the catalogue's check value
/// ```
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let is_odd = crc & 1;
            crc = (crc >> 1) ^ (0xEDB8_8320 & is_odd.wrapping_neg());
        }
    }
    !crc
}

/// Why a text is no key of this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatError {
    /// Not `<prefix>_` and 59 base62 digits.
    Shape,
    /// The prefix is not `[a-z][a-z0-9]{1,14}`, with `_live` or `_test` behind it or not.
    Prefix,
    /// The checksum is another: a typo.
    Checksum,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shape => "not a key: a prefix, _ and 59 letters and digits are expected",
            Self::Prefix => "a prefix is 2 to 15 lower-case letters and digits that begin with a letter, then _live, _test or nothing",
            Self::Checksum => "the checksum is another: a character was changed or left out",
        })
    }
}

impl core::error::Error for FormatError {}
