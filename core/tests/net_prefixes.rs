//! Ranges answer as a scan over all prefixes does, and the parser agrees with an independent one wherever both accept.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use caltrop::net::{Cidr, CidrError, Family, Overlap, Prefix, Ranges, flatten};
use proptest::prelude::*;

/// Too simple to be wrong: every prefix is asked.
fn scan(prefixes: &[Prefix], address: IpAddr, overlap: Overlap) -> u64 {
    let covering = prefixes.iter().filter(|prefix| prefix.cidr.contains(address));
    match overlap {
        Overlap::Union => covering.fold(0, |mask, prefix| mask | prefix.value),
        Overlap::Longest => covering.max_by_key(|prefix| (prefix.cidr.length(), prefix.value)).map_or(0, |prefix| prefix.value),
    }
}

fn prefixes() -> impl Strategy<Value = Vec<Prefix>> {
    // Few high bits and many low ones, so that prefixes lie within each other and touch the ends.
    let v4 = (any::<u32>(), 0u8..=32)
        .prop_map(|(bits, length)| Cidr::containing(Ipv4Addr::from(bits & 0xC000_00FF | bits & 0x8000).into(), length).unwrap());
    let v6 =
        (any::<u128>(), 0u8..=128).prop_map(|(bits, length)| Cidr::containing(Ipv6Addr::from(bits | 1 << 127).into(), length).unwrap());
    prop::collection::vec((prop_oneof![v4, v6], 1u64..16).prop_map(|(cidr, value)| Prefix { cidr, value }), 0..40)
}

fn edges(prefixes: &[Prefix]) -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> =
        ["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"].map(|text| text.parse().unwrap()).to_vec();
    for prefix in prefixes {
        match prefix.cidr.network() {
            IpAddr::V4(v4) => {
                let (first, hosts) = (v4.to_bits(), u32::MAX.checked_shr(u32::from(prefix.cidr.length())).unwrap_or(0));
                let last = first | hosts;
                addresses.extend([first, first.wrapping_sub(1), last, last.wrapping_add(1)].map(|bits| IpAddr::V4(bits.into())));
            }
            IpAddr::V6(v6) => {
                let (first, hosts) = (v6.to_bits(), u128::MAX.checked_shr(u32::from(prefix.cidr.length())).unwrap_or(0));
                let last = first | hosts;
                addresses.extend([first, first.wrapping_sub(1), last, last.wrapping_add(1)].map(|bits| IpAddr::V6(bits.into())));
            }
        }
    }
    addresses
}

