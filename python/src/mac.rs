//! HMAC (RFC 2104) with a prepared key.

use caltrop::mac::{self, sha384, sha512};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::error::InvalidTag;

/// A key of HMAC (RFC 2104), prepared once and usable by any thread: `"sha256"`, `"sha384"` or `"sha512"`.
///
/// A secret of any length is taken, and one of the hash's block or less (64 bytes, or 128) is not hashed first. Raises ValueError for another hash.
#[pyclass(frozen, module = "caltrop.mac")]
pub(crate) struct Key(Prepared);

enum Prepared {
    Sha256(mac::Key),
    Sha384(sha384::Key),
    Sha512(sha512::Key),
}

#[pymethods]
impl Key {
    #[new]
    #[pyo3(signature = (secret, algorithm = "sha256"))]
    fn new(secret: PyBackedBytes, algorithm: &str) -> PyResult<Self> {
        match algorithm {
            "sha256" => Ok(Self(Prepared::Sha256(mac::Key::new(&secret)))),
            "sha384" => Ok(Self(Prepared::Sha384(sha384::Key::new(&secret)))),
            "sha512" => Ok(Self(Prepared::Sha512(sha512::Key::new(&secret)))),
            _ => Err(PyValueError::new_err("algorithm: give \"sha256\", \"sha384\" or \"sha512\"")),
        }
    }

    /// The tag of a message: 32, 48 or 64 bytes.
    fn sign<'py>(&self, py: Python<'py>, message: &[u8]) -> Bound<'py, PyBytes> {
        match &self.0 {
            Prepared::Sha256(key) => PyBytes::new(py, key.sign(message).as_bytes()),
            Prepared::Sha384(key) => PyBytes::new(py, key.sign(message).as_bytes()),
            Prepared::Sha512(key) => PyBytes::new(py, key.sign(message).as_bytes()),
        }
    }

    /// Returns None if the tag, whole or cut to no less than 16 bytes, is the message's; compares in constant time.
    ///
    /// Raises InvalidTag, which never says why.
    fn verify(&self, message: &[u8], tag: &[u8]) -> PyResult<()> {
        let verified = match &self.0 {
            Prepared::Sha256(key) => key.verify(message, tag),
            Prepared::Sha384(key) => key.verify(message, tag),
            Prepared::Sha512(key) => key.verify(message, tag),
        };
        verified.map_err(|refused| InvalidTag::new_err(refused.to_string()))
    }

    fn __repr__(&self) -> &'static str {
        "Key(..)"
    }
}
