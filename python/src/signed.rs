//! Webhooks of known vendors, and tokens of our own.

use caltrop::request::Header;
use caltrop::signed::{self, SharedSecrets, TokenKey, Window};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::error;
use crate::request::bytes;
use crate::time::{Now, now};

#[pyclass(frozen, module = "caltrop.signed")]
pub(crate) struct Webhooks {
    vendor: Vendor,
    secrets: SharedSecrets,
}

enum Vendor {
    GitHub,
    Slack(Window),
    Stripe(Window),
    Standard(Window),
}

/// GitHub's: `X-Hub-Signature-256`. They have no date.
#[pyfunction]
pub(crate) fn github(secrets: &Bound<'_, PyAny>) -> PyResult<Webhooks> {
    Ok(Webhooks { vendor: Vendor::GitHub, secrets: raw(secrets)? })
}

/// Slack's: `X-Slack-Signature`.
#[pyfunction]
#[pyo3(signature = (secrets, *, tolerance = 300, leeway = 30))]
pub(crate) fn slack(secrets: &Bound<'_, PyAny>, tolerance: u32, leeway: u32) -> PyResult<Webhooks> {
    let window = Window { tolerance_s: tolerance, leeway_s: leeway };
    Ok(Webhooks { vendor: Vendor::Slack(window), secrets: raw(secrets)? })
}

/// Stripe's: `Stripe-Signature`. A secret is given with its `whsec_`.
#[pyfunction]
#[pyo3(signature = (secrets, *, tolerance = 300, leeway = 30))]
pub(crate) fn stripe(secrets: &Bound<'_, PyAny>, tolerance: u32, leeway: u32) -> PyResult<Webhooks> {
    let window = Window { tolerance_s: tolerance, leeway_s: leeway };
    Ok(Webhooks { vendor: Vendor::Stripe(window), secrets: raw(secrets)? })
}

/// Those of Standard Webhooks: `webhook-signature`.
#[pyfunction]
#[pyo3(signature = (secrets, *, tolerance = 300, leeway = 30))]
pub(crate) fn standard(secrets: &Bound<'_, PyAny>, tolerance: u32, leeway: u32) -> PyResult<Webhooks> {
    let window = Window { tolerance_s: tolerance, leeway_s: leeway };
    let given = each(secrets)?;
    let texts: Vec<&str> = given.iter().map(|secret| secret.cast::<PyString>()?.to_str()).collect::<PyResult<_>>()?;
    let secrets = SharedSecrets::standard(&texts).map_err(|refused| PyValueError::new_err(format!("secrets: {refused}")))?;
    Ok(Webhooks { vendor: Vendor::Standard(window), secrets })
}

/// One secret, or several: a `str` is one, not one a letter.
fn each<'py>(secrets: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    if secrets.is_instance_of::<PyString>() || secrets.is_instance_of::<PyBytes>() {
        return Ok(vec![secrets.clone()]);
    }
    secrets.try_iter()?.collect()
}

fn raw(secrets: &Bound<'_, PyAny>) -> PyResult<SharedSecrets> {
    let given = each(secrets)?;
    let all: Vec<&[u8]> = given.iter().map(|secret| bytes(secret, "secrets")).collect::<PyResult<_>>()?;
    SharedSecrets::new(&all).map_err(|refused| PyValueError::new_err(format!("secrets: {refused}")))
}

#[pymethods]
impl Webhooks {
    #[pyo3(signature = (headers, body, *, now = None))]
    fn verify(&self, headers: &Bound<'_, PyAny>, body: &Bound<'_, PyAny>, now: Option<&Bound<'_, Now>>) -> PyResult<()> {
        let (pairs, body) = (pairs(headers)?, bytes(body, "body")?);
        let fields = pairs.iter().map(|(name, value)| Ok(Header { name: bytes(name, "headers")?, value: bytes(value, "headers")? }));
        let fields: Vec<Header<'_>> = fields.collect::<PyResult<_>>()?;
        let fields = &&fields[..];
        let now = self::now(now);
        let check = match self.vendor {
            Vendor::GitHub => signed::github(&self.secrets, fields),
            Vendor::Slack(window) => signed::slack(&self.secrets, fields, window, now),
            Vendor::Stripe(window) => signed::stripe(&self.secrets, fields, window, now),
            Vendor::Standard(window) => signed::standard(&self.secrets, fields, window, now),
        };
        check.and_then(|check| check.update(body).finish()).map_err(|reason| error::webhook(reason.word()))
    }

