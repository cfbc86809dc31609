//! An API with so many routes, and its policy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use caltrop::net::Cidr;
use caltrop_benches::Dice;
use caltrop_control::image::Stamp;
use caltrop_control::model::{
    ALLOW_EVERY, Auth, By, Cost, Credential, Feed, FeedKind, ForwardedBy, Limit, Mode, On, Plan, Policy, Quota, Route, Tls, Zone, compile,
};
use ed25519_dalek::SigningKey;

/// What there is of each version of the API. Ten nouns in a row are one group.
const NOUNS: [&str; 40] = [
    "products",
    "categories",
    "prices",
    "images",
    "reviews",
    "brands",
    "bundles",
    "variants",
    "stocks",
    "warehouses",
    "orders",
    "carts",
    "shipments",
    "returns",
    "payments",
    "refunds",
    "coupons",
    "gifts",
    "wishlists",
    "checkouts",
    "invoices",
    "subscriptions",
    "credits",
    "taxes",
    "payouts",
    "disputes",
    "ledgers",
    "statements",
    "balances",
    "charges",
    "users",
    "roles",
    "teams",
    "projects",
    "webhooks",
    "exports",
    "imports",
    "jobs",
    "alerts",
    "settings",
];
/// What each member of a collection has.
const PARTS: [&str; 4] = ["items", "notes", "events", "files"];
/// What may be done with a collection and its members.
const COLLECTION: [(&str, &str); 5] = [("GET", ""), ("POST", ""), ("GET", "/{id}"), ("PUT", "/{id}"), ("DELETE", "/{id}")];
/// What may be done with a member's parts.
const PART: [(&str, &str); 5] = [("GET", ""), ("POST", ""), ("GET", "/{part}"), ("PATCH", "/{part}"), ("DELETE", "/{part}")];

/// Of each group one to read and one to write. The last group is the administration's, which is served to the VPN alone.
pub(crate) const SCOPES: [&str; 8] =
    ["catalog:read", "catalog:write", "orders:read", "orders:write", "billing:read", "billing:write", "admin:read", "admin:write"];
pub(crate) const PLANS: [&str; 4] = ["free", "pro", "scale", "partner"];
/// The zones' bits, in the order in which the policy names them.
pub(crate) const BAD: u32 = 1;
pub(crate) const OFFICE: u32 = 2;
pub(crate) const VPN: u32 = 4;

/// One route.
pub(crate) struct Way {
    pub(crate) name: String,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// Its scope, by its place in [`SCOPES`].
    pub(crate) scope: usize,
}

impl Way {
    pub(crate) const fn is_of_vpn(&self) -> bool {
        self.scope >= SCOPES.len() - 2
    }
}

/// The first so many routes: 1,000 a version of the API.
pub(crate) fn ways(count: usize) -> Vec<Way> {
    let of_noun = |version: usize, at: usize, noun: &str| {
        let collection = format!("/v{version}/{noun}");
        let parts = PARTS.map(|part| format!("{collection}/{{id}}/{part}"));
        let paths = std::iter::once((collection, COLLECTION)).chain(parts.into_iter().map(|part| (part, PART)));
        let every = paths.flat_map(|(path, ways)| ways.map(|(method, rest)| (method, format!("{path}{rest}"))));
        let way = move |(method, path): (&'static str, String)| Way {
            name: format!("{}{}", method.to_ascii_lowercase(), path.replace('/', "-").replace(['{', '}'], "")),
            scope: at / 10 * 2 + usize::from(method != "GET"),
            method,
            path,
        };
        every.map(way).collect::<Vec<_>>()
    };
    let versions = (1..).flat_map(|version| NOUNS.iter().enumerate().map(move |(at, noun)| (version, at, noun)));
    versions.flat_map(|(version, at, noun)| of_noun(version, at, noun)).take(count).collect()
}

/// The networks of each zone. Those of all clients have a 0 at bit 23 (IPv4), or begin otherwise (IPv6): nobody is in a zone by chance.
pub(crate) fn zones() -> [(&'static str, Vec<Cidr>); 3] {
    let mut dice = Dice(3);
    let mut bad: Vec<Cidr> = Vec::new();
    for _ in 0..1_000 {
        let length = 16 + dice.next() % 13;
        let bits = (dice.next() | 1 << 23) & (u32::MAX << (32 - length));
        bad.push(network(Ipv4Addr::from_bits(bits).into(), length));
    }
    for _ in 0..200 {
        let bits = 0x2A02 << 112 | u128::from(dice.next()) << 80;
        bad.push(network(Ipv6Addr::from_bits(bits).into(), 48));
    }
    // Named by mistake: the office is never denied.
    bad.push(network(IpAddr::from([198, 180, 3, 64]), 26));
    let of_company = |first: u8, count: u8| (0..count).map(move |at| network(IpAddr::from([198, first, at, 0]), 24));
    let office = of_company(180, 20).chain(["2a03:b0::".parse().map(|address| network(address, 44)).expect("an address")]);
    let vpn = of_company(190, 10).chain([network(IpAddr::from([10, 200, 0, 0]), 16)]);
    [("bad", bad), ("office", office.collect()), ("vpn", vpn.collect())]
}

fn network(address: IpAddr, length: u32) -> Cidr {
    Cidr::new(address, u8::try_from(length).expect("at most 128")).expect("no host bits")
}

/// How often requests come, and how many each caller may send.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) step_ns: u64,
    pub(crate) limit: Limit,
}

