// Read first: RFC 3986 §3.3 and §6.2.2 (paths), docs/formats.md §6.
//! Which route a request takes, what that route asks for, and whose credential was taken back.
//!
//! Defends against: a path that means one thing here and another to the application's router; a template that wins by its place in a file.
//! Promises: a path is canonical or refused, never rewritten; the most specific template wins, segment by segment.
//! Costs: one look at each byte of the path; one step of an automaton a segment, however many routes there are.
//! Not here: who the caller is (`key`), and where from (`net`).

mod condition;
mod path;
pub mod record;
#[cfg(feature = "guard")]
mod revoked;
mod routes;

pub use condition::Known;
pub use path::{PATH_MAX, Path, PathError, SEGMENTS_MAX, Segment};
#[cfg(feature = "guard")]
pub use revoked::{Revocable, Revocations, Spelled};
pub use routes::{Match, Route, Routes, TEMPLATE_MAX};
