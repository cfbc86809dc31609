//! A rate check for one of many clients, beside the limiters that Rust servers use.
//!
//! Every client has been there before. Each contender hashes the client, finds its bucket and charges one unit; all are allowed. caltrop is given the time, as the guard is; a row of
//! its own adds what a host pays for reading it.
#![allow(missing_docs, reason = "a program: nobody links it")]

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use caltrop::Now;
use caltrop::rate::{Charge, Limiter, Quota};
use caltrop::table::{TableSize, Word};
use caltrop_benches::{Bench, Contest, Dice};

const CLIENTS: u32 = 1 << 20;

/// Each client once, before anything is measured.
fn warmed<W: FnMut(u64)>(mut work: W, clients: u32) -> W {
    // At random, so many that one in 3,000 was never there.
    work(8 * u64::from(clients));
    work
}

fn main() {
    let mut bench = Bench::new("rate");
    for (title, clients) in [("rate check, one hot client", 1), ("rate check, 1 M clients at random", CLIENTS)] {
        bench.contest(contest(title, clients));
    }
    for (title, clients) in [("four quotas, one hot client", 1), ("four quotas, 1 M clients at random", CLIENTS)] {
        bench.contest(four(title, clients));
    }
    bench.figure("rate table, bytes a slot", 8.0, "bytes");
    bench.finish();
}

/// A table with one word for each of the clients.
fn words(size: TableSize) -> Vec<Word> {
    (0..size.words().expect("within bounds")).map(|_| Word::new(0)).collect()
}

const SIZE: TableSize = TableSize { lines: CLIENTS / 8, overflow_log2: 10 };

fn quota(name: &str) -> Quota {
    Quota::per(name, 60, 1, 1_000).expect("within bounds")
}

/// caltrop's own: 20 ms go by between two checks, so that the one hot client is always allowed.
fn caltrop(clients: u32, quotas: &'static [&'static str], reads_clock: bool) -> impl FnMut(u64) {
    let words: &'static [Word] = Box::leak(words(SIZE).into_boxed_slice());
    let limiter = Limiter::format(words, SIZE, [7; 16]).expect("the words fit");
    let quotas: Vec<Quota> = quotas.iter().map(|name| quota(name)).collect();
    let (mut dice, mut now) = (Dice(1), Now::default());
    move |times| {
        for _ in 0..times {
            now.mono_ns += 20_000_000;
            if reads_clock {
                black_box(caltrop_host::clock::now());
            }
            let partition = limiter.client(&(dice.next() % clients).to_le_bytes());
            let allowed = match quotas.as_slice() {
                [quota] => limiter.take(&Charge { partition, quota: *quota, cost: 1 }, now).is_ok(),
                [a, b, c, d] => {
                    let charge = |quota: &Quota| Charge { partition, quota: *quota, cost: 1 };
                    limiter.take_all(&[charge(a), charge(b), charge(c), charge(d)], now).is_ok()
                }
                _ => false,
            };
            assert!(allowed, "every check of this bench is allowed");
        }
    }
}

fn governor(clients: u32, checks: u32) -> impl FnMut(u64) {
    let quota = governor::Quota::per_second(NonZeroU32::MAX).allow_burst(NonZeroU32::MAX);
    let limiters: Vec<_> = (0..checks).map(|_| governor::RateLimiter::dashmap(quota)).collect();
    let mut dice = Dice(1);
    move |times| {
        for _ in 0..times {
            let client = dice.next() % clients;
            assert!(limiters.iter().all(|limiter| limiter.check_key(&client).is_ok()));
        }
    }
}

fn throttlecrab(clients: u32, checks: u32) -> impl FnMut(u64) {
    let mut limiters: Vec<_> = (0..checks)
        .map(|_| {
            throttlecrab::RateLimiter::new(
                throttlecrab::PeriodicStore::builder().capacity(clients as usize).cleanup_interval(Duration::from_secs(86_400)).build(),
            )
        })
        .collect();
    // Its keys are texts.
    let names: Vec<String> = (0..clients).map(|client| client.to_string()).collect();
    let (mut dice, mut now) = (Dice(1), SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_000_000));
    move |times| {
        for _ in 0..times {
            now += Duration::from_millis(20);
            let name = &names[(dice.next() % clients) as usize];
            for limiter in &mut limiters {
                assert!(limiter.rate_limit(name, 1_000, 60, 1, 1, now).expect("good parameters").0);
            }
        }
    }
}

fn pingora(clients: u32, checks: u32) -> impl FnMut(u64) {
    let limiters: Vec<_> = (0..checks).map(|_| pingora_limits::rate::Rate::new(Duration::from_secs(1))).collect();
    let mut dice = Dice(1);
    move |times| {
        for _ in 0..times {
            let client = dice.next() % clients;
            for limiter in &limiters {
                black_box(limiter.observe(&client, 1));
            }
        }
    }
}

fn contest(title: &str, clients: u32) -> Contest<'static> {
    Contest::new(title)
        .with("caltrop", warmed(caltrop(clients, &["requests"], false), clients))
        .with("caltrop and both clocks", warmed(caltrop(clients, &["requests"], true), clients))
        .with("governor", warmed(governor(clients, 1), clients))
        .with("throttlecrab", warmed(throttlecrab(clients, 1), clients))
        .with("pingora-limits (counts, approximate)", warmed(pingora(clients, 1), clients))
}

fn four(title: &str, clients: u32) -> Contest<'static> {
    Contest::new(title)
        .with("caltrop", warmed(caltrop(clients, &["a", "b", "c", "d"], false), clients))
        .with("governor", warmed(governor(clients, 4), clients))
        .with("throttlecrab", warmed(throttlecrab(clients, 4), clients))
        .with("pingora-limits (counts, approximate)", warmed(pingora(clients, 4), clients))
}
