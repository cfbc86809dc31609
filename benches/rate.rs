//! A rate check for one of many clients, beside the limiters that Rust servers use.
//!
//! Every client has been there before and comes on average once in 20 ms, to a limit of 60 a second: most of them owe when they come, and all are
//! allowed. Each contender is given the same names of 16 bytes, hashes the name, finds its bucket and charges one unit. The time is given to all but
//! pingora-limits, which has no door for it; rows of their own add what a host pays for reading clocks.
#![allow(missing_docs, reason = "a program: nobody links it")]

mod together;
mod told;

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use caltrop::Now;
use caltrop::rate::{Charge, Limiter, Quota, Refused};
use caltrop::table::{TableSize, Word};
use caltrop_benches::{Bench, Contest, Dice};
use told::Told;

const CLIENTS: u32 = 1 << 20;

/// Each client once, before anything is measured.
fn warmed<W: FnMut(u64)>(mut work: W, clients: u32) -> W {
    // At random, so many that one in 3,000 was never there.
    work(8 * u64::from(clients));
    work
}

fn main() {
    if together::served() {
        return;
    }
    let mut bench = Bench::new("rate");
    for (title, clients) in [("rate check, one hot client", 1), ("rate check, 1 M clients at random", CLIENTS)] {
        bench.contest(contest(title, clients));
    }
    for (title, clients) in [("four quotas, one hot client", 1), ("four quotas, 1 M clients at random", CLIENTS)] {
        bench.contest(four(title, clients));
    }
    bench.contest(
        Contest::new("64 clients of 1 M at random, one quota")
            .with("caltrop", warmed(many(CLIENTS), CLIENTS / 64))
            .with("one by one", warmed(one_by_one(CLIENTS), CLIENTS / 64)),
    );
    bench.figure("rate table, bytes a slot", 8.0, "bytes");
    bench.figure("two processes on one state, 1 M clients at random", together::gain(), "times one's checks");
    bench.finish();
}

/// The names of clients, as many at random as there are: 16 hexadecimal digits, made and not read, since a server has them in its cache.
struct Names {
    dice: Dice,
    clients: u32,
}

impl Names {
    const fn of(clients: u32) -> Self {
        Self { dice: Dice(1), clients }
    }

    fn next(&mut self) -> [u8; 16] {
        let id = u64::from(self.dice.next() % self.clients).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut name = [0; 16];
        name[..8].copy_from_slice(&digits(id & 0xFFFF_FFFF));
        name[8..].copy_from_slice(&digits(id >> 32));
        name
    }
}

