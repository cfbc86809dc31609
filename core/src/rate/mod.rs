// Read first: docs/formats.md §3; GCRA: ITU-T I.371, Annex A.
//! Rate limits in fixed memory.
//!
//! Defends against: one caller taking everyone's share; a flood of new callers that makes the table forget a limited one.
//! Promises: in any window of length `t` a client gets at most `burst · (1 + tick/T) + rate · t + 2 · workers` units, however many workers
//! share the table. Only words that owe nothing are reused.
//! Costs: two 64-byte lines read and at most one compare-and-swap a decision; a refusal writes nothing; 8 bytes a client and quota.
//! Full: when both lines hold clients that still owe, a shared overflow word decides, and `overflowed()` counts it.
//! Known limit: a new client meets up to 16 fingerprints of 24 bits, so at most 1 in 2²⁰ shares a bucket.
//! With the feature `mac`, a [`Snapshot`] carries the debts over a restart.
//! Beside rates, [`Leases`]: how many requests of a client may run at once, in a table of their own.
//! Not here: who the client is (`net`, `key`), and what the refused caller is told (`guard`).

mod bucket;
mod count;
mod fields;
mod gcra;
mod lease;
mod limiter;
mod partition;
mod quota;
pub mod record;
#[cfg(feature = "mac")]
mod snapshot;
mod sweep;

pub use fields::{Left, LimitItem, PolicyItem, XRateLimit};
pub use lease::{Lapsed, Lease, LeaseQuota, LeaseRefused, Leases};
pub use limiter::{AllRefused, CHARGES_MAX, Charge, Limiter, Refused, Taken, Tightest, Uneven};
pub use partition::AddressTiers;
pub use quota::{Quota, QuotaError, TAU_MAX};
#[cfg(feature = "mac")]
pub use snapshot::{Snapshot, SnapshotError, SnapshotOptions};
