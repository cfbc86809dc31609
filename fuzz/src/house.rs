//! One policy and its keys, compiled and signed once a process.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::LazyLock;

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::guard::{Geometry, Secrets};
use caltrop::image::Trust;
use caltrop::key::{Environment, Form, digest};
use caltrop::table::{TableSize, Word};
use caltrop::verify::PublicKey;
use caltrop::{State, mac};
use caltrop_control::diagnostic::Source;
use caltrop_control::image::Stamp;
use caltrop_control::keys::{KeyModel, KeyState, build};
use caltrop_control::policy::Written;
use ed25519_dalek::{Signer, SigningKey};

/// Uses every table that a policy may have.
const POLICY: &str = r#"
[policy]
name  = "acme-api"
slots = 512
[network]
proxies    = ["unix:", "10.0.0.0/24", "2001:db8:feed::/64"]
forwarded  = "x-forwarded-for"
tls        = "1.2"
zones      = { vpn = ["10.8.0.0/16", "fd00:8::/32"], office = ["198.51.100.0/24", "2001:db8:40::/44"], bad = ["192.0.2.0/24"] }
deny       = ["bad"]
never-deny = ["office"]
cors       = ["https://app.acme.example", "http://localhost:3000"]
[headers]
x-powered-by = "caltrop"
[feed]
keys = { kind = "keyring", signer = "keys.pub", stale = "5m", on-stale = "keep" }
[audit]
allow = "1/3"
[auth.key]
from = "feed:keys"
in   = ["authorization: Bearer", "x-api-key"]
strip = true
[auth.corp]
issuer     = "https://id.acme.example"
audience   = ["acme-api"]
algorithms = ["EdDSA", "ES256"]
typ        = ["at+jwt", "JWT"]
max-age    = "1h"
claims     = { roles = "realm_access.roles", tenant = "org", plan = "plan" }
keys       = [
    { kty = "OKP", crv = "Ed25519", kid = "e1", x = "gTl3Dqh9F19Wo1Rmw0x-zMuNipG07jeiXfYPW4_Js5Q" },
    { kty = "EC", crv = "P-256", kid = "p1", x = "y7sDEq0164LHOQ60f9Wcxiaj9OGeqVGI1oclgGVjxwE", y = "j_4ep-AO0tvbhyAb__WYjMI9gTh_tpsyZRLY-_abWSY" },
]
[quota]
address  = { by = "address", limit = "20/minute", in-zone = { office = "1000/minute" } }
failures = { by = "address", limit = "3/10m", on = "auth-failure" }
requests = { by = "principal", limit = "5/minute" }
tenant   = { by = "tenant", limit = "plan" }
pool     = { by = "plan", limit = "60/minute" }
jobs     = { by = "principal", limit = 2, kind = "concurrent", lease = "1m" }
[plan]
default = { tenant = "9/minute" }
pro     = { tenant = [{ limit = "9/minute", burst = 4 }, "90/hour"] }
[route]
health       = { match = "GET /healthz", auth = "none", tls = "off" }
docs         = { match = ["GET /docs", "GET /docs/{page}"], auth = "none", zones = ["office", "vpn"], where = "time in mon-fri 06:00-05:00" }
orders-read  = { match = ["GET /v1/orders", "GET /v1/orders/{id}"], scopes = ["orders:read"] }
orders-write = { match = "POST /v1/orders", scopes = ["orders:read", "orders:write"], charge = { requests = 3 } }
files        = { match = "GET /files/{path...}", auth = "none" }
orders-own   = { match = "GET /t/{tenant}/{rest...}", where = ["path.tenant == principal.tenant", "path.tenant in ['acme', 'globex']"] }
admin        = { match = "* /admin/{rest...}", zones = ["vpn"], where = "principal.plan in ['pro']" }
staff        = { match = "* /staff/{rest...}", auth = "corp", roles = ["admin"] }
secret       = { match = "POST /secret", scopes = ["orders:read", "orders:write"], hide = true }
cafe         = { match = "GET /caf%C3%A9/{id}", auth = "none" }
"#;

/// The stamp of every image here.
pub const STAMP: Stamp = Stamp { sequence: 7, created_s: 1_796_000_000, not_after_s: 0 };

