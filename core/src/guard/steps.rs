//! The steps, one function each: they ask the rooms and say pass or deny.

use core::net::IpAddr;

use heapless::Vec;

use super::admit::Guard;
use super::answer::{Answer, Limit};
use super::credential::{self, Shown};
use super::decision::Facts;
use super::trace::{Fact, Step, Trace};
use crate::access::record::AUTH_NONE;
use crate::access::{Known, Path, PathError, Route};
use crate::audit::Reason;
use crate::key::{Entry, KeyReason};
use crate::net::{PeerTrust, Walk};
use crate::rate::record::{QuotaRecord, by, on};
use crate::rate::{CHARGES_MAX, Charge, Left, Refused};
use crate::request::{Request, TlsVersion, Transport};
use crate::time::{Now, Quality};

/// A denial on its way out.
pub(super) struct Stop {
    pub(super) reason: Reason,
    pub(super) retry_after_s: u32,
    /// Index of the route or quota that decided, `u16::MAX` for neither.
    pub(super) rule: u16,
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self { reason, retry_after_s: 0, rule: u16::MAX }
    }
}

/// One request on its way through the guard.
pub(super) struct Attempt<'a, 'g, 'r, T> {
    guard: &'a Guard<'g>,
    request: &'a Request<'r>,
    now: Now,
    trace: &'a mut T,
    pub(super) facts: Facts<'g>,
    path: Option<Path<'r>>,
    route: Option<Route<'g>>,
    /// The least TLS that this request could meet: 0 none, 1 older than 1.2, 2, 3.
    tls: u8,
    /// Whether the route is hidden, and not known to serve this caller.
    is_hidden: bool,
}

/// A trusted proxy's `https` meets every minimum: TLS ends there, by its own rules.
const TLS_BY_PROXY: u8 = u8::MAX;

/// Quota indices beside their charges.
type Charges = Vec<(u16, Charge), CHARGES_MAX>;

impl<'a, 'g, 'r, T: Trace> Attempt<'a, 'g, 'r, T> {
    pub(super) const fn new(guard: &'a Guard<'g>, request: &'a Request<'r>, now: Now, trace: &'a mut T, facts: Facts<'g>) -> Self {
        Self { guard, request, now, trace, facts, path: None, route: None, tls: 0, is_hidden: false }
    }

    pub(super) fn run(&mut self) -> Result<(), Stop> {
        self.step(Step::Shape, Self::shape)?;
        self.step(Step::Address, Self::address)?;
        self.step(Step::Transport, Self::transport)?;
        self.step(Step::Zones, Self::zones)?;
        self.step(Step::AddressQuota, Self::address_quota)?;
        self.step(Step::Preflight, Self::preflight)?;
        self.step(Step::Route, Self::route)?;
        self.step(Step::Credential, Self::credential)?;
        self.step(Step::Access, Self::access)?;
        self.step(Step::Quotas, Self::quotas)
    }

    /// What the caller is told: where a route is hidden from it, what it would be told if there were none.
    pub(super) fn answer(&self, stop: Option<&Stop>) -> Answer {
        let known = self.facts.answer;
        match stop {
            None => known,
            Some(_) if self.is_hidden => Answer { reason: Some(self.no_route()), retry_after_s: 0, route: None, limit: None, ..known },
            Some(stop) => Answer { reason: Some(stop.reason), retry_after_s: stop.retry_after_s, ..known },
        }
    }

    fn step(&mut self, step: Step, check: impl FnOnce(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        let result = check(self);
        self.trace.verdict(step, result.as_ref().map_err(|stop| stop.reason).copied());
        result
    }

    fn shape(&mut self) -> Result<(), Stop> {
        let (guard, request) = (self.guard, self.request);
        let head = guard.policy.head;
        if guard.is_expired(self.now) {
            return Err(Reason::PolicyExpired.into());
        }
        let is_method =
            (1..=16).contains(&request.method.len()) && request.method.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'-');
        if !is_method {
            return Err(Reason::Method.into());
        }
        if exceeds(request.target.len(), head.target_max.get()) {
            return Err(Reason::TargetLength.into());
        }
        if request.headers.count() > usize::from(head.fields_max.get()) {
            return Err(Reason::HeaderCount.into());
        }
        let mut total = 0usize;
        for index in 0..request.headers.count() {
            let length = request.headers.field(index).map_or(0, |field| field.name.len().saturating_add(field.value.len()));
            total = total.saturating_add(length);
            if exceeds(length, head.field_max.get()) || exceeds(total, head.fields_total_max.get()) {
                return Err(Reason::HeaderSize.into());
            }
        }
        self.facts.answer.origin = guard.policy.origin(request);
        self.path = Some(Path::parse(request.target).map_err(|error| match error {
            PathError::TooLong => Reason::TargetLength,
            _ => Reason::Path,
        })?);
        Ok(())
    }

