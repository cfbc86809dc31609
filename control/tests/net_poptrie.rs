//! A poptrie answers as the longest match does, and no record that is not what it should be makes a look-up panic or run on.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use caltrop::image::{Floor, OpenError, Trust};
use caltrop::net::record::{DIRECT_LEAF, NodeRecord, RootRecord};
use caltrop::net::{Body, Cidr, Leaves, Overlap, Parts, Poptrie, Prefix, Prefixes};
use caltrop::verify::PublicKey;
use caltrop_control::image::Stamp;
use caltrop_control::prefixes::{Choice, Table};
use proptest::prelude::*;
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, IntoBytes};

/// Too simple to be wrong: each length is asked, the longest first.
struct Oracle(BTreeMap<Cidr, u64>);

impl Oracle {
    fn new(prefixes: &[Prefix]) -> Self {
        let mut map = BTreeMap::new();
        for prefix in prefixes {
            let value = map.entry(prefix.cidr).or_insert(0u64);
            *value = prefix.value.max(*value);
        }
        Self(map)
    }

    fn longest(&self, address: IpAddr) -> u64 {
        let width = if address.is_ipv4() { 32 } else { 128 };
        let around = (0..=width).rev().filter_map(|length| Cidr::containing(address, length).ok());
        around.filter_map(|cidr| self.0.get(&cidr)).copied().next().unwrap_or(0)
    }
}

/// Few high bits and many low ones, so that prefixes lie within each other; now and then all of them share their first bits.
fn prefixes() -> impl Strategy<Value = Vec<Prefix>> {
    let v4 = (any::<u32>(), any::<u32>(), 0u8..=32)
        .prop_map(|(bits, mask, length)| Cidr::containing(Ipv4Addr::from(0x0A00_0000 | bits & (mask | 0xFF)).into(), length).unwrap());
    let v6 = (any::<u128>(), prop_oneof![Just(0u128), Just(u128::MAX), any::<u128>()], 0u8..=128).prop_map(|(bits, mask, length)| {
        Cidr::containing(Ipv6Addr::from(0x2001 << 112 | bits & (mask | 0xFF_FFFF)).into(), length).unwrap()
    });
    let value = prop_oneof![1u64..4, 1u64..70_000, any::<u64>()];
    prop::collection::vec((prop_oneof![v4, v6], value).prop_map(|(cidr, value)| Prefix { cidr, value }), 0..60)
}

