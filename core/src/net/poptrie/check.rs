//! What must hold for a look-up to end inside the table. Each entry is looked at once.

use super::walk::Trie;
use super::{Leaves, Parts};
use crate::net::record::{DIRECT_LEAF, DIRECT_MAX, NodeRecord, RootRecord};

/// The family, if all of it is good. `values` is how many values leaves may name, 0 if they are values themselves.
pub(super) fn family<'b>(parts: &Parts<'b>, width: u8, values: usize) -> Option<Trie<'b>> {
    let leaves = count(parts.leaves);
    let [root] = parts.root else {
        let empty = parts.root.is_empty() && parts.direct.is_empty() && parts.nodes.is_empty() && leaves == 0;
        return empty.then_some(Trie::EMPTY);
    };
    let is_leaf = |leaf: u32| if values == 0 { leaf < DIRECT_LEAF } else { usize::try_from(leaf).is_ok_and(|leaf| leaf < values) };
    let is_entry = |entry: u32| match entry & DIRECT_LEAF {
        0 => usize::try_from(entry).is_ok_and(|node| node < parts.nodes.len()),
        _ => is_leaf(entry ^ DIRECT_LEAF),
    };
    let direct_good = parts.direct.iter().all(|entry| is_entry(entry.get()));
    let nodes_good = (0usize..).zip(parts.nodes).all(|(at, node)| node_holds(node, at, parts.nodes.len(), leaves));
    let leaves_good = match parts.leaves {
        Leaves::Bytes(leaves) => leaves.iter().all(|&leaf| is_leaf(leaf.into())),
        Leaves::Shorts(leaves) => leaves.iter().all(|leaf| is_leaf(leaf.get().into())),
        Leaves::Words(leaves) => leaves.iter().all(|leaf| is_leaf(leaf.get())),
    };
    let good = root_holds(root, width, parts.direct.len()) && is_leaf(root.outside.get()) && direct_good && nodes_good && leaves_good;
    good.then(|| Trie::new(root, parts.direct, parts.nodes, parts.leaves))
}

fn count(leaves: Leaves<'_>) -> usize {
    match leaves {
        Leaves::Bytes(leaves) => leaves.len(),
        Leaves::Shorts(leaves) => leaves.len(),
        Leaves::Words(leaves) => leaves.len(),
    }
}

/// The direct table has the size that its bits say, and the bits left out end where they say.
fn root_holds(root: &RootRecord, width: u8, direct: usize) -> bool {
    let used = root.skip.saturating_add(root.direct);
    let behind = u64::MAX.checked_shr(root.skip.into()).unwrap_or(0);
    (1..=DIRECT_MAX).contains(&root.direct)
        && used <= width.min(64)
        && 1usize.checked_shl(root.direct.into()) == Some(direct)
        && root.prefix.get() & behind == 0
        && root.zero == [0; 2]
}

/// Children lie after the node at `at`, children and leaves within the table, and every slot has one of the two.
fn node_holds(node: &NodeRecord, at: usize, nodes: usize, leaves: usize) -> bool {
    let (children, starts) = (node.children.get(), node.leaf_starts.get());
    let (first_child, first_leaf) = (usize::try_from(node.first_child.get()), usize::try_from(node.first_leaf.get()));
    let (Ok(first_child), Ok(first_leaf)) = (first_child, first_leaf) else { return false };
    let fits = |first: usize, bits: u64, len: usize| {
        usize::try_from(bits.count_ones()).ok().and_then(|count| first.checked_add(count)).is_some_and(|end| end <= len)
    };
    let forward = children == 0 || first_child > at;
    // The first slot without a child begins a leaf, so that every such slot counts at least one.
    let slots = !children;
    let begins = starts & !slots == 0 && starts.trailing_zeros() == slots.trailing_zeros();
    forward && begins && fits(first_child, children, nodes) && fits(first_leaf, starts, leaves)
}