    fn address(&mut self) -> Result<(), Stop> {
        let policy = &self.guard.policy;
        let proxies = policy.head.proxies.get();
        let is_proxy = |address: IpAddr| policy.ranges.lookup(address) & proxies != 0;
        let walk = Walk::new(self.request, policy.forwarded(), policy.unix_is_proxy(), is_proxy);
        self.facts.walk = Some(walk);
        self.facts.zones = walk.client.address().map_or(0, |address| policy.ranges.lookup(address));
        self.tls = tls_of(self.request, walk.peer);
        self.facts.answer.is_tls = self.tls > 0;
        self.trace.fact(Step::Address, Fact::Client(walk));
        Ok(())
    }

    fn transport(&mut self) -> Result<(), Stop> {
        if self.tls < self.guard.policy.tls_floor { Err(Reason::Transport.into()) } else { Ok(()) }
    }

    fn zones(&mut self) -> Result<(), Stop> {
        let (head, zones) = (self.guard.policy.head, self.facts.zones);
        self.trace.fact(Step::Zones, Fact::Zones(zones));
        let is_denied = zones & head.deny.get() != 0 && zones & head.never_deny.get() == 0;
        if is_denied { Err(Reason::DeniedZone.into()) } else { Ok(()) }
    }

    fn address_quota(&mut self) -> Result<(), Stop> {
        let charges = self.by_address(on::REQUEST)?;
        self.take(Step::AddressQuota, &charges, Reason::AddressQuota)
    }

    /// Without a list of origins `OPTIONS` is a method like another.
    fn preflight(&mut self) -> Result<(), Stop> {
        let (policy, request) = (&self.guard.policy, self.request);
        let asks = |name: &'r [u8]| request.named(name).next().is_some();
        if policy.origins.is_empty() || request.method != b"OPTIONS" || !asks(b"origin") || !asks(b"access-control-request-method") {
            return Ok(());
        }
        self.facts.answer.origin.ok_or(Reason::Origin)?;
        let path = self.path.ok_or(Reason::Corrupt)?;
        let end = policy.routes.end(&path).filter(|end| policy.routes.methods(*end).next().is_some());
        self.facts.answer.path_end = end.and_then(|end| u16::try_from(end).ok());
        Err(if self.facts.answer.path_end.is_some() { Reason::Preflight } else { self.no_route() }.into())
    }

    const fn no_route(&self) -> Reason {
        if self.tls < self.guard.policy.head.tls { Reason::Transport } else { Reason::NoRoute }
    }

    fn route(&mut self) -> Result<(), Stop> {
        let policy = &self.guard.policy;
        let path = self.path.ok_or(Reason::Corrupt)?;
        let Some(found) = policy.routes.find(self.request.method, &path) else {
            if policy.hides {
                // As on a hidden route: neither the time nor what a bad key costs its address tells them apart.
                let _ = self.verified();
            }
            return Err(self.no_route().into());
        };
        self.trace.fact(Step::Route, Fact::Route(found));
        let route = policy.routes.route(found.route).ok_or(Reason::Corrupt)?;
        self.facts.route = route.name();
        self.facts.answer.route = Some(found.route);
        self.route = Some(route);
        self.is_hidden = route.record().is_hidden();
        if self.tls < route.record().tls { Err(Stop { rule: found.route, ..Reason::Transport.into() }) } else { Ok(()) }
    }

    fn credential(&mut self) -> Result<(), Stop> {
        let route = self.route.ok_or(Reason::Corrupt)?;
        if route.record().auth == AUTH_NONE {
            return Ok(());
        }
        let entry = self.verified()?;
        self.facts.entry = Some(entry);
        self.trace.fact(Step::Credential, Fact::Principal(entry.principal().ok_or(Reason::Corrupt)?));
        Ok(())
    }

