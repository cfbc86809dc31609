//! One small API, its policy and its keys: what the tests of whole decisions share.
#![allow(dead_code, reason = "each test file uses its own part of the house")]

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use caltrop::guard::{Feeds, Misuse, Secrets};
use caltrop::image::{Floor, Trust};
use caltrop::key::{Form, Keyring, digest};
use caltrop::net::{Overlap, Prefix};
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::table::Word;
use caltrop::time::Quality;
use caltrop::verify::PublicKey;
use caltrop::{Decision, Guard, Now, Policy, State, mac};
use caltrop_control::diagnostic::Source;
use caltrop_control::image::Stamp;
use caltrop_control::keys::{KeyModel, KeyState, build};
use caltrop_control::model::{
    self, Auth, By, Condition, Cost, Credential, Feed, FeedKind, Field, ForwardedBy, Hours, Limit, Mode, On, Operand, Plan, Quota, Route,
    Test, Tls, Zone,
};
use caltrop_control::policy::Written;
use caltrop_control::prefixes::{Choice, Table};
use ed25519_dalek::SigningKey;

pub(crate) const STAMP: Stamp = Stamp { sequence: 7, created_s: 1_796_000_000, not_after_s: 0 };
pub(crate) const PEPPER: [u8; 32] = [9; 32];
pub(crate) const ALICE: &str = "acme_live_alice";
pub(crate) const REVOKED: &str = "acme_live_revoked";
pub(crate) const EXPIRED: &str = "acme_live_expired";
pub(crate) const EARLY: &str = "acme_live_early";
pub(crate) const VPN_ONLY: &str = "acme_live_vpn";

pub(crate) fn signer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub(crate) fn trust(scope: &str, signer: &SigningKey) -> Trust {
    Trust::new(scope, &[PublicKey::from_bytes(signer.verifying_key().as_bytes()).unwrap()])
}

fn route(name: &str, templates: &[&str]) -> Route {
    Route {
        name: name.into(),
        templates: templates.iter().map(|template| template.parse().unwrap()).collect(),
        auth: Auth::Anybody,
        scopes: vec![],
        roles: vec![],
        zones: vec![],
        charge: None,
        tls: None,
        conditions: vec![],
        hide: false,
        mode: Mode::Enforce,
    }
}

/// True of every key and moment, in all forms that a record has.
fn conditions() -> Vec<Condition> {
    let test = |text: &str, test| Condition { text: text.into(), test };
    vec![
        test("principal.plan in ['pro', 'free']", Test::OneOf(Operand::Plan, vec!["pro".into(), "free".into()])),
        test("principal.tenant == principal.tenant", Test::Equal(Operand::Tenant, Operand::Tenant)),
        test("time in 00:00-24:00", Test::Time(Hours { days: 0x7F, from: 0, to: 1440 })),
    ]
}