    fn __repr__(&self) -> &'static str {
        match self.vendor {
            Vendor::GitHub => "github(..)",
            Vendor::Slack(_) => "slack(..)",
            Vendor::Stripe(_) => "stripe(..)",
            Vendor::Standard(_) => "standard(..)",
        }
    }
}

type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// A mapping, or pairs as ASGI and WSGI servers have them.
fn pairs<'py>(headers: &Bound<'py, PyAny>) -> PyResult<Vec<Pair<'py>>> {
    let wrong = || PyTypeError::new_err("headers: give a mapping, or pairs of names and values");
    let items = headers.getattr_opt("items")?.map_or_else(|| Ok(headers.clone()), |items| items.call0())?;
    let pair = |item: PyResult<Bound<'py, PyAny>>| {
        let item = item?;
        let parts = item.try_iter().map_err(|_| wrong())?.collect::<PyResult<Vec<_>>>()?;
        <[_; 2]>::try_from(parts).map(|[name, value]| (name, value)).map_err(|_| wrong())
    };
    items.try_iter().map_err(|_| wrong())?.map(pair).collect()
}

#[pyclass(frozen, module = "caltrop.signed")]
pub(crate) struct Tokens {
    keys: Vec<TokenKey>,
    purpose: String,
}

#[pymethods]
impl Tokens {
    #[new]
    #[pyo3(signature = (keys, *, purpose))]
    fn new(keys: &Bound<'_, PyDict>, purpose: String) -> PyResult<Self> {
        let key = |(id, secret): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
            let (id, secret): (u8, PyBackedBytes) = (id.extract()?, secret.extract()?);
            TokenKey::new(id, &secret).map_err(|weak| PyValueError::new_err(format!("key {id}: {weak}")))
        };
        let tokens = Self { keys: keys.iter().map(key).collect::<PyResult<_>>()?, purpose };
        tokens.core(b"")?;
        Ok(tokens)
    }

    #[pyo3(signature = (claims, *, expires, context = None))]
    fn issue(&self, claims: &Bound<'_, PyAny>, expires: u64, context: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        let mut room = [0; signed::TOKEN_MAX];
        let tokens = self.core(optional(context)?)?;
        let token = tokens.issue(bytes(claims, "claims")?, expires, &mut room);
        token.map(str::to_owned).map_err(|refused| PyValueError::new_err(refused.to_string()))
    }

    #[pyo3(signature = (token, *, context = None, now = None))]
    fn verify<'py>(
        &self,
        token: &Bound<'py, PyAny>,
        context: Option<&Bound<'_, PyAny>>,
        now: Option<&Bound<'_, Now>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let mut room = [0; signed::CLAIMS_MAX];
        let verified = self.core(optional(context)?)?.verify(bytes(token, "token")?, self::now(now), &mut room);
        verified.map(|claims| PyBytes::new(token.py(), claims.bytes)).map_err(|reason| error::token(reason.word()))
    }

    fn __repr__(&self) -> String {
        format!("Tokens(.., purpose={:?})", self.purpose)
    }
}

impl Tokens {
    fn core<'k>(&'k self, context: &'k [u8]) -> PyResult<signed::Tokens<'k>> {
        let tokens = signed::Tokens::new(&self.keys, &self.purpose).map_err(|refused| PyValueError::new_err(refused.to_string()))?;
        Ok(tokens.bound_to(context))
    }
}

fn optional<'a>(context: Option<&'a Bound<'_, PyAny>>) -> PyResult<&'a [u8]> {
    context.map_or(Ok(&[]), |context| bytes(context, "context"))
}
