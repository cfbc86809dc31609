//! From ranges that lie side by side to a poptrie of one family.
//!
//! ```text
//! leave out the bits that all boundaries share; ask each entry of the direct table, then each slot of each node, level by level:
//!   does one range cover it? then a leaf, else a child on the next level
//! ```
//! Level by level, so that children lie behind their parent and side by side.

use caltrop::net::record::{DIRECT_LEAF, NodeRecord, RootRecord};
use zerocopy::little_endian::U32;

/// A range's first address, at the top of 128 bits, and its leaf.
pub(super) type Start = (u128, u32);

/// The records of one family; leaves in their full width.
#[derive(Debug, Clone, Default)]
pub(super) struct Family {
    pub(super) root: Vec<RootRecord>,
    pub(super) direct: Vec<U32>,
    pub(super) nodes: Vec<NodeRecord>,
    pub(super) leaves: Vec<u32>,
}

/// A part of the address space, and the range that its first address lies in.
#[derive(Clone, Copy)]
struct Part {
    first: u128,
    range: usize,
}

/// What a part turned out to be.
enum Slot {
    Leaf(u32),
    Child(Part),
}

impl Family {
    /// Ranges ascend from 0. `top` is how many bits of an address the direct table takes, those left out included: under 64, and fewer
    /// than an address has.
    pub(super) fn build(ranges: &[Start], top: u32) -> Self {
        let (Some(&(_, first)), Some(&(last_start, last))) = (ranges.first(), ranges.last()) else { return Self::default() };
        if ranges.len() == 1 && first == 0 {
            return Self::default();
        }
        // Outside the boundaries there is one value, unless the first range's differs from the last one's.
        let (from, to) = if first == last && ranges.len() > 1 { (ranges[1].0, last_start - 1) } else { (0, u128::MAX) };
        let skip = (from ^ to).leading_zeros().min(top - 1);
        let direct = top - skip;
        let start = from & high(skip);
        let outside = first;
        let mut family = Self::default();
        let byte = |bits: u32| u8::try_from(bits).expect("at most 64 bits");
        let prefix = u64::try_from(start >> 64).expect("64 bits are left");
        family.root.push(RootRecord {
            prefix: prefix.into(),
            outside: outside.into(),
            skip: byte(skip),
            direct: byte(direct),
            zero: [0; 2],
        });
        let mut level = Vec::new();
        let range = ranges.partition_point(|&(range, _)| range <= start) - 1;
        for slot in Slots::new(ranges, Part { first: start, range }, skip, direct) {
            family.direct.push(match slot {
                Slot::Leaf(leaf) => (DIRECT_LEAF | leaf).into(),
                Slot::Child(part) => {
                    level.push(part);
                    index(level.len() - 1).into()
                }
            });
        }
        let mut used = top;
        while !level.is_empty() {
            level = family.level(ranges, &level, used);
            used += 6;
        }
        family
    }

    /// Adds the nodes of one level, all `used` bits down; what is left for the next.
    fn level(&mut self, ranges: &[Start], level: &[Part], used: u32) -> Vec<Part> {
        let behind = self.nodes.len() + level.len();
        let mut next = Vec::new();
        for &part in level {
            let (mut children, mut leaf_starts, mut before) = (0u64, 0u64, None);
            let (first_child, first_leaf) = (index(behind + next.len()), index(self.leaves.len()));
            for (bit, slot) in Slots::new(ranges, part, used, 6).enumerate() {
                match slot {
                    Slot::Child(part) => {
                        children |= 1 << bit;
                        next.push(part);
                    }
                    Slot::Leaf(leaf) if before == Some(leaf) => {}
                    Slot::Leaf(leaf) => {
                        leaf_starts |= 1 << bit;
                        self.leaves.push(leaf);
                        before = Some(leaf);
                    }
                }
            }
            self.nodes.push(NodeRecord {
                children: children.into(),
                leaf_starts: leaf_starts.into(),
                first_child: first_child.into(),
                first_leaf: first_leaf.into(),
            });
        }
        next
    }
}

/// A part cut into 2^bits slots.
struct Slots<'r> {
    ranges: &'r [Start],
    part: Part,
    /// Bits that lie before the slot's number, and in it.
    used: u32,
    bits: u32,
    next: u128,
    range: usize,
}

impl<'r> Slots<'r> {
    fn new(ranges: &'r [Start], part: Part, used: u32, bits: u32) -> Self {
        Self { ranges, part, used, bits, next: 0, range: part.range }
    }
}

impl Iterator for Slots<'_> {
    type Item = Slot;

    fn next(&mut self) -> Option<Slot> {
        if self.next >> self.bits != 0 {
            return None;
        }
        // The last node of a way may cut finer than addresses are: then the number's upper bits count, and its lower ones are 0 in every key.
        let behind = 128 - self.used;
        let first =
            self.part.first | if behind >= self.bits { self.next << (behind - self.bits) } else { self.next >> (self.bits - behind) };
        let last = first | !high(self.used + self.bits);
        self.next += 1;
        while self.ranges.get(self.range + 1).is_some_and(|&(start, _)| start <= first) {
            self.range += 1;
        }
        let whole = self.ranges.get(self.range + 1).is_none_or(|&(start, _)| start > last);
        Some(if whole { Slot::Leaf(self.ranges[self.range].1) } else { Slot::Child(Part { first, range: self.range }) })
    }
}

/// The first `bits` of 128.
fn high(bits: u32) -> u128 {
    !u128::MAX.checked_shr(bits).unwrap_or(0)
}

fn index(at: usize) -> u32 {
    u32::try_from(at).ok().filter(|&at| at < DIRECT_LEAF).expect("a table that fits in memory has under 2^31 nodes and leaves")
}
