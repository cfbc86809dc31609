//! Listening to a decision: what `caltrop explain` prints, from the same code that decides.

use super::stale::Stale;
use crate::access::Match;
use crate::audit::Verdict;
use crate::net::Walk;
use crate::rate::{AllRefused, LeaseRefused, Refused, Taken};

/// A step of the guard, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// 1: method, target and header fields within their limits.
    Shape,
    /// 2: the client behind the proxies.
    Address,
    /// 3: TLS.
    Transport,
    /// 4: denied zones.
    Zones,
    /// 5: quotas by address.
    AddressQuota,
    /// A page's question whether it may ask.
    Preflight,
    /// 6: the route.
    Route,
    /// 7: the credential.
    Credential,
    /// 9: zone and scopes of the route.
    Access,
    /// 10: quotas of the caller and the route.
    Quotas,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: &'static [Self] = &[
        Self::Shape,
        Self::Address,
        Self::Transport,
        Self::Zones,
        Self::AddressQuota,
        Self::Preflight,
        Self::Route,
        Self::Credential,
        Self::Access,
        Self::Quotas,
    ];
}

/// What a step found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact<'g> {
    /// Whom the request comes from.
    Client(Walk),
    /// The zones of the client.
    Zones(u64),
    /// The route.
    Route(Match),
    /// Whose credential it is.
    Principal(&'g str),
    /// What a quota would answer; nothing is taken for this.
    Quota {
        /// Its index in the policy.
        index: u16,
        /// Its answer.
        answer: Result<Taken, Refused>,
    },
    /// A condition of the route, as it was written, does not hold.
    Unmet(&'g str),
    /// The caller's plan allows nothing of this quota.
    NotInPlan {
        /// The quota's index in the policy.
        index: u16,
        /// What the credential names as its plan.
        plan: Option<&'g str>,
    },
    /// A feed is stale, and what hangs on it refused.
    Stale(Stale<'g>),
    /// How many of the caller's requests run, before this one.
    Running {
        /// The quota's index in the policy.
        index: u16,
        /// The most that may.
        most: u32,
        /// How many do.
        held: u32,
    },
    /// None more may run.
    NoPlace {
        /// The quota's index in the policy.
        index: u16,
        /// Why.
        refused: LeaseRefused,
    },
    /// A set of charges was refused.
    Refused(AllRefused),
}

/// Listens to one decision.
pub trait Trace {
    /// Whether it wants facts that cost something to find out.
    const LISTENS: bool = true;

    /// A step found something out.
    fn fact(&mut self, step: Step, fact: Fact<'_>);

    /// A step is over.
    fn verdict(&mut self, step: Step, verdict: Verdict);
}

/// Nobody listens.
impl Trace for () {
    const LISTENS: bool = false;

    fn fact(&mut self, _: Step, _: Fact<'_>) {}

    fn verdict(&mut self, _: Step, _: Verdict) {}
}
