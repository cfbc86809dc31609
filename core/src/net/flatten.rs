//! From prefixes that lie within each other to ranges that lie side by side.
//!
//! ```text
//! sort by (first address, length); walk with a stack of the prefixes around the present address:
//!   a new prefix opens a range with its value (or its value joined to the one around it)
//!   the end of the innermost one opens a range with the value of the one around it
//! ```
//! The stack is as deep as prefixes can lie within each other: one a length.

use core::net::IpAddr;

use super::Cidr;

/// A network and its value; for zones the value is a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    /// The network.
    pub cidr: Cidr,
    /// Its value.
    pub value: u64,
}

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// 32 bits.
    V4,
    /// 128 bits.
    V6,
}

/// What holds where one prefix lies within another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// The longest match's value.
    Longest,
    /// All their bits: zones.
    Union,
}

/// Sorts the prefixes and hands out the ranges of one family in ascending order, from 0; neighbours differ in value.
/// Of two equal networks the greater value holds, or both their bits.
///
/// ```
/// use caltrop::net::{Family, Overlap, Prefix, flatten};
/// let mut prefixes = [
///     Prefix { cidr: "10.8.0.0/16".parse().unwrap(), value: 2 },
///     Prefix { cidr: "10.0.0.0/8".parse().unwrap(), value: 1 },
/// ];
/// let mut ranges = Vec::new();
/// flatten(&mut prefixes, Family::V4, Overlap::Union, |start, value| ranges.push((start, value)));
/// assert_eq!(ranges, [(0, 0), (0x0A00_0000, 1), (0x0A08_0000, 3), (0x0A09_0000, 1), (0x0B00_0000, 0)]);
/// ```
/// # Bounds
/// At most `2 n + 1` ranges; no memory but a stack of 129 entries.
pub fn flatten(prefixes: &mut [Prefix], family: Family, overlap: Overlap, emit: impl FnMut(u128, u64)) {
    prefixes.sort_unstable_by_key(|prefix| (prefix.cidr.network(), prefix.cidr.length(), prefix.value));
    let end = match family {
        Family::V4 => u128::from(u32::MAX),
        Family::V6 => u128::MAX,
    };
    let mut walk = Walk { stack: [Open { last: 0, value: 0 }; DEPTH], depth: 0, pending: (0, 0), told: None, end, emit };
    for prefix in prefixes.iter() {
        let Some((first, last)) = bounds(prefix.cidr, family) else { continue };
        walk.close_before(first);
        let value = match overlap {
            Overlap::Longest => prefix.value,
            Overlap::Union => walk.value() | prefix.value,
        };
        walk.open(first, last, value);
    }
    walk.finish();
}

/// First and last address of a network of this family.
fn bounds(cidr: Cidr, family: Family) -> Option<(u128, u128)> {
    let (first, bits) = match (cidr.network(), family) {
        (IpAddr::V4(v4), Family::V4) => (u128::from(v4.to_bits()), 32u32),
        (IpAddr::V6(v6), Family::V6) => (v6.to_bits(), 128),
        _ => return None,
    };
    let hosts = 1u128.checked_shl(bits.checked_sub(u32::from(cidr.length()))?).map_or(u128::MAX, |size| size.wrapping_sub(1));
    Some((first, first | hosts))
}

/// Prefixes lie within each other at most once for each length from 0 to 128.
const DEPTH: usize = 129;

/// A prefix around the present address.
#[derive(Clone, Copy)]
struct Open {
    last: u128,
    value: u64,
}

struct Walk<E> {
    stack: [Open; DEPTH],
    depth: usize,
    /// The range that begins here has this value unless something else begins at the same address.
    pending: (u128, u64),
    /// The value of the last range handed out.
    told: Option<u64>,
    /// The last address of the family: nothing begins after it.
    end: u128,
    emit: E,
}

impl<E: FnMut(u128, u64)> Walk<E> {
    fn top(&self) -> Option<Open> {
        self.depth.checked_sub(1).and_then(|at| self.stack.get(at)).copied()
    }

    fn value(&self) -> u64 {
        self.top().map_or(0, |open| open.value)
    }

    fn begin(&mut self, start: u128, value: u64) {
        if start != self.pending.0 {
            self.tell();
        }
        self.pending = (start, value);
    }

    fn tell(&mut self) {
        let (start, value) = self.pending;
        if self.told != Some(value) {
            (self.emit)(start, value);
            self.told = Some(value);
        }
    }

    fn open(&mut self, first: u128, last: u128, value: u64) {
        // The same network again, or one that ends with the one around it: the outer one has nothing more to say.
        if self.top().is_some_and(|open| open.last == last) {
            self.depth = self.depth.saturating_sub(1);
        }
        if let Some(slot) = self.stack.get_mut(self.depth) {
            *slot = Open { last, value };
            self.depth = self.depth.saturating_add(1);
        }
        self.begin(first, value);
    }

    /// Closes the prefixes that end before `first`.
    fn close_before(&mut self, first: u128) {
        while let Some(open) = self.top().filter(|open| open.last < first) {
            self.depth = self.depth.saturating_sub(1);
            let value = self.value();
            self.begin(open.last.saturating_add(1), value);
        }
    }

    fn finish(&mut self) {
        while let Some(open) = self.top() {
            self.depth = self.depth.saturating_sub(1);
            if open.last != self.end {
                let value = self.value();
                self.begin(open.last.saturating_add(1), value);
            }
        }
        self.tell();
    }
}
