//! Why there is no guard.

use std::fmt;
use std::path::PathBuf;

use caltrop::guard::{Misuse, StateError};
use caltrop::image::OpenError;

use crate::files::FileError;
use crate::shared::SharedError;
use crate::signer::SignerError;

/// Why there is no guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// A file.
    File(FileError),
    /// The public key of the policy.
    Signer {
        /// Its file.
        path: PathBuf,
        /// Why it is none.
        error: SignerError,
    },
    /// An image that is refused.
    Image {
        /// Its file; for one in memory `policy`, `keyring` or the name of its feed.
        what: String,
        /// Why.
        error: OpenError,
    },
    /// The parts do not fit together.
    Misuse(Misuse),
    /// The shared state.
    State(SharedError),
    /// The words of the state.
    Words(StateError),
}

impl From<FileError> for LoadError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<SharedError> for LoadError {
    fn from(error: SharedError) -> Self {
        Self::State(error)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Signer { path, error } => write!(f, "{}: {error}: {}", path.display(), error.mend()),
            Self::Image { what, error } => write!(f, "{what}: {error}"),
            Self::Misuse(error) => error.fmt(f),
            Self::State(error) => error.fmt(f),
            Self::Words(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}
