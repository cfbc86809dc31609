//! caltrop: an embeddable API-security core.
//!
//! One question, asked for each request: *may this caller do this, now, from there?* The core decides; the host supplies memory, clocks,
//! entropy and the request. No heap, no I/O, no unsafe code, no panic.
//!
//! A room stands only on the floors below it, and rooms of one floor never import each other; `tests/floors.rs` holds the plan.
//!
//! | floor | rooms |
//! | --- | --- |
//! | roof | [`guard`]: request → decision |
//! | 1 | [`key`] API keys · [`token`] access tokens · [`signed`] webhooks, signed requests, tokens of our own · [`net`] addresses, zones, proxies · [`rate`] quotas · [`replay`] seen before · [`access`] routes, scopes · [`audit`] events, counters |
//! | ground | [`name`] [`request`] [`mac`] [`verify`] [`json`] [`time`] [`encode`] [`image`] [`table`] |
//!
//! Three doors: a room alone, the [`guard`] with a policy image, or an adapter for a named server (the C ABI and the Python package).
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::string_slice
)]

#[cfg(test)]
extern crate std;

/// The README's code runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// So does that of the page of the rooms.
#[cfg(doctest)]
#[doc = include_str!("../../docs/rooms.md")]
struct Rooms;

pub mod encode;
pub mod image;
#[cfg(feature = "json")]
pub mod json;
#[cfg(feature = "mac")]
pub mod mac;
pub mod name;
pub mod request;
#[cfg(feature = "table")]
#[cfg_attr(
    not(all(feature = "rate", feature = "replay")),
    allow(dead_code, reason = "`rate` and `replay` are the rooms that place words in it")
)]
pub mod table;
pub mod time;
#[cfg(any(feature = "verify", feature = "verify-p256", feature = "verify-rsa"))]
pub mod verify;

#[cfg(feature = "access")]
pub mod access;
#[cfg(feature = "audit")]
pub mod audit;
#[cfg(feature = "key")]
pub mod key;
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "rate")]
pub mod rate;
#[cfg(feature = "replay")]
pub mod replay;
#[cfg(feature = "signed")]
pub mod signed;
#[cfg(feature = "token")]
pub mod token;

#[cfg(feature = "guard")]
pub mod guard;

#[cfg(feature = "guard")]
pub use guard::{Decision, Guard, Policy, Secrets, State};
pub use request::Request;
pub use time::Now;