    /// The key that the request shows, if it is a good one.
    fn verified(&mut self) -> Result<Entry<'g>, Stop> {
        let key = match credential::find(&self.guard.policy, self.request) {
            Shown::None => return Err(Reason::NoCredential.into()),
            Shown::Several => return Err(Reason::Credentials.into()),
            Shown::One(key) => key,
        };
        let keyring = self.guard.keyring.ok_or(Reason::Corrupt)?;
        let secrets = self.guard.secrets;
        match keyring.verify(key, |id| secrets.pepper(id), self.now) {
            Ok(entry) => Ok(entry),
            Err(reason) => {
                // The address pays, never the key that was claimed: strangers must not lock out its owner.
                let charges = self.by_address(on::AUTH_FAILURE)?;
                self.take(Step::Credential, &charges, Reason::Failures)?;
                Err(key_reason(reason).into())
            }
        }
    }

    fn access(&mut self) -> Result<(), Stop> {
        self.may()?;
        // From here on the route serves this caller, who may know of it.
        self.is_hidden = false;
        Ok(())
    }

    fn may(&mut self) -> Result<(), Stop> {
        let route = self.route.ok_or(Reason::Corrupt)?;
        let zones = self.facts.zones;
        let wanted = route.record().zones.get();
        if wanted != 0 && wanted & zones == 0 {
            return Err(Reason::Zone.into());
        }
        let policy = &self.guard.policy;
        if let Some(entry) = self.facts.entry {
            let is_bound = entry.zones().next().is_some();
            if is_bound && !entry.zones().any(|name| policy.zone_named(name) & zones != 0) {
                return Err(Reason::KeyZone.into());
            }
        }
        if !route.scopes_held(|scope| self.facts.scopes().any(|held| held == scope)) {
            return Err(Reason::Scope.into());
        }
        if route.record().conditions.count.get() == 0 {
            return Ok(());
        }
        let known = Known {
            path: self.path.ok_or(Reason::Corrupt)?,
            principal: self.facts.principal(),
            tenant: self.facts.tenant(),
            plan: self.facts.plan(),
            wall_s: (self.now.quality == Quality::Trusted).then_some(self.now.wall_s),
        };
        match route.unmet(&known) {
            None => Ok(()),
            Some(condition) => {
                self.trace.fact(Step::Access, Fact::Unmet(condition));
                Err(Reason::Where.into())
            }
        }
    }

    fn quotas(&mut self) -> Result<(), Stop> {
        let route = self.route.ok_or(Reason::Corrupt)?;
        let (policy, limiter) = (&self.guard.policy, self.guard.state.limiter());
        let facts = self.facts;
        let plan = || policy.plan(facts.plan());
        let mut charges = Charges::new();
        for charge in route.charges() {
            let index = charge.quota.get();
            let record = policy.quotas.get(usize::from(index)).ok_or(Reason::Corrupt)?;
            let quota = if record.plans.count.get() == 0 {
                policy.limit(record, self.facts.zones).ok_or(Reason::Corrupt)?
            } else {
                match plan().and_then(|plan| policy.plan_limit(record, plan)) {
                    Some(quota) => quota,
                    None if record.window == 0 => return Err(self.not_in_plan(index)),
                    None => continue,
                }
            };
            let partition = match record.by {
                by::PRINCIPAL => limiter.principal(self.facts.principal().ok_or(Reason::Corrupt)?),
                by::TENANT => match self.facts.tenant() {
                    Some(tenant) => limiter.tenant(tenant),
                    None => limiter.principal(self.facts.principal().ok_or(Reason::Corrupt)?),
                },
                by::ROUTE => limiter.route(route.name().ok_or(Reason::Corrupt)?),
                by::PLAN => match plan() {
                    Some(plan) => limiter.plan(plan.name),
                    None => return Err(self.not_in_plan(index)),
                },
                _ => return Err(Reason::Corrupt.into()),
            };
            charges.push((index, Charge { partition, quota, cost: charge.cost.get() })).map_err(|_| Reason::Corrupt)?;
        }
        self.take(Step::Quotas, &charges, Reason::Quota)
    }

    fn not_in_plan(&mut self, index: u16) -> Stop {
        self.trace.fact(Step::Quotas, Fact::NotInPlan { index, plan: self.facts.plan() });
        Stop { rule: index, ..Reason::Plan.into() }
    }

    /// What this request costs its address in the quotas that count `on` this.
    fn by_address(&self, on: u8) -> Result<Charges, Stop> {
        address_charges(self.guard, self.facts.client(), self.facts.zones, on).ok_or_else(|| Reason::Corrupt.into())
    }

    fn take(&mut self, step: Step, charges: &Charges, reason: Reason) -> Result<(), Stop> {
        let limiter = self.guard.state.limiter();
        let only: Vec<Charge, CHARGES_MAX> = charges.iter().map(|(_, charge)| *charge).collect();
        if T::LISTENS {
            for (index, charge) in charges {
                self.trace.fact(step, Fact::Quota { index: *index, answer: limiter.peek(charge, self.now) });
            }
        }
        let told = |(index, charge): &(u16, Charge), left| Limit {
            quota: *index,
            burst: charge.quota.burst(),
            window_s: charge.quota.window_s(),
            left,
        };
        match limiter.take_all(&only, self.now) {
            Ok(tightest) => {
                let limit = tightest.and_then(|tightest| {
                    let (charge, taken) = (charges.get(tightest.index)?, tightest.taken);
                    Some(told(charge, Left::of(&charge.1.quota, &Ok(taken))))
                });
                let least = [self.facts.answer.limit, limit].into_iter().flatten();
                self.facts.answer.limit = least.min_by_key(|limit| limit.left.remaining);
                Ok(())
            }
            Err(refused) => {
                self.trace.fact(step, Fact::Refused(refused));
                let reason = match refused.refused {
                    Refused::Wait { .. } => reason,
                    Refused::Contended => Reason::Contended,
                };
                let charge = charges.get(refused.index);
                self.facts.answer.limit = charge.map(|charge| told(charge, Left::of(&charge.1.quota, &Err(refused.refused))));
                let rule = charge.map_or(u16::MAX, |(index, _)| *index);
                Err(Stop { reason, retry_after_s: refused.refused.retry_after_s(), rule })
            }
        }
    }
}

