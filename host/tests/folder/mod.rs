//! A folder of images that are renamed into place, and one request to a guard of them.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test uses its part")]

use std::path::PathBuf;

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::guard::Secrets;
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::{Decision, Now};
use caltrop_control::image::Stamp;
use caltrop_control::keys::{KeyState, build};
use caltrop_control::model;
use caltrop_host::files::{Readers, write};
use caltrop_host::floors::Floors;
use caltrop_host::{HostGuard, LiveGuard, Options, StateAt};
use ed25519_dalek::SigningKey;

#[path = "../../../control/tests/house/mod.rs"]
pub mod house;
use house::PEPPER;

pub const fn stamp(sequence: u64) -> Stamp {
    Stamp { sequence, ..house::STAMP }
}

/// A folder of images, each renamed into place.
pub struct Folder(pub tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.put("policy.pub", Base64UrlUnpadded::encode_string(house::signer().verifying_key().as_bytes()).as_bytes());
        folder.policy(3);
        folder.keyring(3);
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn put(&self, name: &str, bytes: &[u8]) {
        write(&self.path(name), bytes, Readers::All).unwrap();
    }

    pub fn policy(&self, sequence: u64) {
        self.policy_of(&house::model(), sequence);
    }

    pub fn policy_of(&self, policy: &model::Policy, sequence: u64) {
        self.put("policy.cltp", &model::compile(policy).unwrap().finish(&house::signer(), stamp(sequence)));
    }

    pub fn keyring(&self, sequence: u64) {
        self.put("keys.cltp", &build("acme-api/keys", &house::keys(), &house::signer(), stamp(sequence)).unwrap());
    }

    /// The keyring in which Alice's key is taken back.
    pub fn revoked(&self, sequence: u64) {
        self.put("keys.cltp", &revoked("acme-api/keys", &house::signer(), sequence));
    }

    pub fn load(&self, floors: Floors) -> LiveGuard {
        let secrets = Secrets::new().with_pepper(1, &PEPPER).unwrap();
        let options = Options::new("acme-api", self.path("policy.cltp"), secrets);
        LiveGuard::load(Options { state: StateAt::Process, floors, ..options }).unwrap()
    }
}

pub fn revoked(scope: &str, signer: &SigningKey, sequence: u64) -> Vec<u8> {
    let mut keys = house::keys();
    keys[0].state = KeyState::Denied;
    build(scope, &keys, signer, stamp(sequence)).unwrap()
}

/// The status of one request with a key from an address.
pub fn ask(guard: &HostGuard, key: &str, from: &str, now: Now) -> u16 {
    let fields = [Header { name: b"x-api-key", value: key.as_bytes() }];
    let decision = guard.guard().admit(
        &Request {
            method: b"GET",
            target: b"/v1/orders",
            authority: b"api.example",
            headers: &&fields[..],
            peer: Peer::Ip(from.parse().unwrap()),
            transport: Transport::Tls(TlsVersion::V1_3),
        },
        now,
    );
    match decision {
        Decision::Allow(_) => 200,
        Decision::Deny(denial) => denial.status(),
    }
}
