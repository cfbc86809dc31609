//! A decision as a value that owns what it says.

use std::net::IpAddr;
use std::sync::Arc;

use caltrop::Decision as Decided;
use caltrop::audit::Reason;
use caltrop::guard::{Body, DecisionId};
use caltrop_host::HostGuard;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

/// May this caller do this, now, from there? True for yes. `reason` is for the operator, never for the caller.
#[pyclass(frozen, module = "caltrop")]
pub(crate) struct Decision {
    /// What decided, which another one may have replaced since.
    guard: Arc<HostGuard>,
    id: DecisionId,
    reason: Option<Reason>,
    /// Whole seconds to wait after a limit was passed; else 0.
    #[pyo3(get)]
    retry_after: u32,
    /// The name of the route that was asked for, or None where none was.
    #[pyo3(get)]
    route: Option<String>,
    /// Whose key was shown, or None without a good one.
    #[pyo3(get)]
    principal: Option<String>,
    /// The principal's tenant, or None.
    #[pyo3(get)]
    tenant: Option<String>,
    /// The plan of the key, or None.
    #[pyo3(get)]
    plan: Option<String>,
    /// What the key may do, ascending.
    #[pyo3(get)]
    scopes: Vec<String>,
    /// The public id of the key that was shown; 0 without a good one.
    #[pyo3(get)]
    key_id: u64,
    pub(crate) client: Option<IpAddr>,
}

impl Decision {
    pub(crate) fn new(guard: Arc<HostGuard>, decided: &Decided<'_>) -> Self {
        let facts = decided.facts();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let (reason, retry_after) = match decided {
            Decided::Allow(_) => (None, 0),
            Decided::Deny(denial) => (Some(denial.reason()), denial.retry_after_s()),
        };
        Self {
            guard,
            id: decided.id(),
            reason,
            retry_after,
            route: owned(facts.route()),
            principal: owned(facts.principal()),
            tenant: owned(facts.tenant()),
            plan: owned(facts.plan()),
            scopes: facts.scopes().map(str::to_owned).collect(),
            key_id: facts.key_id(),
            client: facts.client(),
        }
    }
}

#[pymethods]
impl Decision {
    /// Whether the request may pass.
    #[getter]
    const fn allowed(&self) -> bool {
        self.reason.is_none()
    }

    fn __bool__(&self) -> bool {
        self.allowed()
    }

    /// The HTTP status to answer with; 200 if the request may pass.
    #[getter]
    fn status(&self) -> u16 {
        self.reason.map_or(200, Reason::status)
    }

    /// A word for why it was denied, for the operator's log, or None.
    #[getter]
    fn reason(&self) -> Option<&'static str> {
        self.reason.map(Reason::word)
    }

    /// The id of this decision, 32 hexadecimal digits: in the log, and in a denial's body.
    #[getter]
    fn id(&self) -> String {
        String::from_utf8_lossy(&self.id.hex()).into_owned()
    }

    /// The address of who is really there, behind trusted proxies, or None where it is not known.
    #[getter]
    fn client(&self) -> Option<String> {
        self.client.map(|address| address.to_string())
    }

    /// The fields of a denial's response as pairs of bytes, as ASGI takes them; none if the request may pass.
    #[getter]
    fn response_headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let Some(reason) = self.reason else { return Ok(PyList::empty(py)) };
        let fields = self.guard.guard().fields(reason, self.retry_after);
        let pair = |name: &str, value: &str| PyTuple::new(py, [PyBytes::new(py, name.as_bytes()), PyBytes::new(py, value.as_bytes())]);
        let pairs = fields.as_slice().iter().map(|field| pair(field.name, &field.value)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, pairs)
    }

    /// The body of a denial's response, JSON; empty if the request may pass.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let body = self.reason.map(|reason| Body::new(reason.status(), self.id));
        PyBytes::new(py, body.as_ref().map_or(b"", |body| body.as_str().as_bytes()))
    }

    fn __repr__(&self) -> String {
        format!("<Decision {} {} {}>", self.status(), self.reason().unwrap_or("allowed"), self.id())
    }
}
