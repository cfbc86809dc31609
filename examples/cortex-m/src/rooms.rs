//! Four rooms without the guard on a Cortex-M3: API keys, HMAC, networks and rate limits, and nothing of signed images or Ed25519.
//!
//! Asks each room one question whose answer is known and prints what it cost. A wrong answer fails the run. `rooms.sh` builds it, runs it
//! and holds it to `budgets.toml`.
//!
//! Not here: the keyring and lists of networks as images, which need a signature. A board keeps the digests of its few keys itself.
#![no_std]
#![no_main]

#[expect(dead_code, reason = "the guard's firmware has memory outside")]
mod footprint;
#[expect(dead_code, reason = "the guard's firmware reads files")]
mod semihosting;
mod stop;
mod ticks;

use core::array::from_fn;
use core::hint::black_box;
use core::net::{IpAddr, Ipv4Addr};

use caltrop::Now;
use caltrop::key::{Form, digest};
use caltrop::mac::Key;
use caltrop::net::{Cidr, Ranges};
use caltrop::rate::{Charge, Limiter, Quota};
use caltrop::table::{TableSize, Word};
use cortex_m_rt::entry;
use semihosting::out;

/// 22 lines of 8 clients, and 2⁶ words for those who find no place.
const SIZE: TableSize = TableSize { lines: 22, overflow_log2: 6 };
/// As many as [`SIZE`] asks for: 2 KiB.
static WORDS: [Word; 248] = [const { Word::new(0) }; 248];

/// Ranges of the table, and digests that are compared with each key.
const RANGES: usize = 64;
const DIGESTS: usize = 16;

#[entry]
fn main() -> ! {
    #[cfg(feature = "planted-wrong-answer")]
    out(format_args!("planted: the mac is that of another message\n"));
    let is_right = ticks::start() && key() && mac() && net() && rate();
    let footprint::Footprint { flash_bytes, ram_bytes, .. } = footprint::Footprint::read();
    out(format_args!("flash, bytes = {flash_bytes}\nRAM static, bytes = {ram_bytes}\n"));
    semihosting::exit(u32::from(!is_right))
}

/// Asks so often that the clock's step of 40 instructions does not count, and prints what one time took.
fn count(name: &str, mut ask: impl FnMut() -> bool) -> bool {
    const TIMES: u32 = 64;
    let start = ticks::now();
    let is_right = (0..TIMES).all(|_| ask());
    out(format_args!("{name}, instructions = {}\n", ticks::instructions_since(start) / TIMES));
    is_right
}

/// A key shown is compared with all digests that the board holds.
fn key() -> bool {
    let pepper = Key::new(&[7; 32]);
    let shown = black_box(b"acme_live_0000000000000000000000000000000000000000000000000000000000");
    let Some(stored) = digest(&pepper, Form::Key, shown) else { return false };
    let mut digests = [[0; 16]; DIGESTS];
    digests[11] = *stored.as_bytes();
    let find = |shown: &[u8]| {
        let digest = digest(&pepper, Form::Key, shown)?;
        let hits = digests.iter().enumerate().map(|(at, stored)| u32::from(digest.ct_eq(stored).unwrap_u8()) << at);
        Some(hits.sum::<u32>())
    };
    count("key check among 16 digests", || find(black_box(shown)) == Some(1 << 11)) && find(b"acme_live_1") == Some(0)
}

fn mac() -> bool {
    let key = Key::new(b"Jefe");
    // RFC 4231 §4.3, the first 16 bytes.
    let tag = [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7];
    let message: &[u8] =
        if cfg!(feature = "planted-wrong-answer") { b"what do ya want for nothing!" } else { b"what do ya want for nothing?" };
    count("HMAC verify of 28 bytes", || key.verify(black_box(message), &tag).is_ok())
}

/// Every second range is a network: 10.0.0.0/16, 10.2.0.0/16 and so on, each with its number as its value.
fn net() -> bool {
    let starts = from_fn::<_, RANGES, _>(|at| if at == 0 { 0 } else { 0x0A00_0000 + ((at as u32 - 1) << 16) }.into());
    let values = from_fn::<_, RANGES, _>(|at| (at as u64 % 2 * at as u64).into());
    let Some(ranges) = Ranges::new(&starts, &values, &[], &[]) else { return false };
    let address = |second| IpAddr::V4(Ipv4Addr::new(10, second, 3, 4));
    let is_found = count("look-up among 64 ranges", || ranges.lookup(black_box(address(40))) == 41) && ranges.lookup(address(41)) == 0;
    let network = Cidr::new(IpAddr::V4(Ipv4Addr::new(10, 40, 0, 0)), 16);
    is_found && network.is_ok_and(|network| network.contains(address(40)) && !network.contains(address(41)))
}

fn rate() -> bool {
    let Ok(quota) = Quota::per("requests", 60, 1, 1_000) else { return false };
    let words = SIZE.words().and_then(|words| WORDS.get(..words));
    let Some(Ok(limiter)) = words.map(|words| Limiter::format(words, SIZE, [7; 16])) else { return false };
    let mut now = Now::default();
    let mut take = |cost| {
        now.mono_ns += 20_000_000;
        limiter.take(&Charge { partition: limiter.client(black_box(b"alice")), quota, cost }, now)
    };
    take(1).is_ok() && count("rate check, a known client", || take(1).is_ok()) && take(1_001).is_err()
}
