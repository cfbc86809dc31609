//! How many at once, in fixed memory, for this process.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};

use caltrop::rate::{Lease as Held, LeaseQuota, LeaseRefused, Leases as Core};
use caltrop::table::Word;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use self_cell::self_cell;

use crate::error;
use crate::request::bytes;
use crate::time::{Now, now};

self_cell!(
    struct Cell {
        owner: Box<[Word]>,
        #[covariant]
        dependent: Core,
    }
);

/// At most `most` at once for each client (1 to 255), in fixed memory, for the threads of one process: each client takes one of `slots` words.
///
/// A lease that nobody releases comes back by itself after `longest` seconds, or up to half as long again. Where both lines of a newcomer are full,
/// it is refused, and nothing that is held is forgotten. Raises ValueError for `most` or `longest` out of bounds, and for slots that are no multiple
/// of 8 or under 16.
#[pyclass(frozen, module = "caltrop.rate")]
pub(crate) struct Leases {
    cell: Cell,
    quota: LeaseQuota,
}

#[pymethods]
impl Leases {
    #[new]
    #[pyo3(signature = (most, *, longest, slots = 65_536))]
    fn new(most: u32, longest: u32, slots: u32) -> PyResult<Self> {
        let wrong = |why: String| PyValueError::new_err(why);
        let count = u8::try_from(most).ok().and_then(NonZero::new).ok_or_else(|| wrong(format!("most {most}: give 1 to 255")))?;
        let longest = NonZero::new(longest).ok_or_else(|| wrong("longest 0: give at least 1 second".to_owned()))?;
        let lines = slots / 8;
        let words = Core::words(lines).filter(|_| slots.is_multiple_of(8));
        let words = words.ok_or_else(|| wrong(format!("slots {slots}: give a multiple of 8, at least 16")))?;
        let mut entropy = [0; 16];
        getrandom::fill(&mut entropy).map_err(|why| PyRuntimeError::new_err(why.to_string()))?;
        let words: Box<[Word]> = (0..words).map(|_| Word::new(0)).collect();
        let cell = Cell::try_new(words, |words| Core::format(words, lines, longest, entropy)).map_err(|why| wrong(why.to_string()))?;
        Ok(Self { cell, quota: LeaseQuota::new("leases", count) })
    }

    /// One more lease for a client; the clock's `now` unless one is given. With `with`, it is released at the end.
    ///
    /// Raises LeaseRefused, whose `reason` is busy, full or contended; TypeError for a client that is neither bytes nor str.
    #[pyo3(signature = (client, *, now = None))]
    fn acquire(this: &Bound<'_, Self>, client: &Bound<'_, PyAny>, now: Option<&Bound<'_, Now>>) -> PyResult<Lease> {
        let (leases, quota) = (this.get().cell.borrow_dependent(), this.get().quota);
        let held = leases.acquire(leases.client(bytes(client, "client")?), quota, self::now(now));
        let held = held.map_err(|why| error::lease_refused(reason(why), &why))?;
        Ok(Lease { leases: this.clone().unbind(), held: Mutex::new(Some(held)) })
    }

    /// How many a client holds. Raises TypeError as `acquire` does.
    #[pyo3(signature = (client, *, now = None))]
    fn held(&self, client: &Bound<'_, PyAny>, now: Option<&Bound<'_, Now>>) -> PyResult<u32> {
        let leases = self.cell.borrow_dependent();
        Ok(leases.held(leases.client(bytes(client, "client")?), self.quota, self::now(now)))
    }

    /// How many leases were refused for want of room.
    #[getter]
    fn full(&self) -> u64 {
        self.cell.borrow_dependent().full()
    }

    fn __repr__(&self) -> String {
        format!("Leases({}, full={})", self.quota.most(), self.full())
    }
}

/// One of a client's places: `release` it, or hold it by `with`. One that is dropped is not released: it comes back when its time is over.
#[pyclass(frozen, module = "caltrop.rate")]
pub(crate) struct Lease {
    leases: Py<Leases>,
    /// None from the moment when it is released, renewed or lapsed, so no two threads release it.
    held: Mutex<Option<Held>>,
}

#[pymethods]
impl Lease {
    /// Gives the lease back. Raises Lapsed if its time was over, or if it was released before.
    #[pyo3(signature = (*, now = None))]
    fn release(&self, now: Option<&Bound<'_, Now>>) -> PyResult<()> {
        self.change(|leases, held| leases.release(held, self::now(now)).ok().map(|()| None))
    }

    /// Begins its time anew. Raises Lapsed as `release` does: whoever still works should stop.
    #[pyo3(signature = (*, now = None))]
    fn renew(&self, now: Option<&Bound<'_, Now>>) -> PyResult<()> {
        self.change(|leases, held| leases.renew(held, self::now(now)).ok().map(Some))
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    /// Releases what is still held; where the block raised, its exception is the one that is told.
    fn __exit__(&self, kind: &Bound<'_, PyAny>, _value: &Bound<'_, PyAny>, _traceback: &Bound<'_, PyAny>) -> PyResult<()> {
        if self.lock().is_none() {
            return Ok(());
        }
        self.release(None).or_else(|lapsed| if kind.is_none() { Err(lapsed) } else { Ok(()) })
    }
}

impl Lease {
    /// Nothing inside panics, so what a lock holds is whole.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lease out, and puts back what `then` leaves of it.
    fn change(&self, then: impl FnOnce(&Core<'_>, Held) -> Option<Option<Held>>) -> PyResult<()> {
        let mut place = self.lock();
        let left = place.take().and_then(|held| then(self.leases.get().cell.borrow_dependent(), held));
        *place = left.ok_or_else(error::lapsed)?;
        Ok(())
    }
}

const fn reason(why: LeaseRefused) -> &'static str {
    match why {
        LeaseRefused::Busy => "busy",
        LeaseRefused::Full => "full",
        LeaseRefused::Contended => "contended",
    }
}
