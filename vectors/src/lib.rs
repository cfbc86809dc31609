//! Decision vectors: one file of requests and answers for every host.
//!
//! A person writes TOML (`core/tests/vectors`); [`pack`] compiles policies and keyrings and lays all out in one flat file, which the
//! runners in Rust ([`run`]), C, Python and on a board read alike. Same policy bytes, same request, same time: same decision.
//!
//! ```text
//! integers are little-endian; sN is a length of N bytes, then as many bytes
//! file:  "CTV2" · u32 groups · groups
//! group: s4 policy image · s4 keyring image · u8 feeds · (s4 image of each other feed, in the policy's order)… · 32 bytes public key · s1 policy name · u8 peppers · (u8 id · s1 secret)… · u32 cases · cases
//! case:  s1 name · u64 wall s · u64 mono ns · u8 trusted · s1 method · s2 target · s1 authority · u16 headers · (s2 name · s2 value)…
//!        · u8 peer: 0 Unix, 4, 6 · its bytes · u8 TLS: 0 none, 1 older than 1.2, 12, 13
//!        · u16 status · s1 reason · s1 principal · s1 route · u32 retry after s · u8 reported (s1 reason · s1 quota)…
//! ```
//! A group's cases share one state, in their order.

mod feeds;
mod pack;
mod run;
mod token;
mod written;

pub use pack::pack;
pub use run::{Score, run};
pub use written::{Written, WrittenError, load};
