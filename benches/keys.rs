//! An API key verified among many, beside one HMAC of the same bytes; and the making of a large keyring.
#![allow(missing_docs, reason = "a program: nobody links it")]

mod keyring;

use std::time::Instant;

use caltrop::image::{Floor, Trust};
use caltrop::key::{KeyReason, Keyring};
use caltrop::mac;
use caltrop::verify::PublicKey;
use caltrop_benches::{Bench, Contest};
use ed25519_dalek::SigningKey;
use keyring::{NOW, PEPPER, image, issued, rustcrypto, shown};

fn main() {
    let mut bench = Bench::new("keys");
    for (many, count) in [("1,000", 1_000), ("1 M", 1_000_000)] {
        among(&mut bench, many, count);
    }
    let (_, models) = issued(2_000_000);
    let start = Instant::now();
    let image = image(&models);
    bench.figure("keyring of 2 M keys, built and signed", start.elapsed().as_secs_f64(), "s");
    bench.figure("keyring of 2 M keys, bytes a key", image.len() as f64 / 2e6, "bytes");
    bench.finish();
}

fn among(bench: &mut Bench, many: &str, count: u64) {
    let (keys, models) = issued(count);
    let image = image(&models);
    let signer = SigningKey::from_bytes(&[7; 32]);
    let public = PublicKey::from_bytes(signer.verifying_key().as_bytes()).expect("a public key");
    let trust = Trust::new("acme/keys", &[public]);
    let start = Instant::now();
    let opened = Keyring::open(&image, &trust, Floor::NONE).expect("what was built opens");
    bench.figure(&format!("keyring of {many} keys, opened"), start.elapsed().as_secs_f64() * 1e3, "ms");
    let pepper = mac::Key::new(&PEPPER);
    // Every second key is revoked, so that each row has as many; unknown ones have another last character.
    // Their texts are made anew, so that those of each row lie one behind the other.
    let second = |from: usize| keys.iter().skip(from).step_by(2);
    let revoked: Vec<String> = second(0).cloned().collect();
    let valid: Vec<String> = second(1).cloned().collect();
    let unknown: Vec<String> = second(1).map(|key| format!("{}!", &key[..key.len() - 1])).collect();
    type IsRight = fn(Result<(), KeyReason>) -> bool;
    let rows: [(&str, &[String], IsRight); 3] = [
        ("valid", &valid, |answer| answer.is_ok()),
        ("unknown", &unknown, |answer| answer == Err(KeyReason::Unknown)),
        ("revoked", &revoked, |answer| answer == Err(KeyReason::Revoked)),
    ];
    for (kind, keys, is_right) in rows {
        let contest = Contest::new(format!("API key among {many}, {kind}"))
            .with("caltrop", shown(keys, |key| assert!(is_right(opened.verify(key, |_| Some(&pepper), NOW).map(drop)))))
            .with("one RustCrypto HMAC, prepared", shown(keys, rustcrypto()));
        bench.contest(contest);
    }
}
