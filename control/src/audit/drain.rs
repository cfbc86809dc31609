//! From the ring to lines.

use std::io::{self, Write};

use caltrop::Guard;

use super::entry::Line;
use super::names::Names;

/// Where a log ends: what the next reading begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The state that its last line is of.
    pub state: String,
    /// The number of the next event.
    pub next: u64,
}

impl Place {
    /// The place after a line.
    ///
    /// ```
    /// use caltrop_control::audit::Place;
    /// let place = Place::after(r#"{"state":"1122334455667788","n":7,"lost":3}"#).unwrap();
    /// assert_eq!((place.state.as_str(), place.next), ("1122334455667788", 7));
    /// assert!(Place::after("GET / HTTP/1.1").is_err());
    /// ```
    /// # Errors
    /// What is wrong with it.
    pub fn after(line: &str) -> Result<Self, serde_json::Error> {
        Ok(match serde_json::from_str(line)? {
            Line::Event(entry) => Self { state: entry.state, next: entry.n.saturating_add(1) },
            Line::Lost { state, n, .. } => Self { state, next: n },
        })
    }
}

/// The one reader of a state's events.
///
/// ```
/// use caltrop_control::audit::{Drainer, Place};
/// fn all_there_is(guard: &caltrop::Guard<'_>) -> std::io::Result<usize> {
///     Drainer::new(guard, &Place::default()).drain(&mut std::io::stderr())
/// }
/// ```
#[derive(Debug)]
pub struct Drainer<'g> {
    guard: &'g Guard<'g>,
    names: Names<'g>,
    next: u64,
}

impl<'g> Drainer<'g> {
    /// Goes on where a log ends; a log of another state is begun anew.
    #[must_use]
    pub fn new(guard: &'g Guard<'g>, place: &Place) -> Self {
        let names = Names::of(guard);
        let next = if place.state == names.state() { place.next } else { 0 };
        Self { guard, names, next }
    }

    /// Writes what has come since, and says how many lines that was.
    ///
    /// # Errors
    /// What the writer says; what it has not taken is not lost, and comes again.
    pub fn drain(&mut self, out: &mut impl Write) -> io::Result<usize> {
        let from = self.next;
        let mut events = Vec::new();
        let drained = self.guard.state().journal().drain(from, |n, event| events.push((n, event)));
        let state = self.names.state();
        let mut lines = 0;
        let mut write = |line: &Line| {
            lines += 1;
            let mut text = serde_json::to_string(line)?;
            text.push('\n');
            out.write_all(text.as_bytes())
        };
        // A gap is told where it is.
        let mut expected = from;
        for (n, event) in &events {
            if *n > expected {
                write(&Line::Lost { state: state.to_owned(), n: *n, lost: n - expected })?;
            }
            write(&Line::Event(Box::new(self.names.entry(*n, event))))?;
            expected = n + 1;
        }
        if drained.next > expected {
            write(&Line::Lost { state: state.to_owned(), n: drained.next, lost: drained.next - expected })?;
        }
        out.flush()?;
        self.next = drained.next;
        Ok(lines)
    }
}