pub(crate) fn model() -> model::Policy {
    let zone = |name: &str, networks: &[&str]| Zone {
        name: name.into(),
        networks: networks.iter().map(|text| text.parse().unwrap()).collect(),
        feed: None,
    };
    let limit = |count, period_s| Limit { count, period_s, burst: count };
    let quota = |name: &str, by, on, limit| Quota {
        name: name.into(),
        by,
        on,
        limits: Some(vec![limit]),
        in_zone: vec![],
        cost: Cost::Units(1),
        mode: Mode::Enforce,
    };
    model::Policy {
        name: "acme-api".into(),
        mode: Mode::Enforce,
        slots: 4096,
        allow_every: model::ALLOW_EVERY,
        deny_expired: false,
        proxies: vec!["10.0.0.0/24".parse().unwrap()],
        unix_is_proxy: true,
        forwarded: ForwardedBy::XForwardedFor,
        tls: Tls::V1_2,
        zones: vec![
            zone("vpn", &["10.8.0.0/16"]),
            zone("office", &["198.51.100.0/24", "2001:db8:40::/44"]),
            zone("bad", &["192.0.2.0/24", "198.51.100.66/32"]),
        ],
        deny: vec!["bad".into()],
        never_deny: vec!["office".into()],
        cors: vec!["https://app.acme.example".into()],
        fields: vec![
            Field { name: "strict-transport-security".into(), value: "max-age=63072000".into() },
            Field { name: "x-content-type-options".into(), value: "nosniff".into() },
        ],
        strip: true,
        feeds: vec![Feed {
            name: "keys".into(),
            kind: FeedKind::Keyring,
            signers: vec![*signer().verifying_key().as_bytes()],
            stale: None,
            fetch: None,
        }],
        keyring: Some("keys".into()),
        issuers: vec![],
        credentials: vec![
            Credential { header: "authorization".into(), scheme: Some("Bearer".into()) },
            Credential { header: "x-api-key".into(), scheme: None },
        ],
        plans: vec![
            Plan { name: "pro".into(), limits: vec![("tenant".into(), vec![limit(100, 60), limit(5000, 86_400)])] },
            Plan { name: "free".into(), limits: vec![("tenant".into(), vec![limit(10, 60)])] },
        ],
        quotas: vec![
            Quota { in_zone: vec![("office".into(), limit(1000, 60))], ..quota("address", By::Address, On::Request, limit(50, 60)) },
            quota("failures", By::Address, On::AuthFailure, limit(3, 600)),
            quota("requests", By::Principal, On::Request, limit(10, 60)),
            Quota { limits: None, ..quota("tenant", By::Tenant, On::Request, limit(1, 1)) },
            Quota { cost: Cost::ByApp, ..quota("tokens", By::Tenant, On::Request, limit(1000, 60)) },
            // So many that no test meets them, and some hold them all.
            quota("jobs", By::Principal, On::Running { lease_s: 60 }, Limit::at_once(255)),
        ],
        routes: vec![
            Route { auth: Auth::Nobody, tls: Some(Tls::Off), ..route("health", &["GET /healthz"]) },
            Route { auth: Auth::Nobody, zones: vec!["office".into(), "vpn".into()], ..route("docs", &["GET /docs"]) },
            Route { scopes: vec!["orders:read".into()], ..route("orders-read", &["GET /v1/orders", "GET /v1/orders/{id}"]) },
            Route {
                scopes: vec!["orders:write".into()],
                charge: Some(vec![("requests".into(), Cost::Units(5))]),
                ..route("orders-write", &["POST /v1/orders"])
            },
            Route { scopes: vec!["orders:read".into()], ..route("orders-latest", &["GET /v1/orders/latest"]) },
            Route { zones: vec!["vpn".into()], mode: Mode::Report { percent: 50 }, ..route("legacy", &["GET /legacy"]) },
            Route { zones: vec!["vpn".into()], conditions: conditions(), ..route("admin", &["* /admin/{rest...}"]) },
        ],
    }
}

pub(crate) fn keys() -> Vec<KeyModel> {
    let pepper = mac::Key::new(&PEPPER);
    let key = |id: u64, text: &str, scopes: &[&str]| KeyModel {
        digest: *digest(&pepper, Form::Key, text.as_bytes()).unwrap().as_bytes(),
        key_id: id,
        principal: text.trim_start_matches("acme_live_").into(),
        tenant: Some("acme".into()),
        not_before_s: 0,
        expires_s: 0,
        generation: 1,
        scopes: scopes.iter().map(|&scope| scope.into()).collect(),
        zones: BTreeSet::new(),
        plan: Some("pro".into()),
        environment: caltrop::key::Environment::Live,
        state: KeyState::Active,
        pepper: 1,
        form: Form::Key,
    };
    vec![
        key(1, ALICE, &["orders:read"]),
        KeyModel { state: KeyState::Denied, ..key(2, REVOKED, &["orders:read"]) },
        KeyModel { expires_s: 1_796_000_000, ..key(3, EXPIRED, &[]) },
        KeyModel { not_before_s: 1_796_999_999, ..key(4, EARLY, &[]) },
        KeyModel { zones: ["vpn".to_owned()].into(), ..key(5, VPN_ONLY, &["orders:read"]) },
    ]
}

pub(crate) fn policy_image() -> Vec<u8> {
    model::compile(&model()).unwrap().finish(&signer(), STAMP)
}

pub(crate) fn keyring_image() -> Vec<u8> {
    build("acme-api/keys", &keys(), &signer(), STAMP).unwrap()
}

/// The image of a list of networks.
pub(crate) fn list_image(scope: &str, networks: &[&str], stamp: Stamp) -> Vec<u8> {
    let mut prefixes: Vec<Prefix> = networks.iter().map(|text| Prefix { cidr: text.parse().unwrap(), value: 1 }).collect();
    let table = Table::new(&mut prefixes, Overlap::Longest, Choice::Fastest);
    table.image(scope, &[String::new()]).unwrap().finish(&signer(), stamp)
}

/// What a request is, for those who only care about a part of it.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) line: &'a str,
    pub(crate) from: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) transport: Transport,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Self { line: "GET /healthz", from: "203.0.113.9", headers: &[], transport: Transport::Tls(TlsVersion::V1_3) }
    }
}

pub(crate) struct House {
    policy: Vec<u8>,
    keyring: Vec<u8>,
    words: Vec<Word>,
    secrets: Secrets,
}

