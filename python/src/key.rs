//! API keys: made, digested, and looked up in a keyring.

use caltrop::image::{Floor, Trust};
use caltrop::key::{self, Form, KeyReason, KeyText, Keyring as Opened};
use caltrop::verify::PublicKey;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use self_cell::self_cell;

use crate::error::{self, InvalidKey};
use crate::request::bytes;
use crate::secrets::Secrets;
use crate::time::{Now, now};

/// A new key `<prefix>_<id><secret><checksum>` of the system's entropy: 256 bits of it are secret. Show it once; store its `digest`.
///
/// The prefix is `[a-z][a-z0-9]{1,14}`, with `_live` or `_test` behind it or not; another raises ValueError.
#[pyfunction]
pub(crate) fn generate(prefix: &str) -> PyResult<String> {
    let mut entropy = [0; 40];
    getrandom::fill(&mut entropy).map_err(|why| PyRuntimeError::new_err(why.to_string()))?;
    let issued = key::issue(prefix, entropy).map_err(|refused| PyValueError::new_err(format!("prefix {prefix:?}: {refused}")))?;
    Ok(issued.text().to_owned())
}

/// What a keyring holds of a key: the first 16 bytes of HMAC-SHA-256 under a pepper, of the key or (`form="sha256"`) of its SHA-256.
///
/// Raises ValueError for what can be no key: empty, over 256 bytes, or not visible ASCII.
#[pyfunction]
#[pyo3(signature = (key, *, pepper, form = "key"))]
pub(crate) fn digest(key: &Bound<'_, PyAny>, pepper: PyBackedBytes, form: &str) -> PyResult<[u8; 16]> {
    let form = match form {
        "key" => Form::Key,
        "sha256" => Form::Sha256,
        _ => return Err(PyValueError::new_err("form: give \"key\" or \"sha256\"")),
    };
    let digest = key::digest(&caltrop::mac::Key::new(&pepper), form, bytes(key, "key")?);
    digest.map(|digest| *digest.as_bytes()).ok_or_else(|| PyValueError::new_err("key: give 1 to 256 bytes"))
}

/// The public id of a well-formed key, read offline: below 62 to the 10th, and what logs may show.
///
/// Raises InvalidKey for a text that is no key or has a typo. It says nothing about whether the key is good.
#[pyfunction]
pub(crate) fn key_id(key: &str) -> PyResult<u64> {
    KeyText::parse(key).map(|key| key.id).map_err(|refused| InvalidKey::new_err(refused.to_string()))
}

/// The checksum of the key format: CRC-32 as in ISO 3309 and Ethernet, 32 bits.
#[pyfunction]
pub(crate) fn crc32(data: &[u8]) -> u32 {
    key::crc32(data)
}

self_cell!(
    struct Cell {
        owner: Vec<u8>,
        #[covariant]
        dependent: Opened,
    }
);

/// API keys by their digests, of a signed image; known and unknown keys cost the same. Any thread may ask it.
#[pyclass(frozen, module = "caltrop.key")]
pub(crate) struct Keyring {
    cell: Cell,
    peppers: caltrop::Secrets,
}

#[pymethods]
impl Keyring {
    /// Opens an image that one of `signers` (at most two Ed25519 public keys of 32 bytes) signed for `scope`, such as `acme-api/keys`.
    ///
    /// Raises ImageError for an image that is not wholly good, ValueError for signers that are no public keys.
    #[staticmethod]
    #[pyo3(signature = (image, *, scope, signers, secrets))]
    fn open(image: Vec<u8>, scope: &str, signers: Vec<PyBackedBytes>, secrets: &Secrets) -> PyResult<Self> {
        let key = |key: &PyBackedBytes| <[u8; 32]>::try_from(&key[..]).ok().and_then(|key| PublicKey::from_bytes(&key).ok());
        let keys: Option<Vec<PublicKey>> = signers.iter().map(key).collect();
        let keys = keys.ok_or_else(|| PyValueError::new_err("signers: give Ed25519 public keys of 32 bytes"))?;
        let trust = Trust::new(scope, &keys);
        let cell =
            Cell::try_new(image, |image| Opened::open(image, &trust, Floor::NONE)).map_err(|refused| error::image("keyring", refused))?;
        Ok(Self { cell, peppers: secrets.0.clone() })
    }

    /// The entry of a key that was shown; the clock's `now` unless one is given.
    ///
    /// Raises InvalidKey; its `reason` is key-malformed, -unknown, -revoked, -expired, -not-yet, clock or corrupt.
    #[pyo3(signature = (key, *, now = None))]
    fn verify(&self, key: &Bound<'_, PyAny>, now: Option<&Bound<'_, Now>>) -> PyResult<Entry> {
        let keyring = self.cell.borrow_dependent();
        let verified = keyring.verify(bytes(key, "key")?, |id| self.peppers.pepper(id), self::now(now));
        verified.map(|entry| Entry::new(&entry)).map_err(|reason| error::key(word(reason)))
    }

    fn __len__(&self) -> usize {
        self.cell.borrow_dependent().keys().len()
    }
}

/// Whose key it is, and what it may do: what `Keyring.verify` gives.
#[pyclass(frozen, get_all, module = "caltrop.key")]
pub(crate) struct Entry {
    /// Whose key it is: 1 to 255 bytes of visible ASCII.
    principal: String,
    /// The principal's tenant, or None.
    tenant: Option<String>,
    /// The plan, or None where the key names none.
    plan: Option<String>,
    /// What the key may do, ascending.
    scopes: Vec<String>,
    /// The zones that it may be used from; none means anywhere.
    zones: Vec<String>,
    /// The public id: what logs may show.
    key_id: u64,
}

impl Entry {
    fn new(entry: &key::Entry<'_>) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            principal: entry.principal().unwrap_or_default().to_owned(),
            tenant: owned(entry.tenant()),
            plan: owned(entry.plan()),
            scopes: entry.scopes().map(str::to_owned).collect(),
            zones: entry.zones().map(str::to_owned).collect(),
            key_id: entry.record().key_id.get(),
        }
    }
}

/// The words of `caltrop::audit::Reason` for them.
const fn word(reason: KeyReason) -> &'static str {
    match reason {
        KeyReason::Malformed => "key-malformed",
        KeyReason::Unknown => "key-unknown",
        KeyReason::Revoked => "key-revoked",
        KeyReason::Expired => "key-expired",
        KeyReason::NotYet => "key-not-yet",
        KeyReason::Clock => "clock",
        KeyReason::Corrupt => "corrupt",
    }
}
