//! One family of a poptrie, and the way down. Only `check` makes one.

use zerocopy::little_endian::U32;

use super::Leaves;
use crate::net::record::{DIRECT_LEAF, NodeRecord, RootRecord};

/// What `check` looked at, and the numbers of the root made ready.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trie<'b> {
    direct: &'b [U32],
    nodes: &'b [NodeRecord],
    leaves: Leaves<'b>,
    /// The bits that are left out, where they stand after `shift`.
    base: u64,
    /// 64 − the bits left out − the bits of the direct table.
    shift: u32,
    /// The bits that the direct table has used up, those left out included.
    used: u32,
    /// The leaf of all addresses that do not begin with the bits left out.
    outside: u32,
}

impl<'b> Trie<'b> {
    /// Every address has leaf 0, which is no value.
    pub(super) const EMPTY: Self = Self { direct: &[], nodes: &[], leaves: Leaves::Bytes(&[]), base: 0, shift: 63, used: 1, outside: 0 };

    pub(super) fn new(root: &RootRecord, direct: &'b [U32], nodes: &'b [NodeRecord], leaves: Leaves<'b>) -> Self {
        let used = u32::from(root.skip).saturating_add(u32::from(root.direct));
        let shift = 64u32.saturating_sub(used);
        let base = root.prefix.get().wrapping_shr(shift);
        Self { direct, nodes, leaves, base, shift, used, outside: root.outside.get() }
    }

    /// The leaf of an address, whose bits stand at the top of `key`.
    #[inline]
    pub(super) fn find<K: Key>(&self, key: K) -> u32 {
        // One comparison for two questions: other bits than those left out give an index past the end.
        let index = key.top64().wrapping_shr(self.shift) ^ self.base;
        let Some(entry) = usize::try_from(index).ok().and_then(|index| self.direct.get(index)) else { return self.outside };
        let entry = entry.get();
        if entry & DIRECT_LEAF != 0 { entry ^ DIRECT_LEAF } else { self.descend(key.skip(self.used), entry).unwrap_or(0) }
    }

    /// From a node to a leaf. Checked tables never give `None`.
    #[inline]
    fn descend<K: Key>(&self, mut key: K, mut at: u32) -> Option<u32> {
        for _ in 0..K::STEPS {
            let node = self.nodes.get(usize::try_from(at).ok()?)?;
            // The slot's bit comes to the top, those before it below it, those behind it fall out.
            let above = 63u32.wrapping_sub(key.slot());
            let children = node.children.get().wrapping_shl(above);
            if children.leading_zeros() != 0 {
                let count = node.leaf_starts.get().wrapping_shl(above).count_ones();
                return self.leaf(node.first_leaf.get().wrapping_add(count).wrapping_sub(1));
            }
            at = node.first_child.get().wrapping_add(children.count_ones()).wrapping_sub(1);
            key = key.skip(6);
        }
        None
    }

    #[inline]
    fn leaf(&self, at: u32) -> Option<u32> {
        let at = usize::try_from(at).ok()?;
        match self.leaves {
            Leaves::Bytes(leaves) => leaves.get(at).map(|&leaf| u32::from(leaf)),
            Leaves::Shorts(leaves) => leaves.get(at).map(|leaf| u32::from(leaf.get())),
            Leaves::Words(leaves) => leaves.get(at).map(|leaf| leaf.get()),
        }
    }
}

/// The bits of an address, from the top; zeros follow.
pub(super) trait Key: Copy {
    /// How often 6 bits can be taken, rounded up.
    const STEPS: usize;
    /// The first 64.
    fn top64(self) -> u64;
    /// The first 6.
    fn slot(self) -> u32;
    /// What follows the first `count`, which are fewer than there are.
    fn skip(self, count: u32) -> Self;
}

/// IPv4: 32 bits and as many zeros.
impl Key for u64 {
    const STEPS: usize = 6;

    #[inline]
    fn top64(self) -> u64 {
        self
    }

    #[inline]
    fn slot(self) -> u32 {
        u32::try_from(self.wrapping_shr(58)).unwrap_or(0)
    }

    #[inline]
    fn skip(self, count: u32) -> Self {
        self.wrapping_shl(count)
    }
}

/// IPv6.
impl Key for u128 {
    const STEPS: usize = 22;

    #[inline]
    fn top64(self) -> u64 {
        u64::try_from(self.wrapping_shr(64)).unwrap_or(0)
    }

    #[inline]
    fn slot(self) -> u32 {
        u32::try_from(self.wrapping_shr(122)).unwrap_or(0)
    }

    #[inline]
    fn skip(self, count: u32) -> Self {
        self.wrapping_shl(count)
    }
}