/// Keys that are good, taken back, and past their end.
pub const KEYS: [&str; 3] = ["acme_live_alice", "acme_live_revoked", "acme_live_expired"];

const PEPPER: [u8; 32] = [9; 32];

/// What the issuer's tokens say, of which a fuzzer's input makes others.
pub const CLAIMS: [&str; 3] = [
    r#"{"iss":"https://id.acme.example","aud":"acme-api","sub":"ada","iat":1796000000,"exp":1796000400,"scope":"orders:read","org":"acme"}"#,
    r#"{"iss":"https://id.acme.example","aud":["x","acme-api"],"sub":"eve","exp":1796000400,"iat":1796000099,"realm_access":{"roles":["admin"]},"plan":"pro"}"#,
    r#"{"iss":"https://id.acme.example","aud":"acme-api","sub":"old","iat":1796000000,"exp":1796000100}"#,
];

/// A token of the issuer, which signs whatever it says.
pub fn token(header: &[u8], claims: &[u8]) -> String {
    let part = |bytes: &[u8]| Base64UrlUnpadded::encode(bytes, &mut vec![0; bytes.len() * 2 + 4]).expect("it fits").to_owned();
    let signed = format!("{}.{}", part(header), part(claims));
    let tag = part(&SigningKey::from_bytes(&[2; 32]).sign(signed.as_bytes()).to_bytes());
    format!("{signed}.{tag}")
}

/// Who signs all images.
pub fn signer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// Trust in that signer for a scope.
pub fn trust(scope: &str) -> Trust {
    Trust::new(scope, &[PublicKey::from_bytes(signer().verifying_key().as_bytes()).expect("a good key")])
}

/// The image of the policy.
pub static POLICY_IMAGE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let public = *signer().verifying_key().as_bytes();
    let written = Written::read(Source::new("policy.toml", POLICY), &|_| Ok(public)).unwrap_or_else(|report| panic!("{report}"));
    written.image().expect("it compiles").finish(&signer(), STAMP)
});

/// The image of the keyring.
pub static KEYRING_IMAGE: LazyLock<Vec<u8>> = LazyLock::new(|| build("acme-api/keys", &keys(), &signer(), STAMP).expect("it builds"));

/// The host's secrets.
pub static SECRETS: LazyLock<Secrets> = LazyLock::new(|| Secrets::new().with_pepper(1, &PEPPER).expect("room for one"));

fn keys() -> Vec<KeyModel> {
    let pepper = mac::Key::new(&PEPPER);
    let key = |id: u64, text: &str, form: Form| KeyModel {
        digest: *digest(&pepper, form, text.as_bytes()).expect("a key").as_bytes(),
        key_id: id,
        principal: text.trim_start_matches("acme_live_").into(),
        tenant: Some("acme".into()),
        not_before_s: 0,
        expires_s: 0,
        generation: 1,
        scopes: ["orders:read".to_owned()].into(),
        zones: BTreeSet::new(),
        plan: Some("pro".into()),
        environment: Environment::Live,
        state: KeyState::Active,
        pepper: 1,
        form,
    };
    let [alice, revoked, expired] = KEYS;
    let filler = (100..140).map(|id| key(id, &format!("acme_live_{id}"), Form::Key));
    let named = [
        key(1, alice, Form::Key),
        KeyModel { state: KeyState::Denied, tenant: None, ..key(2, revoked, Form::Sha256) },
        KeyModel { expires_s: 1_796_000_000, zones: ["vpn".to_owned()].into(), ..key(3, expired, Form::Key) },
    ];
    named.into_iter().chain(filler).collect()
}

/// Words of a fresh, small state.
pub fn state_words() -> Vec<Word> {
    const GEOMETRY: Geometry =
        Geometry { rate: TableSize { lines: 16, overflow_log2: 3 }, lease_lines: 2, lease_s: NonZero::<u32>::MIN, audit_slots: 16 };
    let words: Vec<Word> = (0..State::words(GEOMETRY).expect("in bounds")).map(|_| Word::new(0)).collect();
    State::format(&words, GEOMETRY, [5; 16]).expect("as many as it takes");
    words
}
