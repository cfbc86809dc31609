//! The peer: tower layers around governor, matchit, poptrie over ipnet's networks, and a hash map of HMAC digests, as a server in Rust is put together.
//!
//! It is given its best. Requests are borrowed; what a name can be numbered for is a number; the digests, which are uniform, are hashed by taking
//! their first half; one look-up tells all zones; a plan's one bucket is no keyed limiter; each layer's future is ready, so nothing is boxed and one
//! poll ends it. Its shape checks, decision ids, counters and audit events it saves.

use std::collections::HashMap;
use std::future::{Future, Ready, ready};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use caltrop::request::{TlsVersion, Transport};
use caltrop_control::keys::{KeyModel, KeyState};
use caltrop_control::model::Limit;
use governor::RateLimiter;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::InMemoryState;
use governor::state::direct::NotKeyed;
use governor::state::keyed::DashMapStateStore;
use hmac::{Hmac, KeyInit, Mac};
use ipnet::{Ipv4Net, Ipv6Net};
use matchit::Router;
use poptrie::Poptrie;
use sha2::Sha256;
use tower::{Layer, Service, ServiceBuilder};

use super::api::{BAD, OF_PLAN, OFFICE, PLANS, Pace, SCOPES, VPN, Way, zones};
use super::callers::Asked;
use crate::keyring::{NOW, PEPPER};
use crate::told::Told;

/// A request on its way, and what the layers found out.
struct Call<'r, 'w> {
    asked: &'r Asked<'r>,
    zones: u32,
    route: Option<&'w Target>,
    key: Option<&'w Record>,
}

/// Who may pass, and where to.
#[derive(Clone, Copy)]
pub(crate) struct Granted<'w> {
    pub(crate) principal: &'w str,
    pub(crate) route: &'w str,
}

/// The status of a refusal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Denied(pub(crate) u16);

type Answer<'w> = Result<Granted<'w>, Denied>;

/// One check: what it finds out it writes into the call.
trait Check<'w> {
    fn check(&self, call: &mut Call<'_, 'w>) -> Result<(), Denied>;
}

/// The layer of a check.
#[derive(Clone, Copy)]
struct Checked<C>(C);

impl<C: Copy, S> Layer<S> for Checked<C> {
    type Service = Checking<C, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Checking { check: self.0, inner }
    }
}

/// A service behind a check.
struct Checking<C, S> {
    check: C,
    inner: S,
}

impl<'r, 'w, C, S> Service<Call<'r, 'w>> for Checking<C, S>
where
    C: Check<'w>,
    S: Service<Call<'r, 'w>, Response = Granted<'w>, Error = Denied, Future = Ready<Answer<'w>>>,
{
    type Response = Granted<'w>;
    type Error = Denied;
    type Future = Ready<Answer<'w>>;

    #[inline]
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Denied>> {
        self.inner.poll_ready(context)
    }

    #[inline]
    fn call(&mut self, mut call: Call<'r, 'w>) -> Self::Future {
        match self.check.check(&mut call) {
            Ok(()) => self.inner.call(call),
            Err(denied) => ready(Err(denied)),
        }
    }
}

/// The application.
struct Application;

impl<'r, 'w> Service<Call<'r, 'w>> for Application {
    type Response = Granted<'w>;
    type Error = Denied;
    type Future = Ready<Answer<'w>>;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Denied>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, call: Call<'r, 'w>) -> Self::Future {
        ready(match (call.key, call.route) {
            (Some(key), Some(route)) => Ok(Granted { principal: &key.principal, route: &route.name }),
            _ => Err(Denied(500)),
        })
    }
}

/// The keys by their digests.
pub(crate) struct Keys {
    pepper: Hmac<Sha256>,
    records: HashMap<Digest, Record, BuildHasherDefault<FirstHalf>>,
}

struct Record {
    number: u32,
    tenant: u32,
    not_before_s: u32,
    expires_s: u32,
    plan: u8,
    /// A bit for each of [`SCOPES`].
    scopes: u8,
    is_active: bool,
    principal: Box<str>,
}

