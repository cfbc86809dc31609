//! One look-up, whichever body the compiler chose.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::bits::Bits;
use super::{Poptrie, Ranges, many};

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

    /// What [`lookup`](Self::lookup) says of each IPv4 address, in their order; in a poptrie several at once. An address may be 4 bytes, as on
    /// the wire, or a number. Answers as many as there are places for, and says how many.
    ///
    /// ```
    /// use caltrop::net::{Body, Ranges};
    /// let (starts, labels) = ([0.into()], [7.into()]);
    /// let body = Body::Ranges(Ranges::new(&starts, &labels, &[], &[]).unwrap());
    /// let mut values = [0; 2];
    /// assert_eq!(body.lookup_many_v4(&[0x0A08_0304u32, 1], &mut values), 2);
    /// assert_eq!(values, [7, 7]);
    /// ```
    #[inline]
    pub fn lookup_many_v4<A: Copy + Into<Ipv4Addr>>(&self, addresses: &[A], values: &mut [u64]) -> usize {
        match self {
            Self::Ranges(ranges) => many::each(addresses, values, |address| ranges.value(Bits::V4(address.into().to_bits()))),
            Self::Poptrie(trie) => trie.lookup_many_v4(addresses, values),
        }
    }

    /// The same of IPv6 addresses, each 16 bytes or a number; IPv4-mapped ones are folded.
    #[inline]
    pub fn lookup_many_v6<A: Copy + Into<Ipv6Addr>>(&self, addresses: &[A], values: &mut [u64]) -> usize {
        match self {
            Self::Ranges(ranges) => many::each(addresses, values, |address| ranges.value(Bits::of_v6(address.into().to_bits()))),
            Self::Poptrie(trie) => trie.lookup_many_v6(addresses, values),
        }
    }
}
