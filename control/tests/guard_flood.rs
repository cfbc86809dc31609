//! A flood of forged RS256 tokens from 10,000 addresses, as fast as a core makes them, while a known caller asks on another core. How long the caller
//! waits is told, not asserted: `CALTROP_FLOOD_S` says for how long it is measured. What is asserted is what the flood cannot do.

mod house;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use caltrop::audit::Reason;
use caltrop::guard::Feeds;
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::{Decision, Guard, Now};
use house::{Fed, at};

const POLICY: &str = r#"
slots = 65536
[auth.corp]
issuer = "https://id.acme.example"
audience = ["acme-api"]
algorithms = ["RS256"]
keys = [{ kty = "RSA", kid = "r1", e = "AQAB", n = "MODULUS" }]
[quota]
address = { by = "address", limit = "100000000/minute" }
failures = { by = "address", limit = "20/10m", on = "auth-failure" }
[route]
whoami = { match = "GET /whoami" }
"#;
const MODULUS: &str = "ppIqlXTjg5uc6EgaB622Lmr6t3feVJA9jVd5xg43FKPgNY-i-IQSrzN9Ry5-SXjBuLO-cAKPprx2gBmbX3yj141ulNAwkektuW4O09B-01nYOvPG1KVMmcXsC9QeYNDWUvN8mQA1ti-qu7_fOFBhznUsaAhAdQMek8612UQd4rHYxHU67bcykIAbDGFSCdbH0ieTqiI2xs94PxNtzOEm_v0sfZCufjeHDVa2Gqk1alUfXspqO9OhrN91GHYJRJYxc33uThB_DQReuT2mWLkxXHkfzULyFozmWloinEb4w3NjwcLuTtRT0At8PTb4hITqgfnLwh5O0IkVbwp1DXXoXQ";
/// Signed by openssl, for five minutes of the house's time.
const GOOD: &str = "eyJhbGciOiAiUlMyNTYiLCAidHlwIjogImF0K2p3dCIsICJraWQiOiAicjEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZC5hY21lLmV4YW1wbGUiLCAiYXVkIjogImFjbWUtYXBpIiwgInN1YiI6ICJhZGEiLCAiaWF0IjogMTc5NjAwMDA5MCwgImV4cCI6IDE3OTYwMDA0MDAsICJzY29wZSI6ICJvcmRlcnM6cmVhZCJ9.E128G2GUgOx3pSqw3q4yXj6oMaeHngpclTI9E8Fm6QWzKYzFrfAEaEpqzt5WYTlthVGZsgali4bQP7POH_1-Ao_SvEzbidwW0cgX9eVknbzsF41ifCCrKUUoFxYg714GC1OzKvr6HXMNUymuqvD7QRyVH5-d5iOkyu3Y4qHEJIZ3ySrdLRWSD99f10th79TUOn-H2OeiI4ipTrOrkdsFXSp1WXFW-jSKtUFCC1j5-nxUxZB2BLAxX-x5me1efhzbhbxXnOeJdhOjDA1UaCDoSTvGwJNRkQtrA2cEPiTRZbsQr8hv9m-8RHnVQtCdZQ-FrWdiTlZtord9JWxObJrJBA";

fn show(guard: &Guard<'_>, from: u32, token: &str, now: Now) -> Result<(), Reason> {
    let value = format!("Bearer {token}");
    let headers = [Header { name: b"authorization", value: value.as_bytes() }];
    let headers = &headers[..];
    let peer = Peer::Ip(IpAddr::from(Ipv4Addr::from_bits(from)));
    let transport = Transport::Tls(TlsVersion::V1_3);
    match guard.admit(&Request { method: b"GET", target: b"/whoami", authority: b"localhost", headers: &headers, peer, transport }, now) {
        Decision::Allow(_) => Ok(()),
        Decision::Deny(denial) => Err(denial.reason()),
    }
}

const KNOWN: u32 = 0xCB00_7109;
const STRANGERS: u32 = 0x0A00_0000;

/// The median and the 99th percentile of a known caller's wait, and how many requests that was.
fn waits(guard: &Guard<'_>, token: &str, began: Instant, lasts: Duration) -> (Duration, Duration, usize) {
    let (mut waits, start) = (Vec::new(), Instant::now());
    while start.elapsed() < lasts {
        let asked = Instant::now();
        let answer = show(guard, KNOWN, token, since(began));
        waits.push(asked.elapsed());
        assert_eq!(answer, Ok(()), "a known caller is never refused for what others do");
        // As a caller does who has other work, too.
        std::thread::sleep(Duration::from_micros(200));
    }
    waits.sort_unstable();
    (waits[waits.len() / 2], waits[waits.len() * 99 / 100], waits.len())
}

/// The house's wall clock stands; what counts goes on.
fn since(began: Instant) -> Now {
    Now { mono_ns: 1_000_000_000 + u64::try_from(began.elapsed().as_nanos()).unwrap(), ..at(0) }
}

#[test]
fn known_callers_go_on_while_strangers_flood() {
    let seconds = std::env::var("CALTROP_FLOOD_S").map_or(1, |text| text.parse().unwrap());
    let lasts = Duration::from_secs(seconds);
    let fed = Fed::new(&POLICY.replace("MODULUS", MODULUS));
    let guard = fed.guard(&Feeds::default()).unwrap();
    let began = Instant::now();
    let forged = GOOD[..GOOD.len() - 8].to_owned() + "AAAAAAAA";
    let [idle, flooded] = [false, true].map(|floods| {
        let (ends, shown, checked) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
        let waits = std::thread::scope(|scope| {
            let flood = || {
                while floods && !ends.load(Relaxed) {
                    let number = u32::try_from(shown.fetch_add(1, Relaxed) % 10_000).unwrap();
                    match show(&guard, STRANGERS + number, &forged, since(began)) {
                        Err(Reason::TokenSignature) => drop(checked.fetch_add(1, Relaxed)),
                        other => assert!(matches!(other, Err(Reason::Proofs | Reason::Failures)), "{other:?}"),
                    }
                }
            };
            scope.spawn(flood);
            let waits = waits(&guard, GOOD, began, lasts);
            ends.store(true, Relaxed);
            waits
        });
        let (shown, checked) = (shown.into_inner(), checked.into_inner());
        if floods {
            println!("flood: {shown} forged RS256 tokens from 10,000 addresses within {seconds} s, {checked} of them checked");
            assert!(shown > 1_000 && checked <= 400 + 200 * (seconds + 1), "{checked} of {shown}");
        }
        waits
    });
    let ratio = flooded.1.as_secs_f64() / idle.1.as_secs_f64();
    println!(
        "flood: a known caller's token, median and 99th percentile of {} idle {:?} {:?}, of {} flooded {:?} {:?}: {ratio:.2}",
        idle.2, idle.0, idle.1, flooded.2, flooded.0, flooded.1
    );
}
