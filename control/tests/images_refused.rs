//! What is not exactly the image that was signed is refused, each with its own reason, for policies and keyrings alike.

mod house;

use caltrop::Policy;
use caltrop::access::record::{AUTH_NONE, CHARGE, ROUTE, RouteRecord};
use caltrop::guard::record::{POLICY, PolicyRecord};
use caltrop::image::{Entry, Floor, Header, Kind, OpenError, TEXT, Trust};
use caltrop::key::Keyring;
use caltrop_control::image::{ImageWriter, Stamp};
use ed25519_dalek::SigningKey;
use house::{STAMP, keyring_image, policy_image, signer, trust};
use proptest::prelude::*;
use zerocopy::FromBytes;

fn open(kind: Kind, bytes: &[u8], trust: &Trust, floor: Floor) -> Result<Floor, OpenError> {
    match kind {
        Kind::Policy => Policy::open(bytes, trust, floor).map(|policy| policy.floor()),
        _ => Keyring::open(bytes, trust, floor).map(|keyring| keyring.image().floor()),
    }
}

fn both() -> [(Kind, &'static str, Vec<u8>); 2] {
    [(Kind::Policy, "acme-api", policy_image()), (Kind::Keyring, "acme-api/keys", keyring_image())]
}

#[test]
fn every_flipped_header_bit_is_refused() {
    for (kind, scope, bytes) in both() {
        let trust = trust(scope, &signer());
        assert!(open(kind, &bytes, &trust, Floor::NONE).is_ok());
        for bit in 0..size_of::<Header>() * 8 {
            let mut wrong = bytes.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let error = open(kind, &wrong, &trust, Floor::NONE).expect_err("a flipped bit");
            let expected = match bit / 8 {
                0..4 => matches!(error, OpenError::Magic),
                4..6 => matches!(error, OpenError::Format { .. }),
                6 => matches!(error, OpenError::Kind { .. }),
                7 => matches!(error, OpenError::Signature | OpenError::Directory { .. }),
                8..16 => matches!(error, OpenError::Length { .. }),
                _ => error == OpenError::Signature,
            };
            assert!(expected, "bit {bit}: {error:?}");
        }
    }
}

#[test]
fn a_thousand_flipped_body_bits_are_refused() {
    for (kind, scope, bytes) in both() {
        let body_bits = (bytes.len() - 176) * 8;
        for step in 0..1000 {
            let bit = 176 * 8 + step * 7919 % body_bits;
            let mut wrong = bytes.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(kind, &wrong, &trust(scope, &signer()), Floor::NONE), Err(OpenError::BodyHash), "bit {bit}");
        }
    }
}