/// The ends of every prefix, and their neighbours outside.
fn edges(prefixes: &[Prefix]) -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> =
        ["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"].map(|text| text.parse().unwrap()).to_vec();
    for prefix in prefixes {
        let length = u32::from(prefix.cidr.length());
        match prefix.cidr.network() {
            IpAddr::V4(v4) => {
                let (first, last) = (v4.to_bits(), v4.to_bits() | u32::MAX.checked_shr(length).unwrap_or(0));
                addresses.extend([first, first.wrapping_sub(1), last, last.wrapping_add(1)].map(|bits| IpAddr::V4(bits.into())));
            }
            IpAddr::V6(v6) => {
                let (first, last) = (v6.to_bits(), v6.to_bits() | u128::MAX.checked_shr(length).unwrap_or(0));
                addresses.extend([first, first.wrapping_sub(1), last, last.wrapping_add(1)].map(|bits| IpAddr::V6(bits.into())));
            }
        }
    }
    addresses
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn both_bodies_answer_as_the_longest_match_does(prefixes in prefixes(), random: Vec<u128>) {
        let oracle = Oracle::new(&prefixes);
        let mut sorted = prefixes.clone();
        let ranges = Table::new(&mut sorted, Overlap::Longest, Choice::Ranges);
        let trie = Table::new(&mut sorted, Overlap::Longest, Choice::Poptrie);
        let (ranges, trie) = (ranges.body(), trie.body());
        prop_assert!(matches!(trie, Body::Poptrie(_)));
        let random = random.iter().flat_map(|&bits| [IpAddr::V4((bits as u32).into()), IpAddr::V6(bits.into())]);
        for address in edges(&prefixes).into_iter().chain(random) {
            let address = address.to_canonical();
            prop_assert_eq!(trie.lookup(address), oracle.longest(address), "{}", address);
            prop_assert_eq!(ranges.lookup(address), oracle.longest(address), "{}", address);
        }
    }

    #[test]
    fn many_at_once_are_answered_as_one_by_one(prefixes in prefixes(), random: Vec<u128>, places in 0usize..100) {
        for choice in [Choice::Ranges, Choice::Poptrie] {
            let table = Table::new(&mut prefixes.clone(), Overlap::Longest, choice);
            let body = table.body();
            let (mut v4, mut v6) = (Vec::new(), Vec::new());
            for address in edges(&prefixes) {
                match address {
                    IpAddr::V4(address) => v4.push(address),
                    IpAddr::V6(address) => v6.push(address),
                }
            }
            v4.extend(random.iter().map(|&bits| Ipv4Addr::from(bits as u32)));
            // IPv4-mapped ones among them, which are asked for as IPv4.
            v6.extend(random.iter().flat_map(|&bits| [Ipv6Addr::from(bits), Ipv4Addr::from(bits as u32).to_ipv6_mapped()]));
            let mut values = vec![u64::MAX; places];
            let count = body.lookup_many_v4(&v4, &mut values);
            prop_assert_eq!(count, places.min(v4.len()));
            for (at, &address) in v4.iter().enumerate().take(count) {
                prop_assert_eq!(values[at], body.lookup(address.into()), "{}", address);
            }
            prop_assert!(values[count..].iter().all(|&value| value == u64::MAX), "what was not asked for is untouched");
            let count = body.lookup_many_v6(&v6, &mut values);
            prop_assert_eq!(count, places.min(v6.len()));
            for (at, &address) in v6.iter().enumerate().take(count) {
                prop_assert_eq!(values[at], body.lookup(address.into()), "{}", address);
            }
            let octets: Vec<[u8; 16]> = v6.iter().map(Ipv6Addr::octets).collect();
            let mut again = vec![0; places];
            prop_assert_eq!(body.lookup_many_v6(&octets, &mut again), count);
            prop_assert_eq!(&again[..count], &values[..count]);
        }
    }

    #[test]
    fn zones_are_the_union_in_both(prefixes in prefixes()) {
        let mut sorted = prefixes.clone();
        let ranges = Table::new(&mut sorted, Overlap::Union, Choice::Ranges);
        let trie = Table::new(&mut sorted, Overlap::Union, Choice::Poptrie);
        let (ranges, trie) = (ranges.body(), trie.body());
        for address in edges(&prefixes) {
            prop_assert_eq!(trie.lookup(address), ranges.lookup(address), "{}", address);
        }
    }

    #[test]
    fn random_records_never_panic(direct_bits in 1u8..6, skip in 0u8..70, bytes in prop::collection::vec(any::<u8>(), 0..600), small: bool) {
        let mut bytes = bytes;
        if small {
            // Mostly zeros: far more of these pass the check.
            bytes.iter_mut().skip(1).step_by(2).for_each(|byte| *byte = 0);
        }
        let root = [RootRecord { prefix: 0.into(), outside: 0.into(), skip, direct: direct_bits, zero: [0; 2] }];
        let direct: Vec<U32> = (0..1usize << direct_bits).map(|at| u32::from(bytes.get(at).copied().unwrap_or(0) & 7).into()).collect();
        let nodes = <[NodeRecord]>::ref_from_bytes(&bytes[..bytes.len() / 24 * 24]).unwrap();
        for leaves in [Leaves::Bytes(&bytes), Leaves::Shorts(<[U16]>::ref_from_bytes(&bytes[..bytes.len() & !1]).unwrap())] {
            let parts = Parts { root: &root, direct: &direct, nodes, leaves };
            if let Some(trie) = Poptrie::new(parts, parts, &[]) {
                ask(&trie, &bytes);
            }
        }
    }

    #[test]
    fn a_flipped_bit_is_refused_or_does_no_harm(prefixes in prefixes(), flips in prop::collection::vec((0u8..4, any::<prop::sample::Index>(), 0u8..8), 1..6)) {
        let table = Table::new(&mut prefixes.clone(), Overlap::Longest, Choice::Poptrie);
        let (mut v4, v6, values) = copies(&table);
        for (part, at, bit) in flips {
            let bytes = [v4.root.as_mut_bytes(), v4.direct.as_mut_bytes(), v4.nodes.as_mut_bytes(), v4.leaves.as_mut_bytes()].into_iter().nth(part.into()).unwrap();
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
        }
        if let Some(trie) = Poptrie::new(v4.parts(), v6.parts(), &values) {
            ask(&trie, &[0x5A; 64]);
            edges(&prefixes).into_iter().for_each(|address| {
                std::hint::black_box(trie.lookup(address));
            });
        }
    }
}

/// Asks for many addresses; all that is wanted is an end.
fn ask(trie: &Poptrie<'_>, seed: &[u8]) {
    for chunk in seed.chunks(16) {
        let bits = chunk.iter().fold(0u128, |bits, &byte| bits << 8 | u128::from(byte));
        for bits in [bits, !bits, bits << 64, bits.rotate_left(61)] {
            for address in [IpAddr::V6(bits.into()), IpAddr::V4(((bits >> 64) as u32).into()), IpAddr::V4((bits as u32).into())] {
                std::hint::black_box(trie.lookup(address));
            }
            let mut values = [0; 9];
            assert_eq!(trie.lookup_many_v4(&[bits as u32; 9], &mut values), 9);
            assert_eq!(trie.lookup_many_v6(&[bits; 9], &mut values), 9);
        }
    }
}

