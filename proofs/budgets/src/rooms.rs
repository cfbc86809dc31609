//! The rooms alone: `rate`, its leases, `replay`, `net`, `key`, `mac`, `access`.

use std::hint::black_box;
use std::net::IpAddr;
use std::num::NonZero;

use caltrop::access::Path;
use caltrop::mac;
use caltrop::net::record::{DIRECT_LEAF, NodeRecord, RootRecord};
use caltrop::net::{Cidr, Leaves, Parts, Poptrie, Ranges};
use caltrop::rate::{Charge, LeaseQuota, LeaseRefused, Leases, Limiter, Quota};
use caltrop::replay::{Message, NotFirst, ReplayCache};
use caltrop::table::{TableSize, Word};

use caltrop_proof_images::{ALICE, KEYRING_OF_FOUR, KEYRING_OF_ONE};

use crate::house::{House, NOW};
use crate::row;

fn words(size: TableSize) -> Vec<Word> {
    (0..size.words().expect("in bounds")).map(|_| Word::new(0)).collect()
}

pub(crate) fn rate() {
    let size = TableSize { lines: 1024, overflow_log2: 10 };
    let memory = words(size);
    let limiter = Limiter::format(&memory, size, [7; 16]).expect("as many as it takes");
    let quota = Quota::per("requests", 2, 60, 2).expect("in bounds");
    let charge = |client: &str| Charge { partition: limiter.client(client.as_bytes()), quota, cost: 1 };
    limiter.take(&charge("somebody"), NOW).expect("the first call of all looks at the clock of the sweep");
    let alice = charge("alice");
    row("rate take, new client", || limiter.take(&alice, NOW)).expect("one of two");
    row("rate take, typical: known client", || limiter.take(&alice, NOW)).expect("two of two");
    row("rate take, best: refused", || limiter.take(&alice, NOW)).expect_err("none is left");
    row("rate client, 5 bytes", || limiter.client(b"alice"));

    // Two lines whose 16 words all owe: an overflow word decides.
    let size = TableSize { lines: 2, overflow_log2: 3 };
    let memory = words(size);
    let limiter = Limiter::format(&memory, size, [7; 16]).expect("as many as it takes");
    for client in 0..16u8 {
        limiter.take(&Charge { partition: limiter.client(&[client]), quota, cost: 1 }, NOW).expect("there is room");
    }
    let one_more = Charge { partition: limiter.client(b"one more"), quota, cost: 1 };
    row("rate take, worst: both lines full", || limiter.take(&one_more, NOW)).expect("the overflow word is empty");
    assert_eq!(limiter.table().overflowed(), 1);
}

pub(crate) fn leases() {
    let memory: Vec<Word> = (0..Leases::words(1024).expect("in bounds")).map(|_| Word::new(0)).collect();
    let leases = Leases::format(&memory, 1024, NonZero::new(60).expect("not 0"), [7; 16]).expect("as many as it takes");
    let (quota, alice) = (LeaseQuota::new("exports", NonZero::new(2).expect("not 0")), leases.client(b"alice"));
    assert_eq!(leases.held(alice, quota, NOW), 0, "the first call of all looks at the clock of the sweep");
    let first = row("lease acquire, new client", || leases.acquire(alice, quota, NOW)).expect("one of two");
    let _second = row("lease acquire, typical: known client", || leases.acquire(alice, quota, NOW)).expect("two of two");
    assert_eq!(row("lease acquire, best: refused", || leases.acquire(alice, quota, NOW)), Err(LeaseRefused::Busy));
    row("lease release", || leases.release(first, NOW)).expect("its time is not over");
}

pub(crate) fn replays() {
    let memory: Vec<Word> = (0..ReplayCache::words(1024).expect("in bounds")).map(|_| Word::new(0)).collect();
    let cache = ReplayCache::format(&memory, 1024, 0, [7; 16]).expect("as many as it takes");
    let message = |id: &'static [u8]| Message { sender: b"client 7", id, issued_s: NOW.wall_s, until_s: NOW.wall_s + 300 };
    cache.first_seen(&message(b"any"), NOW).expect("the first call of all moves the clock");
    let jti = message(b"e1j3V_bKic8-LAEBxy12");
    row("replay, typical: first", || cache.first_seen(&jti, NOW)).expect("nobody showed it");
    assert_eq!(row("replay, best: seen before", || cache.first_seen(&jti, NOW)), Err(NotFirst::Replayed));

    // Two lines whose 16 words all live.
    let memory: Vec<Word> = (0..ReplayCache::words(2).expect("in bounds")).map(|_| Word::new(0)).collect();
    let cache = ReplayCache::format(&memory, 2, 0, [7; 16]).expect("as many as it takes");
    for id in (0..16u8).map(|id| [id]) {
        let message = Message { sender: b"client 7", id: &id, issued_s: NOW.wall_s, until_s: NOW.wall_s + 300 };
        cache.first_seen(&message, NOW).expect("there is room");
    }
    assert_eq!(row("replay, worst: both lines full", || cache.first_seen(&jti, NOW)), Err(NotFirst::Full));
}

