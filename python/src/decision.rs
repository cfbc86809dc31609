//! A decision as a value that owns what it says.

use std::net::IpAddr;

use caltrop::Decision as Decided;
use caltrop::audit::Reason;
use caltrop::guard::{Body, DecisionId};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use crate::guard::Guard;

#[pyclass(frozen, module = "caltrop")]
pub(crate) struct Decision {
    guard: Py<Guard>,
    id: DecisionId,
    reason: Option<Reason>,
    #[pyo3(get)]
    retry_after: u32,
    #[pyo3(get)]
    route: Option<String>,
    #[pyo3(get)]
    principal: Option<String>,
    #[pyo3(get)]
    tenant: Option<String>,
    #[pyo3(get)]
    plan: Option<String>,
    #[pyo3(get)]
    scopes: Vec<String>,
    #[pyo3(get)]
    key_id: u64,
    pub(crate) client: Option<IpAddr>,
}

impl Decision {
    pub(crate) fn new(guard: Py<Guard>, decided: &Decided<'_>) -> Self {
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
    #[getter]
    const fn allowed(&self) -> bool {
        self.reason.is_none()
    }

    fn __bool__(&self) -> bool {
        self.allowed()
    }

    #[getter]
    fn status(&self) -> u16 {
        self.reason.map_or(200, Reason::status)
    }

    #[getter]
    fn reason(&self) -> Option<&'static str> {
        self.reason.map(Reason::word)
    }

    #[getter]
    fn id(&self) -> String {
        String::from_utf8_lossy(&self.id.hex()).into_owned()
    }

    #[getter]
    fn client(&self) -> Option<String> {
        self.client.map(|address| address.to_string())
    }

    /// Pairs of bytes, as ASGI takes them.
    #[getter]
    fn response_headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let Some(reason) = self.reason else { return Ok(PyList::empty(py)) };
        let fields = self.guard.get().core().fields(reason, self.retry_after);
        let pair = |name: &str, value: &str| PyTuple::new(py, [PyBytes::new(py, name.as_bytes()), PyBytes::new(py, value.as_bytes())]);
        let pairs = fields.as_slice().iter().map(|field| pair(field.name, &field.value)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, pairs)
    }

    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let body = self.reason.map(|reason| Body::new(reason.status(), self.id));
        PyBytes::new(py, body.as_ref().map_or(b"", |body| body.as_str().as_bytes()))
    }

    fn __repr__(&self) -> String {
        format!("<Decision {} {} {}>", self.status(), self.reason().unwrap_or("allowed"), self.id())
    }
}
