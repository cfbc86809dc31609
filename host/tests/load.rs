//! Loading from files: floors, files that are wrong, and warnings.
#![allow(missing_docs, reason = "tests speak by their names")]

use std::path::PathBuf;

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::guard::Secrets;
use caltrop::image::OpenError;
use caltrop_control::diagnostic::Source;
use caltrop_control::image::Stamp;
use caltrop_control::init::{Options as Init, policy_text};
use caltrop_control::keys;
use caltrop_control::policy::Written;
use caltrop_host::floors::Floors;
use caltrop_host::{HostGuard, LoadError, Options, StateAt};
use ed25519_dalek::SigningKey;

struct Folder {
    folder: tempfile::TempDir,
    signer: SigningKey,
    written: Written,
}

impl Folder {
    fn new() -> Self {
        let signer = SigningKey::from_bytes(&[5; 32]);
        let public = *signer.verifying_key().as_bytes();
        let text = policy_text(&Init::new("acme-api"));
        let written = Written::read(Source::new("policy.toml", text), &|_| Ok(public)).unwrap();
        let made = Self { folder: tempfile::tempdir().unwrap(), signer, written };
        std::fs::write(made.path("policy.pub"), Base64UrlUnpadded::encode_string(&public)).unwrap();
        made.policy(3);
        made.keyring(3);
        made
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn policy(&self, sequence: u64) {
        let image = self.written.image().unwrap().finish(&self.signer, stamp(sequence));
        std::fs::write(self.path("policy.cltp"), image).unwrap();
    }

    fn keyring(&self, sequence: u64) {
        std::fs::write(self.path("keys.cltp"), keys::build("acme-api/keys", &[], &self.signer, stamp(sequence)).unwrap()).unwrap();
    }

    fn load(&self, floors: Floors) -> Result<HostGuard, LoadError> {
        let options = Options::new("acme-api", self.path("policy.cltp"), Secrets::new());
        HostGuard::load(Options { state: StateAt::Process, floors, ..options })
    }

    fn refused(&self) -> String {
        self.load(Floors::Beside).unwrap_err().to_string()
    }
}

const fn stamp(sequence: u64) -> Stamp {
    Stamp { sequence, created_s: 1_796_000_000, not_after_s: 0 }
}

fn is_rollback(result: Result<HostGuard, LoadError>) -> bool {
    matches!(result, Err(LoadError::Image { error: OpenError::Rollback { given: 2, floor: 3 }, .. }))
}

#[test]
fn an_older_image_is_refused_once_a_newer_one_was_loaded() {
    let folder = Folder::new();
    folder.load(Floors::Beside).unwrap();
    folder.policy(2);
    assert!(is_rollback(folder.load(Floors::Beside)));
    assert!(folder.load(Floors::Nowhere).is_ok());
    folder.policy(4);
    folder.keyring(2);
    assert!(is_rollback(folder.load(Floors::Beside)));
    // The policy's floor was not raised by what failed.
    folder.keyring(4);
    folder.policy(3);
    folder.load(Floors::Beside).unwrap();
}

#[test]
fn floors_may_lie_in_a_folder_of_their_own() {
    let folder = Folder::new();
    let floors = tempfile::tempdir().unwrap();
    let kept = || Floors::Folder(floors.path().to_owned());
    folder.load(kept()).unwrap();
    assert!(floors.path().join("policy.floor").exists() && floors.path().join("keys.floor").exists());
    assert!(!folder.path("policy.floor").exists());
    folder.policy(2);
    assert!(is_rollback(folder.load(kept())));
    let gone = Floors::Folder(floors.path().join("gone"));
    folder.policy(5);
    let error = folder.load(gone).unwrap_err();
    assert!(matches!(error, LoadError::File(_)), "{error}");
}

#[test]
fn a_damaged_floor_stops_the_load() {
    let folder = Folder::new();
    for damaged in ["", "3", "x 00", "3 zz", "-1 00", &format!("3 {}", "é".repeat(32))] {
        std::fs::write(folder.path("policy.floor"), damaged).unwrap();
        assert!(folder.refused().contains("policy.floor: not a floor: put back the file"), "{damaged:?}");
    }
}

#[test]
fn what_is_missing_or_wrong_is_named_with_its_mend() {
    let folder = Folder::new();
    let without = |name: &str, says: &str| {
        let bytes = std::fs::read(folder.path(name)).unwrap();
        std::fs::remove_file(folder.path(name)).unwrap();
        let error = folder.refused();
        assert!(error.contains(name) && error.contains(says), "{error}");
        std::fs::write(folder.path(name), bytes).unwrap();
    };
    without("policy.pub", "`caltrop init` and `caltrop feed signer` make them");
    without("policy.cltp", "write it by `caltrop policy compile`");
    without("keys.cltp", "write it by `caltrop keys new`");
    assert!(!folder.path("policy.floor").exists(), "a load that fails raises no floor");
    std::fs::write(folder.path("policy.pub"), "AAAA").unwrap();
    assert!(folder.refused().contains("policy.pub: not 32 bytes in base64url: copy the file again"));
}

#[test]
fn a_stranger_s_image_and_another_name_are_refused() {
    let folder = Folder::new();
    let stranger = SigningKey::from_bytes(&[6; 32]);
    std::fs::write(folder.path("policy.cltp"), folder.written.image().unwrap().finish(&stranger, stamp(9))).unwrap();
    assert!(folder.refused().contains("policy.cltp: no trusted key signed this image"));
    folder.policy(3);
    let options = Options::new("other-api", folder.path("policy.cltp"), Secrets::new());
    let error = HostGuard::load(Options { state: StateAt::Process, ..options }).unwrap_err();
    assert!(matches!(error, LoadError::Image { error: OpenError::Scope, .. }), "{error}");
}
