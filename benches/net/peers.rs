//! The crates that do the same. Each is asked in the way that its own documentation shows, with the address type it likes best.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use caltrop::net::Prefix;
use ip_network_table_deps_treebitmap::IpLookupTable;
use ipnet::{Ipv4Net, Ipv6Net};
use iptrie::{Ipv4LCTrieMap, Ipv4Prefix, Ipv4RTrieMap, Ipv6LCTrieMap, Ipv6Prefix, Ipv6RTrieMap};
use poptrie::Poptrie;
use prefix_trie::PrefixMap;

/// One that answers for all addresses and hands out the sum.
pub(crate) struct Contestant<'t> {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn FnMut(Range<usize>) -> u64 + 't>,
}

impl<'t> Contestant<'t> {
    pub(crate) fn new(name: &'static str, run: impl FnMut(Range<usize>) -> u64 + 't) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// The peers' tables of one family.
pub(crate) enum Peers {
    V4(Box<V4>),
    V6(Box<V6>),
}

pub(crate) struct V4 {
    poptrie: Poptrie<Ipv4Net, u32>,
    prefix_trie: PrefixMap<Ipv4Net, u32>,
    treebitmap: IpLookupTable<Ipv4Addr, u32>,
    iptrie: Ipv4LCTrieMap<u32>,
}

pub(crate) struct V6 {
    poptrie: Poptrie<Ipv6Net, u32>,
    prefix_trie: PrefixMap<Ipv6Net, u32>,
    treebitmap: IpLookupTable<Ipv6Addr, u32>,
    iptrie: Ipv6LCTrieMap<u32>,
}

impl Peers {
    pub(crate) fn new(prefixes: &[Prefix]) -> Self {
        let each = || prefixes.iter().map(|prefix| (prefix.cidr.network(), prefix.cidr.length(), prefix.value as u32));
        if prefixes.iter().all(|prefix| prefix.cidr.network().is_ipv4()) {
            let v4 = |address| if let IpAddr::V4(address) = address { address } else { Ipv4Addr::UNSPECIFIED };
            let nets = || each().map(|(address, length, value)| (Ipv4Net::new_assert(v4(address), length), value));
            let mut treebitmap = IpLookupTable::new();
            each().for_each(|(address, length, value)| {
                treebitmap.insert(v4(address), length.into(), value);
            });
            let mut iptrie = Ipv4RTrieMap::with_root(0);
            each().for_each(|(address, length, value)| {
                iptrie.insert(Ipv4Prefix::new(v4(address), length).unwrap(), value);
            });
            let poptrie = nets().collect();
            Self::V4(Box::new(V4 { poptrie, prefix_trie: nets().collect(), treebitmap, iptrie: iptrie.compress() }))
        } else {
            let v6 = |address| if let IpAddr::V6(address) = address { address } else { Ipv6Addr::UNSPECIFIED };
            let nets = || each().map(|(address, length, value)| (Ipv6Net::new_assert(v6(address), length), value));
            let mut treebitmap = IpLookupTable::new();
            each().for_each(|(address, length, value)| {
                treebitmap.insert(v6(address), length.into(), value);
            });
            let mut iptrie = Ipv6RTrieMap::with_root(0);
            each().for_each(|(address, length, value)| {
                iptrie.insert(Ipv6Prefix::new(v6(address), length).unwrap(), value);
            });
            let poptrie = nets().collect();
            Self::V6(Box::new(V6 { poptrie, prefix_trie: nets().collect(), treebitmap, iptrie: iptrie.compress() }))
        }
    }

    pub(crate) fn contestants<'t>(&'t self, addresses: &[IpAddr]) -> Vec<Contestant<'t>> {
        // Each takes an address from the same kind of list that caltrop takes it from.
        macro_rules! rows {
            ($tables:expr, $bits:expr, $address:ty, $net:ty, $width:expr) => {{
                let (tables, bits) = ($tables, $bits);
                let with = |name, answer: Box<dyn Fn(&[_]) -> u64 + 't>| {
                    let bits = bits.clone();
                    Contestant::new(name, move |range| answer(&bits[range]))
                };
                vec![
                    with(
                        "poptrie",
                        Box::new(move |bits| {
                            bits.iter()
                                .map(|&bits| tables.poptrie.lookup(<$address>::from_bits(bits)).map_or(0, |&value| u64::from(value)))
                                .sum()
                        }),
                    ),
                    with(
                        "prefix-trie",
                        Box::new(move |bits| {
                            let net = |bits| <$net>::new_assert(<$address>::from_bits(bits), $width);
                            bits.iter().map(|&bits| tables.prefix_trie.get_lpm(&net(bits)).map_or(0, |(_, &value)| u64::from(value))).sum()
                        }),
                    ),
                    with(
                        "treebitmap",
                        Box::new(move |bits| {
                            let find = |bits| tables.treebitmap.longest_match(<$address>::from_bits(bits));
                            bits.iter().map(|&bits| find(bits).map_or(0, |(_, _, &value)| u64::from(value))).sum()
                        }),
                    ),
                    with(
                        "iptrie",
                        Box::new(move |bits| {
                            bits.iter().map(|&bits| u64::from(*tables.iptrie.lookup(&<$address>::from_bits(bits)).1)).sum()
                        }),
                    ),
                ]
            }};
        }
        match self {
            Self::V4(tables) => rows!(&**tables, crate::v4(addresses), Ipv4Addr, Ipv4Net, 32),
            Self::V6(tables) => rows!(&**tables, crate::v6(addresses), Ipv6Addr, Ipv6Net, 128),
        }
    }
}
