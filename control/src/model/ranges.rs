//! Zones as ranges that lie side by side: what a guard looks addresses up in.

use caltrop::net::{Family, Overlap, Prefix, flatten};
use zerocopy::little_endian::{U32, U64, U128};

use super::policy::Zone;

/// The sections of the prefix table.
#[derive(Default)]
pub(super) struct Ranges {
    pub(super) v4: Vec<U32>,
    pub(super) values_v4: Vec<U64>,
    pub(super) v6: Vec<U128>,
    pub(super) values_v6: Vec<U64>,
}

impl Ranges {
    pub(super) fn of(zones: &[Zone]) -> Self {
        let prefix =
            |(bit, zone): (usize, &Zone)| zone.networks.iter().map(move |&cidr| Prefix { cidr, value: 1u64 << bit }).collect::<Vec<_>>();
        let mut prefixes: Vec<Prefix> = zones.iter().enumerate().flat_map(prefix).collect();
        let mut ranges = Self::default();
        flatten(&mut prefixes, Family::V4, Overlap::Union, |start, value| {
            ranges.v4.push(u32::try_from(start).expect("an IPv4 range starts at an IPv4 address").into());
            ranges.values_v4.push(value.into());
        });
        flatten(&mut prefixes, Family::V6, Overlap::Union, |start, value| {
            ranges.v6.push(start.into());
            ranges.values_v6.push(value.into());
        });
        ranges
    }
}
