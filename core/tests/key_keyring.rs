//! A keyring answers for the keys in it and for no other, by the record's own pepper, form, state and dates; and one that breaks a rule of the
//! format is refused by the section that breaks it, although it is signed. Images are laid out here, by docs/formats.md §1, record by record.

use std::collections::BTreeSet;

use caltrop::Now;
use caltrop::image::{
    Entry, FORMAT, Floor, Header, Kind, MAGIC, MUST_UNDERSTAND, NO_TEXT, OpenError, SIGNATURE_CONTEXT, SIGNED_LEN, Span, TEXT, Tag, Trust,
};
use caltrop::key::record::{
    INDEX, KEY, KeyRecord, NAMES, PAIR, PLAN, PairRecord, SCOPE_SET, STATE_ACTIVE, STATE_DENY, STATE_GRACE, SetRecord, ZONE_SET,
};
use caltrop::key::{Form, KeyReason, Keyring, digest};
use caltrop::mac;
use caltrop::name::name64;
use caltrop::time::Quality;
use caltrop::verify::PublicKey;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use zerocopy::IntoBytes;
use zerocopy::little_endian::U32;

const SCOPE: &str = "acme-api/keys";
/// Keys in 8 buckets, one of which is full; so many that a place past the 64 bits of hits would be a key again.
const COUNT: usize = 96;

const SEQUENCE: u64 = 7;

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn trust() -> Trust {
    Trust::new(SCOPE, &[PublicKey::from_bytes(signer().verifying_key().as_bytes()).unwrap()])
}

fn pepper(id: u8) -> mac::Key {
    mac::Key::new(&[id; 32])
}

fn digest_of(text: &str, pepper_id: u8, form: Form) -> [u8; 16] {
    *digest(&pepper(pepper_id), form, text.as_bytes()).unwrap().as_bytes()
}

/// The sections of a keyring, to be broken one at a time.
#[derive(Clone)]
struct Parts {
    keys: Vec<KeyRecord>,
    index: Vec<U32>,
    pairs: Vec<PairRecord>,
    names: Vec<U32>,
    scope_sets: Vec<SetRecord>,
    zone_sets: Vec<SetRecord>,
    plans: Vec<U32>,
    text: Vec<u8>,
}

const fn pair(pepper: u8, form: u8) -> PairRecord {
    PairRecord { pepper, form, zero: [0; 2] }
}

fn set(first: u32, count: u16) -> SetRecord {
    SetRecord { names: Span { first: first.into(), count: count.into() }, zero: [0; 2] }
}

/// The text of every keyring here, and where in it each name begins.
const TEXTS: &[u8] = b"\0\x05alice\x04acme\x04read\x05write\x03vpn\x03pro";
const ALICE: u32 = 1;
const ACME: u32 = 7;
const READ: u32 = 12;
const WRITE: u32 = 17;
const VPN: u32 = 23;
const PRO: u32 = 27;

fn record(digest: [u8; 16]) -> KeyRecord {
    KeyRecord {
        digest,
        key_id: 7.into(),
        principal: ALICE.into(),
        tenant: NO_TEXT.into(),
        not_before: 0.into(),
        expires: 0.into(),
        generation: 1.into(),
        scope_set: 0.into(),
        zone_set: 0.into(),
        plan: 0.into(),
        env: 2,
        state: STATE_ACTIVE,
        pepper: 2,
        form: 0,
        zero: [0; 10],
    }
}

impl Parts {
    /// These records in an index of `2^k` buckets.
    fn of(mut keys: Vec<KeyRecord>, k: u32) -> Self {
        keys.sort_by_key(|key| key.digest);
        let bucket = |key: &KeyRecord| u64::from(u32::from_be_bytes(*key.digest.first_chunk().unwrap())) >> (32 - k);
        let index = (0..=1u64 << k).map(|at| u32::try_from(keys.partition_point(|key| bucket(key) < at)).unwrap().into()).collect();
        Self {
            keys,
            index,
            pairs: vec![pair(2, 0), pair(3, 0), pair(3, 1), pair(2, 1)],
            names: [READ, WRITE, VPN].map(U32::new).to_vec(),
            scope_sets: vec![set(0, 0), set(0, 2)],
            zone_sets: vec![set(0, 0), set(2, 1)],
            plans: [0, PRO].map(U32::new).to_vec(),
            text: TEXTS.to_vec(),
        }
    }

