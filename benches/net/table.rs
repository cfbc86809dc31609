//! The tables: from a file, or made here with the lengths of a full routing table.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use caltrop::net::{Cidr, Prefix};

use crate::rng::Rng;

/// How many labels prefixes have: what a list of networks, providers or countries gives.
const LABELS: u64 = 250;

/// Prefixes of each length in one full table of 901,899 IPv4 prefixes.
const LENGTHS_V4: &[(u8, usize)] = &[
    (8, 16),
    (9, 13),
    (10, 38),
    (11, 103),
    (12, 299),
    (13, 581),
    (14, 1203),
    (15, 2100),
    (16, 13490),
    (17, 8235),
    (18, 13798),
    (19, 24870),
    (20, 42611),
    (21, 50750),
    (22, 108_623),
    (23, 96510),
    (24, 537_698),
    (25, 20),
    (27, 11),
    (28, 18),
    (29, 17),
    (32, 886),
];

/// And in one of 160,147 IPv6 prefixes.
const LENGTHS_V6: &[(u8, usize)] = &[
    (20, 16),
    (24, 30),
    (28, 193),
    (29, 4371),
    (30, 650),
    (31, 284),
    (32, 22548),
    (33, 2926),
    (34, 2603),
    (35, 1043),
    (36, 5996),
    (37, 880),
    (38, 1617),
    (39, 1377),
    (40, 13418),
    (41, 903),
    (42, 2301),
    (43, 1001),
    (44, 14365),
    (45, 1553),
    (46, 3039),
    (47, 3153),
    (48, 75488),
    (64, 184),
    (127, 42),
];

/// Where they come from, IPv4, IPv6.
pub(crate) fn load(full: bool) -> (String, Vec<Prefix>, Vec<Prefix>) {
    let (source, cidrs) = match std::env::var("CALTROP_BENCH_PREFIXES") {
        Ok(path) => {
            let text =
                std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}: name a file with one network a line"));
            ("from a file".to_owned(), text.lines().map(|line| line.parse().unwrap_or_else(|error| panic!("{line}: {error}"))).collect())
        }
        Err(_) => ("made, with as many prefixes of each length as one of the Internet".to_owned(), made(if full { 1 } else { 256 })),
    };
    let mut rng = Rng::new(1);
    let (v4, v6): (Vec<Prefix>, Vec<Prefix>) =
        cidrs.into_iter().map(|cidr| Prefix { cidr, value: rng.next() % LABELS + 1 }).partition(|prefix| prefix.cidr.network().is_ipv4());
    (source, v4, v6)
}

/// One in `part` of each length, half of them beside one that is there: routed space lies in heaps.
fn made(part: usize) -> BTreeSet<Cidr> {
    let mut rng = Rng::new(2);
    let mut cidrs = BTreeSet::new();
    for (lengths, is_v4) in [(LENGTHS_V4, true), (LENGTHS_V6, false)] {
        let mut before: Vec<u128> = Vec::new();
        for &(length, count) in lengths {
            for _ in 0..count.div_ceil(part) {
                let bits = if before.is_empty() || rng.next() & 3 == 0 {
                    fresh(&mut rng, is_v4)
                } else {
                    let near = before[rng.below(before.len())];
                    near ^ u128::from(rng.next() & 0xFF) << (128 - u32::from(length))
                };
                before.push(bits);
                let address = if is_v4 { Ipv4Addr::from_bits((bits >> 96) as u32).into() } else { Ipv6Addr::from_bits(bits).into() };
                cidrs.extend(Cidr::containing(address, length));
            }
        }
    }
    cidrs
}

/// Somewhere in the space that is given out, at the top of 128 bits.
fn fresh(rng: &mut Rng, is_v4: bool) -> u128 {
    let bits = u128::from(rng.next()) << 64;
    let blocks: &[u128] =
        if is_v4 { &[] } else { &[0x2001, 0x2400, 0x2404, 0x240e, 0x2600, 0x2604, 0x2620, 0x2800, 0x2804, 0x2a00, 0x2a02, 0x2a0e, 0x2c0f] };
    match blocks {
        [] => {
            let first = 1 + rng.below(222) as u128;
            bits >> 8 | first << 120
        }
        blocks => bits >> 16 | blocks[rng.below(blocks.len())] << 112,
    }
}
