// Read first: docs/formats.md, and RFC 9110 §15 for what the answers mean.
//! Request → decision: the order of the checks, and the opened policy.
//!
//! Defends against: costly work for strangers; a check that runs before the one that makes it safe; an answer that tells a stranger why.
//! Promises: each step can only deny or pass on; cheap comes before costly; nothing of a victim's is charged before the caller is known; what
//! cannot be decided is denied.
//! Costs: no allocation, no lock, no system call; one HMAC a pepper for a key that is shown, one signature a key that fits
//! for an access token (at most 8), and 30 KiB of stack on a Cortex-M3.
//! Full: as `rate` and `audit` say for their tables; who cannot be counted among those that run at once is refused.
//! Not here: arithmetic and parsing. The rooms return facts; the guard combines them.
//!
//! | step | denies with |
//! | --- | --- |
//! | 1 shape | 400, 414, 431 |
//! | 2 address | never: what cannot be read is an unknown client |
//! | 3 transport | 403 |
//! | 4 zones | 403, 503 for a stale list |
//! | 5 address quota | 429 |
//! | preflight | 204, 403, 404 |
//! | 6 route | 404, 403 for its transport |
//! | 7 credential | 400, 401, 429 for an address with many failures or bad signatures, 503 for stale keys |
//! | 9 access | 403 |
//! | 10 quotas | 403 for a plan without one, 429, 503 where no room is left to count |
//! | 12 audit | never |
//!
//! Steps 8 (replay) and 11 (input) come with their rooms. In report mode a step says what it would deny with, and passes on: a quota by itself,
//! a route for its steps 9 and 10, the policy for all but shape.

mod admit;
mod answer;
#[cfg(feature = "token")]
mod bearer;
mod caller;
mod charge;
mod check;
mod cost;
mod credential;
mod decision;
#[cfg(feature = "token")]
mod key_sets;
mod lists;
mod pick;
mod policy;
pub mod record;
mod report;
mod revoked;
mod running;
mod secrets;
mod stale;
mod state;
mod steps;
mod trace;
mod upstream;
mod value;

pub use admit::{Feeds, Guard, Misuse};
pub use answer::{Answer, Body, Field, Limit};
#[cfg(feature = "token")]
pub use caller::Bearer;
pub use caller::Caller;
pub use cost::{ChargeError, NotCharged, Payer, Refusal};
pub use decision::{Decision, DecisionId, Denial, Facts, Grant, Outcome};
pub use pick::{NeitherSlot, Picked, Slot};
pub use policy::Policy;
pub use report::{REPORTED_MAX, WouldDeny};
pub use running::{Held, RUNNING_MAX};
pub use secrets::{PEPPERS_MAX, Secrets, SecretsFull};
pub use stale::Stale;
pub use state::{Geometry, State, StateError};
pub use trace::{Fact, Step, Trace};
pub use upstream::Upstream;
pub use value::Value;