    /// Sections ascend by tag, each at a multiple of 16; an empty one is left out.
    fn image(&self) -> Vec<u8> {
        let mut sections = [
            (KEY, size_of::<KeyRecord>(), self.keys.as_bytes()),
            (INDEX, 4, self.index.as_bytes()),
            (PAIR, 4, self.pairs.as_bytes()),
            (NAMES, 4, self.names.as_bytes()),
            (SCOPE_SET, 8, self.scope_sets.as_bytes()),
            (ZONE_SET, 8, self.zone_sets.as_bytes()),
            (PLAN, 4, self.plans.as_bytes()),
            (TEXT, 1, &self.text),
        ];
        sections.sort_by_key(|(tag, ..)| *tag);
        let sections: Vec<_> = sections.into_iter().filter(|(.., bytes)| !bytes.is_empty()).collect();
        let (mut directory, mut blobs) = (Vec::new(), Vec::new());
        let first = 176 + 16 * sections.len();
        for (tag, stride, bytes) in &sections {
            blobs.resize(blobs.len().next_multiple_of(16), 0);
            let number = |value: usize| u32::try_from(value).unwrap().into();
            let stride = u16::try_from(*stride).unwrap().into();
            let flags = MUST_UNDERSTAND.into();
            directory.extend_from_slice(
                Entry { tag: *tag, offset: number(first + blobs.len()), length: number(bytes.len()), stride, flags }.as_bytes(),
            );
            blobs.extend_from_slice(bytes);
        }
        let body = [directory, blobs].concat();
        let mut header = Header {
            magic: MAGIC,
            format: FORMAT.into(),
            kind: Kind::Keyring.code(),
            sections: u8::try_from(sections.len()).unwrap(),
            length: u64::try_from(176 + body.len()).unwrap().into(),
            scope: name64(SCOPE).into(),
            sequence: SEQUENCE.into(),
            created: 1_796_000_000.into(),
            not_after: 0.into(),
            base: [0; 32],
            body_hash: Sha256::digest(&body).into(),
            signature: [0; 64],
        };
        header.signature = signer().sign(&[SIGNATURE_CONTEXT, &header.as_bytes()[..SIGNED_LEN]].concat()).to_bytes();
        [header.as_bytes(), &body].concat()
    }

    fn refusal(&self) -> Option<OpenError> {
        Keyring::open(&self.image(), &trust(), Floor::NONE).err()
    }
}

/// Some texts, each a key: so many that the fullest of the 8 buckets has exactly 16.
fn texts() -> Vec<String> {
    let mut counts = [0; 8];
    let fits = |text: &String| {
        let bucket = usize::from(digest_of(text, 2, Form::Key)[0] >> 5);
        counts[bucket] += 1;
        counts[bucket] <= if bucket == 0 { 16 } else { 12 }
    };
    (0..).map(|at| format!("acme_live_{at}")).filter(fits).take(COUNT).collect()
}

fn full() -> Parts {
    let keys = texts()
        .into_iter()
        .enumerate()
        .map(|(at, text)| KeyRecord { key_id: u64::try_from(at).unwrap().into(), ..record(digest_of(&text, 2, Form::Key)) });
    Parts::of(keys.collect(), 3)
}

const WHEN: Now = Now { wall_s: 1_796_000_000, mono_ns: 0, quality: Quality::Trusted };

