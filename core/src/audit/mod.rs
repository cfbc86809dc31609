//! What was decided: counters that are always exact, and events for those who ask why.
//!
//! Defends against: a denial nobody can explain; a log that holds secrets; a flood that fills the log.
//! Promises: an event has no field that could hold a key or token; writing never waits; a reader sees whole events or none.
//! Costs: one counter a decision; 16 words written an event.
//! Full: the ring overwrites its oldest events, and the reader counts what it missed.
//! Not here: files, chaining and signing of the log (`control`, the one drainer).

mod counters;
mod event;
mod fold;
mod journal;
mod reason;
mod ring;
mod verdict;

pub use event::Event;
pub use journal::{Journal, JournalError};
pub use reason::Reason;
pub use ring::Drained;
pub use verdict::Verdict;