/// Records that a test may change.
#[derive(Clone)]
struct Copies {
    root: Vec<RootRecord>,
    direct: Vec<U32>,
    nodes: Vec<NodeRecord>,
    leaves: Vec<U32>,
}

impl Copies {
    fn of(parts: Parts<'_>) -> Self {
        let leaves = match parts.leaves {
            Leaves::Bytes(leaves) => leaves.iter().map(|&leaf| u32::from(leaf).into()).collect(),
            Leaves::Shorts(leaves) => leaves.iter().map(|leaf| u32::from(leaf.get()).into()).collect(),
            Leaves::Words(leaves) => leaves.to_vec(),
        };
        Self { root: parts.root.to_vec(), direct: parts.direct.to_vec(), nodes: parts.nodes.to_vec(), leaves }
    }

    fn parts(&self) -> Parts<'_> {
        Parts { root: &self.root, direct: &self.direct, nodes: &self.nodes, leaves: Leaves::Words(&self.leaves) }
    }
}

fn copies(table: &Table) -> (Copies, Copies, Vec<U64>) {
    let (v4, v6, values) = table.parts().expect("a poptrie was asked for");
    (Copies::of(v4), Copies::of(v6), values.to_vec())
}

/// Two nodes deep: 10.8.3.0/24 with 10.8.3.4 in it, and 10.200.0.0/16 so that the direct table is not alone.
fn small() -> (Copies, Copies, Vec<U64>) {
    let prefix = |text: &str, value| Prefix { cidr: text.parse().unwrap(), value };
    let mut prefixes = [prefix("10.8.3.0/24", 1 << 40), prefix("10.8.3.4", 2 << 40), prefix("10.200.0.0/16", 3 << 40)];
    copies(&Table::new(&mut prefixes, Overlap::Longest, Choice::Poptrie))
}

/// What is wrong, and how to make it so.
type Fault<'f> = (&'f str, &'f dyn Fn(&mut Copies));

#[test]
fn each_rule_of_the_check_refuses_what_breaks_it() {
    let (good, none, values) = small();
    assert!(Poptrie::new(good.parts(), none.parts(), &values).is_some());
    assert!(good.nodes.len() >= 2 && good.nodes[0].children != 0, "a child to turn back from is needed");
    let [nodes, leaves, first_past] = [good.nodes.len(), good.leaves.len(), values.len()].map(|count| u32::try_from(count).unwrap());
    let only = |copy: &mut Copies, kept: usize| {
        let [direct, nodes, leaves] = [0, 1, 2].map(|kind| kind == kept);
        copy.root.clear();
        copy.direct.truncate(usize::from(direct));
        copy.nodes.truncate(usize::from(nodes));
        copy.leaves.truncate(usize::from(leaves));
    };
    let faults: [Fault<'_>; 22] = [
        ("a child that is its own parent", &|copy| copy.nodes[0].first_child = 0.into()),
        ("children past the last node", &|copy| copy.nodes[0].first_child = nodes.into()),
        ("leaves past the last leaf", &|copy| copy.nodes[0].first_leaf = leaves.into()),
        ("an index that wraps", &|copy| copy.nodes[0].first_leaf = u32::MAX.into()),
        ("a slot without child or leaf", &|copy| copy.nodes[0].leaf_starts = 0.into()),
        ("a slot with both", &|copy| copy.nodes[0].leaf_starts = u64::MAX.into()),
        ("a direct entry past the last node", &|copy| copy.direct[0] = nodes.into()),
        ("a direct leaf that is no value", &|copy| copy.direct[0] = (DIRECT_LEAF | u32::MAX).into()),
        ("a leaf that is no value", &|copy| copy.leaves[0] = DIRECT_LEAF.into()),
        ("an outside that is no value", &|copy| copy.root[0].outside = DIRECT_LEAF.into()),
        ("no direct bits", &|copy| copy.root[0].direct = 0),
        ("a direct table of another size", &|copy| copy.root[0].direct += 1),
        ("more bits than an address has", &|copy| copy.root[0].skip = 32),
        ("bits left out past their end", &|copy| copy.root[0].prefix = u64::MAX.into()),
        ("reserved bytes", &|copy| copy.root[0].zero = [1, 0]),
        ("two roots", &|copy| copy.root.push(copy.root[0])),
        ("an outside just past the values", &|copy| copy.root[0].outside = first_past.into()),
        ("a direct table without a root", &|copy| only(copy, 0)),
        ("a node without a root", &|copy| only(copy, 1)),
        ("a leaf without a root", &|copy| only(copy, 2)),
        ("records without a root", &|copy| copy.root.clear()),
        ("a direct table cut short", &|copy| copy.direct.truncate(1)),
    ];
    for (what, fault) in faults {
        let mut bad = good.clone();
        fault(&mut bad);
        assert!(Poptrie::new(bad.parts(), none.parts(), &values).is_none(), "{what}");
    }
    let mut gone = good.clone();
    only(&mut gone, 3);
    assert!(Poptrie::new(gone.parts(), none.parts(), &values).is_some(), "nothing at all is a family without networks");
    assert!(Poptrie::new(good.parts(), none.parts(), &[5.into(), 1.into(), 2.into(), 3.into()]).is_none(), "leaf 0 is a value");
    assert!(Poptrie::new(good.parts(), none.parts(), &[0.into(), 1.into()]).is_none(), "a leaf past the values");
}

