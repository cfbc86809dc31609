//! Files that are read whole and replaced whole.
//!
//! Promises: a reader sees the old file or the new one; a secret that others may read is refused; every error names the path and what would do.

use std::fmt;
use std::fs::{File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Why a file could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub what: String,
    /// What would do.
    pub mend: String,
}

impl FileError {
    /// Something that is wrong with a file, and what would do.
    pub fn new(path: &Path, what: impl fmt::Display, mend: impl Into<String>) -> Self {
        Self { path: path.to_owned(), what: what.to_string(), mend: mend.into() }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.path.display(), self.what, self.mend)
    }
}

impl std::error::Error for FileError {}

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Everybody: mode 0644.
    All,
    /// Its owner: mode 0600.
    Owner,
}

/// Reads a file; `mend` is what to tell someone for whom it is not there.
///
/// # Errors
/// [`FileError`].
pub fn read(path: &Path, mend: &str) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(|error| FileError::new(path, error, mend))
}

/// Reads a file that only its owner may read, and wipes what was read when it is dropped.
///
/// # Errors
/// [`FileError`]: not readable, not text, or group or others may read it.
///
/// # Example
/// ```
/// use caltrop_host::files::{Readers, read_secret, write};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("pepper-1");
/// write(&path, b"c2VjcmV0", Readers::All).unwrap();
/// assert!(read_secret(&path, "").unwrap_err().to_string().ends_with("others may read it (mode 644): chmod 600 it"));
/// write(&path, b"c2VjcmV0", Readers::Owner).unwrap();
/// assert_eq!(*read_secret(&path, "").unwrap(), "c2VjcmV0");
/// ```
pub fn read_secret(path: &Path, mend: &str) -> Result<Zeroizing<String>, FileError> {
    let fail = |error: std::io::Error| FileError::new(path, error, mend);
    let file = File::open(path).map_err(fail)?;
    let mode = file.metadata().map_err(fail)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(FileError::new(path, format_args!("others may read it (mode {mode:o})"), "chmod 600 it"));
    }
    let mut text = Zeroizing::new(String::with_capacity(SECRET_MAX));
    let read = file.take(SECRET_MAX as u64).read_to_string(&mut text).map_err(fail)?;
    if read == SECRET_MAX {
        return Err(FileError::new(path, format_args!("more than {} bytes", SECRET_MAX - 1), "give a file that holds one secret"));
    }
    Ok(text)
}

/// Enough for any secret, so that reading one never moves it and leaves a copy.
const SECRET_MAX: usize = 4096;

/// Replaces a file, or makes it: written beside it, flushed to the disk, then renamed.
///
/// # Errors
/// [`FileError`]; the old file stands.
pub fn write(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), FileError> {
    let fail = |error: std::io::Error| FileError::new(path, error, "make its folder writable, with room on the disk");
    let folder = folder_of(path);
    let mode = if readers == Readers::Owner { 0o600 } else { 0o644 };
    let mut file =
        tempfile::Builder::new().prefix(".caltrop-").permissions(Permissions::from_mode(mode)).tempfile_in(folder).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    // Without this the new name may be gone after a power cut, and with it a raised floor.
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(fail)
}

/// Locks a folder among the processes that use it, until the file is dropped.
///
/// # Errors
/// [`FileError`].
pub fn lock(folder: &Path) -> Result<File, FileError> {
    let locked = File::open(folder).and_then(|folder| folder.lock().map(|()| folder));
    locked.map_err(|error| FileError::new(folder, error, "give a folder that this user may read"))
}

/// The folder of a file; the current one for a bare name.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
