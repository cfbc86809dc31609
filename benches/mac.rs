//! A tag verified with a prepared key, beside the libraries that Rust servers do it with.
//!
//! Every message is its own, its tag is right, and every contender has its key prepared: what is counted is hashing and comparing.
#![allow(missing_docs, reason = "a program: nobody links it")]

use caltrop::mac::Key;
use caltrop_benches::{Bench, Contest, Dice};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const SECRET: [u8; 32] = [9; 32];
/// Messages that are taken in turns: as many as stay in the nearest cache.
const MESSAGES: usize = 16;

fn main() {
    let mut bench = Bench::new("mac");
    for (size, len) in [("32 bytes", 32), ("1 KiB", 1024)] {
        bench.contest(contest(size, &signed(len)));
    }
    bench.finish();
}

/// A message and its tag.
type Signed = (Vec<u8>, [u8; 32]);

/// The tags are RustCrypto's, so that a contender is also held to its answer.
fn signed(len: usize) -> Vec<Signed> {
    let mut dice = Dice(len as u64);
    let message = |_| {
        let message: Vec<u8> = (0..len).map(|_| dice.next().to_le_bytes()[0]).collect();
        let tag = rustcrypto().chain_update(&message).finalize().into_bytes().into();
        (message, tag)
    };
    (0..MESSAGES).map(message).collect()
}

fn rustcrypto() -> Hmac<Sha256> {
    Hmac::new_from_slice(&SECRET).expect("any length")
}

fn contest<'s>(size: &str, signed: &'s [Signed]) -> Contest<'s> {
    let own = Key::new(&SECRET);
    let prepared = rustcrypto();
    let ring = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &SECRET);
    let aws_lc = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &SECRET);
    Contest::new(format!("HMAC-SHA-256 verify of {size}, prepared"))
        .with("caltrop", each(signed, move |message, tag| own.verify(message, tag).is_ok()))
        .with("RustCrypto hmac", each(signed, move |message, tag| prepared.clone().chain_update(message).verify_slice(tag).is_ok()))
        .with("ring", each(signed, move |message, tag| ring::hmac::verify(&ring, message, tag).is_ok()))
        .with("aws-lc-rs", each(signed, move |message, tag| aws_lc_rs::hmac::verify(&aws_lc, message, tag).is_ok()))
}

/// One message after the other; each must be found to be genuine.
fn each<'s>(signed: &'s [Signed], mut is_genuine: impl FnMut(&[u8], &[u8]) -> bool + 's) -> impl FnMut(u64) + 's {
    let mut at = 0;
    move |times| {
        for _ in 0..times {
            at = (at + 1) % signed.len();
            let (message, tag) = std::hint::black_box(&signed[at]);
            assert!(is_genuine(message, tag), "every tag of this bench is right");
        }
    }
}