/// What the keyring says of a text, as the id of the record that it found.
fn asked(parts: &Parts, text: &str, now: Now) -> Result<u64, KeyReason> {
    let (image, peppers) = (parts.image(), [pepper(2), pepper(3)]);
    let keyring = Keyring::open(&image, &trust(), Floor::NONE).unwrap();
    keyring.verify(text.as_bytes(), |id| peppers.get(usize::from(id).checked_sub(2)?), now).map(|entry| entry.record().key_id.get())
}

#[test]
fn each_key_is_found_as_itself_and_no_other_is() {
    let parts = full();
    for k in [1, 4] {
        let wide = Parts::of(parts.keys.iter().copied().take(16).collect(), k);
        assert_eq!(wide.refusal(), None, "an index of {k} bits");
    }
    let (image, peppers) = (parts.image(), [pepper(2), pepper(3)]);
    let keyring = Keyring::open(&image, &trust(), Floor::NONE).unwrap();
    let verify = |text: &[u8]| keyring.verify(text, |id| peppers.get(usize::from(id).checked_sub(2)?), WHEN).map(|entry| *entry.record());
    for (at, text) in texts().iter().enumerate() {
        assert_eq!(verify(text.as_bytes()).unwrap().key_id.get(), u64::try_from(at).unwrap(), "{text}");
    }
    for at in 0..500 {
        let found = verify(format!("acme_test_{at}").as_bytes()).map(|record| record.key_id.get());
        assert_eq!(found, Err(KeyReason::Unknown), "acme_test_{at}");
    }
    for shown in [&b""[..], b"two words", &[b'k'; 257]] {
        assert_eq!(verify(shown).map(|_| ()), Err(KeyReason::Malformed));
    }
    assert_eq!(keyring.verify(b"acme_live_0", |_| None, WHEN).map(|_| ()), Err(KeyReason::Corrupt), "a pepper that the host does not hold");
}

#[test]
fn a_keyring_without_keys_knows_none() {
    let parts = Parts::of(vec![], 0);
    assert_eq!(asked(&parts, "acme_live_0", WHEN), Err(KeyReason::Unknown));
    assert_eq!(asked(&Parts { pairs: vec![], ..parts }, "two words", WHEN), Err(KeyReason::Malformed));
}

#[test]
fn a_digest_counts_only_under_its_own_pepper_and_form() {
    let text = "acme_live_1";
    for (pepper, code, form) in [(2, 0, Form::Key), (3, 0, Form::Key), (3, 1, Form::Sha256), (2, 1, Form::Sha256)] {
        let under = |pepper_id, form_code| KeyRecord { pepper: pepper_id, form: form_code, ..record(digest_of(text, pepper, form)) };
        assert_eq!(asked(&Parts::of(vec![under(pepper, code)], 0), text, WHEN), Ok(7));
        for (other_pepper, other_code) in [(5 - pepper, code), (pepper, 1 - code), (5 - pepper, 1 - code)] {
            let parts = Parts::of(vec![under(other_pepper, other_code)], 0);
            assert_eq!(asked(&parts, text, WHEN), Err(KeyReason::Unknown), "({pepper}, {code}) as ({other_pepper}, {other_code})");
        }
    }
}

#[test]
fn one_bit_makes_another_digest_whatever_else_differs() {
    let text = "acme_live_1";
    let digest = digest_of(text, 2, Form::Key);
    for bit in 0..128 {
        let mut near = digest;
        near[bit / 8] ^= 1 << (bit % 8);
        for (pepper, form) in [(2, 0), (3, 0), (2, 1), (3, 1)] {
            let parts = Parts::of(vec![KeyRecord { pepper, form, ..record(near) }], 0);
            assert_eq!(asked(&parts, text, WHEN), Err(KeyReason::Unknown), "bit {bit}, pepper {pepper}, form {form}");
        }
    }
}

