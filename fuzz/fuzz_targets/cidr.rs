//! Reaches: `Cidr::from_str`, `Cidr::containing`, `Cidr::contains`, `Display`.
//! Compares: with `ipnet` and the standard library. Ours may be stricter, each time for a reason that it names; never laxer, never another network.
#![no_main]

use std::net::IpAddr;

use caltrop::net::{Cidr, CidrError};
use caltrop_fuzz::planted;
use ipnet::IpNet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    planted(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let theirs = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    match (text.parse::<Cidr>(), theirs) {
        (Ok(ours), Some(theirs)) => same(ours, theirs, data),
        (Ok(ours), None) => panic!("{ours} is read where nobody else does"),
        (Err(error), Some(theirs)) => match error {
            CidrError::HostBitsSet => assert_ne!(theirs.trunc().addr(), theirs.addr()),
            CidrError::EmbeddedIpv4 => assert!(text.contains(':') && text.contains('.')),
            CidrError::MappedIpv4 => assert!(matches!(theirs.addr(), IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some())),
            // `ipnet` takes 010.0.0.0/8 for 10.0.0.0/8; other readers take it for 8.0.0.0/8.
            CidrError::LeadingZero => assert!(text.split(['.', '/']).any(|part| part.len() > 1 && part.starts_with('0'))),
            // The same within IPv6.
            CidrError::NotAnAddress if text.contains(':') && text.split(['.', ':']).any(|part| part.len() > 1 && part.starts_with('0')) => {
            }
            // `ipnet` lets `::` stand for no group at all; RFC 4291 §2.2 and the standard library do not.
            CidrError::NotAnAddress if text.split('/').next().is_some_and(has_an_idle_gap) => {}
            CidrError::NotAnAddress | CidrError::ZoneId | CidrError::NotALength | CidrError::LengthTooLong { .. } => {
                panic!("{theirs} is a network, and ours says {error}")
            }
        },
        (Err(_), None) => {}
    }
});

/// Eight groups, of which embedded IPv4 is two, and a `::` besides.
fn has_an_idle_gap(address: &str) -> bool {
    let groups = address.split(':').filter(|group| !group.is_empty()).map(|group| if group.contains('.') { 2 } else { 1 });
    address.contains("::") && groups.sum::<usize>() == 8
}

fn same(ours: Cidr, theirs: IpNet, data: &[u8]) {
    assert_eq!((ours.network(), ours.length()), (theirs.addr(), theirs.prefix_len()));
    assert_eq!(ours.to_string().parse(), Ok(ours));
    let seed = data.iter().fold(1u128, |sum, &byte| sum.wrapping_mul(0x0100_0000_01B3).wrapping_add(u128::from(byte)));
    let near = |bits: u128| match theirs.network() {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() ^ (bits as u32)).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() ^ bits).into()),
    };
    for bits in [0, 1, seed, seed >> 64, seed >> 100, !0, 1 << 31, 1 << 127] {
        let address = near(bits);
        // Ours folds IPv4-mapped addresses; theirs does not.
        if address.to_canonical() == address {
            assert_eq!(ours.contains(address), theirs.contains(&address), "{ours} {address}");
        }
    }
}
