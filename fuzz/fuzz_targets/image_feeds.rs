//! Reaches: `KeySet::open` and `Revocations::open` with every check of a record, then what each is asked.
//! Compares: a list of what was taken back with one look at each of its entries.
//! Holds: bytes that nobody signed are refused; whatever opens is asked without a panic, and a set has 1 to 8 keys.
#![no_main]

use std::sync::LazyLock;

use arbitrary::Unstructured;
use caltrop::Now;
use caltrop::access::{Revocable, Revocations};
use caltrop::image::Floor;
use caltrop::time::Quality;
use caltrop::token::{Algorithm, KeySet};
use caltrop_control::jwks;
use caltrop_control::revocations::{self, Entry};
use caltrop_fuzz::house::{STAMP, signer, trust};
use caltrop_fuzz::{planted, resign};
use libfuzzer_sys::fuzz_target;

const SCOPE: &str = "acme-api/feed";

const SET: &str = r#"{"keys": [
    {"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
]}"#;

static KEYS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let set = jwks::read_set(SET, &[Algorithm::EdDsa, Algorithm::Es256]).expect("a set");
    jwks::image(SCOPE, &set.keys).expect("short names").finish(&signer(), STAMP)
});

/// Each kind, with and without an instant and an end.
const NAMED: [Revocable<'static>; 5] = [
    Revocable::Token { issuer: "corp", id: "t1" },
    Revocable::Principal { name: "corp:ada" },
    Revocable::Client { issuer: "corp", id: "app" },
    Revocable::SigningKey { issuer: "corp", id: "k1" },
    Revocable::Key { id: 7 },
];

static LIST: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let entries: Vec<Entry> = (0u32..).zip(&NAMED).map(|(at, named)| Entry::new(named, "name", at * 1000, at % 2 * 5000)).collect();
    revocations::image(SCOPE, &entries).expect("short names").finish(&signer(), STAMP)
});

fuzz_target!(|data: &[u8]| {
    planted(data);
    assert!(KeySet::open(data, &trust(SCOPE), Floor::NONE).is_err(), "nobody signed this");
    assert!(Revocations::open(data, &trust(SCOPE), Floor::NONE).is_err(), "nor this");
    let _ = keys(&mut Unstructured::new(data));
    let _ = list(&mut Unstructured::new(data));
});

fn keys(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let image = resign::changed(&KEYS, input)?;
    if let Ok(set) = KeySet::open(&image, &trust(SCOPE), Floor::NONE) {
        assert!((1..=8).contains(&set.kids().count()));
    }
    Ok(())
}

fn list(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let image = resign::changed(&LIST, input)?;
    let Ok(list) = Revocations::open(&image, &trust(SCOPE), Floor::NONE) else { return Ok(()) };
    let quality = if input.arbitrary()? { Quality::Trusted } else { Quality::Untrusted };
    let now = Now { wall_s: input.int_in_range(0..=10_000)?, quality, ..Now::default() };
    let issued_s: Option<i64> = if input.arbitrary()? { Some(input.int_in_range(-10..=10_000)?) } else { None };
    for named in &NAMED {
        let is_over = |until_s: u32| until_s != 0 && quality == Quality::Trusted && now.wall_s >= until_s.into();
        let is_before = |before_s: u32| before_s == 0 || issued_s.is_none_or(|issued_s| issued_s < before_s.into());
        let wanted = list.iter().any(|(record, _)| {
            let is_it = record.digest == named.digest() && record.what == named.code();
            is_it && is_before(record.before_s.get()) && !is_over(record.until_s.get())
        });
        assert_eq!(list.has(named, issued_s, now), wanted, "{named:?}");
    }
    Ok(())
}
