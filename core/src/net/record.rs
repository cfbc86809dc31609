//! What a policy image holds for this room.

use zerocopy::little_endian::U32;
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
