//! What an issuer publishes: a set of keys, of which some are for us.

use std::fmt;

use caltrop::token::{Algorithm, KEYS_MAX};

use super::{Jwk, JwkError};

/// A JSON Web Key Set (RFC 7517 §5), as far as it is for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Its keys for the algorithms, in its order.
    pub keys: Vec<Jwk>,
    /// What was passed over: by its place from 1, and why.
    pub passed_over: Vec<(usize, JwkError)>,
}

/// Why a text is no usable set of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetError {
    /// It is no JSON object with a list of objects, `keys`.
    NoSet(String),
    /// A key is broken, by its place from 1.
    Key(usize, JwkError),
    /// No key is for the algorithms, or over 8 are.
    Count(usize),
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSet(why) => write!(f, "no JSON Web Key Set: {why}: give {{\"keys\": [ … ]}}"),
            Self::Key(at, error) => write!(f, "key {at}: {error}"),
            Self::Count(count) => write!(f, "{count} keys for the algorithms: give 1 to {KEYS_MAX}"),
        }
    }
}

impl std::error::Error for SetError {}

/// Reads a JSON Web Key Set. Keys for encryption, on other curves or for other algorithms than these are passed over, as RFC 7517 §5 wants it; a broken
/// key, or one with its private part, refuses the set.
///
/// ```
/// use caltrop::token::Algorithm;
/// use caltrop_control::jwks::read_set;
/// let set = read_set(r#"{"keys": [{"kty": "OKP", "crv": "X25519", "x": "AA"},
///     {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#, &[Algorithm::EdDsa]).unwrap();
/// assert_eq!((set.keys.len(), set.passed_over.len()), (1, 1));
/// ```
///
/// # Errors
/// [`SetError`]
pub fn read_set(text: &str, algorithms: &[Algorithm]) -> Result<Set, SetError> {
    let no_set = |why: &str| SetError::NoSet(why.to_owned());
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| SetError::NoSet(error.to_string()))?;
    let list = value.get("keys").and_then(serde_json::Value::as_array).ok_or_else(|| no_set("it has no list \"keys\""))?;
    let (mut keys, mut passed_over) = (Vec::new(), Vec::new());
    for (at, key) in (1..).zip(list) {
        let members = key.as_object().ok_or_else(|| no_set("a key is no object"))?;
        match Jwk::from_members(|name| members.get(name)?.as_str()) {
            Ok(key) if key.is_for(algorithms) => keys.push(key),
            Ok(key) => passed_over.push((at, JwkError::NotOurs(key.label()))),
            Err(error @ JwkError::NotOurs(_)) => passed_over.push((at, error)),
            Err(error) => return Err(SetError::Key(at, error)),
        }
    }
    if (1..=KEYS_MAX).contains(&keys.len()) { Ok(Set { keys, passed_over }) } else { Err(SetError::Count(keys.len())) }
}
