//! The audit log: events of a host's state as JSON lines with their names, and why a request was refused.
//!
//! Promises: an event is written once, whole, and in the order in which it was decided; what the ring lost is a line of its own; a name that the
//! images no longer know is its hash, never another name.
//! Not here: what an event holds (`caltrop::audit`), which has no field for a secret.

mod drain;
mod entry;
mod names;
mod why;

pub use drain::{Drainer, Place};
pub use entry::{Entry, Line, Rule};
pub use names::Names;
pub use why::{mend, why};
