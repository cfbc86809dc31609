//! Whether whoever shows a token has the key or the certificate that it is bound to.

use std::num::NonZero;

use caltrop::json::{self, Value};
use caltrop::mac;
use caltrop::token::{
    self, Binding, Htu, Nonces as CoreNonces, PROOF_AGE_MAX_S, PROOF_MAX, Presented, Proof as CoreProof, ProofReason,
    ProofVerifier as CoreVerifier, ProvenRequest, Thumbprint,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::error;
use crate::request::{bytes, named};
use crate::time::{Now, now};

/// Reads DPoP proofs (RFC 9449) that are at most `max_age` seconds old and `leeway` ahead, both at most 300, and, with `nonces`, bear one that lives.
/// Any thread may ask it.
#[pyclass(frozen, module = "caltrop.token")]
pub(crate) struct ProofVerifier {
    max_age: u32,
    leeway: u32,
    nonces: Option<Py<Nonces>>,
}

#[pymethods]
impl ProofVerifier {
    #[new]
    #[pyo3(signature = (*, max_age = 60, leeway = 30, nonces = None))]
    fn new(max_age: u32, leeway: u32, nonces: Option<Py<Nonces>>) -> PyResult<Self> {
        if max_age > PROOF_AGE_MAX_S || leeway > token::LEEWAY_MAX_S {
            return Err(PyValueError::new_err("max_age and leeway: at most 300 seconds each"));
        }
        Ok(Self { max_age, leeway, nonces })
    }

    /// The proof in the one field `DPoP` of a request: `headers` are a mapping or pairs, `url` is what the client asked for, and `token` the access
    /// token that came with it, if one did. The clock's `now` unless one is given.
    ///
    /// Raises InvalidProof; its `reason` says why, for the operator: the caller is told `use_dpop_nonce` and a new nonce for the reason "nonce", else
    /// `invalid_dpop_proof`, and no more. Whether it was shown before, `caltrop.replay` says.
    #[pyo3(signature = (headers, *, method, url, token = None, now = None))]
    fn verify(
        &self,
        headers: &Bound<'_, PyAny>,
        method: &Bound<'_, PyAny>,
        url: &Bound<'_, PyAny>,
        token: Option<&Bound<'_, PyAny>>,
        now: Option<&Bound<'_, Now>>,
    ) -> PyResult<Proof> {
        let named = named(headers)?;
        let fields = named.fields()?;
        let token = token.map(|token| bytes(token, "token")).transpose()?;
        // A host builds the URL of what strangers send, so one that is none is no mistake of its own.
        let htu = Htu::parse(bytes(url, "url")?).ok_or_else(|| error::proof(ProofReason::Uri.word()))?;
        let request = ProvenRequest { method: bytes(method, "method")?, htu, token };
        let verifier = CoreVerifier::new().with_age_max(self.max_age).with_leeway(self.leeway);
        let verifier = self.nonces.as_ref().map_or(verifier, |nonces| verifier.with_nonces(&nonces.get().nonces));
        let proof = verifier.verify(&&fields[..], &request, &mut [0; PROOF_MAX / 4 * 3], self::now(now));
        proof.map(|proof| Proof { proof }).map_err(|reason| error::proof(reason.word()))
    }

    fn __repr__(&self) -> String {
        format!("ProofVerifier(max_age={}, leeway={}, ..)", self.max_age, self.leeway)
    }
}

/// A good proof: only ProofVerifier builds one.
#[pyclass(frozen, module = "caltrop.token")]
pub(crate) struct Proof {
    proof: CoreProof,
}

#[pymethods]
impl Proof {
    /// The thumbprint of its key, as `cnf.jkt` has it.
    #[getter]
    fn key(&self) -> String {
        self.proof.key().to_string()
    }

    /// What makes it this proof of its key.
    #[getter]
    fn jti(&self) -> &str {
        self.proof.jti()
    }

    /// The Unix second at which it was made.
    #[getter]
    const fn issued(&self) -> u64 {
        self.proof.issued_s()
    }

    /// The last Unix second at which it is accepted: so long it must be remembered.
    #[getter]
    const fn until(&self) -> u64 {
        self.proof.until_s()
    }

    fn __repr__(&self) -> String {
        format!("Proof(key={:?}, jti={:?})", self.key(), self.jti())
    }
}

/// Gives nonces, and knows those that live, by a secret of 32 bytes or more that all servers share: each lives for its step of so many seconds and
/// the next. Nothing is remembered. Raises ValueError for a short secret or no step.
#[pyclass(frozen, module = "caltrop.token")]
pub(crate) struct Nonces {
    nonces: CoreNonces,
}

#[pymethods]
impl Nonces {
    #[new]
    #[pyo3(signature = (secret, *, step = 300))]
    fn new(secret: &Bound<'_, PyAny>, step: u32) -> PyResult<Self> {
        let secret = bytes(secret, "secret")?;
        let step = NonZero::new(step).filter(|_| secret.len() >= 32);
        let step = step.ok_or_else(|| PyValueError::new_err("secret: give 32 bytes or more; step: a second or more"))?;
        Ok(Self { nonces: CoreNonces::new(mac::Key::new(secret), step) })
    }

    /// The nonce of now, for the field `DPoP-Nonce`.
    #[pyo3(signature = (*, now = None))]
    fn issue(&self, now: Option<&Bound<'_, Now>>) -> String {
        self.nonces.issue(self::now(now)).as_str().to_owned()
    }

    /// Whether it was given in this step or in the one before; ProofVerifier asks by itself.
    #[pyo3(signature = (nonce, *, now = None))]
    fn is_live(&self, nonce: &Bound<'_, PyAny>, now: Option<&Bound<'_, Now>>) -> PyResult<bool> {
        Ok(self.nonces.is_live(bytes(nonce, "nonce")?, self::now(now)))
    }

    fn __repr__(&self) -> &'static str {
        "Nonces(..)"
    }
}

