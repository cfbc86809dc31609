//! Reaches: `Prefixes::open`, `Ranges::new`, `Poptrie::new` and every check of a record, then both look-ups, one by one and many at once.
//! Compares: a table that was built with the longest match in a `BTreeMap`, one length after the other; many at once with one by one.
//! Holds: bytes that nobody signed are refused; whatever opens is asked without a panic.
#![no_main]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use arbitrary::Unstructured;
use caltrop::image::Floor;
use caltrop::net::{Body, Cidr, Overlap, Prefix, Prefixes};
use caltrop_control::prefixes::{Choice, Table};
use caltrop_fuzz::house::{STAMP, signer, trust};
use caltrop_fuzz::{planted, resign};
use libfuzzer_sys::fuzz_target;

const SCOPE: &str = "acme-api/nets";

/// The same list as ranges and as a poptrie; values too wide for a leaf, so that the section of values is there.
static IMAGES: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let texts = ["10.0.0.0/8", "10.8.0.0/16", "10.8.3.0/24", "10.8.3.4", "192.0.2.0/24", "2001:db8::/32", "2001:db8:40::/44", "fd00::1"];
    let mut prefixes: Vec<Prefix> =
        (1u64..).zip(texts).map(|(value, text)| Prefix { cidr: text.parse().expect("a network"), value: value << 40 }).collect();
    [Choice::Ranges, Choice::Poptrie].map(|choice| {
        let table = Table::new(&mut prefixes, Overlap::Longest, choice);
        table.image(SCOPE, &["a".to_owned()]).expect("a short label").finish(&signer(), STAMP)
    })
});

fuzz_target!(|data: &[u8]| {
    planted(data);
    assert!(Prefixes::open(data, &trust(SCOPE), Floor::NONE).is_err(), "nobody signed this");
    let _ = changed(&mut Unstructured::new(data));
    let _ = built(&mut Unstructured::new(data));
});

fn changed(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let image = resign::changed(input.choose(&*IMAGES)?, input)?;
    let Ok(prefixes) = Prefixes::open(&image, &trust(SCOPE), Floor::NONE) else { return Ok(()) };
    let (v4, v6) = (input.arbitrary::<[u32; 19]>()?, input.arbitrary::<[u128; 19]>()?);
    // Near what is in the list, too.
    many_as_one(prefixes.body(), &v4.map(Ipv4Addr::from), &v6.map(Ipv6Addr::from));
    many_as_one(
        prefixes.body(),
        &v4.map(|bits| (0x0A08_0300 | bits & 0xFF).into()),
        &v6.map(|bits| (0x2001_0DB8 << 96 | bits >> 34).into()),
    );
    for bits in v4 {
        let _ = (prefixes.label(IpAddr::V4(bits.into())), prefixes.labels().count());
    }
    Ok(())
}

fn many_as_one(body: Body<'_>, v4: &[Ipv4Addr], v6: &[Ipv6Addr]) {
    let mut values = vec![0; v4.len().max(v6.len())];
    assert_eq!(body.lookup_many_v4(v4, &mut values), v4.len());
    assert!(v4.iter().zip(&values).all(|(&address, &value)| body.lookup(address.into()) == value));
    assert_eq!(body.lookup_many_v6(v6, &mut values), v6.len());
    assert!(v6.iter().zip(&values).all(|(&address, &value)| body.lookup(address.into()) == value));
}

/// The longest length that the map has around an address.
fn longest(map: &BTreeMap<Cidr, u64>, address: IpAddr) -> u64 {
    let width = if address.is_ipv4() { 32 } else { 128 };
    let around = (0..=width).rev().filter_map(|length| Cidr::containing(address, length).ok());
    around.filter_map(|cidr| map.get(&cidr)).copied().next().unwrap_or(0)
}

fn address(input: &mut Unstructured<'_>) -> arbitrary::Result<IpAddr> {
    // Many within small blocks, so that they meet.
    Ok(match input.int_in_range(0..=3u8)? {
        0 => IpAddr::V4(input.arbitrary::<u32>()?.into()),
        1 => IpAddr::V4((0x0A08_0000 | u32::from(input.arbitrary::<u16>()?)).into()),
        2 => IpAddr::V6(input.arbitrary::<u128>()?.into()),
        _ => IpAddr::V6((0x2001_0DB8 << 96 | u128::from(input.arbitrary::<u16>()?) << 48).into()),
    })
}

fn built(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let (mut prefixes, mut map) = (Vec::new(), BTreeMap::new());
    for _ in 0..input.int_in_range(0..=24u8)? {
        let at = address(input)?;
        let length = input.int_in_range(0..=if at.is_ipv4() { 32u8 } else { 128 })?;
        let Ok(cidr) = Cidr::containing(at, length) else { continue };
        let value = u64::from(input.arbitrary::<u8>()?) << input.int_in_range(0..=40u8)?;
        prefixes.push(Prefix { cidr, value });
        let there = map.entry(cidr).or_insert(value);
        *there = value.max(*there);
    }
    let mut asked: Vec<IpAddr> = map.keys().map(Cidr::network).collect();
    for _ in 0..8 {
        asked.push(address(input)?);
    }
    for choice in [Choice::Ranges, Choice::Poptrie] {
        let table = Table::new(&mut prefixes, Overlap::Longest, choice);
        for &at in &asked {
            let at = at.to_canonical();
            assert_eq!(table.body().lookup(at), longest(&map, at), "{at} {choice:?}");
        }
    }
    Ok(())
}