impl Pace {
    /// One caller, 50 times a second.
    pub(crate) const HOT: Self = Self { step_ns: 20_000_000, limit: Limit { count: 60, period_s: 1, burst: 1_000 } };

    /// 50,000 requests a second from all callers together. Each comes twice as often as its quotas give it units, and has saved enough of them:
    /// nearly all owe when they come, and none is refused while this bench runs.
    pub(crate) fn busy(callers: u32) -> Self {
        Self { step_ns: 20_000, limit: Limit { count: 25, period_s: (callers / 1_000).max(1), burst: 5_000 } }
    }

    /// As many requests, to quotas that have given back each unit long before its caller comes again.
    pub(crate) const SPARSE: Self = Self { step_ns: 20_000, limit: Limit { count: 60, period_s: 1, burst: 1_000 } };

    /// What a tenant may send: ten principals share it, and never save as much as each of them for itself.
    pub(crate) const fn of_tenant(&self) -> Limit {
        Limit { count: 10 * self.limit.count, burst: 5 * self.limit.burst, ..self.limit }
    }
}

/// What all callers of a plan may send.
pub(crate) const OF_PLAN: Limit = Limit { count: 60_000, period_s: 1, burst: 60_000 };

/// The policy of these routes, signed.
pub(crate) fn policy(ways: &[Way], pace: Pace, slots: u32) -> Vec<u8> {
    let signer = SigningKey::from_bytes(&[7; 32]);
    let quota = |name: &str, by, on, limit| Quota {
        name: name.into(),
        by,
        on,
        limits: Some(vec![limit]),
        in_zone: Vec::new(),
        cost: Cost::Units(1),
        mode: Mode::Enforce,
    };
    let route = |way: &Way| Route {
        name: way.name.clone(),
        templates: vec![format!("{} {}", way.method, way.path).parse().expect("a template")],
        auth: Auth::Anybody,
        roles: Vec::new(),
        scopes: vec![SCOPES[way.scope].to_owned()],
        zones: if way.is_of_vpn() { vec!["vpn".to_owned()] } else { Vec::new() },
        charge: None,
        tls: None,
        conditions: Vec::new(),
        hide: false,
        mode: Mode::Enforce,
    };
    let model = Policy {
        name: "acme".into(),
        mode: Mode::Enforce,
        slots,
        allow_every: ALLOW_EVERY,
        deny_expired: false,
        proxies: Vec::new(),
        unix_is_proxy: false,
        forwarded: ForwardedBy::Nothing,
        tls: Tls::V1_2,
        zones: zones().map(|(name, networks)| Zone { name: name.into(), networks, feed: None }).into(),
        deny: vec!["bad".into()],
        never_deny: vec!["office".into()],
        cors: Vec::new(),
        fields: Vec::new(),
        strip: true,
        feeds: vec![Feed {
            name: "keys".into(),
            kind: FeedKind::Keyring,
            signers: vec![signer.verifying_key().to_bytes()],
            stale: None,
            fetch: None,
        }],
        keyring: Some("keys".into()),
        issuers: Vec::new(),
        credentials: vec![
            Credential { header: "authorization".into(), scheme: Some("Bearer".into()) },
            Credential { header: "x-api-key".into(), scheme: None },
        ],
        plans: PLANS.map(|name| Plan { name: name.into(), limits: Vec::new() }).into(),
        quotas: vec![
            quota("address", By::Address, On::Request, pace.limit),
            quota("failures", By::Address, On::AuthFailure, pace.limit),
            quota("requests", By::Principal, On::Request, pace.limit),
            quota("tenant", By::Tenant, On::Request, pace.of_tenant()),
            quota("plan", By::Plan, On::Request, OF_PLAN),
        ],
        routes: ways.iter().map(route).collect(),
    };
    compile(&model).expect("a policy").finish(&signer, Stamp { sequence: 1, created_s: 1_796_000_000, not_after_s: 0 })
}
