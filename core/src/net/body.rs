//! One look-up, whichever body the compiler chose.

use core::net::IpAddr;

use super::{Poptrie, Ranges};

/// Values of addresses, as ranges or as a poptrie: two bodies of one meaning.
///
/// ```
/// use caltrop::net::{Body, Ranges};
/// let starts = [0u32.into(), 0x0A08_0000.into(), 0x0A09_0000.into()]; // 10.8.0.0/16
/// let values = [0u64.into(), 1.into(), 0.into()];
/// let body = Body::Ranges(Ranges::new(&starts, &values, &[], &[]).unwrap());
/// assert_eq!(body.lookup("10.8.3.4".parse().unwrap()), 1);
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Body<'b> {
    /// Small, and every board's.
    Ranges(Ranges<'b>),
    /// Large and fast: hosts with large lists.
    Poptrie(Poptrie<'b>),
}

impl Body<'_> {
    /// The value of an address, 0 where there is none. IPv4-mapped IPv6 is folded first.
    #[must_use]
    #[inline]
    pub fn lookup(&self, address: IpAddr) -> u64 {
        match self {
            Self::Ranges(ranges) => ranges.lookup(address),
            Self::Poptrie(trie) => trie.lookup(address),
        }
    }
}
