//! What reading a network costs, beside `ipnet` and, for the address alone, `std`.

use std::hint::black_box;
use std::net::IpAddr;

use caltrop::net::{Cidr, Prefix};
use caltrop_benches::Bench;

use crate::compare;
use crate::peers::Contestant;

pub(crate) fn rows(bench: &mut Bench, v4: &[Prefix], v6: &[Prefix]) {
    for (name, prefixes) in [("IPv4", v4), ("IPv6", v6)] {
        let step = (prefixes.len() / 4096).max(1);
        let texts: Vec<String> = prefixes.iter().step_by(step).map(|prefix| prefix.cidr.to_string()).collect();
        let addresses: Vec<String> = prefixes.iter().step_by(step).map(|prefix| prefix.cidr.network().to_string()).collect();
        let length = |text: &str| black_box(text.parse::<Cidr>()).map_or(0, |cidr| u64::from(cidr.length()));
        // What one writes without a crate: the address by `std`, the length by `std`, the host bits unlooked at.
        let by_std = |text: &str| {
            let (address, length) = text.split_once('/')?;
            black_box(address.parse::<IpAddr>().ok()?);
            length.parse::<u8>().ok()
        };
        let contestants = vec![
            Contestant::new("caltrop", |range| texts[range].iter().map(|text| length(text)).sum()),
            Contestant::new("ipnet", |range| {
                texts[range].iter().map(|text| black_box(text.parse::<ipnet::IpNet>()).map_or(0, |net| u64::from(net.prefix_len()))).sum()
            }),
            Contestant::new("std, by hand", |range| texts[range].iter().map(|text| by_std(text).map_or(0, u64::from)).sum()),
        ];
        compare(bench, &format!("read a network, {name}"), contestants, texts.len());
        let is_good = |good: bool| u64::from(good);
        let contestants = vec![
            Contestant::new("caltrop", |range| addresses[range].iter().map(|text| is_good(black_box(text.parse::<Cidr>()).is_ok())).sum()),
            Contestant::new("std", |range| addresses[range].iter().map(|text| is_good(black_box(text.parse::<IpAddr>()).is_ok())).sum()),
        ];
        compare(bench, &format!("read a network of one, {name}"), contestants, addresses.len());
    }
}