#[test]
fn of_two_records_the_first_pair_s_holds() {
    let text = "acme_live_1";
    let first = KeyRecord { key_id: 1.into(), ..record(digest_of(text, 2, Form::Key)) };
    let second = KeyRecord { key_id: 2.into(), pepper: 3, ..record(digest_of(text, 3, Form::Key)) };
    let mut parts = Parts::of(vec![first, second], 0);
    assert_eq!(asked(&parts, text, WHEN), Ok(1));
    parts.pairs.swap(0, 1);
    assert_eq!(asked(&parts, text, WHEN), Ok(2));
}

#[test]
fn states_and_dates_are_kept_to_the_second() {
    let text = "acme_live_1";
    let at = |not_before: u32, expires: u32, state| {
        let key = KeyRecord { not_before: not_before.into(), expires: expires.into(), state, ..record(digest_of(text, 2, Form::Key)) };
        Parts::of(vec![key], 0)
    };
    let ask = |parts: &Parts, wall_s| asked(parts, text, Now { wall_s, ..WHEN }).map(|_| ());
    let dated = at(100, 200, STATE_ACTIVE);
    let answers = [99, 100, 101, 199, 200].map(|wall_s| ask(&dated, wall_s));
    assert_eq!(answers, [Err(KeyReason::NotYet), Ok(()), Ok(()), Ok(()), Err(KeyReason::Expired)]);
    assert_eq!([99, 100, 1_000].map(|wall_s| ask(&at(100, 0, STATE_ACTIVE), wall_s)), [Err(KeyReason::NotYet), Ok(()), Ok(())]);
    assert_eq!([0, 199, 200].map(|wall_s| ask(&at(0, 200, STATE_GRACE), wall_s)), [Ok(()), Ok(()), Err(KeyReason::Expired)]);
    assert_eq!(ask(&at(100, 200, STATE_DENY), 150), Err(KeyReason::Revoked));
    assert_eq!(ask(&at(0, 0, STATE_DENY), 150), Err(KeyReason::Revoked));
    let untrusted = Now { wall_s: 150, quality: Quality::Untrusted, ..WHEN };
    for (not_before, expires, answer) in
        [(100, 200, Err(KeyReason::Clock)), (100, 0, Err(KeyReason::Clock)), (0, 200, Err(KeyReason::Clock)), (0, 0, Ok(7))]
    {
        assert_eq!(asked(&at(not_before, expires, STATE_ACTIVE), text, untrusted), answer, "({not_before}, {expires})");
    }
}

