//! What finding the longest match costs, beside the crates that do the same: one process, one run, the same tables and addresses.
//!
//! Every contestant is asked for the same addresses in turn, round after round; a figure is the median of its rounds. The sums of all
//! answers must be equal, or the run stops. Without arguments the table is made here, with the lengths of a full routing table; a file
//! with one network a line is taken from `CALTROP_BENCH_PREFIXES`.
#![allow(missing_docs, reason = "a program")]

mod parse;
mod peers;
mod rng;
mod table;

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use caltrop::net::{Body, Overlap, Prefix};
use caltrop_control::prefixes::{Choice, Table};
use peers::{Contestant, Peers};
use rng::Rng;

/// How much is asked.
#[derive(Clone, Copy)]
struct Effort {
    addresses: usize,
    rounds: usize,
}

fn main() {
    // `cargo bench` says so; without it this is a test that the bench still runs.
    let full = std::env::args().any(|argument| argument == "--bench");
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let effort = if full { Effort { addresses: 1 << 18, rounds: 15 } } else { Effort { addresses: 1 << 10, rounds: 1 } };
    let (source, v4, v6) = table::load(full);
    println!(
        "tables: {source}: {} IPv4, {} IPv6 prefixes; {} addresses, median of {} rounds",
        v4.len(),
        v6.len(),
        effort.addresses,
        effort.rounds
    );
    let mut rng = Rng::new(7);
    for (count, name) in [(10, "10"), (100, "100"), (1_000, "1,000"), (usize::MAX, "all")] {
        if !only.is_empty() && only != name {
            continue;
        }
        let some = rng.sample(&v4, count);
        row(&format!("IPv4, {name} prefixes"), &some, effort, &mut rng);
    }
    for (count, name) in [(1_000, "1,000"), (usize::MAX, "all6")] {
        if !only.is_empty() && only != name {
            continue;
        }
        let some = rng.sample(&v6, count);
        row(&format!("IPv6, {name} prefixes"), &some, effort, &mut rng);
    }
    if only.is_empty() || only == "parse" {
        parse::rows(&v4, &v6, effort);
    }
}

/// One table, both kinds of addresses.
fn row(name: &str, prefixes: &[Prefix], effort: Effort, rng: &mut Rng) {
    let mut sorted = prefixes.to_vec();
    let start = Instant::now();
    let table = Table::new(&mut sorted, Overlap::Longest, Choice::Fastest);
    let took = start.elapsed();
    let ranges = Table::new(&mut sorted, Overlap::Longest, Choice::Ranges);
    let trie = Table::new(&mut sorted, Overlap::Longest, Choice::Poptrie);
    let start = Instant::now();
    let body = table.body();
    let checked = start.elapsed();
    let kind = if matches!(body, Body::Ranges(_)) { "ranges" } else { "poptrie" };
    let each = table.bytes() as f64 / prefixes.len() as f64;
    println!("\n{name}: {kind}, built in {took:.0?}, checked in {checked:.1?}, {} bytes, {each:.2} a prefix", table.bytes());
    let peers = Peers::new(prefixes);
    let is_v4 = prefixes.first().is_some_and(|prefix| prefix.cidr.network().is_ipv4());
    for (kind, addresses) in [("uniform", rng.uniform(effort.addresses, is_v4)), ("matching", rng.matching(effort.addresses, prefixes))] {
        let mut contestants = vec![
            contestant("caltrop", body, &addresses),
            contestant("caltrop, ranges", ranges.body(), &addresses),
            contestant("caltrop, poptrie", trie.body(), &addresses),
        ];
        contestants.extend(peers.contestants(&addresses));
        compare(&format!("{name}, {kind}"), &contestants, addresses.len(), effort.rounds);
    }
}

fn contestant<'t>(name: &'static str, body: Body<'t>, addresses: &[IpAddr]) -> Contestant<'t> {
    if addresses.first().is_some_and(IpAddr::is_ipv4) {
        let addresses: Vec<u32> = v4(addresses);
        Contestant::new(name, move |range| addresses[range].iter().map(|&bits| body.lookup(IpAddr::V4(Ipv4Addr::from_bits(bits)))).sum())
    } else {
        let addresses: Vec<u128> = v6(addresses);
        Contestant::new(name, move |range| addresses[range].iter().map(|&bits| body.lookup(IpAddr::V6(Ipv6Addr::from_bits(bits)))).sum())
    }
}

fn v4(addresses: &[IpAddr]) -> Vec<u32> {
    addresses.iter().map(|address| if let IpAddr::V4(address) = address { address.to_bits() } else { 0 }).collect()
}

fn v6(addresses: &[IpAddr]) -> Vec<u128> {
    addresses.iter().map(|address| if let IpAddr::V6(address) = address { address.to_bits() } else { 0 }).collect()
}

/// How many calls one timing takes: so short that the machine seldom takes the processor away in it.
const SLICE: usize = 1 << 13;

/// Prints nanoseconds, and how they stand to the first contestant's.
fn compare(name: &str, contestants: &[Contestant<'_>], each: usize, rounds: usize) {
    let mut took = vec![Vec::new(); contestants.len()];
    let mut sums = vec![0u64; contestants.len()];
    for _ in 0..rounds {
        for ((contestant, took), sum) in contestants.iter().zip(&mut took).zip(&mut sums) {
            // The one before has taken the caches: what counts is a table in use.
            *sum = black_box((contestant.run)(0..each));
            for first in (0..each).step_by(SLICE) {
                let end = each.min(first + SLICE);
                let start = Instant::now();
                black_box((contestant.run)(first..end));
                took.push(start.elapsed().as_secs_f64() * 1e9 / (end - first) as f64);
            }
        }
    }
    let medians: Vec<f64> = took.iter_mut().map(|took| median(took)).collect();
    println!("  {name}");
    for ((contestant, median), sum) in contestants.iter().zip(&medians).zip(&sums) {
        assert_eq!(*sum, sums[0], "{name}: {} answers otherwise than {}", contestant.name, contestants[0].name);
        println!("    {:<20} {median:>8.2} ns  {:>6.2}x", contestant.name, median / medians[0]);
    }
    let peers = contestants.iter().zip(&medians).filter(|(contestant, _)| !contestant.name.starts_with("caltrop"));
    if let Some((fastest, median)) = peers.min_by(|(_, a), (_, b)| a.total_cmp(b)) {
        println!("    -> {:.1}x the fastest peer ({})", median / medians[0], fastest.name);
    }
}

fn median(took: &mut [f64]) -> f64 {
    took.sort_by(f64::total_cmp);
    took[took.len() / 2]
}