/// The charges of an address in all quotas by address that count `on` this; `None` if they are more than a checked policy has.
pub(super) fn address_charges(guard: &Guard<'_>, client: Option<IpAddr>, zones: u64, on: u8) -> Option<Charges> {
    let mut charges = Charges::new();
    let counts = |(_, record): &(u16, &QuotaRecord)| record.by == by::ADDRESS && record.on == on;
    let mut tiers = None;
    for (index, record) in (0u16..).zip(guard.policy.quotas).filter(counts) {
        let tiers = *tiers.get_or_insert_with(|| guard.state.limiter().address(client));
        let quota = guard.policy.limit(record, zones)?;
        for charge in tiers.charges(quota, 1) {
            charges.push((index, charge)).ok()?;
        }
    }
    Some(charges)
}

fn exceeds(length: usize, max: u32) -> bool {
    u64::try_from(length).map_or(true, |length| length > u64::from(max))
}

/// What protects the request on its whole way, as far as anybody who may be believed says.
fn tls_of(request: &Request<'_>, peer: PeerTrust) -> u8 {
    let own = match request.transport {
        Transport::Plaintext => 0,
        Transport::Tls(TlsVersion::Old) => 1,
        Transport::Tls(TlsVersion::V1_2) => 2,
        Transport::Tls(TlsVersion::V1_3) => 3,
    };
    if peer == PeerTrust::Stranger {
        return own;
    }
    let mut said = request.named(b"x-forwarded-proto");
    match (said.next(), said.next()) {
        (None, _) => own,
        (Some(proto), None) if proto.trim_ascii().eq_ignore_ascii_case(b"https") => TLS_BY_PROXY,
        _ => 0,
    }
}

const fn key_reason(reason: KeyReason) -> Reason {
    match reason {
        KeyReason::Malformed => Reason::KeyMalformed,
        KeyReason::Unknown => Reason::KeyUnknown,
        KeyReason::Revoked => Reason::KeyRevoked,
        KeyReason::Expired => Reason::KeyExpired,
        KeyReason::NotYet => Reason::KeyNotYet,
        KeyReason::Clock => Reason::Clock,
        KeyReason::Corrupt => Reason::Corrupt,
    }
}