pub(crate) fn networks() {
    let v4 = |count: u32| -> Vec<_> { (0..count).map(|at| (at * (u32::MAX / count)).into()).collect() };
    let values = |count: u32| -> Vec<_> { (0..u64::from(count)).map(|at| (at + 1).into()).collect() };
    let address: IpAddr = "203.0.113.9".parse().expect("an address");
    for (name, count) in [("best: 1 range", 1), ("typical: 64 ranges", 64), ("worst: 2^20 ranges", 1 << 20)] {
        let (starts, values) = (v4(count), values(count));
        let ranges = Ranges::new(&starts, &values, &[], &[]).expect("ascending from 0");
        assert_ne!(row(&format!("range lookup, {name}"), || ranges.lookup(black_box(address))), 0);
    }
    let starts: Vec<_> = (0..64u128).map(|at| (at << 122).into()).collect();
    let values = values(64);
    let ranges = Ranges::new(&[], &[], &starts, &values).expect("ascending from 0");
    let address: IpAddr = "2001:db8::1".parse().expect("an address");
    assert_ne!(row("range lookup, IPv6, 64 ranges", || ranges.lookup(black_box(address))), 0);
    poptries();
    for (name, text) in [("typical: IPv4", "198.51.100.0/24"), ("worst: IPv6", "2001:db8:1111:2222:3333:4444:5555:6666/128")] {
        row(&format!("cidr parse, {name}"), || black_box(text).parse::<Cidr>()).expect("a network");
    }
}

/// Ways down of so many nodes: the last slot of each has a child, and the last node has none. The direct table has one bit, so that the worst
/// way is as long as a way can be; the addresses have all their bits set, but for one that ends in the direct table.
fn poptries() {
    let root = [RootRecord { prefix: 0.into(), outside: 0.into(), skip: 0, direct: 1, zero: [0; 2] }];
    let direct = [(DIRECT_LEAF | 7).into(), 0.into()];
    let node = |at: u32, count: u32| NodeRecord {
        children: u64::from(at + 1 < count).rotate_right(1).into(),
        leaf_starts: 1.into(),
        first_child: if at + 1 < count { at + 1 } else { 0 }.into(),
        first_leaf: 0.into(),
    };
    let (v4, v6) = (IpAddr::from([255; 4]), IpAddr::from([255; 16]));
    let rows = [
        ("best: no node", 1, IpAddr::from([10, 8, 3, 4])),
        ("typical: IPv4, 1 node", 1, v4),
        ("worst: IPv4, 6 nodes", 6, v4),
        ("typical: IPv6, 5 nodes", 5, v6),
        ("worst: IPv6, 22 nodes", 22, v6),
    ];
    for (name, count, address) in rows {
        let nodes: Vec<NodeRecord> = (0..count).map(|at| node(at, count)).collect();
        let parts = Parts { root: &root, direct: &direct, nodes: &nodes, leaves: Leaves::Bytes(&[7]) };
        let (v4, v6) = if address.is_ipv4() { (parts, Parts::NONE) } else { (Parts::NONE, parts) };
        let trie = Poptrie::new(v4, v6, &[]).expect("children lie after their parent");
        assert_eq!(row(&format!("poptrie lookup, {name}"), || trie.lookup(black_box(address))), 7);
    }
    let nodes = [node(0, 1)];
    let parts = Parts { root: &root, direct: &direct, nodes: &nodes, leaves: Leaves::Bytes(&[7]) };
    let trie = Poptrie::new(parts, Parts::NONE, &[]).expect("one node");
    let mut values = [0; 64];
    assert_eq!(row("poptrie lookup, 64 IPv4 at once, 1 node each", || trie.lookup_many_v4(black_box(&[[255; 4]; 64]), &mut values)), 64);
    assert_eq!(values, [7; 64]);
}

pub(crate) fn keys() {
    let one = House::new(KEYRING_OF_ONE);
    let four = House::new(KEYRING_OF_FOUR);
    for (name, house, shown, good) in [
        ("best: no visible ASCII", &one, " ".to_owned(), false),
        ("typical: known", &one, ALICE.to_owned(), true),
        ("typical: unknown", &one, ALICE.replace('y', "x"), false),
        ("worst: 256 bytes, 4 pairs", &four, "k".repeat(256), false),
    ] {
        let keyring = house.keyring();
        let answer = row(&format!("key verify, {name}"), || keyring.verify(shown.as_bytes(), |id| house.secrets.pepper(id), NOW));
        assert_eq!(answer.is_ok(), good, "{name}");
    }
}

pub(crate) fn macs() {
    let key = mac::Key::new(&[7; 32]);
    for (name, length) in [("32 bytes", 32), ("1,024 bytes", 1024)] {
        let message = vec![3; length];
        let tag = *key.sign(&message).as_bytes();
        row(&format!("mac verify, {name}"), || key.verify(&message, &tag)).expect("its own");
    }
}

pub(crate) fn paths() {
    let longest = format!("/{}", "%C3%A9".repeat(341));
    for (name, target) in [("typical", "/v1/orders/17?page=2"), ("worst: 2,047 bytes of escapes", &longest)] {
        row(&format!("path parse, {name}"), || Path::parse(black_box(target.as_bytes()))).expect("canonical");
    }
}
