//! What callers are told, and what the application behind: whole answers of the real guard.

use std::collections::{BTreeMap, BTreeSet};

use caltrop::guard::{Feeds, Value};
use caltrop::image::{Floor, Trust};
use caltrop::key::{Environment, Form, Keyring, digest};
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::table::Word;
use caltrop::time::Quality;
use caltrop::verify::PublicKey;
use caltrop::{Decision, Guard, Now, Policy, Secrets, State, mac};
use caltrop_control::diagnostic::Source;
use caltrop_control::image::Stamp;
use caltrop_control::keys::{KeyModel, KeyState, build};
use caltrop_control::policy::Written;
use ed25519_dalek::SigningKey;

const POLICY: &str = r#"
[policy]
name = "acme-api"
[network]
cors = ["https://app.acme.example", "http://localhost:3000"]
[headers]
referrer-policy = "off"
X-Robots-Tag = "noindex, nofollow"
[feed]
keys = { kind = "keyring", signer = "keys.pub" }
[auth.key]
from = "feed:keys"
in = ["authorization: Bearer", "x-api-key"]
strip = true
[quota]
wide = { by = "address", limit = "600/minute" }
requests = { by = "principal", limit = "3/minute" }
[route]
health = { match = "GET /healthz", auth = "none", tls = "off", charge = {} }
orders = { match = ["GET /v1/orders", "POST /v1/orders"], scopes = ["orders:read"] }
write = { match = "DELETE /v1/orders/{id}", scopes = ["orders:read", "orders:write"] }
any = { match = "* /any", auth = "none", charge = {} }
admin = { match = "GET /admin", scopes = ["admin"], hide = true }
"#;
const PEPPER: [u8; 32] = [9; 32];
const STAMP: Stamp = Stamp { sequence: 1, created_s: 1, not_after_s: 0 };
const PAGE: (&str, &str) = ("origin", "https://app.acme.example");
const KEY: (&str, &str) = ("x-api-key", "acme_live_alice");

/// Request line, header fields, and the status.
type Asked<'a> = (&'a str, &'a [(&'a str, &'a str)], u16);
type Told = (u16, BTreeMap<String, String>, String);

/// Asks a fresh guard of some policy, and looks at the last answer.
fn with<R>(
    policy: &str,
    line: &str,
    headers: &[(&str, &str)],
    times: usize,
    tls: bool,
    look: impl Fn(&Decision<'_>, &Policy<'_>) -> R,
) -> R {
    let signer = SigningKey::from_bytes(&[7; 32]);
    let public = *signer.verifying_key().as_bytes();
    let written = Written::read(Source::new("policy.toml", policy), &|_| Ok(public)).unwrap_or_else(|report| panic!("{report}"));
    let image = written.image().unwrap().finish(&signer, STAMP);
    let key = KeyModel {
        digest: *digest(&mac::Key::new(&PEPPER), Form::Key, KEY.1.as_bytes()).unwrap().as_bytes(),
        key_id: 1,
        principal: "alice".into(),
        tenant: Some("acme".into()),
        not_before_s: 0,
        expires_s: 0,
        generation: 1,
        scopes: ["orders:list", "orders:read"].map(str::to_owned).into(),
        zones: BTreeSet::new(),
        plan: Some("pro".into()),
        environment: Environment::Live,
        state: KeyState::Active,
        pepper: 1,
        form: Form::Key,
    };
    let keyring = build("acme-api/keys", &[key], &signer, STAMP).unwrap();
    let trust = Trust::new("acme-api", &[PublicKey::from_bytes(&public).unwrap()]);
    let policy = Policy::open(&image, &trust, Floor::NONE).unwrap();
    let keyring = Keyring::open(&keyring, &policy.keyring_feed().unwrap().1, Floor::NONE).unwrap();
    let words: Vec<Word> = (0..State::words(policy.geometry()).unwrap()).map(|_| Word::new(0)).collect();
    let state = State::format(&words, policy.geometry(), [5; 16]).unwrap();
    let secrets = Secrets::new().with_pepper(1, &PEPPER).unwrap();
    let guard = Guard::new(&policy, &Feeds { keyring: Some(keyring), ..Feeds::default() }, &state, &secrets).unwrap();
    let headers: Vec<Header<'_>> = headers.iter().map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
    let (method, target) = line.split_once(' ').unwrap();
    let request = Request {
        method: method.as_bytes(),
        target: target.as_bytes(),
        authority: b"api.example",
        headers: &headers.as_slice(),
        peer: Peer::Ip("203.0.113.9".parse().unwrap()),
        transport: if tls { Transport::Tls(TlsVersion::V1_3) } else { Transport::Plaintext },
    };
    let now = Now { wall_s: 1_796_000_000, mono_ns: 1_000_000_000, quality: Quality::Trusted };
    let mut last = guard.admit(&request, now);
    for _ in 1..times {
        last = guard.admit(&request, now);
    }
    look(&last, &policy)
}