#[derive(PartialEq, Eq)]
struct Digest([u8; 16]);

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
    }
}

/// What is uniform already is its own hash.
#[derive(Default)]
struct FirstHalf(u64);

impl Hasher for FirstHalf {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only digests are hashed")
    }

    fn write_u64(&mut self, half: u64) {
        self.0 = half;
    }
}

impl Keys {
    pub(crate) fn new(models: &[KeyModel]) -> Self {
        let number = |at: usize| u32::try_from(at).expect("a million");
        let record = |(at, model): (usize, &KeyModel)| {
            let held = |bits, (bit, scope): (usize, &&str)| bits | u8::from(model.scopes.contains(*scope)) << bit;
            let plan = PLANS.iter().position(|&plan| Some(plan) == model.plan.as_deref()).expect("a plan");
            let record = Record {
                number: number(at),
                tenant: number(at / 10),
                not_before_s: model.not_before_s,
                expires_s: model.expires_s,
                plan: u8::try_from(plan).expect("four"),
                scopes: SCOPES.iter().enumerate().fold(0, held),
                is_active: model.state == KeyState::Active,
                principal: model.principal.as_str().into(),
            };
            (Digest(model.digest), record)
        };
        let pepper = Hmac::new_from_slice(&PEPPER).expect("any length");
        Self { pepper, records: models.iter().enumerate().map(record).collect() }
    }
}

/// Where requests go.
pub(crate) struct Routes {
    routers: [Router<u16>; 5],
    targets: Vec<Target>,
}

struct Target {
    name: Box<str>,
    scopes: u8,
    zones: u32,
}

impl Routes {
    pub(crate) fn new(ways: &[Way]) -> Self {
        let mut routers: [Router<u16>; 5] = Default::default();
        for (at, way) in ways.iter().enumerate() {
            let router = method(way.method).expect("one of five");
            routers[router].insert(way.path.as_str(), u16::try_from(at).expect("at most 10,000")).expect("no two alike");
        }
        let target =
            |way: &Way| Target { name: way.name.as_str().into(), scopes: 1 << way.scope, zones: if way.is_of_vpn() { VPN } else { 0 } };
        Self { routers, targets: ways.iter().map(target).collect() }
    }
}

/// Which router a method has.
fn method(name: &str) -> Option<usize> {
    Some(match name {
        "GET" | "HEAD" => 0,
        "POST" => 1,
        "PUT" => 2,
        "PATCH" => 3,
        "DELETE" => 4,
        _ => return None,
    })
}

/// The zones of addresses.
pub(crate) struct Zones {
    v4: Poptrie<Ipv4Net, u32>,
    v6: Poptrie<Ipv6Net, u32>,
}

impl Zones {
    /// Each network says all zones that hold in it, those of the networks around it too.
    pub(crate) fn new() -> Self {
        let (mut v4, mut v6) = (HashMap::<Ipv4Net, u32>::new(), HashMap::<Ipv6Net, u32>::new());
        for (bit, (_, networks)) in zones().iter().enumerate() {
            for cidr in networks {
                match cidr.network() {
                    IpAddr::V4(address) => *v4.entry(Ipv4Net::new_assert(address, cidr.length())).or_default() |= 1 << bit,
                    IpAddr::V6(address) => *v6.entry(Ipv6Net::new_assert(address, cidr.length())).or_default() |= 1 << bit,
                }
            }
        }
        let around_v4 = |net: &Ipv4Net| v4.iter().filter(|(other, _)| other.contains(net)).fold(0, |all, (_, mask)| all | mask);
        let around_v6 = |net: &Ipv6Net| v6.iter().filter(|(other, _)| other.contains(net)).fold(0, |all, (_, mask)| all | mask);
        Self { v4: v4.keys().map(|net| (*net, around_v4(net))).collect(), v6: v6.keys().map(|net| (*net, around_v6(net))).collect() }
    }

    fn of(&self, address: IpAddr) -> u32 {
        match address {
            IpAddr::V4(v4) => self.v4.lookup(v4),
            IpAddr::V6(v6) => self.v6.lookup(v6),
        }
        .copied()
        .unwrap_or(0)
    }
}

