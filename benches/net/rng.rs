//! Numbers that are the same in every run.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use caltrop::net::Prefix;

/// splitmix64.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    fn wide(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }

    /// Some of them, or all.
    pub(crate) fn sample(&mut self, all: &[Prefix], count: usize) -> Vec<Prefix> {
        if count >= all.len() {
            return all.to_vec();
        }
        (0..count).map(|_| all[self.below(all.len())]).collect()
    }

    /// Any address; for IPv6 any in 2000::/3, where all that is routed lies.
    pub(crate) fn uniform(&mut self, count: usize, is_v4: bool) -> Vec<IpAddr> {
        let mut one = || match is_v4 {
            true => IpAddr::V4(Ipv4Addr::from_bits(self.next() as u32)),
            false => IpAddr::V6(Ipv6Addr::from_bits(1 << 125 | self.wide() >> 3)),
        };
        (0..count).map(|_| one()).collect()
    }

    /// A random address of a random prefix.
    pub(crate) fn matching(&mut self, count: usize, prefixes: &[Prefix]) -> Vec<IpAddr> {
        let mut one = || {
            let cidr = prefixes[self.below(prefixes.len())].cidr;
            let length = u32::from(cidr.length());
            match cidr.network() {
                IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() | (self.next() as u32).checked_shr(length).unwrap_or(0)).into()),
                IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() | self.wide().checked_shr(length).unwrap_or(0)).into()),
            }
        };
        (0..count).map(|_| one()).collect()
    }
}
