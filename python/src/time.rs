//! A moment that a caller names: for tests, and for hosts with clocks of their own.

use caltrop::time::Quality;
use pyo3::prelude::*;

/// A moment that a caller names: for tests, and for hosts with clocks of their own.
#[pyclass(frozen, eq, module = "caltrop")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Now {
    /// Unix seconds.
    #[pyo3(get)]
    wall_s: u64,
    /// Nanoseconds of a clock that never goes back: limits count by it.
    #[pyo3(get)]
    mono_ns: u64,
    /// Whether the Unix seconds can be believed: if not, what has a date is refused.
    #[pyo3(get)]
    trusted: bool,
}

#[pymethods]
impl Now {
    #[new]
    #[pyo3(signature = (wall_s, mono_ns, trusted = true))]
    const fn new(wall_s: u64, mono_ns: u64, trusted: bool) -> Self {
        Self { wall_s, mono_ns, trusted }
    }

    fn __repr__(&self) -> String {
        let trusted = if self.trusted { "True" } else { "False" };
        format!("Now(wall_s={}, mono_ns={}, trusted={trusted})", self.wall_s, self.mono_ns)
    }
}

/// The moment that was named, or this one.
pub(crate) fn now(given: Option<&Bound<'_, Now>>) -> caltrop::Now {
    let Some(given) = given.map(Bound::get) else { return caltrop_host::clock::now() };
    let quality = if given.trusted { Quality::Trusted } else { Quality::Untrusted };
    caltrop::Now { wall_s: given.wall_s, mono_ns: given.mono_ns, quality }
}
