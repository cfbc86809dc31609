//! Reaches: `flatten`, `Ranges::new`, `Ranges::lookup`.
//! Compares: with a scan over `ipnet` networks, end to end: the longest match, and the union of zones.
#![no_main]

use std::net::IpAddr;

use arbitrary::Unstructured;
use caltrop::net::{Cidr, Family, Overlap, Prefix, Ranges, flatten};
use caltrop_fuzz::planted;
use ipnet::IpNet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    planted(data);
    let _ = answers(&mut Unstructured::new(data));
});

fn address(input: &mut Unstructured<'_>) -> arbitrary::Result<IpAddr> {
    // Half of them within one small block, so that they meet.
    let (v6, close) = (input.arbitrary::<bool>()?, input.arbitrary::<bool>()?);
    Ok(if v6 {
        IpAddr::V6(if close {
            (0xFD00u128 << 112 | u128::from(input.arbitrary::<u16>()?)).into()
        } else {
            input.arbitrary::<u128>()?.into()
        })
    } else {
        IpAddr::V4(if close { (0x0A00_0000 | u32::from(input.arbitrary::<u8>()?)).into() } else { input.arbitrary::<u32>()?.into() })
    })
}

fn answers(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..input.int_in_range(0..=24u8)? {
        let at = address(input)?;
        let length = input.int_in_range(0..=if at.is_ipv4() { 32u8 } else { 128 })?;
        let Ok(cidr) = Cidr::containing(at, length) else { continue };
        let value = u64::from(input.arbitrary::<u8>()?);
        ours.push(Prefix { cidr, value });
        theirs.push((IpNet::new(cidr.network(), cidr.length()).expect("in bounds"), value));
    }
    let mut asked: Vec<IpAddr> = theirs.iter().flat_map(|(net, _)| [net.network(), net.broadcast()]).collect();
    for _ in 0..8 {
        asked.push(address(input)?);
    }
    for overlap in [Overlap::Longest, Overlap::Union] {
        let (mut v4, mut values_v4, mut v6, mut values_v6) = (vec![], vec![], vec![], vec![]);
        flatten(&mut ours, Family::V4, overlap, |start, value| {
            v4.push(u32::try_from(start).expect("IPv4").into());
            values_v4.push(value.into());
        });
        flatten(&mut ours, Family::V6, overlap, |start, value| {
            v6.push(start.into());
            values_v6.push(value.into());
        });
        let ranges = Ranges::new(&v4, &values_v4, &v6, &values_v6).expect("sorted, from 0");
        for &at in &asked {
            let at = at.to_canonical();
            let covering = theirs.iter().filter(|(net, _)| net.contains(&at));
            let expected = match overlap {
                Overlap::Longest => covering.max_by_key(|(net, value)| (net.prefix_len(), *value)).map_or(0, |(_, value)| *value),
                Overlap::Union => covering.fold(0, |sum, (_, value)| sum | value),
            };
            assert_eq!(ranges.lookup(at), expected, "{at} {overlap:?}");
        }
    }
    Ok(())
}
