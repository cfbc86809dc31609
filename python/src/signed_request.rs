//! Requests signed under the profile of RFC 9421 that is fixed in docs/formats.md §9: both sides of it.

use std::cell::Cell;

use caltrop::mac;
use caltrop::signed::{
    self, Body, Components, Profile, RequestKey as CoreKey, Scheme, ServerNonces as CoreNonces, Signer as CoreSigner, SigningKey, Window,
};
use caltrop::verify::PublicKey;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error;
use crate::request::{bytes, named};
use crate::time::{Now, now};

/// The key of one signer, made by `hmac` or `ed25519`: it alone says which algorithm counts.
#[pyclass(frozen, module = "caltrop.signed")]
pub(crate) struct RequestKey(Kind);

enum Kind {
    Hmac(mac::Key),
    Ed25519(PublicKey),
}

#[pymethods]
impl RequestKey {
    /// `hmac-sha256`: a secret that both sides hold. Raises ValueError for an empty one.
    #[staticmethod]
    fn hmac(secret: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(Kind::Hmac(secret_key(secret)?)))
    }

    /// `ed25519`: the signer's public key of 32 bytes. Raises ValueError for bytes that are none.
    #[staticmethod]
    fn ed25519(public: &[u8]) -> PyResult<Self> {
        let wrong = || PyValueError::new_err("public: give the 32 bytes of an Ed25519 public key");
        let key = PublicKey::from_bytes(public.try_into().map_err(|_| wrong())?).map_err(|_| wrong())?;
        Ok(Self(Kind::Ed25519(key)))
    }

    fn __repr__(&self) -> &'static str {
        match self.0 {
            Kind::Hmac(_) => "RequestKey.hmac(..)",
            Kind::Ed25519(_) => "RequestKey.ed25519(..)",
        }
    }
}

impl RequestKey {
    const fn core(&self) -> CoreKey<'_> {
        match &self.0 {
            Kind::Hmac(key) => CoreKey::Hmac(key),
            Kind::Ed25519(key) => CoreKey::Ed25519(*key),
        }
    }
}

fn secret_key(secret: &Bound<'_, PyAny>) -> PyResult<mac::Key> {
    match bytes(secret, "secret")? {
        b"" => Err(PyValueError::new_err("secret: an empty one: anyone could sign with it")),
        secret => Ok(mac::Key::new(secret)),
    }
}

/// What is accepted: signatures from `leeway` seconds ahead of this host's clock to `tolerance` seconds behind it, with exactly this `tag`, or none.
/// Any thread may ask it.
///
/// Raises ValueError for a tag that no signature can have.
#[pyclass(frozen, module = "caltrop.signed")]
pub(crate) struct Requests {
    window: Window,
    tag: Option<String>,
}

#[pymethods]
impl Requests {
    #[new]
    #[pyo3(signature = (*, tag = None, tolerance = 300, leeway = 30))]
    fn new(tag: Option<String>, tolerance: u32, leeway: u32) -> PyResult<Self> {
        if let Some(tag) = &tag {
            signer(SigningKey::Ed25519(&|_| [0; 64]), "k", Some(tag), None)?;
        }
        Ok(Self { window: Window { tolerance_s: tolerance, leeway_s: leeway }, tag })
    }

    /// Who signed this request, body and all: `keys` is asked for the key of a `keyid`, such as the `get` of a dict.
    ///
    /// `target` is path and query as they came, `body` None if there is none, `headers` a mapping or pairs. What `replay` must remember is in the answer.
    /// Raises InvalidSignature; its `reason` says why, for the operator.
    #[pyo3(signature = (keys, *, method, target, authority, headers, body = None, scheme = "https", now = None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python")]
    fn verify(
        &self,
        keys: &Bound<'_, PyAny>,
        method: &Bound<'_, PyAny>,
        target: &Bound<'_, PyAny>,
        authority: &Bound<'_, PyAny>,
        headers: &Bound<'_, PyAny>,
        body: Option<&Bound<'_, PyAny>>,
        scheme: &str,
        now: Option<&Bound<'_, Now>>,
    ) -> PyResult<SignedRequest> {
        let (pairs, body) = (named(headers)?, optional(body)?);
        let fields = pairs.fields()?;
        let fields = &&fields[..];
        let request = components(method, target, authority, scheme)?;
        let follows = if body.is_empty() { Body::None } else { Body::Follows };
        let now = self::now(now);
        let profile = Profile { window: self.window, tag: self.tag.as_deref() };
        let read = profile.read(&request, follows, fields).map_err(|reason| error::signature(reason.word()))?;
        let key = keys.call1((read.keyid(),))?;
        if key.is_none() {
            return Err(error::signature("unknown-key"));
        }
        let key = key.cast::<RequestKey>()?;
        let verified = read.verify(key.get().core(), now).map_err(|reason| error::signature(reason.word()))?;
        verified.body().update(body).finish().map_err(|_| error::signature("body"))?;
        let (keyid, nonce) = (verified.keyid.to_owned(), verified.nonce.to_owned());
        Ok(SignedRequest { keyid, nonce, created: verified.created_s, until: verified.until_s })
    }

