// Read first: Asai and Ohara, "Poptrie: A Compressed Trie with Population Count for Fast and Scalable Software IP Routing Table
// Lookup", SIGCOMM 2015, §3; docs/formats.md §5.
//! Look-up by a poptrie: a few steps down, however many prefixes there are.
//!
//! Defends against: a table from outside that sends a look-up past its end or round in a circle.
//! Promises: what [`Poptrie::new`] accepts was looked at once, entry by entry; a look-up ends after at most 6 steps for IPv4 and 22 for
//! IPv6, and reads nothing that is not there.
//! Costs: one entry of the direct table, then one node for each 6 bits, then one leaf. 24 bytes a node.
//! Not here: building one from prefixes (`control`), and when it is worth it: a board takes [`Ranges`](super::Ranges).
//!
//! ```text
//! entry = direct[the top bits of the address]
//! while entry is a node: entry = node's child for the next 6 bits, or its leaf where it has no child there
//! answer the leaf's value
//! ```
//! The code differs in three ways.
//! 1. Children and leaves of a node lie side by side, so a node holds one index for each kind, and a child's place is the population count
//!    of the bits up to it.
//! 2. Neighbouring slots with one value share a leaf: the bit in `leaf_starts` says where the next leaf begins.
//! 3. Bits that all boundaries of the table share are left out: the direct table begins behind them, and what lies elsewhere is `outside`.

mod check;
mod key;
mod lanes;
mod walk;

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use zerocopy::little_endian::{U16, U32, U64};

use super::bits::Bits;
use super::many::{self, LANES};
use super::record::{NodeRecord, RootRecord};
use key::Halves;
use walk::Trie;

/// Leaves in the narrowest width that holds them all.
#[derive(Debug, Clone, Copy)]
pub enum Leaves<'b> {
    /// Up to 256 values.
    Bytes(&'b [u8]),
    /// Up to 65,536.
    Shorts(&'b [U16]),
    /// Up to 2³¹.
    Words(&'b [U32]),
}

/// The records of one family, not looked at yet. All empty: the family has no prefixes.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'b> {
    /// One record, or none.
    pub root: &'b [RootRecord],
    /// What the first bits lead to: a node's index, or [`DIRECT_LEAF`](super::record::DIRECT_LEAF) and a leaf.
    pub direct: &'b [U32],
    /// Nodes; children lie after their parent.
    pub nodes: &'b [NodeRecord],
    /// Leaves.
    pub leaves: Leaves<'b>,
}

impl Parts<'_> {
    /// A family without prefixes.
    pub const NONE: Self = Self { root: &[], direct: &[], nodes: &[], leaves: Leaves::Bytes(&[]) };
}

/// Values of addresses, found by a poptrie for each family.
///
/// ```
/// use caltrop::net::record::{DIRECT_LEAF, RootRecord};
/// use caltrop::net::{Parts, Poptrie};
/// // 10.8.0.0/16: the first 15 bits are left out, the 16th chooses between it and 10.9.0.0/16.
/// let root = [RootRecord { prefix: 0x0A08_0000_0000_0000.into(), outside: 0.into(), skip: 15, direct: 1, zero: [0; 2] }];
/// let direct = [(DIRECT_LEAF | 7).into(), DIRECT_LEAF.into()];
/// let trie = Poptrie::new(Parts { root: &root, direct: &direct, ..Parts::NONE }, Parts::NONE, &[]).unwrap();
/// assert_eq!(trie.lookup("10.8.3.4".parse().unwrap()), 7);
/// assert_eq!(trie.lookup("::ffff:10.8.3.4".parse().unwrap()), 7);
/// assert_eq!(trie.lookup("10.9.0.0".parse().unwrap()), 0);
/// assert_eq!(trie.lookup("192.0.2.1".parse().unwrap()), 0);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Poptrie<'b> {
    v4: Trie<'b>,
    v6: Trie<'b>,
    /// What leaves stand for; empty: for themselves.
    values: &'b [U64],
}

