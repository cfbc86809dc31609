//! A decision as a value that owns what it says.

use std::mem;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use caltrop::Decision as Decided;
use caltrop::audit::Reason;
use caltrop::guard::{Answer, Body, DecisionId, Field, Held, Payer, Refusal, Upstream};
use caltrop::request::Header;
use caltrop_host::HostGuard;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use crate::request::Pairs;

/// May this caller do this, now, from there? True for yes. `reason` is for the operator, never for the caller.
#[pyclass(frozen, module = "caltrop")]
#[derive(Clone)]
pub(crate) struct Decision {
    /// What decided, which another one may have replaced since.
    guard: Arc<HostGuard>,
    id: DecisionId,
    reason: Option<Reason>,
    answer: Answer,
    /// The key's index in the keyring.
    key: Option<u32>,
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
    /// What would have refused the request, were it not in report mode: pairs of a reason's word and a quota's name, or None.
    #[pyo3(get)]
    reported: Vec<(&'static str, Option<String>)>,
    /// The public id of the key that was shown; 0 without a good one.
    #[pyo3(get)]
    key_id: u64,
    pub(crate) client: Option<IpAddr>,
    hops: u8,
    zones: u64,
    /// The places of a granted request, shared by the denial that it may become: none from the moment when they are given back.
    held: Arc<Mutex<Held>>,
}

impl Decision {
    pub(crate) fn new(guard: Arc<HostGuard>, mut decided: Decided<'_>) -> Self {
        let held = match &mut decided {
            Decided::Allow(grant) => mem::take(grant.held()),
            Decided::Deny(_) => Held::default(),
        };
        let facts = decided.facts();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let reason = match &decided {
            Decided::Allow(_) => None,
            Decided::Deny(denial) => Some(denial.reason()),
        };
        let answer = *decided.answer();
        Self {
            guard,
            id: decided.id(),
            reason,
            answer,
            key: facts.key().map(|key| key.index()),
            retry_after: answer.retry_after_s,
            route: owned(facts.route()),
            principal: owned(facts.principal()),
            tenant: owned(facts.tenant()),
            plan: owned(facts.plan()),
            scopes: facts.scopes().map(str::to_owned).collect(),
            reported: decided.reported().map(|(reason, quota)| (reason.word(), owned(quota))).collect(),
            key_id: facts.key_id(),
            client: facts.client(),
            hops: facts.hops(),
            zones: facts.zones(),
            held: Arc::new(Mutex::new(held)),
        }
    }

    /// The places that it holds. Nothing inside panics, so what a lock holds is whole.
    pub(crate) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who pays for what was granted.
    pub(crate) fn payer(&self) -> PyResult<Payer<'_>> {
        if !self.allowed() {
            return Err(PyValueError::new_err("a denied request costs the application nothing"));
        }
        Ok(Payer {
            id: self.id,
            client: self.client,
            hops: self.hops,
            zones: self.zones,
            key_id: self.key_id,
            route: self.route.as_deref(),
            route_index: self.answer.route,
            principal: self.principal.as_deref(),
            tenant: self.tenant.as_deref(),
            plan: self.plan.as_deref(),
        })
    }

    /// The denial that a grant becomes by this guard; by another policy than the one that granted, without what only that one could tell.
    pub(crate) fn refused(&self, refusal: &Refusal, guard: Arc<HostGuard>) -> Self {
        let is_same = guard.guard().policy().id64() == self.guard.guard().policy().id64();
        let granted = if is_same { self.answer } else { Answer { is_tls: self.answer.is_tls, ..Answer::default() } };
        Self { guard, reason: Some(refusal.reason), answer: refusal.answer(&granted), retry_after: refusal.retry_after_s, ..self.clone() }
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

    /// The HTTP status to answer with; 200 if the request may pass, 204 for a page's question, which the application does not see.
    #[getter]
    fn status(&self) -> u16 {
        self.answer.reason.map_or(200, Reason::status)
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

    /// The fields of the response as pairs of bytes, as ASGI takes them: all of a denial's, or those that go beside the application's own, in
    /// the place of those of the same name, but `vary`, which is added.
    #[getter]
    fn response_headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let fields = self.guard.guard().policy().fields(&self.answer);
        PyList::new(py, fields.map(|field| pair(py, &field)).collect::<PyResult<Vec<_>>>()?)
    }

    /// The request's fields as the application should see them: those given, without what only the guard may write and, if the policy says
    /// `strip`, without credentials; and `x-caltrop-decision`, `-principal`, `-tenant`, `-plan` and `-scopes`. Raises ValueError for a denial.
    fn upstream_headers<'py>(&self, py: Python<'py>, headers: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        if !self.allowed() {
            return Err(PyValueError::new_err("a denied request does not reach the application"));
        }
        let core = self.guard.guard();
        let given = Pairs::new(headers)?;
        let kept = given.fields()?.into_iter().filter(|field| core.policy().passes_on(*field));
        let kept = kept.map(|Header { name, value }| PyTuple::new(py, [PyBytes::new(py, name), PyBytes::new(py, value)]));
        let key = core.keyring().zip(self.key).and_then(|(keyring, at)| keyring.entry(at, self.key_id));
        let upstream =
            Upstream { id: self.id, principal: self.principal.as_deref(), tenant: self.tenant.as_deref(), plan: self.plan.as_deref(), key };
        let added = upstream.fields().map(|field| pair(py, &field));
        PyList::new(py, kept.chain(added).collect::<PyResult<Vec<_>>>()?)
    }

    /// The body of a denial's response, JSON; empty if the request may pass, and for 204.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let body = self.answer.reason.map(|reason| Body::new(reason.status(), self.id));
        PyBytes::new(py, body.as_ref().map_or(b"", |body| body.as_str().as_bytes()))
    }

    fn __repr__(&self) -> String {
        format!("<Decision {} {} {}>", self.status(), self.reason().unwrap_or("allowed"), self.id())
    }
}

fn pair<'py>(py: Python<'py>, field: &Field<'_>) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, [PyBytes::new(py, field.name.as_bytes()), PyBytes::new(py, field.value.to_string().as_bytes())])
}