proptest! {
    #[test]
    fn ranges_answer_as_a_scan_does(prefixes in prefixes(), random: Vec<u32>) {
        for overlap in [Overlap::Union, Overlap::Longest] {
            let mut sorted = prefixes.clone();
            let (mut v4, mut values_v4, mut v6, mut values_v6) = (vec![], vec![], vec![], vec![]);
            flatten(&mut sorted, Family::V4, overlap, |start, value| { v4.push((start as u32).into()); values_v4.push(value.into()); });
            flatten(&mut sorted, Family::V6, overlap, |start, value| { v6.push(start.into()); values_v6.push(value.into()); });
            let ranges = Ranges::new(&v4, &values_v4, &v6, &values_v6).expect("sorted, from 0");
            for address in edges(&prefixes).into_iter().chain(random.iter().map(|&bits| IpAddr::V4(bits.into()))) {
                prop_assert_eq!(ranges.lookup(address), scan(&prefixes, address, overlap), "{} {:?}", address, overlap);
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again(bits: u128, length in 0u8..=128) {
        let cidr = Cidr::containing(Ipv6Addr::from(bits | 1 << 127).into(), length).unwrap();
        prop_assert_eq!(cidr.to_string().parse(), Ok(cidr));
        let v4 = Cidr::containing(Ipv4Addr::from(bits as u32).into(), length % 33).unwrap();
        prop_assert_eq!(v4.to_string().parse(), Ok(v4));
    }
}

/// Addresses as people write them, and with a byte changed, left out or put in.
fn texts() -> impl Strategy<Value = String> {
    let v4 = any::<u32>().prop_map(|bits| Ipv4Addr::from(bits).to_string());
    let v6 = (any::<u128>(), any::<u128>(), any::<u128>()).prop_map(|(bits, a, b)| Ipv6Addr::from(bits & (a | b << 64)).to_string());
    let groups = "(::)?([0-9a-fA-F]{1,4}:{1,2}){0,8}[0-9a-f]{0,5}";
    let octets = "([0-9]{1,4}[.]){2,4}[0-9]{0,4}";
    let length = prop_oneof![Just(String::new()), "/[0-9]{1,3}", "/[0-9+/]{0,4}"];
    let whole = (prop_oneof![v4, v6, groups, octets], length).prop_map(|(address, length)| address + &length);
    (whole, any::<prop::sample::Index>(), prop_oneof![Just(None), prop::sample::select(&b"0123:.:/af%x"[..]).prop_map(Some)], any::<bool>())
        .prop_map(|(mut text, at, byte, instead)| {
            if let Some(byte) = byte.filter(|_| !text.is_empty()) {
                let at = at.index(text.len());
                if instead {
                    text.remove(at);
                }
                text.insert(at, char::from(byte));
            }
            text
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// `std` and a length read by itself are the other reader: what it takes and what is refused must agree, but for what caltrop refuses on purpose.
    #[test]
    fn a_text_is_read_as_std_reads_it(text in texts()) {
        let (address, length) = text.split_once('/').map_or((text.as_str(), None), |(address, length)| (address, Some(length)));
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
        let theirs = address.parse::<IpAddr>().ok().filter(|address| !(address.is_ipv6() && text.contains('.'))).and_then(|address| {
            let max = if address.is_ipv4() { 32 } else { 128 };
            let length = match length { None => max, Some(text) if plain(text) => text.parse::<u8>().ok().filter(|&length| length <= max)?, Some(_) => return None };
            Cidr::new(address, length).ok()
        });
        prop_assert_eq!(text.parse::<Cidr>().ok(), theirs, "{}", text);
    }
}

#[test]
fn each_way_to_be_wrong_has_its_own_error() {
    use CidrError::{EmbeddedIpv4, HostBitsSet, LeadingZero, LengthTooLong, MappedIpv4, NotALength, NotAnAddress, ZoneId};
    for (text, error) in [
        ("", NotAnAddress),
        ("10.0.0", NotAnAddress),
        ("10.0.0.0.0", NotAnAddress),
        ("host/8", NotAnAddress),
        ("010.0.0", NotAnAddress),
        ("a.01.2.3", NotAnAddress),
        ("256.0.0.1", NotAnAddress),
        ("256.1.1.1", NotAnAddress),
        ("010.1.1.1", LeadingZero),
        ("010.0.0.0/8", LeadingZero),
        ("10.0.0.0/08", LeadingZero),
        ("fe80::1%eth0", ZoneId),
        ("::ffff:10.0.0.1", EmbeddedIpv4),
        ("::ffff:a00:1", MappedIpv4),
        ("10.0.0.0/", NotALength),
        ("10.0.0.0/+8", NotALength),
        ("10.0.0.0/8/8", NotALength),
        ("10.0.0.0/33", LengthTooLong { given: 33, max: 32 }),
        ("::/129", LengthTooLong { given: 129, max: 128 }),
        ("10.0.0.0/99999999", LengthTooLong { given: u16::MAX, max: 32 }),
        ("10.0.0.1/8", HostBitsSet),
        ("2001:db8::1/32", HostBitsSet),
    ] {
        assert_eq!(text.parse::<Cidr>(), Err(error), "{text}");
    }
}

#[test]
fn each_error_says_what_is_wrong_in_its_own_words() {
    use CidrError::{EmbeddedIpv4, HostBitsSet, LeadingZero, LengthTooLong, MappedIpv4, NotALength, NotAnAddress, ZoneId};
    let long = LengthTooLong { given: 33, max: 32 };
    assert_eq!(long.to_string(), "33 bits, and the address has 32");
    let all = [NotAnAddress, LeadingZero, ZoneId, EmbeddedIpv4, MappedIpv4, NotALength, long, HostBitsSet].map(|error| error.to_string());
    let told: std::collections::BTreeSet<&String> = all.iter().collect();
    assert!(told.len() == all.len() && all.iter().all(|text| text.len() > 20), "{all:?}");
}

#[test]
fn a_mapped_network_is_refused_from_the_length_on_that_would_fold() {
    let mapped = |length| Cidr::containing("::ffff:10.0.0.1".parse().unwrap(), length);
    assert_eq!([96, 97, 128].map(mapped), [Err(CidrError::MappedIpv4); 3]);
    assert_eq!(mapped(95).map(|cidr| cidr.to_string()).as_deref(), Ok("::fffe:0:0/95"));
    assert_eq!(mapped(129), Err(CidrError::LengthTooLong { given: 129, max: 128 }));
    assert_eq!(Cidr::containing("10.0.0.1".parse().unwrap(), 33), Err(CidrError::LengthTooLong { given: 33, max: 32 }));
}

#[test]
fn a_network_holds_no_address_of_the_other_family() {
    let everything: [Cidr; 2] = ["0.0.0.0/0", "::/0"].map(|text| text.parse().unwrap());
    let addresses: [IpAddr; 2] = ["0.0.0.0", "::"].map(|text| text.parse().unwrap());
    assert_eq!(everything.map(|network| addresses.map(|address| network.contains(address))), [[true, false], [false, true]]);
}

#[test]
fn ranges_that_are_not_in_order_are_refused() {
    let (v4, v6) = ([0u32, 10, 20].map(Into::into), [0u128, 1 << 100].map(Into::into));
    let (values, pair) = ([1u64, 2, 3].map(Into::into), [4u64, 5].map(Into::into));
    let good = Ranges::new(&v4, &values, &v6, &pair).unwrap();
    assert_eq!(good.len(), (3, 2));
    assert_eq!(Ranges::new(&[], &[], &[], &[]).unwrap().len(), (0, 0));
    assert!(Ranges::new(&v4, &values[1..], &v6, &pair).is_none() && Ranges::new(&v4, &values, &v6, &pair[1..]).is_none());
    assert!(Ranges::new(&v4[1..], &values[1..], &v6, &pair).is_none() && Ranges::new(&v4, &values, &v6[1..], &pair[1..]).is_none());
    let (twice_v4, twice_v6) = ([0u32, 10, 10].map(Into::into), [0u128, 0].map(Into::into));
    assert!(Ranges::new(&twice_v4, &values, &v6, &pair).is_none() && Ranges::new(&v4, &values, &twice_v6, &pair).is_none());
    for (address, value) in [("0.0.0.9", 1), ("0.0.0.10", 2), ("255.255.255.255", 3), ("::ffff:0.0.0.20", 3), ("::1", 4), ("1000::", 5)] {
        assert_eq!(good.lookup(address.parse().unwrap()), value, "{address}");
    }
    assert_eq!(Ranges::default().lookup("::1".parse().unwrap()), 0);
}

#[test]
fn a_network_that_ends_with_the_one_around_it_is_still_within() {
    for (outer, inner, family) in [("10.0.0.0/31", "10.0.0.1", Family::V4), ("2001:db8::/127", "2001:db8::1", Family::V6)] {
        let mut prefixes = [(outer, 1), (inner, 2)].map(|(text, value)| Prefix { cidr: text.parse().unwrap(), value });
        let mut ranges = Vec::new();
        flatten(&mut prefixes, family, Overlap::Union, |start, value| ranges.push((start, value)));
        let first = ranges[1].0;
        assert_eq!(ranges, [(0, 0), (first, 1), (first + 1, 3), (first + 2, 0)], "{outer}");
    }
}