pub(crate) const NOW: Now = Now { wall_s: 1_796_000_100, mono_ns: 1_000_000_000, quality: Quality::Trusted };

impl House {
    pub(crate) fn new() -> Self {
        let policy = policy_image();
        let geometry = Policy::open(&policy, &trust("acme-api", &signer()), Floor::NONE).unwrap().geometry();
        let words: Vec<Word> = (0..State::words(geometry).unwrap()).map(|_| Word::new(0)).collect();
        State::format(&words, geometry, [5; 16]).unwrap();
        Self { policy, keyring: keyring_image(), words, secrets: Secrets::new().with_pepper(1, &PEPPER).unwrap() }
    }

    pub(crate) fn guard(&self) -> Guard<'_> {
        let policy = Policy::open(&self.policy, &trust("acme-api", &signer()), Floor::NONE).unwrap();
        let (_, feed) = policy.keyring_feed().unwrap();
        let keyring = Keyring::open(&self.keyring, &feed, Floor::NONE).unwrap();
        Guard::new(&policy, &Feeds { keyring: Some(keyring), ..Feeds::default() }, &State::attach(&self.words).unwrap(), &self.secrets)
            .unwrap()
    }

    /// The status and the reason's word, "" if allowed.
    pub(crate) fn ask(&self, ask: Ask<'_>) -> (u16, &'static str) {
        self.ask_at(ask, NOW)
    }

    pub(crate) fn ask_at(&self, ask: Ask<'_>, now: Now) -> (u16, &'static str) {
        let headers: Vec<Header<'_>> =
            ask.headers.iter().map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
        let (method, target) = ask.line.split_once(' ').unwrap();
        let peer = if ask.from == "unix" { Peer::Unix } else { Peer::Ip(ask.from.parse().unwrap()) };
        let slice = &headers[..];
        let request = Request {
            method: method.as_bytes(),
            target: target.as_bytes(),
            authority: b"api.example",
            headers: &slice,
            peer,
            transport: ask.transport,
        };
        match self.guard().admit(&request, now) {
            Decision::Allow(_) => (200, ""),
            Decision::Deny(denial) => (denial.status(), denial.reason().word()),
        }
    }
}

/// A guard of some policy without keys, whose rules stand behind `[policy] name`.
pub(crate) fn with_guard(rules: &str, look: impl FnOnce(&Guard<'_>)) {
    look(&Fed::new(rules).guard(&Feeds::default()).unwrap());
}

/// A policy and a state: what guards are made of that a test feeds itself.
pub(crate) struct Fed {
    image: Vec<u8>,
    words: Vec<Word>,
    secrets: Secrets,
}

impl Fed {
    pub(crate) fn new(rules: &str) -> Self {
        let public = *signer().verifying_key().as_bytes();
        let text = format!("[policy]\nname = \"acme-api\"\n{rules}");
        let written = Written::read(Source::new("policy.toml", text), &|_| Ok(public)).unwrap_or_else(|report| panic!("{report}"));
        let mut fed = Self {
            image: written.image().unwrap().finish(&signer(), STAMP),
            words: Vec::new(),
            secrets: Secrets::new().with_pepper(1, &PEPPER).unwrap(),
        };
        let geometry = fed.policy().geometry();
        fed.words = (0..State::words(geometry).unwrap()).map(|_| Word::new(0)).collect();
        State::format(&fed.words, geometry, [5; 16]).unwrap();
        fed
    }

    pub(crate) fn policy(&self) -> Policy<'_> {
        Policy::open(&self.image, &trust("acme-api", &signer()), Floor::NONE).unwrap()
    }

    pub(crate) fn guard<'f>(&'f self, feeds: &Feeds<'f>) -> Result<Guard<'f>, Misuse> {
        Guard::new(&self.policy(), feeds, &State::attach(&self.words).unwrap(), &self.secrets)
    }
}

/// So many seconds after it began.
pub(crate) fn at(seconds: u64) -> Now {
    Now { wall_s: 1_796_000_100 + seconds, mono_ns: (1 + seconds) * 1_000_000_000, quality: Quality::Trusted }
}

/// A stranger's POST over TLS.
pub(crate) fn post<'g>(guard: &Guard<'g>, target: &[u8], now: Now) -> Decision<'g> {
    let headers: &[Header<'_>] = &[];
    let peer = Peer::Ip(Ipv4Addr::new(203, 0, 113, 9).into());
    let transport = Transport::Tls(TlsVersion::V1_3);
    guard.admit(&Request { method: b"POST", target, authority: b"localhost", headers: &headers, peer, transport }, now)
}
