//! What one decision costs: the answers that a server gives most.
//!
//! Each row must give the answer that it is named for; a row that gives another stops the run.
#![allow(missing_docs, reason = "criterion's macros make items that nobody calls")]

use std::hint::black_box;

use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use criterion::{Criterion, criterion_group, criterion_main};

#[path = "../control/tests/house/mod.rs"]
mod house;

use house::{ALICE, House, NOW};

fn decisions(criterion: &mut Criterion) {
    let house = House::new();
    let guard = house.guard();
    let bearer = format!("Bearer {ALICE}");
    let browser: [(&str, &str); 6] = [
        ("host", "api.example"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip, deflate, br"),
        ("x-request-id", "6a1f0c1e-2f6b-4a6e-9f5d-0d9b8a7c6e5f"),
        ("connection", "keep-alive"),
    ];
    let rows = [
        ("no route", "/nowhere", None, 404),
        ("no key", "/v1/orders", None, 401),
        ("unknown key", "/v1/orders", Some("Bearer acme_live_nobody"), 401),
        ("valid key, two quotas", "/v1/orders/17", Some(bearer.as_str()), 200),
    ];
    // 200 s a call, and never back: no bucket ever fills, so each call takes the same way. Each one also sweeps, which a
    // server does once a second: the figures are an upper bound.
    let mut now = NOW;
    let mut group = criterion.benchmark_group("admit");
    for (name, target, key, status) in rows {
        let fields = browser.into_iter().chain(key.map(|key| ("authorization", key)));
        let headers: Vec<Header<'_>> = fields.map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
        let slice = &headers[..];
        let request = Request {
            method: b"GET",
            target: target.as_bytes(),
            authority: b"api.example",
            headers: &slice,
            peer: Peer::Ip("203.0.113.9".parse().unwrap()),
            transport: Transport::Tls(TlsVersion::V1_3),
        };
        let mut step = || {
            now.mono_ns += 200_000_000_000;
            now
        };
        assert_eq!(guard.admit(&request, step()).status(), status, "{name}");
        group.bench_function(name, |bencher| bencher.iter(|| guard.admit(black_box(&request), step()).status()));
        assert_eq!(guard.admit(&request, step()).status(), status, "{name}");
    }
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
