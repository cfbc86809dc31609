//! The steps, one function each: they ask the rooms and say pass or deny.

use core::net::IpAddr;

use super::admit::Guard;
use super::answer::Answer;
use super::caller::Caller;
use super::credential::{self, Shown};
use super::decision::Facts;
#[cfg(feature = "token")]
use super::record::{TAKES_KEY, TAKES_TOKEN};
use super::report::{Posture, WouldDeny};
use super::running::Held;
use super::stale::Stale;
use super::trace::{Fact, Step, Trace};
use crate::access::record::{AUTH_KEY, AUTH_NONE};
use crate::access::{Known, Path, PathError, Route};
use crate::audit::{Reason, Verdict};
use crate::key::{Entry, KeyReason};
use crate::net::{PeerTrust, Walk};
use crate::rate::record::on;
use crate::request::{Request, TlsVersion, Transport};
use crate::table::Partition;
use crate::time::{Now, Quality};

/// A denial on its way out.
pub(super) struct Stop {
    pub(super) reason: Reason,
    pub(super) retry_after_s: u32,
    /// Index of the route, quota or feed that decided, `u16::MAX` for none.
    pub(super) rule: u16,
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self { reason, retry_after_s: 0, rule: u16::MAX }
    }
}

/// One request on its way through the guard.
pub(super) struct Attempt<'a, 'g, 'r, T> {
    pub(super) guard: &'a Guard<'g>,
    request: &'a Request<'r>,
    pub(super) now: Now,
    pub(super) trace: &'a mut T,
    pub(super) facts: Facts<'g>,
    path: Option<Path<'r>>,
    pub(super) route: Option<Route<'g>>,
    /// The least TLS that this request could meet: 0 none, 1 older than 1.2, 2, 3.
    tls: u8,
    /// Whether the route is hidden, and not known to serve this caller.
    is_hidden: bool,
    /// What the caller's credential lacks of what the route asks for.
    pub(super) lacks: Option<Reason>,
    /// The places that it took of those that run at once; none once it is refused.
    pub(super) held: Held,
}

/// A trusted proxy's `https` meets every minimum: TLS ends there, by its own rules.
const TLS_BY_PROXY: u8 = u8::MAX;

impl<'a, 'g, 'r, T: Trace> Attempt<'a, 'g, 'r, T> {
    pub(super) fn new(guard: &'a Guard<'g>, request: &'a Request<'r>, now: Now, trace: &'a mut T, facts: Facts<'g>) -> Self {
        Self { guard, request, now, trace, facts, path: None, route: None, tls: 0, is_hidden: false, lacks: None, held: Held::default() }
    }