    fn __repr__(&self) -> String {
        format!("Requests(tag={:?}, tolerance={}, leeway={})", self.tag, self.window.tolerance_s, self.window.leeway_s)
    }
}

/// A request that was signed, body and all. Whether it was shown before, `replay` says: `first_seen(keyid, nonce, issued=created, until=until)`.
#[pyclass(frozen, module = "caltrop.signed")]
pub(crate) struct SignedRequest {
    /// Whose key signed it.
    #[pyo3(get)]
    keyid: String,
    /// What makes it this request of theirs.
    #[pyo3(get)]
    nonce: String,
    /// The Unix second at which it was signed.
    #[pyo3(get)]
    created: u64,
    /// The last Unix second at which it would be accepted.
    #[pyo3(get)]
    until: u64,
}

#[pymethods]
impl SignedRequest {
    fn __repr__(&self) -> String {
        format!("SignedRequest(keyid={:?}, nonce={:?}, created={}, until={})", self.keyid, self.nonce, self.created, self.until)
    }
}

/// Signs requests that the other side knows by this `keyid`: under a `secret`, or by `sign`, which is given bytes and gives their Ed25519 signature.
/// With `expires_in` seconds they say when they end, with a `tag` for which use they are.
///
/// Raises ValueError for a keyid or tag that no signature can have, and unless one of `secret` and `sign` is given.
#[pyclass(frozen, module = "caltrop.signed")]
pub(crate) struct Signer {
    keyid: String,
    key: Signs,
    tag: Option<String>,
    expires_in: Option<u32>,
}

enum Signs {
    Secret(mac::Key),
    Callable(Py<PyAny>),
}

#[pymethods]
impl Signer {
    #[new]
    #[pyo3(signature = (keyid, *, secret = None, sign = None, tag = None, expires_in = None))]
    fn new(
        keyid: String,
        secret: Option<&Bound<'_, PyAny>>,
        sign: Option<Py<PyAny>>,
        tag: Option<String>,
        expires_in: Option<u32>,
    ) -> PyResult<Self> {
        let key = match (secret, sign) {
            (Some(secret), None) => Signs::Secret(secret_key(secret)?),
            (None, Some(sign)) => Signs::Callable(sign),
            _ => return Err(PyValueError::new_err("give either secret or sign")),
        };
        signer(SigningKey::Ed25519(&|_| [0; 64]), &keyid, tag.as_deref(), expires_in)?;
        Ok(Self { keyid, key, tag, expires_in })
    }

    /// The header fields that sign a request: `content-digest` if there is a body, `signature-input` and `signature`.
    ///
    /// The date is the clock's and the nonce random, unless they are given. Raises ValueError for what the profile cannot sign.
    #[pyo3(signature = (*, method, target, authority, body = None, scheme = "https", created = None, nonce = None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python")]
    fn sign(
        &self,
        py: Python<'_>,
        method: &Bound<'_, PyAny>,
        target: &Bound<'_, PyAny>,
        authority: &Bound<'_, PyAny>,
        body: Option<&Bound<'_, PyAny>>,
        scheme: &str,
        created: Option<u64>,
        nonce: Option<String>,
    ) -> PyResult<Vec<(&'static str, String)>> {
        let request = components(method, target, authority, scheme)?;
        let digest = match optional(body)? {
            b"" => None,
            body => Some(signed::content_digest(body)),
        };
        let nonce = nonce.map_or_else(|| py.import("secrets")?.getattr("token_urlsafe")?.call1((16,))?.extract(), Ok)?;
        let created = created.unwrap_or_else(|| now(None).wall_s);
        let failed = Cell::new(None);
        let by_callable = |base: &[u8]| match &self.key {
            Signs::Callable(sign) => asked(py, sign, base).unwrap_or_else(|error| {
                failed.set(Some(error));
                [0; 64]
            }),
            Signs::Secret(_) => [0; 64],
        };
        let key = match &self.key {
            Signs::Secret(key) => SigningKey::Hmac(key),
            Signs::Callable(_) => SigningKey::Ed25519(&by_callable),
        };
        let signer = signer(key, &self.keyid, self.tag.as_deref(), self.expires_in)?;
        let fields =
            signer.sign(&request, digest.as_ref(), created, &nonce).map_err(|refused| PyValueError::new_err(refused.to_string()))?;
        if let Some(error) = failed.take() {
            return Err(error);
        }
        let signed = [("signature-input", fields.signature_input()), ("signature", fields.signature())];
        let digest = digest.as_ref().map(|digest| ("content-digest", digest.as_str()));
        Ok(digest.into_iter().chain(signed).map(|(name, value)| (name, value.to_owned())).collect())
    }

