//! Peppers from the environment or from files.
//!
//! A pepper is 32 bytes or more in base64url without padding. In the environment it is `<PREFIX>PEPPER_<id>`, or the path of its file in
//! `<PREFIX>PEPPER_<id>_FILE`; in a folder it is `pepper-<id>`, readable by its owner only.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::guard::{Secrets, SecretsFull};
use zeroize::Zeroizing;

use crate::files::{self, FileError};

/// The fewest bytes of a pepper.
pub const PEPPER_MIN: usize = 32;

/// What to do without a pepper.
const MEND: &str = "give the pepper that `caltrop init` made";

/// A pepper and the id by which keyrings call it. Wiped when dropped.
#[derive(Clone)]
pub struct Pepper {
    /// The id.
    pub id: u8,
    /// The secret.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pepper({}, ..)", self.id)
    }
}

/// Peppers as a guard takes them.
///
/// # Errors
/// [`SecretError::Full`].
pub fn prepare(peppers: &[Pepper]) -> Result<Secrets, SecretError> {
    peppers.iter().try_fold(Secrets::new(), |secrets, pepper| Ok(secrets.with_pepper(pepper.id, &pepper.bytes)?))
}

/// The peppers among the environment's variables that begin with `prefix`, by ascending ids.
///
/// # Errors
/// [`SecretError`] names the variable and what would do.
pub fn in_env(prefix: &str) -> Result<Vec<Pepper>, SecretError> {
    in_variables(prefix, std::env::vars_os())
}

/// [`in_env`] over variables of the caller's.
///
/// # Errors
/// As [`in_env`].
/// # Example
/// ```
/// use caltrop_host::secrets::in_variables;
/// let variable = |name: &str, value: &str| [(name.into(), value.into())];
/// assert_eq!(in_variables("ACME_", variable("ACME_PEPPER_1", &"A".repeat(43))).unwrap()[0].id, 1);
/// let error = in_variables("ACME_", variable("ACME_PEPPER_one", "")).unwrap_err();
/// assert_eq!(error.to_string(), "ACME_PEPPER_one: not the id of a pepper: write ACME_PEPPER_1, with an id from 0 to 255");
/// ```
pub fn in_variables(prefix: &str, variables: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Vec<Pepper>, SecretError> {
    let start = format!("{prefix}PEPPER_");
    let mut peppers = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str() else { continue };
        let Some(rest) = name.strip_prefix(&start) else { continue };
        let fail = |what: &str, mend: String| SecretError::Value { name: name.to_owned(), what: what.to_owned(), mend };
        let (id, is_file) = rest.strip_suffix("_FILE").map_or((rest, false), |id| (id, true));
        let id = id.parse().map_err(|_| fail("not the id of a pepper", format!("write {start}1, with an id from 0 to 255")))?;
        let text = if is_file {
            files::read_secret(Path::new(&value), MEND)?
        } else {
            Zeroizing::new(value.into_string().map_err(|_| fail("not text", MEND.to_owned()))?)
        };
        peppers.push(Pepper { id, bytes: pepper(&text, name)? });
    }
    Ok(sorted(peppers))
}

/// The peppers in the files `pepper-<id>` of a folder, by ascending ids.
///
/// # Errors
/// [`SecretError`] names the file and what would do.
pub fn in_folder(folder: &Path) -> Result<Vec<Pepper>, SecretError> {
    let unreadable = |error: std::io::Error| FileError::new(folder, error, "give the folder of the secrets");
    let mut peppers = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let id = path.file_name().and_then(|name| name.to_str()?.strip_prefix("pepper-")?.parse().ok());
        let Some(id) = id else { continue };
        let text = files::read_secret(&path, MEND)?;
        peppers.push(Pepper { id, bytes: pepper(&text, &path.display().to_string())? });
    }
    Ok(sorted(peppers))
}

fn sorted(mut peppers: Vec<Pepper>) -> Vec<Pepper> {
    peppers.sort_by_key(|pepper| pepper.id);
    peppers
}

/// The bytes of a pepper from its text.
///
/// # Errors
/// [`SecretError::Value`], under the given name: no base64url, or fewer than [`PEPPER_MIN`] bytes.
pub fn pepper(text: &str, name: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let fail = |what: &str| SecretError::Value { name: name.to_owned(), what: what.to_owned(), mend: MEND.to_owned() };
    let bytes = Base64UrlUnpadded::decode_vec(text.trim()).map(Zeroizing::new).map_err(|_| fail("not base64url"))?;
    if bytes.len() < PEPPER_MIN { Err(fail("fewer than 32 bytes")) } else { Ok(bytes) }
}

/// Why secrets could not be read. It never holds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretError {
    /// A file.
    File(FileError),
    /// A variable or the content of a file.
    Value {
        /// Its name.
        name: String,
        /// What is wrong.
        what: String,
        /// What would do.
        mend: String,
    },
    /// Too many.
    Full(SecretsFull),
}

impl From<FileError> for SecretError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<SecretsFull> for SecretError {
    fn from(error: SecretsFull) -> Self {
        Self::Full(error)
    }
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Value { name, what, mend } => write!(f, "{name}: {what}: {mend}"),
            Self::Full(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SecretError {}
