//! Compiles and signs the images that the proofs open.

use std::collections::BTreeSet;
use std::path::PathBuf;

use caltrop::key::{Environment, Form, digest};
use caltrop::mac;
use caltrop_control::diagnostic::Source;
use caltrop_control::image::Stamp;
use caltrop_control::keys::{KeyModel, KeyState, build};
use caltrop_control::policy::Written;
use ed25519_dalek::SigningKey;

include!("src/known.rs");

const STAMP: Stamp = Stamp { sequence: 1, created_s: 1, not_after_s: 0 };

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let write = |name: &str, bytes: &[u8]| std::fs::write(out.join(name), bytes).expect("cargo made the folder");
    let signer = SigningKey::from_bytes(&[7; 32]);
    let public = *signer.verifying_key().as_bytes();
    let text = std::fs::read_to_string("policy.toml").expect("it lies here");
    let written = Written::read(Source::new("policy.toml", text), &|_| Ok(public)).unwrap_or_else(|report| panic!("{report}"));
    write("policy.cltp", &written.image().expect("it compiles").finish(&signer, STAMP));
    write("keyring-1.cltp", &build("acme-api/keys", &keys(1), &signer, STAMP).expect("it builds"));
    write("keyring-4.cltp", &build("acme-api/keys", &keys(4), &signer, STAMP).expect("it builds"));
    write("signer.pub", &public);
    println!("cargo::rerun-if-changed=policy.toml");
    println!("cargo::rerun-if-changed=src/known.rs");
}

fn keys(pairs: usize) -> Vec<KeyModel> {
    let peppers = PEPPERS.map(|(_, bytes, _)| mac::Key::new(&bytes));
    let key = |id: u64, text: &str| {
        let pair = usize::try_from(id).expect("few") % pairs;
        let (pepper, _, form) = PEPPERS[pair];
        KeyModel {
            digest: *digest(&peppers[pair], form, text.as_bytes()).expect("a key").as_bytes(),
            key_id: id,
            principal: "alice".into(),
            tenant: Some("acme".into()),
            not_before_s: 0,
            expires_s: 1_797_000_000,
            generation: 1,
            scopes: ["orders:read".to_owned()].into(),
            zones: BTreeSet::new(),
            plan: None,
            environment: Environment::Live,
            state: if text == REVOKED { KeyState::Denied } else { KeyState::Active },
            pepper,
            form,
        }
    };
    (1..=OTHERS).map(|id| key(id, &format!("acme_live_{id}"))).chain([key(0, ALICE), key(OTHERS + 1, REVOKED)]).collect()
}
