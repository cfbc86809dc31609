//! What finding the longest match costs, beside the crates that do the same: the same tables and addresses.
//!
//! All contestants of a row are asked for the same addresses, and the sums of their answers must be equal, or the run stops. The tables are
//! made here, with the lengths of a full routing table, or taken from a file with one network a line that `CALTROP_BENCH_PREFIXES` names.
//! An argument keeps to the tables whose name holds it, and then the figures are not kept; `all` is all.
#![allow(missing_docs, reason = "a program")]

mod parse;
mod peers;
mod rng;
mod table;

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use caltrop::net::{Body, Overlap, Prefix};
use caltrop_benches::{Bench, Contest};
use caltrop_control::prefixes::{Choice, Table};
use peers::{Contestant, Peers};
use rng::Rng;

/// Addresses of a row: 1 MiB of IPv4.
const ADDRESSES: usize = 1 << 18;

/// How many prefixes are taken of a full table.
const SMALL: [(usize, &str); 3] = [(10, "10 prefixes"), (100, "100 prefixes"), (1_000, "1,000 prefixes")];

fn main() {
    // `cargo bench` says so; without it this is a test that the bench still runs.
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-') && argument != "all").unwrap_or_default();
    let mut bench = Bench::new("net");
    let (source, v4, v6) = table::load(is_bench);
    bench.note(format!("Full tables: {source}: {} IPv4 and {} IPv6 prefixes.", v4.len(), v6.len()));
    let mut rng = Rng::new(7);
    for (family, prefixes) in [("IPv4", &v4), ("IPv6", &v6)] {
        for (count, name) in SMALL.into_iter().chain([(usize::MAX, "full table")]) {
            let some = rng.sample(prefixes, count);
            let name = format!("{family}, {name}");
            if name.contains(&only) {
                rows(&mut bench, &name, &some, &mut rng);
            }
        }
    }
    if "read a network".contains(&only) {
        parse::rows(&mut bench, &v4, &v6);
    }
    if is_bench && only.is_empty() {
        bench.finish();
    }
}

/// One table: what it takes, and what both kinds of addresses cost.
fn rows(bench: &mut Bench, name: &str, prefixes: &[Prefix], rng: &mut Rng) {
    let mut sorted = prefixes.to_vec();
    let start = Instant::now();
    let table = Table::new(&mut sorted, Overlap::Longest, Choice::Fastest);
    bench.figure(&format!("{name}, built"), start.elapsed().as_secs_f64(), "s");
    let start = Instant::now();
    let body = table.body();
    bench.figure(&format!("{name}, checked"), start.elapsed().as_secs_f64(), "s");
    bench.figure(&format!("{name}, bytes a prefix"), table.bytes() as f64 / prefixes.len() as f64, "bytes");
    let ranges = Table::new(&mut sorted, Overlap::Longest, Choice::Ranges);
    let trie = Table::new(&mut sorted, Overlap::Longest, Choice::Poptrie);
    let peers = Peers::new(prefixes);
    let is_v4 = prefixes.first().is_some_and(|prefix| prefix.cidr.network().is_ipv4());
    for (kind, addresses) in [("uniform", rng.uniform(ADDRESSES, is_v4)), ("matching", rng.matching(ADDRESSES, prefixes))] {
        let mut contestants = own(["caltrop", "caltrop, many"], body, &addresses);
        contestants.extend(own(["caltrop, ranges", "caltrop, ranges, many"], ranges.body(), &addresses).into_iter().take(1));
        contestants.extend(own(["caltrop, poptrie", "caltrop, poptrie, many"], trie.body(), &addresses).into_iter().take(1));
        contestants.extend(peers.contestants(&addresses));
        compare(bench, &format!("longest match, {name}, {kind}"), contestants, addresses.len());
    }
}

/// One address a call, and all in one.
fn own<'t>([one, many]: [&'static str; 2], body: Body<'t>, addresses: &[IpAddr]) -> Vec<Contestant<'t>> {
    if addresses.first().is_some_and(IpAddr::is_ipv4) {
        let addresses: Vec<u32> = v4(addresses);
        let again = addresses.clone();
        let mut values = vec![0; addresses.len()];
        vec![
            Contestant::new(one, move |range| {
                addresses[range].iter().map(|&bits| body.lookup(IpAddr::V4(Ipv4Addr::from_bits(bits)))).sum()
            }),
            Contestant::new(many, move |range| {
                let count = body.lookup_many_v4(&again[range], &mut values);
                values[..count].iter().sum()
            }),
        ]
    } else {
        let addresses: Vec<u128> = v6(addresses);
        let again = addresses.clone();
        let mut values = vec![0; addresses.len()];
        vec![
            Contestant::new(one, move |range| {
                addresses[range].iter().map(|&bits| body.lookup(IpAddr::V6(Ipv6Addr::from_bits(bits)))).sum()
            }),
            Contestant::new(many, move |range| {
                let count = body.lookup_many_v6(&again[range], &mut values);
                values[..count].iter().sum()
            }),
        ]
    }
}

fn v4(addresses: &[IpAddr]) -> Vec<u32> {
    addresses.iter().map(|address| if let IpAddr::V4(address) = address { address.to_bits() } else { 0 }).collect()
}

fn v6(addresses: &[IpAddr]) -> Vec<u128> {
    addresses.iter().map(|address| if let IpAddr::V6(address) = address { address.to_bits() } else { 0 }).collect()
}

/// How many addresses are asked for at once: so few that what they have in common is soon behind.
const SLICE: usize = 1 << 10;

/// All contestants answer for all addresses alike, then they are measured.
fn compare(bench: &mut Bench, title: &str, mut contestants: Vec<Contestant<'_>>, each: usize) {
    let sums: Vec<u64> = contestants.iter_mut().map(|contestant| (contestant.run)(0..each)).collect();
    for (contestant, sum) in contestants.iter().zip(&sums) {
        assert_eq!(*sum, sums[0], "{title}: {} answers otherwise than {}", contestant.name, contestants[0].name);
    }
    let contest = contestants.into_iter().fold(Contest::new(title), |contest, Contestant { name, mut run }| {
        let mut at = 0;
        contest.with(name, move |mut times| {
            while times > 0 {
                let end = each.min(at + SLICE).min(at + usize::try_from(times).unwrap_or(usize::MAX));
                black_box(run(at..end));
                times -= (end - at) as u64;
                at = if end == each { 0 } else { end };
            }
        })
    });
    bench.contest(contest.warmed_up(each as u64));
}
