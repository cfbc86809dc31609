//! Webhooks of known vendors, and tokens of our own.

use caltrop::signed::{self, SharedSecrets, TokenKey, Window};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::error;
use crate::request::{bytes, named};
use crate::time::{Now, now};

/// Webhooks of one vendor under 1 to 4 shared secrets: made by `github`, `slack`, `stripe` or `standard`. Any thread may ask it.
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

/// GitHub's: `X-Hub-Signature-256`. They have no date, so an old one that is played back is good.
///
/// Raises ValueError for no secret, over 4, or an empty one.
#[pyfunction]
pub(crate) fn github(secrets: &Bound<'_, PyAny>) -> PyResult<Webhooks> {
    Ok(Webhooks { vendor: Vendor::GitHub, secrets: raw(secrets)? })
}

/// Slack's: `X-Slack-Signature`, good from `leeway` seconds ahead of this host's clock to `tolerance` seconds behind it.
///
/// Raises ValueError for no secret, over 4, or an empty one.
#[pyfunction]
#[pyo3(signature = (secrets, *, tolerance = 300, leeway = 30))]
pub(crate) fn slack(secrets: &Bound<'_, PyAny>, tolerance: u32, leeway: u32) -> PyResult<Webhooks> {
    let window = Window { tolerance_s: tolerance, leeway_s: leeway };
    Ok(Webhooks { vendor: Vendor::Slack(window), secrets: raw(secrets)? })
}

/// Stripe's: `Stripe-Signature`, good as `slack`'s are. A secret is given with its `whsec_`.
///
/// Raises ValueError for no secret, over 4, or an empty one.
#[pyfunction]
#[pyo3(signature = (secrets, *, tolerance = 300, leeway = 30))]
pub(crate) fn stripe(secrets: &Bound<'_, PyAny>, tolerance: u32, leeway: u32) -> PyResult<Webhooks> {
    let window = Window { tolerance_s: tolerance, leeway_s: leeway };
    Ok(Webhooks { vendor: Vendor::Stripe(window), secrets: raw(secrets)? })
}

/// Those of Standard Webhooks: `webhook-signature`, good as `slack`'s are. A secret is `whsec_` and base64.
///
/// Raises ValueError for no secret, over 4, or one of another form.
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
    /// Returns None if the webhook is good: `body` as it was received, `headers` a mapping or pairs.
    ///
    /// Raises InvalidWebhook; its `reason` says why, for the operator.
    #[pyo3(signature = (headers, body, *, now = None))]
    fn verify(&self, headers: &Bound<'_, PyAny>, body: &Bound<'_, PyAny>, now: Option<&Bound<'_, Now>>) -> PyResult<()> {
        let (named, body) = (named(headers)?, bytes(body, "body")?);
        let fields = named.fields()?;
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

/// Tokens for one purpose under keys of 32 bytes or more, by their numbers (0 to 255): the first signs, all are known.
///
/// Raises ValueError for no key, a short one, or a purpose that is no name.
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

    /// A token with at most 1,024 bytes of claims, which whoever holds it can read.
    ///
    /// It is good until the Unix second `expires`, and only with the same `context`. Raises ValueError for more bytes.
    #[pyo3(signature = (claims, *, expires, context = None))]
    fn issue(&self, claims: &Bound<'_, PyAny>, expires: u64, context: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        let mut room = [0; signed::TOKEN_MAX];
        let tokens = self.core(optional(context)?)?;
        let token = tokens.issue(bytes(claims, "claims")?, expires, &mut room);
        token.map(str::to_owned).map_err(|refused| PyValueError::new_err(refused.to_string()))
    }

    /// The claims of a token that is good; the clock's `now` unless one is given.
    ///
    /// Raises InvalidToken; its `reason` says why, for the operator.
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
