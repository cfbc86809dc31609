//! An API key verified among many, beside one HMAC of the same bytes; and the making of a large keyring.
#![allow(missing_docs, reason = "a program: nobody links it")]

use std::hint::black_box;
use std::time::Instant;

use caltrop::image::{Floor, Trust};
use caltrop::key::{Environment, Form, KeyReason, Keyring, digest, issue};
use caltrop::mac;
use caltrop::time::{Now, Quality};
use caltrop::verify::PublicKey;
use caltrop_benches::{Bench, Contest, Dice};
use caltrop_control::image::Stamp;
use caltrop_control::keys::{KeyModel, KeyState, build};
use ed25519_dalek::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const NOW: Now = Now { wall_s: 1_796_000_000, mono_ns: 0, quality: Quality::Trusted };
const PEPPER: [u8; 32] = [9; 32];

fn main() {
    let mut bench = Bench::new("keys");
    for (many, count) in [("1,000", 1_000), ("1 M", 1_000_000)] {
        among(&mut bench, many, count);
    }
    let start = Instant::now();
    let (_, image) = keyring(2_000_000);
    bench.figure("keyring of 2 M keys, issued, digested, built and signed", start.elapsed().as_secs_f64(), "s");
    bench.figure("keyring of 2 M keys, bytes a key", image.len() as f64 / 2e6, "bytes");
    bench.finish();
}

fn among(bench: &mut Bench, many: &str, count: u64) {
    let (keys, image) = keyring(count);
    let signer = SigningKey::from_bytes(&[7; 32]);
    let public = PublicKey::from_bytes(signer.verifying_key().as_bytes()).expect("a public key");
    let trust = Trust::new("acme/keys", &[public]);
    let start = Instant::now();
    let opened = Keyring::open(&image, &trust, Floor::NONE).expect("what was built opens");
    bench.figure(&format!("keyring of {many} keys, opened"), start.elapsed().as_secs_f64() * 1e3, "ms");
    let pepper = mac::Key::new(&PEPPER);
    // Every eighth key is revoked; unknown ones have another last character.
    let (revoked, valid): (Vec<_>, Vec<_>) = keys.into_iter().enumerate().partition(|(at, _)| at % 8 == 0);
    let texts = |keys: Vec<(usize, String)>| keys.into_iter().map(|(_, key)| key).collect::<Vec<_>>();
    let (revoked, valid) = (texts(revoked), texts(valid));
    let unknown: Vec<String> = valid.iter().map(|key| format!("{}!", &key[..key.len() - 1])).collect();
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

/// Keys at random, one after the other.
fn shown<'k>(keys: &'k [String], mut each: impl FnMut(&[u8]) + 'k) -> impl FnMut(u64) + 'k {
    let mut dice = Dice(1);
    move |times| (0..times).for_each(|_| each(keys[dice.next() as usize % keys.len()].as_bytes()))
}

fn rustcrypto() -> impl FnMut(&[u8]) {
    let prepared = Hmac::<Sha256>::new_from_slice(&PEPPER).expect("any length");
    move |key| {
        let mut mac = prepared.clone();
        mac.update(black_box(key));
        black_box(mac.finalize());
    }
}

fn keyring(count: u64) -> (Vec<String>, Vec<u8>) {
    let pepper = mac::Key::new(&PEPPER);
    let mut dice = Dice(count);
    let (mut texts, mut models) = (Vec::new(), Vec::new());
    for at in 0..count {
        let mut entropy = [0; 40];
        entropy.chunks_mut(4).for_each(|chunk| chunk.copy_from_slice(&dice.next().to_le_bytes()));
        let key = issue("acme_live", entropy).expect("a good prefix");
        models.push(KeyModel {
            digest: *digest(&pepper, Form::Key, key.text().as_bytes()).expect("a key").as_bytes(),
            key_id: key.id(),
            principal: format!("principal-{}", at % 100_000),
            tenant: None,
            not_before_s: 0,
            expires_s: 0,
            generation: 1,
            scopes: ["orders:read".to_owned()].into(),
            zones: Default::default(),
            plan: None,
            environment: Environment::Live,
            state: if at % 8 == 0 { KeyState::Denied } else { KeyState::Active },
            pepper: 1,
            form: Form::Key,
        });
        texts.push(key.text().to_owned());
    }
    let stamp = Stamp { sequence: 1, created_s: 1_796_000_000, not_after_s: 0 };
    (texts, build("acme/keys", &models, &SigningKey::from_bytes(&[7; 32]), stamp).expect("a keyring"))
}