    pub(super) fn run(&mut self) -> Result<(), Stop> {
        let whole = self.guard.whole_posture();
        self.step(Step::Shape, Posture::Enforce, Self::shape)?;
        self.step(Step::Address, Posture::Enforce, Self::address)?;
        self.step(Step::Transport, whole, Self::transport)?;
        self.step(Step::Zones, whole, Self::zones)?;
        self.step(Step::AddressQuota, whole, Self::address_quota)?;
        self.step(Step::Preflight, whole, Self::preflight)?;
        self.step(Step::Route, whole, Self::route)?;
        if self.route.is_none() {
            return Ok(());
        }
        if self.step(Step::Credential, whole, Self::credential)? != Verdict::Pass {
            // Of a caller whom nobody knows there is nothing left to ask.
            return Ok(());
        }
        self.step(Step::Access, self.route_posture(), Self::access)?;
        // From here on the route serves this caller, who may know of it.
        self.is_hidden = false;
        self.step(Step::Quotas, Posture::Enforce, Self::quotas)?;
        Ok(())
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

    /// One step; its verdict, unless it ends the request's way.
    fn step(&mut self, step: Step, posture: Posture, check: impl FnOnce(&mut Self) -> Result<(), Stop>) -> Result<Verdict, Stop> {
        let before = self.facts.reported.count;
        let result = check(self).or_else(|stop| self.refuse(posture, stop));
        let reported = self.facts.reported.get(before);
        let verdict = match &result {
            Ok(()) => reported.map_or(Verdict::Pass, |one| Verdict::WouldDeny(one.reason)),
            Err(stop) => Verdict::Deny(stop.reason),
        };
        self.trace.verdict(step, verdict);
        result.map(|()| verdict)
    }

    /// A refusal, or in report mode what is told of it. An image that cannot be read is refused in any mode, and a preflight is answered.
    pub(super) fn refuse(&mut self, posture: Posture, stop: Stop) -> Result<(), Stop> {
        if posture == Posture::Enforce || matches!(stop.reason, Reason::Corrupt | Reason::Preflight) {
            return Err(stop);
        }
        if self.facts.reported.push(WouldDeny::from(&stop)) {
            self.guard.audit(&self.facts, Verdict::WouldDeny(stop.reason), Some(&stop), self.now);
        }
        Ok(())
    }

    /// What a refusal of the route's own rules means.
    pub(super) fn route_posture(&self) -> Posture {
        self.guard.posture(self.route.map_or(0, |route| route.record().report), || self.caller())
    }

    /// Whom a share of callers is counted by.
    pub(super) fn caller(&self) -> Partition {
        self.guard.partition_of(self.facts.caller.as_ref().and_then(Caller::principal_bytes), self.facts.client())
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
        // No feed says who may speak for others.
        let is_proxy = |address: IpAddr| policy.ranges.lookup(address) & proxies != 0;
        let walk = Walk::new(self.request, policy.forwarded(), policy.unix_is_proxy(), is_proxy);
        self.facts.walk = Some(walk);
        self.facts.zones = walk.client.address().map_or(0, |address| self.guard.zones_of(address));
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
        let guard = self.guard;
        guard.stale_lists(self.now).try_for_each(|stale| self.fresh(Step::Zones, Some(stale)))?;
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
                let _ = self.verified(None);
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
        let (caller, kind) = self.verified(Some(route))?;
        self.trace.fact(Step::Credential, Fact::Principal(caller.principal().ok_or(Reason::Corrupt)?));
        if route.record().auth & kind == 0 {
            return Err(Reason::Auth.into());
        }
        self.facts.caller = Some(caller);
        Ok(())
    }

    /// Whose credential the request shows, if it is a good one, and its bit in a route's `auth`.
    fn verified(&mut self, route: Option<Route<'g>>) -> Result<(Caller<'g>, u8), Stop> {
        self.fresh(Step::Credential, self.guard.stale_revocations(self.now))?;
        let shown = credential::find(&self.guard.policy, self.request);
        #[cfg(feature = "token")]
        if let Shown::One(token, takes) = shown
            && takes & TAKES_TOKEN != 0
            && (takes & TAKES_KEY == 0 || crate::token::has_shape(token))
        {
            return self.bearer(token, route).map(|(bearer, bit)| (Caller::Token(bearer), bit));
        }
        let entry = self.key(shown)?;
        if let Some(route) = route {
            let has_scopes = route.scopes_held(|scope| entry.has_scope(scope));
            // No key has a role.
            let has_role = route.role_held(|_| false);
            self.lacks = if !has_scopes { Some(Reason::Scope) } else { (!has_role).then_some(Reason::Role) };
        }
        Ok((Caller::Key(entry), AUTH_KEY))
    }

    /// The key that the request shows, if it is a good one. Of a stale keyring none is.
    fn key(&mut self, shown: Shown<'_>) -> Result<Entry<'g>, Stop> {
        self.fresh(Step::Credential, self.guard.stale_keyring(self.now))?;
        let key = match shown {
            Shown::None => return Err(Reason::NoCredential.into()),
            Shown::Several => return Err(Reason::Credentials.into()),
            Shown::One(key, _) => key,
        };
        let keyring = self.guard.keyring.ok_or(Reason::Corrupt)?;
        let secrets = self.guard.secrets;
        let entry = keyring.verify(key, |id| secrets.pepper(id), self.now);
        match entry.and_then(|entry| if self.guard.has_taken_back(&entry, self.now) { Err(KeyReason::Revoked) } else { Ok(entry) }) {
            Ok(entry) => Ok(entry),
            Err(reason) => {
                // The address pays, never the key that was claimed: strangers must not lock out its owner.
                let charges = self.by_address(on::AUTH_FAILURE)?;
                self.take(Step::Credential, &charges, Reason::Failures)?;
                Err(key_reason(reason).into())
            }
        }
    }

    /// Refuses what hangs on a feed that is stale, if the policy says so.
    pub(super) fn fresh(&mut self, step: Step, stale: Option<Stale<'g>>) -> Result<(), Stop> {
        let Some(stale) = stale.filter(|stale| stale.denies) else { return Ok(()) };
        self.trace.fact(step, Fact::Stale(stale));
        Err(Stop { rule: stale.index, ..Reason::Stale.into() })
    }

    fn access(&mut self) -> Result<(), Stop> {
        let route = self.route.ok_or(Reason::Corrupt)?;
        let zones = self.facts.zones;
        let wanted = route.record().zones.get();
        if wanted != 0 && wanted & zones == 0 {
            return Err(Reason::Zone.into());
        }
        let policy = &self.guard.policy;
        if let Some(entry) = self.facts.key() {
            let is_bound = entry.zone_bytes().next().is_some();
            if is_bound && !entry.zone_bytes().any(|name| policy.zone_named(name) & zones != 0) {
                return Err(Reason::KeyZone.into());
            }
        }
        if let Some(lacks) = self.lacks {
            return Err(lacks.into());
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