/// Values of 31 bits are leaves themselves.
#[test]
fn a_leaf_that_is_its_value_has_31_bits() {
    let mut prefixes = [("10.8.3.0/24", 1), ("10.8.3.4", 2)].map(|(text, value)| Prefix { cidr: text.parse().unwrap(), value });
    let (mut good, none, values) = copies(&Table::new(&mut prefixes, Overlap::Longest, Choice::Poptrie));
    assert!(values.is_empty(), "{values:?}");
    let at = good.leaves.iter().position(|leaf| leaf.get() == 2).unwrap();
    good.leaves[at] = (DIRECT_LEAF - 1).into();
    let trie = Poptrie::new(good.parts(), none.parts(), &values).unwrap();
    assert_eq!(trie.lookup("10.8.3.4".parse().unwrap()), u64::from(DIRECT_LEAF - 1));
    for fault in [
        |copy: &mut Copies, _| copy.root[0].outside = DIRECT_LEAF.into(),
        |copy: &mut Copies, at: usize| copy.leaves[at] = DIRECT_LEAF.into(),
    ] {
        let mut bad = good.clone();
        fault(&mut bad, at);
        assert!(Poptrie::new(bad.parts(), none.parts(), &values).is_none());
    }
}

#[test]
fn an_image_of_either_body_opens_and_answers() {
    let signer = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let trust = Trust::new("acme-api/nets", &[PublicKey::from_bytes(signer.verifying_key().as_bytes()).unwrap()]);
    let stamp = Stamp { sequence: 1, created_s: 1_796_000_000, not_after_s: 0 };
    let prefix = |text: &str, value| Prefix { cidr: text.parse().unwrap(), value };
    let prefixes = [prefix("10.8.0.0/16", 1), prefix("10.8.3.0/24", 70_000), prefix("2001:db8::/32", u64::MAX)];
    for choice in [Choice::Ranges, Choice::Poptrie] {
        let table = Table::new(&mut prefixes.to_vec(), Overlap::Longest, choice);
        let image = table.image("acme-api/nets", &["vpn".to_owned()]).unwrap().finish(&signer, stamp);
        // Records have alignment 1: an image may lie at any address.
        let moved = [&[0][..], &image].concat();
        let opened = Prefixes::open(&moved[1..], &trust, Floor::NONE).unwrap();
        assert_eq!(matches!(opened.body(), Body::Poptrie(_)), choice == Choice::Poptrie);
        for (address, value) in [("10.8.1.1", 1), ("::ffff:10.8.3.4", 70_000), ("2001:db8::1", u64::MAX), ("192.0.2.1", 0), ("::1", 0)] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(opened.lookup(address), value, "{address}");
            let mut values = [7, 7];
            let asked = match address {
                IpAddr::V4(address) => opened.lookup_many_v4(&[address; 2], &mut values),
                IpAddr::V6(address) => opened.lookup_many_v6(&[address; 2], &mut values),
            };
            assert_eq!((asked, values), (2, [value; 2]), "{address}");
            if let Body::Poptrie(trie) = opened.body() {
                let alone = match address {
                    IpAddr::V4(address) => trie.lookup_v4(address),
                    IpAddr::V6(address) => trie.lookup_v6(address),
                };
                assert_eq!(alone, value, "{address}");
            }
        }
        assert_eq!(opened.label("10.8.1.1".parse().unwrap()), Some("vpn"));
        assert_eq!(opened.label("10.8.3.4".parse().unwrap()), None);
    }
    let mut both = prefixes.to_vec();
    let ranges = Table::new(&mut both, Overlap::Longest, Choice::Ranges);
    let image = Table::new(&mut both, Overlap::Longest, Choice::Poptrie).write(ranges.image("acme-api/nets", &[]).unwrap());
    let opened = Prefixes::open(&image.finish(&signer, stamp), &trust, Floor::NONE).map(|_| ());
    assert_eq!(opened, Err(OpenError::Content { tag: *b"P4RT" }), "two bodies in one image");
}