/// Status, fields and body. No field stands there twice.
fn told_by(policy: &str, line: &str, headers: &[(&str, &str)], times: usize, tls: bool) -> Told {
    with(policy, line, headers, times, tls, |decision, _| {
        let mut fields = BTreeMap::new();
        for field in decision.fields() {
            assert!(fields.insert(field.name.to_owned(), field.value.to_string()).is_none(), "{field}");
        }
        let body = match decision {
            Decision::Allow(_) => String::new(),
            Decision::Deny(denial) => denial.body().as_str().replace(&decision.id().to_string(), "ID"),
        };
        (decision.status(), fields, body)
    })
}

fn told(line: &str, headers: &[(&str, &str)]) -> Told {
    told_by(POLICY, line, headers, 1, true)
}

fn value<'t>((_, fields, _): &'t Told, name: &str) -> Option<&'t str> {
    fields.get(name).map(String::as_str)
}

const PREFLIGHT: [(&str, &str); 2] = [PAGE, ("access-control-request-method", "POST")];

#[test]
fn a_preflight_of_a_listed_origin_is_answered_whole() {
    let answer = told("OPTIONS /v1/orders", &PREFLIGHT);
    assert_eq!((answer.0, answer.2.as_str()), (204, ""));
    let wanted = [
        ("access-control-allow-headers", "authorization, x-api-key, content-type"),
        ("access-control-allow-methods", "POST, GET"),
        ("access-control-allow-origin", "https://app.acme.example"),
        ("access-control-max-age", "600"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", "max-age=63072000"),
        ("vary", "origin"),
        ("x-content-type-options", "nosniff"),
        ("x-robots-tag", "noindex, nofollow"),
    ];
    assert_eq!(answer.1, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(value(&told("OPTIONS /any", &PREFLIGHT), "access-control-allow-methods"), Some("*"));
}

#[test]
fn another_origin_is_told_nothing_that_a_browser_would_take_for_leave() {
    for origin in ["https://evil.example", "null", "https://app.acme.example.evil.example", "http://app.acme.example", "*", ""] {
        let answer = told("OPTIONS /v1/orders", &[("origin", origin), PREFLIGHT[1]]);
        assert_eq!(answer.0, 403, "{origin:?}");
        assert!(answer.1.keys().all(|name| !name.starts_with("access-control-")), "{origin:?}");
        let answer = told("GET /v1/orders", &[("origin", origin), KEY]);
        assert_eq!((answer.0, value(&answer, "vary")), (200, Some("origin")), "{origin:?}");
        assert!(answer.1.keys().all(|name| !name.starts_with("access-control-")), "{origin:?}");
    }
}

#[test]
fn denials_and_grants_may_be_read_by_a_listed_page_and_never_with_a_browsers_credentials() {
    let asked: [Asked<'_>; 5] = [
        ("GET /v1/orders", &[PAGE, KEY], 200),
        ("GET /v1/orders", &[PAGE], 401),
        ("DELETE /v1/orders/1", &[PAGE, KEY], 403),
        ("GET /nowhere", &[PAGE], 404),
        ("GET /v1/../x", &[PAGE], 400),
    ];
    for (line, headers, status) in asked {
        let answer = told(line, headers);
        assert_eq!((answer.0, value(&answer, "access-control-allow-origin")), (status, Some(PAGE.1)), "{line}");
        assert_eq!(value(&answer, "access-control-expose-headers"), Some("ratelimit, ratelimit-policy, retry-after, www-authenticate"));
        assert_eq!((value(&answer, "vary"), value(&answer, "access-control-allow-credentials")), (Some("origin"), None));
    }
}

#[test]
fn without_a_list_of_origins_no_answer_speaks_of_them() {
    let policy = POLICY.replace("cors =", "# cors =");
    let answer = told_by(&policy, "GET /v1/orders", &[PAGE, KEY], 1, true);
    assert!(answer.1.keys().all(|name| name != "vary" && !name.starts_with("access-control-")), "{answer:?}");
    assert_eq!(told_by(&policy, "OPTIONS /any", &PREFLIGHT, 1, true).0, 200, "then it is a method like another");
}

#[test]
fn what_tls_alone_makes_true_is_said_over_tls_alone() {
    let (over, without) = (told_by(POLICY, "GET /healthz", &[], 1, true), told_by(POLICY, "GET /healthz", &[], 1, false));
    assert_eq!(value(&over, "strict-transport-security"), Some("max-age=63072000"));
    assert_eq!((value(&without, "strict-transport-security"), value(&without, "x-content-type-options")), (None, Some("nosniff")));
    let bare = told_by(
        &POLICY
            .replace("[headers]", "[policy.x]")
            .replace("[policy.x]\nreferrer-policy = \"off\"\nX-Robots-Tag = \"noindex, nofollow\"\n", ""),
        "GET /healthz",
        &[],
        1,
        true,
    );
    assert!(!bare.1.contains_key("x-content-type-options"), "no table, no fields: {bare:?}");
    assert_eq!(value(&over, "referrer-policy"), None, "the policy says off");
}

#[test]
fn challenges_say_what_rfc_6750_says_and_no_more() {
    let challenge = |line: &str, headers: &[(&str, &str)]| value(&told(line, headers), "www-authenticate").map(str::to_owned);
    let bearer = |rest: &str| Some(format!("Bearer realm=\"acme-api\"{rest}"));
    assert_eq!(challenge("GET /v1/orders", &[]), bearer(""));
    assert_eq!(challenge("GET /v1/orders", &[("x-api-key", "guess")]), bearer(", error=\"invalid_token\""));
    let scopes = ", error=\"insufficient_scope\", scope=\"orders:read orders:write\"";
    assert_eq!(challenge("DELETE /v1/orders/1", &[KEY]), bearer(scopes));
    assert_eq!(challenge("GET /v1/orders", &[KEY]), None);
}

#[test]
fn the_quota_that_decides_is_told() {
    let limit = |times| {
        let told = told_by(POLICY, "GET /v1/orders", &[KEY], times, true);
        let named = |name| value(&told, name).unwrap_or_default().to_owned();
        (told.0, named("ratelimit-policy"), named("ratelimit"), named("retry-after"), named("cache-control"))
    };
    let policy = "\"requests\";q=3;w=60".to_owned();
    assert_eq!(limit(1), (200, policy.clone(), "\"requests\";r=2;t=20".to_owned(), String::new(), String::new()));
    assert_eq!(limit(3), (200, policy.clone(), "\"requests\";r=0;t=60".to_owned(), String::new(), String::new()));
    assert_eq!(limit(4), (429, policy, "\"requests\";r=0;t=20".to_owned(), "20".to_owned(), "no-store".to_owned()));
    assert_eq!(value(&told("GET /v1/orders", &[]), "ratelimit"), None, "a stranger without a key learns of no quota");
    assert_eq!(value(&told("GET /healthz", &[]), "ratelimit"), Some("\"wide\";r=599;t=1"));
}

#[test]
fn what_is_hidden_is_answered_as_what_is_not_there() {
    for headers in [&[][..], &[KEY][..], &[("x-api-key", "guess")][..], &[KEY, ("authorization", "Bearer x")][..], &[PAGE, KEY][..]] {
        assert_eq!(told("GET /admin", headers), told("GET /nowhere", headers), "{headers:?}");
    }
    assert_eq!(told("OPTIONS /admin", &PREFLIGHT), told("OPTIONS /nowhere", &PREFLIGHT));
    assert_eq!(told_by(POLICY, "GET /admin", &[], 1, false), told_by(POLICY, "GET /nowhere", &[], 1, false));
    // The test would notice: said openly, they differ.
    let open = POLICY.replace(", hide = true", "");
    assert_ne!(told_by(&open, "GET /admin", &[KEY], 1, true), told("GET /nowhere", &[KEY]));
}

#[test]
fn the_application_learns_who_calls_from_the_guard_alone() {
    let given = [KEY, ("X_Caltrop-Principal", "root"), ("accept", "*/*"), ("Authorization", "Bearer acme_live_alice")];
    let seen = with(POLICY, "GET /v1/orders", &given, 1, true, |decision, policy| {
        let Decision::Allow(grant) = decision else { panic!("{decision:?}") };
        let fields: Vec<String> = grant.upstream().fields().map(|field| field.to_string().replace(&grant.id().to_string(), "ID")).collect();
        let passed = given.iter().filter(|(name, value)| policy.passes_on(Header { name: name.as_bytes(), value: value.as_bytes() }));
        (fields, passed.map(|(name, _)| *name).collect::<Vec<_>>())
    });
    let fields = ["decision: ID", "principal: alice", "tenant: acme", "plan: pro", "scopes: orders:list orders:read"];
    assert_eq!(seen.0, fields.map(|field| format!("x-caltrop-{field}")));
    assert_eq!(seen.1, ["accept"]);
    with(POLICY, "GET /any", &[KEY], 1, true, |decision, _| {
        let Decision::Allow(grant) = decision else { panic!("{decision:?}") };
        let names: Vec<&str> = grant.upstream().fields().map(|field| field.name).collect();
        assert_eq!(names, ["x-caltrop-decision"], "a route without a credential knows nobody, whatever was shown");
    });
}

#[test]
fn no_spelling_of_the_guards_own_fields_passes() {
    with(POLICY, "GET /healthz", &[], 1, true, |_, policy| {
        let passes = |name: &str| policy.passes_on(Header { name: name.as_bytes(), value: b"root" });
        for name in ["x-caltrop-principal", "X-CALTROP-Scopes", "x_caltrop_principal", "X_Caltrop-new", "x.caltrop.tenant", "x-caltrop-"] {
            assert!(!passes(name), "{name}");
        }
        for name in ["x-caltrop", "xx-caltrop-principal", "x-caltropprincipal", "caltrop-principal", "accept"] {
            assert!(passes(name), "{name}");
        }
        let field = |name: &'static str, value: &'static str| Header { name: name.as_bytes(), value: value.as_bytes() };
        assert!(!policy.passes_on(field("authorization", "bearer  key")) && !policy.passes_on(field("X-API-KEY", "")));
        assert!(policy.passes_on(field("authorization", "Basic dTpw")), "it is no credential of this policy");
    });
    with(&POLICY.replace("strip = true", "strip = false"), "GET /healthz", &[], 1, true, |_, policy| {
        assert!(policy.passes_on(Header { name: b"x-api-key", value: b"key" }));
    });
}

#[test]
fn a_value_is_written_as_it_is_meant() {
    assert_eq!((Value::Text("origin").to_string(), Value::Number(600).to_string()), ("origin".into(), "600".into()));
}
