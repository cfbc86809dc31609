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

/// What was seen, for the threads of one process, in `slots` words of 8 bytes: give it three times the messages that live at once.
///
/// Messages issued at or before the Unix second `since` are refused, for the process before this one may have seen them: unless told otherwise,
/// until 30 seconds from now; 0 is for messages that nobody can have accepted before. A full cache refuses, and forgets nothing that lives. Raises
/// ValueError for slots that are no multiple of 8 or under 16.
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

    /// Returns None for the first copy of a sender's message, and remembers it until the Unix second `until`, at most 388 days.
    ///
    /// Raises NotFirst for any other, for what has expired, was issued at or before `since`, or finds no room, and while the clock is not trusted;
    /// TypeError for a sender or id that is neither bytes nor str.
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

    /// The Unix second up to which issued messages are refused as forgotten.
    #[getter]
    fn since(&self) -> u64 {
        self.cell.borrow_dependent().since_s()
    }

    /// How many messages were refused for want of room.
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
