// Read first: RFC 4632 §3.1 and RFC 4291 §2.3 (CIDR), RFC 7239 (Forwarded), docs/formats.md §5.
//! Addresses: which network, which zones, and who is really there behind proxies.
//!
//! Defends against: a header that claims another address; `::ffff:10.0.0.1` passing where `10.0.0.1` would not; a mistyped CIDR that means more than it says.
//! Promises: one word of a proxy is believed only if the peer before it is trusted; what cannot be read has no rights.
//! Costs: a look-up by ranges is one branchless binary search, 6 steps for 64 ranges, 20 for a million; by a poptrie a table entry, one or
//! two nodes and a leaf, however many there are; many addresses at once are looked up side by side.
//! Not here: reading lists of prefixes from files (`control`), and what zones permit (`guard`).

mod bits;
mod body;
mod cidr;
mod client;
mod flatten;
mod forwarded;
#[cfg(feature = "verify")]
mod list;
mod many;
mod poptrie;
mod ranges;
mod read;
pub mod record;

pub use body::Body;
pub use cidr::{Cidr, CidrError};
pub use client::{Client, ForwardedField, HOPS_MAX, PeerTrust, Walk};
pub use flatten::{Family, Overlap, Prefix, flatten};
#[cfg(feature = "verify")]
pub use list::Prefixes;
pub use poptrie::{Leaves, Parts, Poptrie};
pub use ranges::Ranges;
