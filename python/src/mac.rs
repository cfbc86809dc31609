//! HMAC-SHA-256 (RFC 2104) with a prepared key.

use caltrop::mac;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::error::InvalidTag;

#[pyclass(frozen, module = "caltrop.mac")]
pub(crate) struct Key(mac::Key);

#[pymethods]
impl Key {
    #[new]
    fn new(secret: PyBackedBytes) -> Self {
        Self(mac::Key::new(&secret))
    }

    fn sign(&self, message: &[u8]) -> [u8; 32] {
        *self.0.sign(message).as_bytes()
    }

    fn verify(&self, message: &[u8], tag: &[u8]) -> PyResult<()> {
        self.0.verify(message, tag).map_err(|refused| InvalidTag::new_err(refused.to_string()))
    }

    fn __repr__(&self) -> &'static str {
        "Key(..)"
    }
}
