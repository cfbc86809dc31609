//! A replay cache in fixed memory, for this process.

use caltrop::replay::{Message, NotFirst, ReplayCache as Core};
use caltrop::table::Word;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use self_cell::self_cell;

use crate::error;
use crate::request::bytes;
use crate::time::{Now, now};

/// How far a sender's clock may be ahead: what the rooms that verify allow unless told otherwise.
const LEEWAY_S: u64 = 30;

self_cell!(
    struct Cell {
        owner: Box<[Word]>,
        #[covariant]
        dependent: Core,
    }
);

#[pyclass(frozen, module = "caltrop.replay")]
pub(crate) struct ReplayCache {
    cell: Cell,
}

#[pymethods]
impl ReplayCache {
    #[new]
    #[pyo3(signature = (*, slots = 65_536, since = None))]
    fn new(slots: u32, since: Option<u64>) -> PyResult<Self> {
        let lines = slots / 8;
        let count = Core::words(lines).filter(|_| slots.is_multiple_of(8));
        let count = count.ok_or_else(|| PyValueError::new_err(format!("slots {slots}: give a multiple of 8, at least 16")))?;
        let since_s = since.unwrap_or_else(|| now(None).wall_s.saturating_add(LEEWAY_S));
        let mut entropy = [0; 16];
        getrandom::fill(&mut entropy).map_err(|why| PyRuntimeError::new_err(why.to_string()))?;
        let words: Box<[Word]> = (0..count).map(|_| Word::new(0)).collect();
        let cell = Cell::try_new(words, |words| Core::format(words, lines, since_s, entropy));
        Ok(Self { cell: cell.map_err(|why| PyValueError::new_err(why.to_string()))? })
    }

    #[pyo3(signature = (sender, id, *, issued, until, now = None))]
    fn first_seen(
        &self,
        sender: &Bound<'_, PyAny>,
        id: &Bound<'_, PyAny>,
        issued: u64,
        until: u64,
        now: Option<&Bound<'_, Now>>,
    ) -> PyResult<()> {
        let message = Message { sender: bytes(sender, "sender")?, id: bytes(id, "id")?, issued_s: issued, until_s: until };
        self.cell.borrow_dependent().first_seen(&message, self::now(now)).map_err(|why| error::not_first(reason(why), &why))
    }

    #[getter]
    fn since(&self) -> u64 {
        self.cell.borrow_dependent().since_s()
    }

    #[getter]
    fn full(&self) -> u64 {
        self.cell.borrow_dependent().full()
    }

    fn __repr__(&self) -> String {
        format!("ReplayCache(since={}, full={})", self.since(), self.full())
    }
}

const fn reason(why: NotFirst) -> &'static str {
    match why {
        NotFirst::Replayed => "replayed",
        NotFirst::Expired => "expired",
        NotFirst::TooLong => "too-long",
        NotFirst::Forgotten => "forgotten",
        NotFirst::Clock => "clock",
        NotFirst::Full => "full",
        NotFirst::Contended => "contended",
    }
}