type Keyed<K> = RateLimiter<K, DashMapStateStore<K>, Told, NoOpMiddleware<Nanos>>;
type Single = RateLimiter<NotKeyed, InMemoryState, Told, NoOpMiddleware<Nanos>>;

/// All buckets, by one clock.
pub(crate) struct Limits {
    clock: Told,
    address: ByAddress,
    failures: ByAddress,
    principal: Keyed<u32>,
    tenant: Keyed<u32>,
    plan: [Single; PLANS.len()],
}

/// IPv4 by the address; IPv6 by its /64, and its /56 and /48, which may have four and sixteen times as much.
struct ByAddress {
    v4: Keyed<u32>,
    v6: [Keyed<u64>; 3],
}

impl ByAddress {
    fn new(limit: Limit, clock: &Told) -> Self {
        let times = |factor| Limit { count: limit.count * factor, burst: limit.burst * factor, ..limit };
        Self { v4: keyed(limit, clock), v6: [1, 4, 16].map(|factor| keyed(times(factor), clock)) }
    }

    fn is_within(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(v4) => self.v4.check_key(&v4.to_bits()).is_ok(),
            IpAddr::V6(v6) => {
                let network = (v6.to_bits() >> 64) as u64;
                let tiers = self.v6.iter().zip([0, 8, 16]);
                tiers.map(|(limiter, shift)| limiter.check_key(&(network >> shift))).all(|answer| answer.is_ok())
            }
        }
    }
}

impl Limits {
    pub(crate) fn new(pace: Pace) -> Self {
        let clock = Told::default();
        Self {
            address: ByAddress::new(pace.limit, &clock),
            failures: ByAddress::new(pace.limit, &clock),
            principal: keyed(pace.limit, &clock),
            tenant: keyed(pace.of_tenant(), &clock),
            plan: PLANS.map(|_| RateLimiter::direct_with_clock(quota(OF_PLAN), clock.clone())),
            clock,
        }
    }
}

fn keyed<K: Hash + Eq + Clone>(limit: Limit, clock: &Told) -> Keyed<K> {
    RateLimiter::dashmap_with_clock(quota(limit), clock.clone())
}

fn quota(limit: Limit) -> governor::Quota {
    let unit = Duration::from_secs(limit.period_s.into()) / limit.count;
    governor::Quota::with_period(unit).expect("not 0").allow_burst(NonZeroU32::new(limit.burst).expect("not 0"))
}

/// What the layers look into.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'w> {
    pub(crate) zones: &'w Zones,
    pub(crate) routes: &'w Routes,
    pub(crate) keys: &'w Keys,
    pub(crate) limits: &'w Limits,
}

#[derive(Clone, Copy)]
struct CheckTransport;
#[derive(Clone, Copy)]
struct CheckZones<'w>(&'w Zones);
#[derive(Clone, Copy)]
struct CheckAddress<'w>(&'w ByAddress);
#[derive(Clone, Copy)]
struct FindRoute<'w>(&'w Routes);
#[derive(Clone, Copy)]
struct CheckKey<'w>(&'w Keys, &'w ByAddress);
#[derive(Clone, Copy)]
struct CheckAccess;
#[derive(Clone, Copy)]
struct CheckQuotas<'w>(&'w Limits);

impl Check<'_> for CheckTransport {
    #[inline]
    fn check(&self, call: &mut Call<'_, '_>) -> Result<(), Denied> {
        or(403, matches!(call.asked.transport, Transport::Tls(version) if version >= TlsVersion::V1_2))
    }
}

impl Check<'_> for CheckZones<'_> {
    #[inline]
    fn check(&self, call: &mut Call<'_, '_>) -> Result<(), Denied> {
        call.zones = self.0.of(call.asked.address);
        or(403, call.zones & BAD == 0 || call.zones & OFFICE != 0)
    }
}

impl Check<'_> for CheckAddress<'_> {
    #[inline]
    fn check(&self, call: &mut Call<'_, '_>) -> Result<(), Denied> {
        or(429, self.0.is_within(call.asked.address))
    }
}

