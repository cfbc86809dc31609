//! The host's secrets, which Python can give and not get back.

use std::collections::BTreeMap;
use std::path::PathBuf;

use caltrop_host::secrets::{self, PEPPER_MIN, SecretError};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::error;

/// The host's peppers by their ids (0 to 255), 32 bytes or more each. They cannot be read back.
///
/// Raises ValueError for a short one, SecretError for more than there is room for.
#[pyclass(frozen, module = "caltrop")]
pub(crate) struct Secrets(pub(crate) caltrop::Secrets);

#[pymethods]
impl Secrets {
    #[new]
    #[pyo3(signature = (peppers = BTreeMap::new()))]
    fn new(peppers: BTreeMap<u8, PyBackedBytes>) -> PyResult<Self> {
        let mut held = caltrop::Secrets::new();
        for (id, bytes) in peppers {
            if bytes.len() < PEPPER_MIN {
                return Err(PyValueError::new_err(format!("pepper {id} has {} bytes: give {PEPPER_MIN} or more", bytes.len())));
            }
            held = held.with_pepper(id, &bytes).map_err(|full| error::secret(&SecretError::Full(full)))?;
        }
        Ok(Self(held))
    }

    /// `<prefix>PEPPER_<id>` in base64url, or the path of its file in `<prefix>PEPPER_<id>_FILE`. Raises SecretError.
    #[staticmethod]
    fn from_env(prefix: &str) -> PyResult<Self> {
        secrets::in_env(prefix).and_then(|peppers| secrets::prepare(&peppers)).map(Self).map_err(|refused| error::secret(&refused))
    }

    /// The files `pepper-<id>` of a folder, which only their owner may read. Raises SecretError.
    #[staticmethod]
    fn from_folder(folder: PathBuf) -> PyResult<Self> {
        secrets::in_folder(&folder).and_then(|peppers| secrets::prepare(&peppers)).map(Self).map_err(|refused| error::secret(&refused))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}
