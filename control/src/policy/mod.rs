//! From policy.toml to a model, with every mistake told at its line and column.
//!
//! Promises: a key that is not known, or not built yet, is refused and never passed over; all mistakes are told at once; each value is read
//! once, and is a meaning from then on. The same text gives the same image.
//! Not here: the image's bytes (`model`), and deciding about requests (`caltrop`): `[[expect]]` rows are run through the real guard.

mod audit;
mod auth;
mod cases;
mod condition;
mod cors;
mod cover;
mod diff;
mod diff_issuer;
mod document;
mod expect;
mod feed;
mod head;
mod headers;
mod issuer;
mod limit;
mod lines;
mod mode;
mod names;
mod nearest;
mod network;
mod plan;
mod quota;
mod route;
mod run;
mod show;
mod token;
mod unused;
mod words;
mod written;

pub use caltrop_host::signer::{SignerError, public_key};
pub use cases::{Case, Cases, PepperOf, cases};
pub(crate) use cors::mend_origin;
pub use cover::{Cover, Untried};
pub use diff::{Answered, Change, Diff, Effect, diff};
pub use expect::{Answer, Ask, Caller, Expect, Sender};
pub use limit::{Rate, Refusal, rate};
pub use lines::Lines;
pub use nearest::nearest;
pub use run::{Mismatch, RowResult, RunError, run};
pub use show::show;
pub use written::{LoadError, Written, is_current};