/// Returns None if a token is shown with all that its claims bind it to: under the scheme DPoP with its `proof`, under Bearer without one, and over a
/// connection with the `certificate` of this thumbprint. A token that is bound to nothing is a bearer token.
///
/// Raises InvalidToken; its `reason` says why, for the operator: the caller is told `invalid_token` and no more.
#[pyfunction]
#[pyo3(signature = (claims, *, proof = None, certificate = None))]
pub(crate) fn check_binding(
    claims: &Bound<'_, PyDict>,
    proof: Option<&Bound<'_, Proof>>,
    certificate: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let certificate = certificate.map(|text| bytes(text, "certificate")).transpose()?;
    let read =
        |text| Thumbprint::from_text(text).ok_or_else(|| PyValueError::new_err("certificate: give its thumbprint, as client_cert does"));
    let certificate = certificate.map(read).transpose()?;
    let cnf = claims.get_item("cnf")?.map(|cnf| dumped(&cnf)).transpose()?;
    let cnf = cnf.as_ref().map(|cnf| json::open(cnf.as_bytes()).unwrap_or(Value::Null));
    let presented = proof.map_or(Presented::Bearer, |proof| Presented::Dpop(&proof.get().proof));
    let binding = Binding::of_cnf(cnf).and_then(|binding| binding.check(presented, certificate));
    binding.map_err(|reason| error::token(reason.word()))
}

/// The thumbprint of a public JSON Web Key (RFC 7638), as `cnf.jkt` has it: EC over P-256, OKP over Ed25519, or RSA with the exponent 65,537.
///
/// Raises ValueError for any other key, and for a private one.
#[pyfunction]
pub(crate) fn jwk_thumbprint(jwk: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = if jwk.is_instance_of::<PyDict>() { dumped(jwk)?.into_bytes() } else { bytes(jwk, "jwk")?.to_vec() };
    let object = json::open(&text).ok().and_then(Value::as_object);
    let object = object.ok_or_else(|| PyValueError::new_err("jwk: no JSON object"))?;
    let thumbprint = Thumbprint::of_jwk(object).map_err(|refused| PyValueError::new_err(format!("jwk: {refused}")))?;
    Ok(thumbprint.to_string())
}

/// The thumbprint of a certificate's DER bytes, as `cnf` has it in `x5t#S256`. The certificate is not looked at: whoever ended TLS has verified it.
#[pyfunction]
pub(crate) fn certificate_thumbprint(der: &Bound<'_, PyBytes>) -> String {
    Thumbprint::of_certificate(der.as_bytes()).to_string()
}

/// The thumbprint of the certificate in the one field `Client-Cert` (RFC 9440); None where there is no such field. Only a proxy that takes a caller's
/// own field away is to be believed.
///
/// Raises InvalidCertificate; its `reason` says why, for the operator.
#[pyfunction]
pub(crate) fn client_cert(headers: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let named = named(headers)?;
    let found = token::client_cert(&&named.fields()?[..]).map_err(|refused| error::certificate(refused.word()))?;
    Ok(found.map(|thumbprint| thumbprint.to_string()))
}

fn dumped(value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.py().import("json")?.getattr("dumps")?.call1((value,))?.extract()
}