#[test]
fn a_record_is_shown_with_its_names() {
    let named = KeyRecord { tenant: ACME.into(), scope_set: 1.into(), zone_set: 1.into(), plan: 1.into(), ..record([1; 16]) };
    let parts = Parts::of(vec![named, record([2; 16])], 0);
    let image = parts.image();
    let keyring = Keyring::open(&image, &trust(), Floor::NONE).unwrap();
    let shown: Vec<_> = keyring
        .entries()
        .map(|entry| {
            (entry.principal(), entry.tenant(), entry.plan(), entry.scopes().collect::<Vec<_>>(), entry.zones().collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(shown[0], (Some("alice"), Some("acme"), Some("pro"), vec!["read", "write"], vec!["vpn"]));
    assert_eq!(shown[1], (Some("alice"), None, None, vec![], vec![]));
    assert_eq!(shown.len(), 2);
    let again = |index, id| keyring.entry(index, id).map(|entry| entry.index());
    let id = keyring.keys()[1].key_id.get();
    assert_eq!([again(1, id), again(1, id + 1), again(2, id)], [Some(1), None, None]);
    assert_eq!(keyring.pairs().collect::<Vec<_>>(), [(2, Form::Key), (3, Form::Key), (3, Form::Sha256), (2, Form::Sha256)]);
    assert_eq!(keyring.image().floor().sequence, SEQUENCE);
}

/// What is wrong, the section that is refused for it, and how to make it so.
type Fault<'f> = (&'f str, Tag, &'f dyn Fn(&mut Parts));

#[test]
fn each_rule_of_the_check_refuses_what_breaks_it() {
    let good = full();
    assert_eq!(good.refusal(), None);
    let total = u32::try_from(good.keys.len()).unwrap();
    let beyond = u32::try_from(good.text.len()).unwrap();
    let faults: [Fault<'_>; 33] = [
        ("no index", INDEX, &|parts| parts.index.clear()),
        ("an index of one entry", INDEX, &|parts| parts.index.truncate(1)),
        ("an index of 7 buckets", INDEX, &|parts| parts.index.truncate(8)),
        ("an index that begins late", INDEX, &|parts| parts.index[0] = 1.into()),
        ("an index that ends early", INDEX, &|parts| parts.index[8] = (total - 1).into()),
        ("an index that ends late", INDEX, &|parts| parts.index[8] = (total + 1).into()),
        ("an index that goes back", INDEX, &|parts| parts.index[4] = 0.into()),
        ("an index that leaps ahead", INDEX, &|parts| parts.index[4] = (total + 1).into()),
        ("a key in its neighbour's bucket", INDEX, &|parts| parts.index[1] = 17.into()),
        ("a bucket of 17", INDEX, &|parts| {
            parts.keys.insert(0, record([0; 16]));
            parts.index.iter_mut().skip(1).for_each(|at| *at += 1);
        }),
        ("keys out of order", KEY, &|parts| parts.keys.swap(0, 1)),
        ("a digest twice", KEY, &|parts| parts.keys[1].digest = parts.keys[0].digest),
        ("five pairs", PAIR, &|parts| parts.pairs.push(pair(4, 0))),
        ("a pair of an unknown form", PAIR, &|parts| parts.pairs[1].form = 2),
        ("a pair with reserved bytes", PAIR, &|parts| parts.pairs[1].zero = [0, 1]),
        ("a name past the text", NAMES, &|parts| parts.names[0] = beyond.into()),
        ("a plan past the text", PLAN, &|parts| parts.plans[1] = beyond.into()),
        ("no set of scopes", SCOPE_SET, &|parts| parts.scope_sets.clear()),
        ("no set of zones", ZONE_SET, &|parts| parts.zone_sets.clear()),
        ("a first set that is not empty", SCOPE_SET, &|parts| parts.scope_sets[0] = set(0, 1)),
        ("a first set of zones that is not empty", ZONE_SET, &|parts| parts.zone_sets[0] = set(0, 1)),
        ("a set past the names", SCOPE_SET, &|parts| parts.scope_sets[1] = set(2, 2)),
        ("a set with reserved bytes", ZONE_SET, &|parts| parts.zone_sets[1].zero = [1, 0]),
        ("a scope set that is none", KEY, &|parts| parts.keys[5].scope_set = 2.into()),
        ("a zone set that is none", KEY, &|parts| parts.keys[5].zone_set = 2.into()),
        ("a plan that is none", KEY, &|parts| parts.keys[5].plan = 2.into()),
        ("an unknown environment", KEY, &|parts| parts.keys[5].env = 3),
        ("an unknown state", KEY, &|parts| parts.keys[5].state = 3),
        ("a pepper of no pair", KEY, &|parts| parts.keys[5].pepper = 4),
        ("a pepper and a form of two pairs", KEY, &|parts| parts.pairs = vec![pair(2, 1), pair(3, 0)]),
        ("reserved bytes", KEY, &|parts| parts.keys[5].zero[9] = 1),
        ("a principal past the text", KEY, &|parts| parts.keys[5].principal = beyond.into()),
        ("a tenant past the text", KEY, &|parts| parts.keys[5].tenant = beyond.into()),
    ];
    for (what, tag, fault) in faults {
        let mut bad = good.clone();
        fault(&mut bad);
        assert_eq!(bad.refusal(), Some(OpenError::Content { tag }), "{what}");
    }
    assert_eq!(faults.iter().map(|(what, ..)| what).collect::<BTreeSet<_>>().len(), faults.len());
    let fewest = Parts { pairs: vec![pair(2, 0)], ..good };
    assert_eq!(fewest.refusal(), None, "one pair is enough");
}
