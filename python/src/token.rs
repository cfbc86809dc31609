//! Access tokens of one issuer.

use caltrop::mac;
use caltrop::time::Now as CoreNow;
use caltrop::token::{Algorithm, Key, TOKEN_MAX, Verifier as CoreVerifier};
use caltrop_control::jwks::{self, Jwk};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use self_cell::self_cell;

use crate::error;
use crate::request::bytes;
use crate::time::{Now, now};

/// What a verifier is made of.
struct Parts {
    issuer: String,
    audiences: Vec<String>,
    types: Vec<String>,
    keys: Vec<Jwk>,
    algorithms: Vec<Algorithm>,
    secret: Option<mac::Key>,
    leeway_s: u32,
    age_max_s: Option<u32>,
}

/// The same as the core borrows it.
struct Borrowed<'p> {
    audiences: Vec<&'p str>,
    types: Vec<&'p str>,
    keys: Vec<Key<'p>>,
}

self_cell!(
    struct Rules {
        owner: Parts,
        #[covariant]
        dependent: Borrowed,
    }
);

/// What is accepted of one issuer: its tokens for one of these audiences, of one of these types, signed under one of these algorithms by a key of
/// `jwks` (a JSON Web Key Set, as a dict or as text) or, for HS256 alone, under `secret`. Any thread may ask it.
///
/// Keys for something else are passed over, and a key without `alg` is bound by `algorithms`. Raises ValueError for what cannot be used.
#[pyclass(frozen, module = "caltrop.token")]
pub(crate) struct Verifier {
    rules: Rules,
}

#[pymethods]
impl Verifier {
    #[new]
    #[pyo3(signature = (*, issuer, audience, algorithms, jwks = None, secret = None, types = None, leeway = 0, max_age = None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python")]
    fn new(
        issuer: String,
        audience: &Bound<'_, PyAny>,
        algorithms: &Bound<'_, PyAny>,
        jwks: Option<&Bound<'_, PyAny>>,
        secret: Option<&Bound<'_, PyAny>>,
        types: Option<&Bound<'_, PyAny>>,
        leeway: u32,
        max_age: Option<u32>,
    ) -> PyResult<Self> {
        let algorithm = |name: String| {
            Algorithm::from_name(&name).ok_or_else(|| {
                let known = Algorithm::ALL.map(Algorithm::name).join(", ");
                PyValueError::new_err(format!("algorithms: {name:?} is not one of {known}"))
            })
        };
        let algorithms: Vec<Algorithm> = texts(algorithms)?.into_iter().map(algorithm).collect::<PyResult<_>>()?;
        let secret = secret.map(|secret| bytes(secret, "secret")).transpose()?;
        // RFC 7518 §3.2: as long as the hash.
        if secret.is_some_and(|secret| secret.len() < 32) {
            return Err(PyValueError::new_err("secret: give 32 bytes or more"));
        }
        if secret.is_some() != algorithms.contains(&Algorithm::Hs256) || (secret.is_some() && jwks.is_some()) {
            return Err(PyValueError::new_err("give a secret with algorithms=[\"HS256\"], and jwks with any other"));
        }
        let parts = Parts {
            issuer,
            audiences: texts(audience)?,
            types: types.map_or_else(|| Ok(vec!["at+jwt".to_owned()]), texts)?,
            keys: jwks.map_or_else(|| Ok(Vec::new()), |jwks| set(jwks, &algorithms))?,
            algorithms,
            secret: secret.map(mac::Key::new),
            leeway_s: leeway,
            age_max_s: max_age,
        };
        let rules = Rules::new(parts, |parts| Borrowed {
            audiences: parts.audiences.iter().map(String::as_str).collect(),
            types: parts.types.iter().map(String::as_str).collect(),
            keys: parts.keys().collect(),
        });
        let verifier = Self { rules };
        verifier.core()?;
        Ok(verifier)
    }

    /// The claims of a token that is good, as a dict; the clock's `now` unless one is given.
    ///
    /// Raises InvalidToken; its `reason` says why, for the operator: the caller is told `invalid_token` and no more (RFC 6750 §3.1).
    #[pyo3(signature = (token, *, now = None))]
    fn verify<'py>(&self, token: &Bound<'py, PyAny>, now: Option<&Bound<'_, Now>>) -> PyResult<Bound<'py, PyDict>> {
        let (given, now): (_, CoreNow) = (bytes(token, "token")?, self::now(now));
        let mut room = [0; TOKEN_MAX / 4 * 3];
        let claims = self.core()?.verify(given, &mut room, now).map_err(|reason| error::token(reason.word()))?;
        let json = token.py().import("json")?;
        Ok(json.getattr("loads")?.call1((claims.as_json(),))?.cast_into()?)
    }

    fn __repr__(&self) -> String {
        format!("Verifier(issuer={:?}, ..)", self.rules.borrow_owner().issuer)
    }
}

impl Verifier {
    fn core(&self) -> PyResult<CoreVerifier<'_>> {
        let (parts, borrowed) = (self.rules.borrow_owner(), self.rules.borrow_dependent());
        let verifier = CoreVerifier::new(&parts.issuer, &borrowed.audiences, &borrowed.keys);
        let verifier = verifier.map_err(|refused| PyValueError::new_err(refused.to_string()))?;
        let verifier = verifier.with_types(&borrowed.types).with_leeway(parts.leeway_s);
        Ok(parts.age_max_s.map_or(verifier, |age_max_s| verifier.with_age_max(age_max_s)))
    }
}

impl Parts {
    fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        let secret = self.secret.iter().map(|secret| Key::hs256(None, secret));
        secret.chain(self.keys.iter().flat_map(|key| key.prepared(&self.algorithms)))
    }
}

/// One text, or several: a `str` is one, not one a letter.
fn texts(given: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    if given.is_instance_of::<PyString>() {
        return Ok(vec![given.extract()?]);
    }
    given.try_iter()?.map(|text| text?.extract()).collect()
}

/// The keys of a set for these algorithms.
fn set(given: &Bound<'_, PyAny>, algorithms: &[Algorithm]) -> PyResult<Vec<Jwk>> {
    let text: String = if given.is_instance_of::<PyDict>() {
        given.py().import("json")?.getattr("dumps")?.call1((given,))?.extract()?
    } else {
        String::from_utf8(bytes(given, "jwks")?.to_vec())?
    };
    let set = jwks::read_set(&text, algorithms).map_err(|refused| PyValueError::new_err(format!("jwks: {refused}")))?;
    Ok(set.keys)
}