/// Eight hexadecimal digits of 32 bits, all at once: each nibble in a byte of its own, moved to '0'..='9' or 'a'..='f'.
const fn digits(x: u64) -> [u8; 8] {
    let x = (x | x << 16) & 0x0000_FFFF_0000_FFFF;
    let x = (x | x << 8) & 0x00FF_00FF_00FF_00FF;
    let x = (x | x << 4) & 0x0F0F_0F0F_0F0F_0F0F;
    let over_nine = ((x + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    (x + 0x3030_3030_3030_3030 + over_nine * 39).to_le_bytes()
}

/// Between two checks: each client comes once in 20 ms.
const fn step_ns(clients: u32) -> u64 {
    20_000_000 / clients as u64
}

/// A table with two words for each of the clients of one quota, eight for those of four.
const fn size(checks: u32) -> TableSize {
    TableSize { lines: CLIENTS / 4 * checks, overflow_log2: 10 }
}

fn limiter(checks: u32) -> Limiter<'static> {
    let size = size(checks);
    let words: Vec<Word> = (0..size.words().expect("within bounds")).map(|_| Word::new(0)).collect();
    Limiter::format(Box::leak(words.into_boxed_slice()), size, [7; 16]).expect("the words fit")
}

fn quota(name: &str) -> Quota {
    Quota::per(name, 60, 1, 1_000).expect("within bounds")
}

fn caltrop(clients: u32, quotas: &'static [&'static str], reads_clock: bool) -> impl FnMut(u64) {
    let limiter = limiter(u32::try_from(quotas.len()).expect("a few"));
    let quotas: Vec<Quota> = quotas.iter().map(|name| quota(name)).collect();
    let (mut names, mut now) = (Names::of(clients), Now::default());
    move |times| {
        for _ in 0..times {
            now.mono_ns += step_ns(clients);
            if reads_clock {
                black_box(caltrop_host::clock::now());
            }
            let partition = limiter.client(&names.next());
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

/// 64 clients, named and then charged in one call.
fn many(clients: u32) -> impl FnMut(u64) {
    let (limiter, quota) = (limiter(1), quota("requests"));
    let (mut names, mut now) = (Names::of(clients), Now::default());
    move |times| {
        for _ in 0..times {
            now.mono_ns += 64 * step_ns(clients);
            let charges: [Charge; 64] = std::array::from_fn(|_| Charge { partition: limiter.client(&names.next()), quota, cost: 1 });
            let mut answers = [Err(Refused::Contended); 64];
            limiter.take_many(&charges, now, &mut answers).expect("as many answers");
            assert!(answers.iter().all(Result::is_ok), "every check of this bench is allowed");
        }
    }
}

/// 64 clients, each named and then charged.
fn one_by_one(clients: u32) -> impl FnMut(u64) {
    let mut one = caltrop(clients, &["requests"], false);
    move |times| one(64 * times)
}

fn governor_quota() -> governor::Quota {
    governor::Quota::per_second(NonZeroU32::new(60).expect("not 0")).allow_burst(NonZeroU32::new(1_000).expect("not 0"))
}

fn governor(clients: u32, checks: u32) -> impl FnMut(u64) {
    let time = Told::default();
    let limiters: Vec<_> = (0..checks).map(|_| governor::RateLimiter::dashmap_with_clock(governor_quota(), time.clone())).collect();
    let (mut names, mut mono_ns) = (Names::of(clients), 0);
    move |times| {
        for _ in 0..times {
            mono_ns += step_ns(clients);
            time.set(mono_ns);
            let name = names.next();
            assert!(limiters.iter().all(|limiter| limiter.check_key(&name).is_ok()));
        }
    }
}

/// By its own clock, which goes slower than a client comes: the limit is one that nobody reaches.
fn governor_and_clock(clients: u32) -> impl FnMut(u64) {
    let limiter = governor::RateLimiter::dashmap(governor::Quota::per_second(NonZeroU32::MAX).allow_burst(NonZeroU32::MAX));
    let mut names = Names::of(clients);
    move |times| {
        for _ in 0..times {
            assert!(limiter.check_key(&names.next()).is_ok());
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
    let (mut names, mut now) = (Names::of(clients), SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_000_000));
    move |times| {
        for _ in 0..times {
            now += Duration::from_nanos(step_ns(clients));
            let name = names.next();
            // Its keys are texts.
            let name = std::str::from_utf8(&name).expect("hexadecimal");
            for limiter in &mut limiters {
                assert!(limiter.rate_limit(name, 1_000, 60, 1, 1, now).expect("good parameters").0);
            }
        }
    }
}

fn pingora(clients: u32, checks: u32) -> impl FnMut(u64) {
    let limiters: Vec<_> = (0..checks).map(|_| pingora_limits::rate::Rate::new(Duration::from_secs(1))).collect();
    let mut names = Names::of(clients);
    move |times| {
        for _ in 0..times {
            let name = names.next();
            for limiter in &limiters {
                black_box(limiter.observe(&name, 1));
            }
        }
    }
}

fn contest(title: &str, clients: u32) -> Contest<'static> {
    Contest::new(title)
        .with("caltrop", warmed(caltrop(clients, &["requests"], false), clients))
        .with("caltrop and both clocks", warmed(caltrop(clients, &["requests"], true), clients))
        .with("governor", warmed(governor(clients, 1), clients))
        .with("governor and its clock", warmed(governor_and_clock(clients), clients))
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
