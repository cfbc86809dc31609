//! What a policy image holds for this room.

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::image::Tag;

/// Zones, at most [`ZONES_MAX`]: [`ZoneRecord`]. A zone's bit is its index.
pub const ZONE: Tag = *b"ZONE";
/// Start addresses of the IPv4 ranges, ascending from 0: `U32`.
pub const STARTS_V4: Tag = *b"N4ST";
/// The zone mask of each IPv4 range: `U64`.
pub const VALUES_V4: Tag = *b"N4VL";
/// Start addresses of the IPv6 ranges, ascending from 0: `U128`.
pub const STARTS_V6: Tag = *b"N6ST";
/// The zone mask of each IPv6 range: `U64`.
pub const VALUES_V6: Tag = *b"N6VL";

/// A zone set is one 64-bit mask.
pub const ZONES_MAX: usize = 64;

/// The zone of the addresses that may speak for others; `control` makes it of `[network] proxies`.
pub const PROXIES: &str = "proxies";

/// One zone.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ZoneRecord {
    /// Its name.
    pub name: U32,
}

const _: () = assert!(size_of::<ZoneRecord>() == 4);

/// The values that leaves of a poptrie name: `U64`. Absent: leaves are values.
pub const LEAF_VALUES: Tag = *b"PVAL";
/// The root of the IPv4 poptrie: one [`RootRecord`].
pub const ROOT_V4: Tag = *b"P4RT";
/// Its direct table: `U32`.
pub const DIRECT_V4: Tag = *b"P4DR";
/// Its nodes: [`NodeRecord`].
pub const NODES_V4: Tag = *b"P4ND";
/// Its leaves, one section of the three: `u8`, `U16`, `U32`.
pub const LEAVES_V4: [Tag; 3] = [*b"P4L1", *b"P4L2", *b"P4L4"];
/// The root of the IPv6 poptrie: one [`RootRecord`].
pub const ROOT_V6: Tag = *b"P6RT";
/// Its direct table: `U32`.
pub const DIRECT_V6: Tag = *b"P6DR";
/// Its nodes: [`NodeRecord`].
pub const NODES_V6: Tag = *b"P6ND";
/// Its leaves, one section of the three: `u8`, `U16`, `U32`.
pub const LEAVES_V6: [Tag; 3] = [*b"P6L1", *b"P6L2", *b"P6L4"];

/// Labels of a list of networks: text offsets. A value `v` is label `v - 1`.
pub const LABEL: Tag = *b"LABL";

/// The bit of a direct entry that says: the other 31 are a leaf, not a node's index.
pub const DIRECT_LEAF: u32 = 1 << 31;

/// The most bits of a direct table: 64 MiB of entries.
pub const DIRECT_MAX: u8 = 24;

/// Where a poptrie begins.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct RootRecord {
    /// The bits left out, at the top of 64; zeros follow.
    pub prefix: U64,
    /// The leaf of every address that begins otherwise.
    pub outside: U32,
    /// How many bits are left out.
    pub skip: u8,
    /// How many bits the direct table takes: it has as many entries as they have states. Both together are at most 64, IPv4's at most 32.
    pub direct: u8,
    /// Zero.
    pub zero: [u8; 2],
}

const _: () = assert!(size_of::<RootRecord>() == 16);

/// Six bits of a poptrie.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct NodeRecord {
    /// Bit `s`: slot `s` has a child.
    pub children: U64,
    /// Bit `s`: slot `s` has no child, and its leaf is not that of the last slot before it without one.
    pub leaf_starts: U64,
    /// The index of the first child; the others follow.
    pub first_child: U32,
    /// The index of the first leaf; the others follow.
    pub first_leaf: U32,
}

const _: () = assert!(size_of::<NodeRecord>() == 24);
