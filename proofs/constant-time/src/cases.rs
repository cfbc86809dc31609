//! The functions of the core that handle secrets, each with every kind of answer.

use std::hint::black_box;

use caltrop::encode::{base62_256, hex16};
use caltrop::image::Floor;
use caltrop::key::{Form, Keyring, digest, issue};
use caltrop::time::Quality;
use caltrop::{Now, mac};
use caltrop_proof_images::{ALICE, KEYRING_OF_FOUR, PEPPERS, REVOKED, trust};

use crate::Case;
use crate::secret::{classify, public, secret};

pub(crate) const ALL: &[Case] = &[
    Case { name: "mac::Key::new, short and long keys", run: prepare },
    Case { name: "mac::Key::sign", run: sign },
    Case { name: "mac::Mac, in pieces", run: in_pieces },
    Case { name: "mac::Key::verify, right", run: right },
    Case { name: "mac::Key::verify, first byte wrong", run: first_wrong },
    Case { name: "mac::Key::verify, last byte wrong", run: last_wrong },
    Case { name: "mac::Tag::matches, truncated", run: truncated },
    Case { name: "key::digest, both forms", run: digests },
    Case { name: "key::Digest::ct_eq", run: compared },
    Case { name: "key::Keyring::verify, known", run: || verified(&[ALICE, "acme_live_1", "acme_live_2", "acme_live_3"], true) },
    Case { name: "key::Keyring::verify, unknown", run: || verified(&["acme_live_nobody", "x"], false) },
    Case { name: "key::Keyring::verify, revoked", run: || verified(&[REVOKED], false) },
    Case { name: "key::issue", run: issued },
    Case { name: "encode", run: encoded },
];

fn prepare() {
    for length in [0, 1, 32, 64, 65, 200] {
        black_box(mac::Key::new(&secret(&vec![7; length])));
    }
}

fn sign() {
    let key = mac::Key::new(&secret(&[7; 32]));
    for length in [0, 32, 55, 56, 64, 300] {
        black_box(key.sign(&secret(&vec![3; length])));
    }
}

fn in_pieces() {
    let key = mac::Key::new(&secret(&[7; 32]));
    let mac = key.start().update(&secret(&[1; 70])).update(&secret(&[2; 3]));
    black_box(mac.finish().truncated());
}

/// Verifies a tag that was changed at one byte, or not.
fn verify(change: Option<usize>, length: usize) -> bool {
    let (key, message) = ([7; 32], [3; 40]);
    let mut tag = *mac::Key::new(&key).sign(&message).as_bytes();
    if let Some(at) = change {
        tag[at] ^= 1;
    }
    let key = mac::Key::new(&secret(&key));
    public(key.verify(&secret(&message), &secret(&tag[..length]))).is_ok()
}

fn right() {
    assert!(verify(None, 32));
}

fn first_wrong() {
    assert!(!verify(Some(0), 32));
}

fn last_wrong() {
    assert!(!verify(Some(31), 32));
}

fn truncated() {
    assert!(verify(None, 16) && !verify(Some(15), 16) && verify(Some(16), 16) && !verify(None, 15));
}

fn digests() {
    let pepper = mac::Key::new(&secret(&[9; 32]));
    for form in [Form::Key, Form::Sha256] {
        assert!(public(digest(&pepper, form, &secret(ALICE.as_bytes()))).is_some());
    }
}

fn compared() {
    let pepper = mac::Key::new(&[9; 32]);
    let known = digest(&pepper, Form::Key, ALICE.as_bytes()).expect("a key");
    for change in [None, Some(0), Some(15)] {
        let mut stored = *known.as_bytes();
        if let Some(at) = change {
            stored[at] ^= 1;
        }
        classify(&stored);
        classify(known.as_bytes());
        let equal = public(known.ct_eq(black_box(&stored)).unwrap_u8());
        assert_eq!(equal == 1, change.is_none());
    }
}

const NOW: Now = Now { wall_s: 1_796_000_100, mono_ns: 0, quality: Quality::Trusted };

/// Shows keys to a keyring whose stored digests are secret too.
fn verified(shown: &[&str], good: bool) {
    let image = KEYRING_OF_FOUR.to_vec();
    let keyring = Keyring::open(&image, &trust("acme-api/keys"), Floor::NONE).expect("signed while building");
    assert_eq!(keyring.pairs().count(), 4);
    for record in keyring.keys() {
        classify(&record.digest);
    }
    let peppers = PEPPERS.map(|(id, bytes, _)| (id, mac::Key::new(&secret(&bytes))));
    let pepper = |wanted: u8| peppers.iter().find(|(id, _)| *id == wanted).map(|(_, key)| key);
    for shown in shown {
        let answer = public(keyring.verify(&secret(shown.as_bytes()), pepper, NOW));
        assert_eq!(answer.is_ok(), good, "{shown}");
    }
}

fn issued() {
    let mut entropy = [5u8; 40];
    entropy[8..].iter_mut().zip(0..).for_each(|(slot, byte)| *slot = byte * 7);
    // The first 8 bytes become the public id.
    classify(&entropy[8..]);
    black_box(public(issue("acme_live", black_box(entropy))).expect("a good prefix"));
}

fn encoded() {
    let secret: [u8; 32] = secret(&[0xA7; 32]).try_into().expect("32 bytes");
    black_box(base62_256(black_box(&secret)));
    black_box(hex16(black_box(secret.first_chunk().expect("16 of 32"))));
}
