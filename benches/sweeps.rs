//! How costs grow: with the clients of a rate limiter, with the prefixes of a table, with the keys of a keyring, and of whole decisions with the routes
//! of a policy and with its callers. `plot.py` draws them.
//!
//! A contest is named "sweep of WHAT: HOW MANY". The peers are those of the other benches, as far as they fit this machine's memory.
#![allow(missing_docs, reason = "a program: nobody links it")]

mod guarded;
mod keyring;
mod told;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use caltrop::Now;
use caltrop::image::{Floor, Trust};
use caltrop::key::Keyring;
use caltrop::mac;
use caltrop::net::{Cidr, Overlap, Prefix};
use caltrop::rate::{Charge, Limiter, Quota};
use caltrop::table::{TableSize, Word};
use caltrop::verify::PublicKey;
use caltrop_benches::{Bench, Contest, Dice};
use caltrop_control::prefixes::{Choice, Table};
use ed25519_dalek::SigningKey;
use guarded::api::Pace;
use guarded::callers::KEYS;
use guarded::{Api, Clients, Keys, status};
use ip_network_table_deps_treebitmap::IpLookupTable;
use ipnet::Ipv4Net;
use keyring::{NOW, PEPPER, image, issued, rustcrypto, shown};
use poptrie::Poptrie;
use prefix_trie::PrefixMap;

fn main() {
    // An argument keeps to one of them, and then the figures are not kept.
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let is_asked = |what: &str| only.as_deref().is_none_or(|only| only == what);
    let mut bench = Bench::new("sweeps");
    if is_asked("clients") {
        [1_000, 10_000, 100_000, 1_000_000, 10_000_000].into_iter().for_each(|clients| bench.contest(of_clients(clients)));
    }
    if is_asked("prefixes") {
        [100, 1_000, 10_000, 100_000, 1_000_000].into_iter().for_each(|prefixes| of_prefixes(&mut bench, prefixes));
    }
    if is_asked("keys") {
        [1_000, 10_000, 100_000, 1_000_000, 2_000_000].into_iter().for_each(|keys| of_keys(&mut bench, keys));
    }
    if is_asked("routes") || is_asked("callers") {
        let keys = Keys::new(KEYS);
        let routes = [10, 100, 1_000, 10_000].map(|routes| ("routes", routes, routes, 1_000));
        let callers = [1_000, 10_000, 100_000, 1_000_000, 10_000_000].map(|callers| ("callers", callers, 1_000, callers));
        for (what, count, routes, callers) in routes.into_iter().chain(callers).filter(|(what, ..)| is_asked(what)) {
            decisions(&mut bench, what, count, &keys, routes, callers);
        }
    }
    if only.is_none() {
        bench.finish();
    }
}

/// Beyond, the texts that throttlecrab asks for are more than the limiters.
const TEXTS_MAX: u32 = 1_000_000;

fn of_clients(clients: u32) -> Contest<'static> {
    let contest = Contest::new(format!("sweep of clients: {clients}"))
        .with("caltrop", each_once(clients, caltrop(clients)))
        .with("governor", each_once(clients, governor()));
    if clients > TEXTS_MAX { contest } else { contest.with("throttlecrab", each_once(clients, throttlecrab(clients))) }
}

/// Every client has been there before; then they come at random.
fn each_once(clients: u32, mut check: impl FnMut(u32) -> bool) -> impl FnMut(u64) {
    assert!((0..clients).all(&mut check), "every check of this bench is allowed");
    let mut dice = Dice(1);
    move |times| assert!((0..times).all(|_| check(dice.next() % clients)), "every check of this bench is allowed")
}

/// A table with two words for each client, up to the next power of two.
fn caltrop(clients: u32) -> impl FnMut(u32) -> bool {
    let size = TableSize { lines: clients.next_power_of_two() / 4, overflow_log2: 10 };
    let words: Vec<Word> = (0..size.words().expect("within bounds")).map(|_| Word::new(0)).collect();
    let limiter = Limiter::format(words.leak(), size, [7; 16]).expect("the words fit");
    let quota = Quota::per("requests", 60, 1, 1_000).expect("within bounds");
    let mut now = Now::default();
    move |client| {
        // 20 ms go by between two checks.
        now.mono_ns += 20_000_000;
        limiter.take(&Charge { partition: limiter.client(&client.to_le_bytes()), quota, cost: 1 }, now).is_ok()
    }
}

fn governor() -> impl FnMut(u32) -> bool {
    let limiter = governor::RateLimiter::dashmap(governor::Quota::per_second(NonZeroU32::MAX).allow_burst(NonZeroU32::MAX));
    move |client| limiter.check_key(&client).is_ok()
}

fn throttlecrab(clients: u32) -> impl FnMut(u32) -> bool {
    let store = throttlecrab::PeriodicStore::builder().capacity(clients as usize).cleanup_interval(Duration::from_secs(86_400)).build();
    let mut limiter = throttlecrab::RateLimiter::new(store);
    let names: Vec<String> = (0..clients).map(|client| client.to_string()).collect();
    let mut now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_000_000);
    move |client| {
        now += Duration::from_millis(20);
        limiter.rate_limit(&names[client as usize], 1_000, 60, 1, 1, now).expect("good parameters").0
    }
}

