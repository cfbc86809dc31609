//! One family of a poptrie, and the way down. Only `check` makes one.

use core::hint::select_unpredictable;

use zerocopy::little_endian::U32;

use super::Leaves;
use super::key::Key;
use crate::net::record::{DIRECT_LEAF, NodeRecord, RootRecord};

/// What `check` looked at, and the numbers of the root made ready.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trie<'b> {
    direct: &'b [U32],
    pub(super) nodes: &'b [NodeRecord],
    leaves: Leaves<'b>,
    /// The bits that are left out, where they stand after `shift`.
    base: u64,
    /// 64 − the bits left out − the bits of the direct table.
    shift: u32,
    /// The bits that the direct table has used up, those left out included.
    pub(super) used: u32,
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
        self.below(self.entry(key), key)
    }

    /// The leaf that an entry leads to.
    #[inline]
    pub(super) fn below<K: Key>(&self, entry: u32, key: K) -> u32 {
        if entry & DIRECT_LEAF != 0 { entry ^ DIRECT_LEAF } else { self.descend(key.skip(self.used), entry).unwrap_or(0) }
    }

    /// The direct table's entry for an address.
    #[inline]
    pub(super) fn entry<K: Key>(&self, key: K) -> u32 {
        // One comparison for two questions: other bits than those left out give an index past the end.
        let index = key.top64().wrapping_shr(self.shift) ^ self.base;
        let inside = usize::try_from(index).ok().filter(|&index| index < self.direct.len());
        let outside = self.outside | DIRECT_LEAF;
        if K::GUESSES_OUTSIDE {
            return inside.and_then(|index| self.direct.get(index)).map_or(outside, |entry| entry.get());
        }
        let entry = self.direct.get(select_unpredictable(inside.is_some(), inside.unwrap_or(0), 0)).map_or(0, |entry| entry.get());
        select_unpredictable(inside.is_some(), entry, outside)
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
    pub(super) fn leaf(&self, at: u32) -> Option<u32> {
        let at = usize::try_from(at).ok()?;
        match self.leaves {
            Leaves::Bytes(leaves) => leaves.get(at).map(|&leaf| u32::from(leaf)),
            Leaves::Shorts(leaves) => leaves.get(at).map(|leaf| u32::from(leaf.get())),
            Leaves::Words(leaves) => leaves.get(at).map(|leaf| leaf.get()),
        }
    }
}