#[test]
fn every_truncation_at_a_section_is_refused() {
    for (kind, scope, bytes) in both() {
        let (header, body) = Header::ref_from_prefix(&bytes).unwrap();
        let (directory, _) = <[Entry]>::ref_from_prefix_with_elems(body, usize::from(header.sections)).unwrap();
        let trust = trust(scope, &signer());
        assert!(matches!(open(kind, &[], &trust, Floor::NONE), Err(OpenError::TooShort { given: 0 })));
        assert!(matches!(open(kind, &bytes[..191], &trust, Floor::NONE), Err(OpenError::TooShort { given: 191 })));
        for entry in directory {
            let end = usize::try_from(entry.offset.get()).unwrap();
            assert!(matches!(open(kind, &bytes[..end], &trust, Floor::NONE), Err(OpenError::Length { .. })), "at {end}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(matches!(open(kind, &longer, &trust, Floor::NONE), Err(OpenError::Length { .. })));
    }
}

#[test]
fn strangers_other_scopes_kinds_and_old_images_are_refused() {
    for (kind, scope, bytes) in both() {
        let trusted = trust(scope, &signer());
        let stranger = trust(scope, &SigningKey::from_bytes(&[8; 32]));
        assert_eq!(open(kind, &bytes, &stranger, Floor::NONE), Err(OpenError::Signature));
        assert_eq!(open(kind, &bytes, &trust("other-api", &signer()), Floor::NONE), Err(OpenError::Scope));
        let other = if kind == Kind::Policy { Kind::Keyring } else { Kind::Policy };
        assert!(matches!(open(other, &bytes, &trusted, Floor::NONE), Err(OpenError::Kind { .. })));
        let floor = open(kind, &bytes, &trusted, Floor::NONE).unwrap();
        assert_eq!(open(kind, &bytes, &trusted, floor), Ok(floor), "the same image again is no rollback");
        let newer = Floor { sequence: STAMP.sequence + 1, ..floor };
        assert_eq!(open(kind, &bytes, &trusted, newer), Err(OpenError::Rollback { given: 7, floor: 8 }));
        let twin = Floor { id: [0; 32], ..floor };
        assert_eq!(open(kind, &bytes, &trusted, twin), Err(OpenError::Rollback { given: 7, floor: 7 }));
    }
}

#[test]
fn an_unknown_section_that_must_be_understood_is_refused() {
    for (kind, scope) in [(Kind::Policy, "acme-api"), (Kind::Keyring, "acme-api/keys")] {
        let bytes = ImageWriter::new(kind, scope).records(*b"ZZZZ", &[1u8]).finish(&signer(), STAMP);
        assert_eq!(open(kind, &bytes, &trust(scope, &signer()), Floor::NONE), Err(OpenError::UnknownSection { tag: *b"ZZZZ" }));
    }
}

/// The same image with some bytes of its sections changed, signed again: what only `check` can refuse.
fn resigned(kind: Kind, scope: &str, bytes: &[u8], changes: &[(usize, u8)]) -> Vec<u8> {
    let (header, body) = Header::ref_from_prefix(bytes).unwrap();
    let (directory, _) = <[Entry]>::ref_from_prefix_with_elems(body, usize::from(header.sections)).unwrap();
    let mut changed = bytes.to_vec();
    let first = usize::try_from(directory[0].offset.get()).unwrap();
    for (at, value) in changes {
        let at = first + at % (bytes.len() - first);
        changed[at] = *value;
    }
    let stamp = Stamp { ..STAMP };
    let sections = directory.iter().fold(ImageWriter::new(kind, scope), |writer, entry| {
        let from = usize::try_from(entry.offset.get()).unwrap();
        writer.raw(entry.tag, entry.stride.get(), &changed[from..from + usize::try_from(entry.length.get()).unwrap()])
    });
    sections.finish(&signer(), stamp)
}

/// Where a section begins, counted from the first one.
fn section(bytes: &[u8], tag: [u8; 4]) -> usize {
    let (header, body) = Header::ref_from_prefix(bytes).unwrap();
    let (directory, _) = <[Entry]>::ref_from_prefix_with_elems(body, usize::from(header.sections)).unwrap();
    let at = |entry: &Entry| usize::try_from(entry.offset.get()).unwrap();
    directory.iter().find(|entry| entry.tag == tag).map(at).unwrap() - at(&directory[0])
}

/// Where the first section begins.
fn first(bytes: &[u8]) -> usize {
    let (header, body) = Header::ref_from_prefix(bytes).unwrap();
    let (directory, _) = <[Entry]>::ref_from_prefix_with_elems(body, usize::from(header.sections)).unwrap();
    usize::try_from(directory[0].offset.get()).unwrap()
}

#[test]
fn a_route_that_knows_no_caller_cannot_charge_one() {
    let bytes = policy_image();
    let auth = |route: usize| section(&bytes, ROUTE) + route * size_of::<RouteRecord>() + std::mem::offset_of!(RouteRecord, auth);
    for (route, known) in [(0, true), (2, false)] {
        let changed = resigned(Kind::Policy, "acme-api", &bytes, &[(auth(route), AUTH_NONE)]);
        let opened = open(Kind::Policy, &changed, &trust("acme-api", &signer()), Floor::NONE);
        assert_eq!(opened.err(), (!known).then_some(OpenError::Content { tag: CHARGE }), "route {route}");
    }
}

#[test]
fn a_route_that_needs_a_key_needs_a_keyring() {
    let bytes = policy_image();
    let keyring = section(&bytes, POLICY) + std::mem::offset_of!(PolicyRecord, keyring);
    let none: Vec<(usize, u8)> = (keyring..keyring + 4).map(|at| (at, 0xFF)).collect();
    let changed = resigned(Kind::Policy, "acme-api", &bytes, &none);
    assert_eq!(open(Kind::Policy, &changed, &trust("acme-api", &signer()), Floor::NONE), Err(OpenError::Content { tag: POLICY }));
}

/// A quota's name is written into `RateLimit`, a scope into `WWW-Authenticate`: whoever signed them, they must not end the field.
#[test]
fn a_name_that_would_end_a_header_field_is_refused() {
    let bytes = policy_image();
    let text = section(&bytes, TEXT);
    let body = &bytes[first(&bytes) + text..];
    for name in [&b"requests"[..], b"orders:write"] {
        let at = text + body.windows(name.len()).position(|part| part == name).unwrap();
        for (byte, refused) in [(b'\r', true), (b'\n', true), (0x7F, true), (b'R', false)] {
            let changed = resigned(Kind::Policy, "acme-api", &bytes, &[(at, byte)]);
            let opened = open(Kind::Policy, &changed, &trust("acme-api", &signer()), Floor::NONE);
            assert_eq!(opened.is_err(), refused, "{byte}: {opened:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn signed_nonsense_is_refused_or_harmless(changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6)) {
        use caltrop::{Guard, State, guard::Feeds, table::Word};
        let policy_bytes = resigned(Kind::Policy, "acme-api", &policy_image(), &changes);
        let keyring_bytes = resigned(Kind::Keyring, "acme-api/keys", &keyring_image(), &changes);
        let keyring = Keyring::open(&keyring_bytes, &trust("acme-api/keys", &signer()), Floor::NONE);
        let Ok(policy) = Policy::open(&policy_bytes, &trust("acme-api", &signer()), Floor::NONE) else { return Ok(()) };
        let geometry = policy.geometry();
        let size = State::words(geometry).expect("an opened policy has a size");
        prop_assume!(size < 1 << 20);
        let words: Vec<Word> = (0..size).map(|_| Word::new(0)).collect();
        let state = State::format(&words, geometry, [1; 16]).unwrap();
        let secrets = caltrop::Secrets::new().with_pepper(1, &house::PEPPER).unwrap();
        let Ok(guard) = Guard::new(&policy, &Feeds { keyring: keyring.ok(), ..Feeds::default() }, &state, &secrets) else { return Ok(()) };
        let headers = [caltrop::request::Header { name: b"x-api-key", value: house::ALICE.as_bytes() }];
        for target in ["/healthz", "/v1/orders/17", "/admin/a/b/", "/docs"] {
            let request = caltrop::Request {
                method: b"GET", target: target.as_bytes(), authority: b"", headers: &headers,
                peer: caltrop::request::Peer::Ip("10.8.0.1".parse().unwrap()),
                transport: caltrop::request::Transport::Tls(caltrop::request::TlsVersion::V1_3),
            };
            let _ = guard.admit(&request, house::NOW);
        }
    }
}