impl<'b> Poptrie<'b> {
    /// Looks at every entry once: `None` if any leads out of the table, back, or to a value that is not there.
    /// Without `values`, a leaf is its own value; with them, the first is 0, so that leaf 0 stands for none either way.
    #[must_use]
    pub fn new(v4: Parts<'b>, v6: Parts<'b>, values: &'b [U64]) -> Option<Self> {
        if values.first().is_some_and(|value| value.get() != 0) {
            return None;
        }
        Some(Self { v4: check::family(&v4, 32, values.len())?, v6: check::family(&v6, 128, values.len())?, values })
    }

    /// The value of an address, 0 where there is none. IPv4-mapped IPv6 is folded first.
    #[must_use]
    #[inline]
    pub fn lookup(&self, address: IpAddr) -> u64 {
        self.of(Bits::of(address))
    }

    /// The same, of an IPv4 address.
    #[must_use]
    #[inline]
    pub fn lookup_v4(&self, address: Ipv4Addr) -> u64 {
        self.of(Bits::V4(address.to_bits()))
    }

    /// The same, of an IPv6 address.
    #[must_use]
    #[inline]
    pub fn lookup_v6(&self, address: Ipv6Addr) -> u64 {
        self.of(Bits::of_v6(address.to_bits()))
    }

    /// What [`lookup`](Self::lookup) says of each IPv4 address, in their order, several ways down at once. An address may be 4 bytes, as on
    /// the wire, or a number. Answers as many as there are places for, and says how many.
    ///
    /// ```
    /// use caltrop::net::{Parts, Poptrie};
    /// let nothing = Poptrie::new(Parts::NONE, Parts::NONE, &[]).unwrap();
    /// let mut values = [9; 3];
    /// assert_eq!(nothing.lookup_many_v4(&[[10, 8, 3, 4], [192, 0, 2, 1]], &mut values), 2);
    /// assert_eq!(values, [0, 0, 9]);
    /// ```
    #[inline]
    pub fn lookup_many_v4<A: Copy + Into<Ipv4Addr>>(&self, addresses: &[A], values: &mut [u64]) -> usize {
        let bits = |address: A| address.into().to_bits();
        let group =
            |addresses: [A; LANES]| self.v4.find_entries_first(addresses.map(|address| key_v4(bits(address)))).map(|leaf| self.value(leaf));
        many::answer(addresses, values, group, |address| self.of(Bits::V4(bits(address))))
    }

    /// The same of IPv6 addresses, each 16 bytes or a number; IPv4-mapped ones are folded.
    #[inline]
    pub fn lookup_many_v6<A: Copy + Into<Ipv6Addr>>(&self, addresses: &[A], values: &mut [u64]) -> usize {
        let one = |address: A| self.of(Bits::of_v6(address.into().to_bits()));
        let group = |addresses: [A; LANES]| {
            let keys = addresses.map(|address| address.into().to_bits());
            let any_mapped = keys.iter().any(|&key| matches!(Bits::of_v6(key), Bits::V4(_)));
            if any_mapped { addresses.map(one) } else { self.v6.find_in_step(keys.map(Halves::of)).map(|leaf| self.value(leaf)) }
        };
        many::answer(addresses, values, group, one)
    }

    #[inline]
    fn of(&self, bits: Bits) -> u64 {
        self.value(match bits {
            Bits::V4(bits) => self.v4.find(key_v4(bits)),
            Bits::V6(bits) => self.v6.find(Halves::of(bits)),
        })
    }

    #[inline]
    fn value(&self, leaf: u32) -> u64 {
        if self.values.is_empty() {
            return u64::from(leaf);
        }
        usize::try_from(leaf).ok().and_then(|at| self.values.get(at)).map_or(0, |value| value.get())
    }
}

/// IPv4 at the top of 64 bits.
#[inline]
fn key_v4(bits: u32) -> u64 {
    u64::from(bits).wrapping_shl(32)
}
