//! A keyring of many keys, and those who are asked about them.
#![allow(dead_code, reason = "each bench uses its own part of it")]

use std::hint::black_box;

use caltrop::key::{Environment, Form, digest, issue};
use caltrop::mac;
use caltrop::time::{Now, Quality};
use caltrop_benches::Dice;
use caltrop_control::image::Stamp;
use caltrop_control::keys::{KeyModel, KeyState, build};
use ed25519_dalek::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub(crate) const NOW: Now = Now { wall_s: 1_796_000_000, mono_ns: 0, quality: Quality::Trusted };
pub(crate) const PEPPER: [u8; 32] = [9; 32];

/// Keys at random, one after the other.
pub(crate) fn shown<'k>(keys: &'k [String], mut each: impl FnMut(&[u8]) + 'k) -> impl FnMut(u64) + 'k {
    let mut dice = Dice(1);
    move |times| (0..times).for_each(|_| each(keys[dice.next() as usize % keys.len()].as_bytes()))
}

/// One HMAC of the same bytes.
pub(crate) fn rustcrypto() -> impl FnMut(&[u8]) {
    let prepared = Hmac::<Sha256>::new_from_slice(&PEPPER).expect("any length");
    move |key| {
        let mut mac = prepared.clone();
        mac.update(black_box(key));
        black_box(mac.finalize());
    }
}

/// So many keys and what a keyring says of them. Every second is revoked.
pub(crate) fn issued(count: u64) -> (Vec<String>, Vec<KeyModel>) {
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
            state: if at % 2 == 0 { KeyState::Denied } else { KeyState::Active },
            pepper: 1,
            form: Form::Key,
        });
        texts.push(key.text().to_owned());
    }
    (texts, models)
}

/// The signed keyring of them.
pub(crate) fn image(models: &[KeyModel]) -> Vec<u8> {
    let stamp = Stamp { sequence: 1, created_s: 1_796_000_000, not_after_s: 0 };
    build("acme/keys", models, &SigningKey::from_bytes(&[7; 32]), stamp).expect("a keyring")
}