    fn __repr__(&self) -> String {
        format!("Signer({:?}, ..)", self.keyid)
    }
}

fn asked(py: Python<'_>, sign: &Py<PyAny>, base: &[u8]) -> PyResult<[u8; 64]> {
    let signature = sign.bind(py).call1((PyBytes::new(py, base),))?;
    let signature: &[u8] = signature.extract()?;
    signature.try_into().map_err(|_| PyValueError::new_err("sign: an Ed25519 signature has 64 bytes"))
}

fn signer<'k>(key: SigningKey<'k>, keyid: &'k str, tag: Option<&'k str>, expires_in: Option<u32>) -> PyResult<CoreSigner<'k>> {
    let signer = CoreSigner::new(key, keyid).and_then(|signer| tag.map_or(Ok(signer), |tag| signer.tagged(tag)));
    let signer = signer.map_err(|refused| PyValueError::new_err(refused.to_string()))?;
    Ok(expires_in.map_or(signer, |life_s| signer.expiring(life_s)))
}

fn components<'a>(
    method: &'a Bound<'_, PyAny>,
    target: &'a Bound<'_, PyAny>,
    authority: &'a Bound<'_, PyAny>,
    scheme: &str,
) -> PyResult<Components<'a>> {
    let scheme = match scheme {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        _ => return Err(PyValueError::new_err("scheme: give \"https\" or \"http\"")),
    };
    let (method, target, authority) = (bytes(method, "method")?, bytes(target, "target")?, bytes(authority, "authority")?);
    Ok(Components { method, scheme, authority, target })
}

fn optional<'a>(body: Option<&'a Bound<'_, PyAny>>) -> PyResult<&'a [u8]> {
    body.map_or(Ok(&[]), |body| bytes(body, "body"))
}

/// The `Content-Digest` of a body (RFC 9530), by SHA-256.
#[pyfunction]
pub(crate) fn content_digest(body: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(signed::content_digest(bytes(body, "body")?).as_str().to_owned())
}

/// The secret of 32 bytes under which requests of the API key with this id are signed, in its present generation: made of one root, and stored nowhere.
///
/// Raises ValueError for a root of less than 32 bytes.
#[pyfunction]
pub(crate) fn request_secret<'py>(py: Python<'py>, root: &Bound<'_, PyAny>, key_id: u64, generation: u32) -> PyResult<Bound<'py, PyBytes>> {
    let root = long(root, "root")?;
    Ok(PyBytes::new(py, signed::request_secret(&root, key_id, generation).as_bytes()))
}

fn long(secret: &Bound<'_, PyAny>, what: &str) -> PyResult<mac::Key> {
    match bytes(secret, what)? {
        secret if secret.len() < 32 => Err(PyValueError::new_err(format!("{what}: give 32 bytes or more, of a random generator"))),
        secret => Ok(mac::Key::new(secret)),
    }
}

/// Nonces that a host demands in front of the client's own, known again in steps of so many seconds without being remembered.
///
/// `boot` is 16 random bytes, new whenever the clock or the replay cache begins anew. Raises ValueError for a key of less than 32 bytes.
#[pyclass(frozen, module = "caltrop.signed")]
pub(crate) struct ServerNonces {
    key: mac::Key,
    boot: [u8; 16],
    step: u32,
}

#[pymethods]
impl ServerNonces {
    #[new]
    #[pyo3(signature = (key, *, boot, step = 60))]
    fn new(key: &Bound<'_, PyAny>, boot: &[u8], step: u32) -> PyResult<Self> {
        let boot = boot.try_into().map_err(|_| PyValueError::new_err("boot: give 16 random bytes"))?;
        let nonces = Self { key: long(key, "key")?, boot, step };
        nonces.core()?;
        Ok(nonces)
    }

    /// The nonce of this step, 24 characters, to be sent in a field of an answer.
    #[pyo3(signature = (*, now = None))]
    fn give(&self, now: Option<&Bound<'_, Now>>) -> PyResult<String> {
        Ok(self.core()?.give(self::now(now)).as_str().to_owned())
    }

    /// Returns None if a request's nonce begins with the nonce of this step or the one before, and goes on.
    ///
    /// Raises InvalidSignature with the reason "nonce".
    #[pyo3(signature = (nonce, *, now = None))]
    fn check(&self, nonce: &str, now: Option<&Bound<'_, Now>>) -> PyResult<()> {
        self.core()?.check(nonce, self::now(now)).map_err(|_| error::signature("nonce"))
    }

    fn __repr__(&self) -> String {
        format!("ServerNonces(.., step={})", self.step)
    }
}

impl ServerNonces {
    fn core(&self) -> PyResult<CoreNonces<'_>> {
        CoreNonces::new(&self.key, self.boot, self.step).ok_or_else(|| PyValueError::new_err("step: give 1 second or more"))
    }
}
