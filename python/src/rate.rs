//! Rate limits in fixed memory, for this process.

use caltrop::rate::{Charge, Left, LimitItem, Limiter as Core, PolicyItem, Quota, Refused, XRateLimit};
use caltrop::table::{TableSize, Word};
use caltrop_control::policy::rate as parse;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};
use self_cell::self_cell;

use crate::request::bytes;
use crate::time::{Now, now};

self_cell!(
    struct Cell {
        owner: Box<[Word]>,
        #[covariant]
        dependent: Core,
    }
);

/// A limit for each client (GCRA) in fixed memory, for the threads of one process: `"100/minute"`, `burst` of them at once.
///
/// Each client that owes takes one of `slots` words of 8 bytes. Where both lines of a newcomer are full, it shares an overflow bucket with others:
/// a flood of new clients never resets a limited one, and never takes memory. Raises ValueError for a limit without unit, a burst of 0 or one that
/// takes over 48 days to come back, and slots that are no multiple of 8 or under 16.
#[pyclass(frozen, module = "caltrop.rate")]
pub(crate) struct Limiter {
    cell: Cell,
    quota: Quota,
}

#[pymethods]
impl Limiter {
    #[new]
    #[pyo3(signature = (limit, *, burst = None, slots = 65_536))]
    fn new(limit: &str, burst: Option<u32>, slots: u32) -> PyResult<Self> {
        let rate = parse(limit).map_err(|(what, mend)| PyValueError::new_err(format!("{what}: {mend}")))?;
        let wrong = |why: &dyn std::fmt::Display| PyValueError::new_err(why.to_string());
        let quota = Quota::per(limit, rate.count, rate.period_s, burst.unwrap_or(rate.count)).map_err(|why| wrong(&why))?;
        let lines = slots / 8;
        let size = TableSize { lines, overflow_log2: if lines < 1024 { 6 } else { 10 } };
        let count = size.words().filter(|_| slots.is_multiple_of(8));
        let count = count.ok_or_else(|| PyValueError::new_err(format!("slots {slots}: give a multiple of 8, at least 16")))?;
        let mut entropy = [0; 16];
        getrandom::fill(&mut entropy).map_err(|why| PyRuntimeError::new_err(why.to_string()))?;
        let words: Box<[Word]> = (0..count).map(|_| Word::new(0)).collect();
        let cell = Cell::try_new(words, |words| Core::format(words, size, entropy)).map_err(|why| wrong(&why))?;
        Ok(Self { cell, quota })
    }

    /// Takes `cost` units from a client's bucket, or nothing; the clock's `now` unless one is given.
    ///
    /// Raises TypeError for a client that is neither bytes nor str.
    #[pyo3(signature = (client, *, cost = 1, now = None))]
    fn take(&self, client: &Bound<'_, PyAny>, cost: u32, now: Option<&Bound<'_, Now>>) -> PyResult<Taken> {
        let charge = self.charge(client, cost)?;
        Ok(Taken { quota: self.quota, answer: self.cell.borrow_dependent().take(&charge, self::now(now)) })
    }

    /// `take` for names of one width that lie side by side, faster; the answer is a byte for each name: 1 if its cost was taken, 0 if not.
    ///
    /// A name may come several times. Raises ValueError for a width of 0 and for bytes that are no whole number of names.
    #[pyo3(signature = (clients, width, *, cost = 1, now = None))]
    fn take_many<'py>(
        &self,
        py: Python<'py>,
        clients: &Bound<'_, PyBytes>,
        width: usize,
        cost: u32,
        now: Option<&Bound<'_, Now>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let names = clients.as_bytes();
        if width == 0 || !names.len().is_multiple_of(width) {
            return Err(PyValueError::new_err(format!("clients: {} bytes are no names of {width} bytes each", names.len())));
        }
        let (limiter, now) = (self.cell.borrow_dependent(), self::now(now));
        let charge = |name: &[u8]| Charge { partition: limiter.client(name), quota: self.quota, cost };
        let charges: Vec<Charge> = names.chunks_exact(width).map(charge).collect();
        let mut answers = vec![Err(Refused::Contended); charges.len()];
        limiter.take_many(&charges, now, &mut answers).map_err(|why| PyValueError::new_err(why.to_string()))?;
        let allowed: Vec<u8> = answers.iter().map(|answer| u8::from(answer.is_ok())).collect();
        Ok(PyBytes::new(py, &allowed))
    }

    /// What `take` would answer; takes nothing. Raises as `take` does.
    #[pyo3(signature = (client, *, cost = 1, now = None))]
    fn peek(&self, client: &Bound<'_, PyAny>, cost: u32, now: Option<&Bound<'_, Now>>) -> PyResult<Taken> {
        let charge = self.charge(client, cost)?;
        Ok(Taken { quota: self.quota, answer: self.cell.borrow_dependent().peek(&charge, self::now(now)) })
    }
}

impl Limiter {
    fn charge(&self, client: &Bound<'_, PyAny>, cost: u32) -> PyResult<Charge> {
        let partition = self.cell.borrow_dependent().client(bytes(client, "client")?);
        Ok(Charge { partition, quota: self.quota, cost })
    }
}

/// What a limiter answers: true if the cost was taken, or would have been.
#[pyclass(frozen, module = "caltrop.rate")]
pub(crate) struct Taken {
    quota: Quota,
    answer: Result<caltrop::rate::Taken, Refused>,
}

#[pymethods]
impl Taken {
    /// Whether the cost was taken, or would have been.
    #[getter]
    const fn allowed(&self) -> bool {
        self.answer.is_ok()
    }

    const fn __bool__(&self) -> bool {
        self.allowed()
    }

    /// Whole units that may come at once from now; 0 after a refusal.
    #[getter]
    fn remaining(&self) -> u32 {
        Left::of(&self.quota, &self.answer).remaining
    }

    /// Whole seconds until the same call would pass, rounded up; 0 if it passed.
    #[getter]
    fn retry_after(&self) -> u32 {
        self.answer.as_ref().map_or_else(Refused::retry_after_s, |_| 0)
    }

    /// `RateLimit-Policy` and `RateLimit`, and `Retry-After` for a refusal, as pairs of bytes for ASGI (draft-ietf-httpapi-ratelimit-headers-10).
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let name = "default";
        let policy = PolicyItem::of(name, &self.quota);
        let left = LimitItem { name, left: Left::of(&self.quota, &self.answer) };
        let wait = (!self.allowed()).then(|| ("retry-after", self.retry_after().to_string()));
        let told = [("ratelimit-policy", policy.to_string()), ("ratelimit", left.to_string())].into_iter().chain(wait);
        let pair =
            |(name, value): (&str, String)| PyTuple::new(py, [PyBytes::new(py, name.as_bytes()), PyBytes::new(py, value.as_bytes())]);
        PyList::new(py, told.map(pair).collect::<PyResult<Vec<_>>>()?)
    }

    /// `X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds from now), for clients that read these: pairs of bytes, to be added to `fields`.
    #[getter]
    fn x_fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let told = XRateLimit::of(&self.quota, Left::of(&self.quota, &self.answer)).fields();
        let pair = |(name, value): (&str, u32)| {
            PyTuple::new(py, [PyBytes::new(py, name.as_bytes()), PyBytes::new(py, value.to_string().as_bytes())])
        };
        PyList::new(py, told.map(pair).into_iter().collect::<PyResult<Vec<_>>>()?)
    }

    fn __repr__(&self) -> String {
        let allowed = if self.allowed() { "True" } else { "False" };
        format!("Taken(allowed={allowed}, remaining={}, retry_after={})", self.remaining(), self.retry_after())
    }
}
