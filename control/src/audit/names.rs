//! The names behind an event's numbers.

use std::collections::HashMap;

use caltrop::Guard;
use caltrop::audit::{Event, Reason, Verdict};
use caltrop::guard::record::line;
use caltrop::name::name64;

use super::entry::{Entry, Rule};

/// What a policy and a keyring call their parts.
#[derive(Debug)]
pub struct Names<'g> {
    guard: &'g Guard<'g>,
    policy: u64,
    state: String,
    /// By name64: the route's index.
    routes: HashMap<u64, u16>,
    /// By name64.
    principals: HashMap<u64, &'g str>,
}

impl<'g> Names<'g> {
    /// The names that a guard's images know.
    #[must_use]
    pub fn of(guard: &'g Guard<'g>) -> Self {
        let policy = guard.policy();
        let routes = (0..).map_while(|index| policy.routes().route(index).map(|route| (route.record().name64.get(), index)));
        let keys = guard.keyring().into_iter().flat_map(|keyring| keyring.entries().filter_map(|key| key.principal()));
        let id = policy.image().id();
        Self {
            guard,
            policy: id.first_chunk().map_or(0, |id| u64::from_le_bytes(*id)),
            state: hex(guard.state().limiter().table().keyed(b"audit log")),
            routes: routes.collect(),
            principals: keys.map(|name| (name64(name), name)).collect(),
        }
    }

    /// Names the state in lines: another one, after a restart of the host, has another.
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }

    /// An event as a line. Of another policy's events the names are those that did not change, and the line is not known.
    #[must_use]
    pub fn entry(&self, n: u64, event: &Event) -> Entry {
        let policy = self.guard.policy();
        let is_own = event.policy == self.policy;
        let route = self.routes.get(&event.route).copied().filter(|_| event.route != 0);
        let reason = event.verdict.reason();
        let would = matches!(event.verdict, Verdict::WouldDeny(_));
        let word = reason.map(|reason| reason.word().to_owned());
        let quota = reason.filter(|reason| reason.is_of_quota()).map(|_| event.rule).filter(|_| is_own);
        let route_name = route.and_then(|index| policy.routes().route(index)).and_then(|route| route.name());
        let feed = reason.filter(|reason| *reason == Reason::Stale).map(|_| event.rule).filter(|_| is_own);
        let quota_name = quota.and_then(|index| policy.quota_name(usize::from(index)));
        let feed_name = feed.and_then(|index| policy.feed_name(usize::from(index)));
        let rule = match (quota_name, feed_name) {
            (Some(name), _) => Some(Rule::Quota(name.to_owned())),
            (None, Some(name)) => Some(Rule::Feed(name.to_owned())),
            (None, None) => reason.filter(|reason| is_route(*reason)).and(route_name).map(|name| Rule::Route(name.to_owned())),
        };
        let zones = (0..64).filter(|bit| event.zones >> bit & 1 == 1).filter_map(|bit| policy.zone_name(bit)).filter(|_| is_own);
        Entry {
            state: self.state.clone(),
            n,
            id: format!("{:032x}", event.id),
            at: i64::try_from(event.wall_s)
                .ok()
                .and_then(|wall_s| jiff::Timestamp::from_second(wall_s).ok())
                .map(|at| at.to_string())
                .unwrap_or_default(),
            status: event.verdict.status(),
            reason: word.clone().filter(|_| !would),
            would_deny: word.filter(|_| would),
            client: event.client,
            hops: event.hops,
            zones: zones.map(str::to_owned).collect(),
            route: (event.route != 0).then(|| route_name.map_or_else(|| hex(event.route), str::to_owned)),
            principal: (event.principal != 0)
                .then(|| self.principals.get(&event.principal).map_or_else(|| hex(event.principal), |name| (*name).to_owned())),
            key: (event.key_id != 0).then(|| crate::keys::shown(event.key_id)),
            rule,
            retry_after: (event.retry_after_s != 0).then_some(event.retry_after_s),
            count: event.count,
            policy: hex(event.policy),
            line: reason.filter(|_| is_own).and_then(|reason| self.line(reason, route, quota.or(feed))),
        }
    }

    /// The line of policy.toml that said so.
    fn line(&self, reason: Reason, route: Option<u16>, rule: Option<u16>) -> Option<u32> {
        let policy = self.guard.policy();
        match reason {
            Reason::Stale => policy.line(line::FEED, rule?),
            _ if reason.is_of_quota() => policy.line(line::QUOTA, rule?),
            Reason::DeniedZone => policy.line(line::NETWORK, 1),
            Reason::Preflight | Reason::Origin => policy.line(line::NETWORK, 5),
            Reason::Transport => route.and_then(|index| policy.line(line::ROUTE, index)).or_else(|| policy.line(line::NETWORK, 0)),
            _ if is_route(reason) => policy.line(line::ROUTE, route?),
            Reason::Credentials
            | Reason::KeyMalformed
            | Reason::KeyUnknown
            | Reason::KeyRevoked
            | Reason::KeyExpired
            | Reason::KeyNotYet
            | Reason::KeyZone
            | Reason::Clock => policy.line(line::AUTH, 0),
            _ => None,
        }
    }
}

/// Reasons that a route gives.
const fn is_route(reason: Reason) -> bool {
    matches!(reason, Reason::Transport | Reason::NoCredential | Reason::Zone | Reason::Scope | Reason::Where)
}

fn hex(number: u64) -> String {
    format!("{number:016x}")
}