/// Lengths as in a routing table: most are 24, some shorter.
const LENGTHS: [u8; 8] = [16, 19, 20, 22, 23, 24, 24, 24];
/// Addresses that are asked for in turns, a power of two.
const ADDRESSES: usize = 1 << 16;

fn of_prefixes(bench: &mut Bench, count: usize) {
    let mut dice = Dice(count as u64);
    let mut networks = BTreeMap::new();
    while networks.len() < count {
        let address = Ipv4Addr::from_bits(0x0100_0000 + dice.next() % 0xDE00_0000);
        let length = LENGTHS[dice.next() as usize % LENGTHS.len()];
        networks.insert(Ipv4Net::new_assert(address, length).trunc(), dice.next() % 250 + 1);
    }
    let known: Vec<Ipv4Net> = networks.keys().copied().collect();
    let matching = |_| {
        let net = known[dice.next() as usize % known.len()];
        Ipv4Addr::from_bits(net.network().to_bits() | dice.next() & net.hostmask().to_bits())
    };
    let addresses: Vec<Ipv4Addr> = (0..ADDRESSES).map(matching).collect();
    let prefix = |(net, value): (&Ipv4Net, &u32)| Prefix {
        cidr: Cidr::new(IpAddr::V4(net.network()), net.prefix_len()).expect("no host bits"),
        value: u64::from(*value),
    };
    let mut prefixes: Vec<Prefix> = networks.iter().map(prefix).collect();
    let table = Table::new(&mut prefixes, Overlap::Longest, Choice::Fastest);
    let own = table.body();
    let poptrie: Poptrie<Ipv4Net, u32> = networks.iter().map(|(net, value)| (*net, *value)).collect();
    let prefix_trie: PrefixMap<Ipv4Net, u32> = networks.iter().map(|(net, value)| (*net, *value)).collect();
    let mut treebitmap = IpLookupTable::new();
    for (net, value) in &networks {
        treebitmap.insert(net.network(), net.prefix_len().into(), *value);
    }
    let contest = Contest::new(format!("sweep of prefixes: {count}"))
        .with("caltrop", asked(&addresses, |address| own.lookup(IpAddr::V4(address)) != 0))
        .with("poptrie", asked(&addresses, |address| poptrie.lookup(address).is_some()))
        .with("prefix-trie", asked(&addresses, |address| prefix_trie.get_lpm(&Ipv4Net::from(address)).is_some()))
        .with("treebitmap", asked(&addresses, |address| treebitmap.longest_match(address).is_some()));
    bench.contest(contest);
}

/// One address after the other; each is in a network.
fn asked<'a>(addresses: &'a [Ipv4Addr], is_found: impl Fn(Ipv4Addr) -> bool + 'a) -> impl FnMut(u64) + 'a {
    let mut at = 0;
    move |times| {
        for _ in 0..times {
            at = (at + 1) % ADDRESSES;
            assert!(is_found(addresses[at]), "every address of this bench is in a network");
        }
    }
}

fn of_keys(bench: &mut Bench, count: u64) {
    let (keys, models) = issued(count);
    let image = image(&models);
    let public = PublicKey::from_bytes(SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes()).expect("a public key");
    let opened = Keyring::open(&image, &Trust::new("acme/keys", &[public]), Floor::NONE).expect("what was built opens");
    let pepper = mac::Key::new(&PEPPER);
    // Every second is revoked.
    let valid: Vec<String> = keys.into_iter().enumerate().filter(|(at, _)| at % 2 != 0).map(|(_, key)| key).collect();
    let contest = Contest::new(format!("sweep of keys: {count}"))
        .with("caltrop", shown(&valid, |key| assert!(opened.verify(key, |_| Some(&pepper), NOW).is_ok())))
        .with("one RustCrypto HMAC, prepared", shown(&valid, rustcrypto()));
    bench.contest(contest);
}

/// Whole decisions, all of which let pass. Callers have as many addresses as they are, and as many keys as there are.
fn decisions(bench: &mut Bench, what: &str, count: u32, keys: &Keys, routes: u32, callers: u32) {
    let api = Api::new(keys, routes as usize, callers, Pace::busy(callers));
    let pool = api.pool((16 * callers).min(1 << 20), callers.min(KEYS));
    let (mut caltrop, mut tower) = (api.caltrop(), api.tower());
    let contest = Contest::new(format!("sweep of {what}: {count}"))
        .with("caltrop", api.works(200, &pool, Clients::Many(callers), move |asked, mono_ns| caltrop(asked, mono_ns).status()))
        .with("tower stack", api.works(200, &pool, Clients::Many(callers), move |asked, mono_ns| status(tower(asked, mono_ns))));
    bench.contest(contest);
}