impl<'w> Check<'w> for FindRoute<'w> {
    #[inline]
    fn check(&self, call: &mut Call<'_, 'w>) -> Result<(), Denied> {
        let path = call.asked.target.split_once('?').map_or(call.asked.target, |(path, _)| path);
        let found = method(call.asked.method).and_then(|at| self.0.routers[at].at(path).ok());
        call.route = found.map(|found| &self.0.targets[usize::from(*found.value)]);
        or(404, call.route.is_some())
    }
}

impl<'w> Check<'w> for CheckKey<'w> {
    #[inline]
    fn check(&self, call: &mut Call<'_, 'w>) -> Result<(), Denied> {
        let shown = call.asked.headers.iter().find_map(|field| {
            if field.name.eq_ignore_ascii_case(b"authorization") {
                return field.value.strip_prefix(b"Bearer ");
            }
            field.name.eq_ignore_ascii_case(b"x-api-key").then_some(field.value)
        });
        let shown = shown.ok_or(Denied(401))?;
        let digest = self.0.pepper.clone().chain_update(shown).finalize().into_bytes();
        let half = digest.first_chunk().copied().expect("32 bytes");
        let good = |key: &&Record| {
            key.is_active && u64::from(key.not_before_s) <= NOW.wall_s && (key.expires_s == 0 || NOW.wall_s < u64::from(key.expires_s))
        };
        call.key = self.0.records.get(&Digest(half)).filter(good);
        if call.key.is_some() {
            return Ok(());
        }
        Err(Denied(if self.1.is_within(call.asked.address) { 401 } else { 429 }))
    }
}

impl Check<'_> for CheckAccess {
    #[inline]
    fn check(&self, call: &mut Call<'_, '_>) -> Result<(), Denied> {
        let (Some(route), Some(key)) = (call.route, call.key) else { return Err(Denied(500)) };
        or(403, (route.zones == 0 || route.zones & call.zones != 0) && route.scopes & !key.scopes == 0)
    }
}

impl Check<'_> for CheckQuotas<'_> {
    #[inline]
    fn check(&self, call: &mut Call<'_, '_>) -> Result<(), Denied> {
        let key = call.key.ok_or(Denied(500))?;
        let limits = self.0;
        let is_within = limits.principal.check_key(&key.number).is_ok()
            && limits.tenant.check_key(&key.tenant).is_ok()
            && limits.plan[usize::from(key.plan)].check().is_ok();
        or(429, is_within)
    }
}

const fn or(status: u16, passes: bool) -> Result<(), Denied> {
    if passes { Ok(()) } else { Err(Denied(status)) }
}

/// The layers, outermost first, as a function: their type has no short name.
pub(crate) fn stack<'w>(tables: Tables<'w>) -> impl FnMut(&Asked<'_>, u64) -> Answer<'w> {
    let limits = tables.limits;
    let mut service = ServiceBuilder::new()
        .layer(Checked(CheckTransport))
        .layer(Checked(CheckZones(tables.zones)))
        .layer(Checked(CheckAddress(&limits.address)))
        .layer(Checked(FindRoute(tables.routes)))
        .layer(Checked(CheckKey(tables.keys, &limits.failures)))
        .layer(Checked(CheckAccess))
        .layer(Checked(CheckQuotas(limits)))
        .service(Application);
    move |asked, mono_ns| {
        limits.clock.set(mono_ns);
        answered(&mut service, Call { asked, zones: 0, route: None, key: None })
    }
}

/// Asks once whether it is ready, and once for the answer.
#[inline]
fn answered<'r, 'w, S>(service: &mut S, call: Call<'r, 'w>) -> Answer<'w>
where
    S: Service<Call<'r, 'w>, Response = Granted<'w>, Error = Denied, Future = Ready<Answer<'w>>>,
{
    let mut context = Context::from_waker(Waker::noop());
    match service.poll_ready(&mut context) {
        Poll::Ready(Ok(())) => {}
        _ => unreachable!("no layer keeps anybody waiting"),
    }
    match pin!(service.call(call)).poll(&mut context) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("every layer's future is ready"),
    }
}
