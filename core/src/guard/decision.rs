//! What the guard answers.

use core::fmt;
use core::net::IpAddr;

use super::admit::Guard;
use super::answer::{Answer, Body, Field};
use super::caller::Caller;
use super::cost::Refusal;
use super::policy::Policy;
use super::report::{Reported, WouldDeny};
use super::running::Held;
use super::upstream::Upstream;
use crate::audit::Reason;
use crate::encode::hex16;
use crate::key::Entry;
use crate::net::Walk;
use crate::time::Now;

/// 128 bits that name one decision: in the answer, in the event, in the server's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecisionId(pub u128);

impl DecisionId {
    /// 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> [u8; 32] {
        hex16(&self.0.to_be_bytes())
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.hex()).unwrap_or_default())
    }
}

/// May this caller do this, now, from there?
#[derive(Debug)]
#[must_use = "a decision that nobody looks at lets everybody in"]
pub enum Decision<'g> {
    /// Yes, and this is who and what.
    Allow(Grant<'g>),
    /// No, and this is why.
    Deny(Denial<'g>),
}

impl<'g> Decision<'g> {
    /// Whether it is [`Decision::Allow`].
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> DecisionId {
        self.facts().id
    }

    /// What was found out on the way, whichever it is.
    #[must_use]
    pub const fn facts(&self) -> &Facts<'g> {
        match self {
            Self::Allow(grant) => &grant.facts,
            Self::Deny(denial) => &denial.facts,
        }
    }

    /// What the answer says, for hosts that keep it: [`Policy::fields`] makes the fields of it.
    #[must_use]
    pub const fn answer(&self) -> &Answer {
        &self.facts().answer
    }

    /// The header fields of the answer: all of a denial's, or what goes beside the application's own.
    pub fn fields(&self) -> impl Iterator<Item = Field<'g>> + use<'g> {
        match self {
            Self::Allow(grant) => grant.policy.fields(self.answer()),
            Self::Deny(denial) => denial.policy.fields(self.answer()),
        }
    }

    /// What would have refused the request, were it not in report mode: the reason, and for a quota its name.
    pub fn reported(&self) -> impl Iterator<Item = (Reason, Option<&'g str>)> + use<'g> {
        match self {
            Self::Allow(grant) => grant.policy.reported(&grant.facts),
            Self::Deny(denial) => denial.policy.reported(&denial.facts),
        }
    }

    /// 200, or the status of the denial.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Allow(_) => 200,
            Self::Deny(denial) => denial.status(),
        }
    }
}

/// What a decision found out before it was made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'g> {
    pub(super) id: DecisionId,
    pub(super) walk: Option<Walk>,
    pub(super) zones: u64,
    pub(super) route: Option<&'g str>,
    pub(super) caller: Option<Caller<'g>>,
    pub(super) answer: Answer,
    pub(super) reported: Reported,
    /// The feed that should be fetched, an index.
    #[cfg(feature = "token")]
    pub(super) wants: Option<u16>,
}

impl<'g> Facts<'g> {
    /// The client's address, if it could be told.
    #[must_use]
    pub fn client(&self) -> Option<IpAddr> {
        self.walk.and_then(|walk| walk.client.address())
    }

    /// How many trusted proxies were passed.
    #[must_use]
    pub fn hops(&self) -> u8 {
        self.walk.map_or(0, |walk| walk.hops)
    }

    /// The zones that held, as a mask over the policy's zones.
    #[must_use]
    pub const fn zones(&self) -> u64 {
        self.zones
    }

    /// The route, if one was found.
    #[must_use]
    pub const fn route(&self) -> Option<&'g str> {
        self.route
    }

    /// Whose credential it is, once verified.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.caller.as_ref().and_then(Caller::principal)
    }

    /// The principal's tenant.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.caller.as_ref().and_then(Caller::tenant)
    }

    /// The principal's plan.
    #[must_use]
    pub fn plan(&self) -> Option<&str> {
        self.caller.as_ref().and_then(Caller::plan)
    }

    /// Who asks, once verified.
    #[must_use]
    pub const fn caller(&self) -> Option<&Caller<'g>> {
        self.caller.as_ref()
    }

    /// The public id of the API key, 0 without one.
    #[must_use]
    pub fn key_id(&self) -> u64 {
        self.key().map_or(0, |entry| entry.record().key_id.get())
    }

    /// The API key, if it was one that was verified.
    #[must_use]
    pub const fn key(&self) -> Option<Entry<'g>> {
        match self.caller {
            Some(Caller::Key(entry)) => Some(entry),
            _ => None,
        }
    }

    /// What would have refused the request, were it not in report mode, in the order in which it was asked.
    pub fn reported(&self) -> impl Iterator<Item = WouldDeny> + use<> {
        self.reported.iter()
    }

    /// The scopes of an API key, ascending by bytes. Those of an access token stand in the token.
    pub fn scopes(&self) -> impl Iterator<Item = &'g str> + use<'g> {
        self.key().into_iter().flat_map(|entry| entry.scopes())
    }
}

/// The request may pass. It cannot be copied: it is settled once.
#[derive(Debug)]
pub struct Grant<'g> {
    pub(super) facts: Facts<'g>,
    pub(super) policy: Policy<'g>,
    pub(super) held: Held,
}

impl<'g> Grant<'g> {
    /// Who and what.
    #[must_use]
    pub const fn facts(&self) -> &Facts<'g> {
        &self.facts
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> DecisionId {
        self.facts.id
    }

    /// Whose credential it is; `None` on a route that looks at none.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.facts.principal()
    }

    /// The route.
    #[must_use]
    pub const fn route(&self) -> Option<&'g str> {
        self.facts.route
    }

    /// What would have refused the request, were it not in report mode: the reason, and for a quota its name.
    pub fn reported(&self) -> impl Iterator<Item = (Reason, Option<&'g str>)> + use<'g> {
        self.policy.reported(&self.facts)
    }

    /// The places that the request holds, for [`Guard::renew`](super::Guard::renew).
    pub const fn held(&mut self) -> &mut Held {
        &mut self.held
    }

    /// The header fields that go beside the application's own, in the place of those of the same name, but `vary`, which is added.
    pub fn fields(&self) -> impl Iterator<Item = Field<'g>> + use<'g> {
        self.policy.fields(&self.facts.answer)
    }

    /// What the application behind learns of the caller, once what [`Policy::passes_on`] refuses is taken out of the request.
    #[must_use]
    pub fn upstream(&self) -> Upstream<'_> {
        let facts = &self.facts;
        let (principal, tenant, plan) = (facts.principal(), facts.tenant(), facts.plan());
        Upstream { id: facts.id, principal, tenant, plan, key: facts.key() }
    }
}

/// How a granted request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was served.
    Served,
    /// The application itself refused a credential (a login form, say): the client's address is charged for it.
    AuthFailed,
}

impl Guard<'_> {
    /// The denial of a granted request whose cost is not left ([`Guard::charge`]); its places are given back.
    pub fn refused<'g>(&self, grant: Grant<'g>, refusal: &Refusal, now: Now) -> Denial<'g> {
        let answer = refusal.answer(&grant.facts.answer);
        // One that had lapsed is back already.
        let _ = self.release(grant.held, now);
        Denial { facts: Facts { answer, ..grant.facts }, reason: refusal.reason, policy: grant.policy }
    }
}

/// The request may not pass. The host answers with [`Denial::status`], [`Denial::fields`] and [`Denial::body`], which tell a stranger nothing;
/// [`Denial::reason`] is for the operator.
#[derive(Debug, Clone)]
pub struct Denial<'g> {
    pub(super) facts: Facts<'g>,
    pub(super) reason: Reason,
    pub(super) policy: Policy<'g>,
}

impl<'g> Denial<'g> {
    /// What was found out before it was made.
    #[must_use]
    pub const fn facts(&self) -> &Facts<'g> {
        &self.facts
    }

    /// The HTTP status. 204 answers a preflight, which is no business of the application.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self.facts.answer.reason {
            Some(told) => told.status(),
            None => self.reason.status(),
        }
    }

    /// Why, for the operator only. Where a route is hidden the status is not this reason's.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The feed of keys that the host should fetch, since a token names a key of its issuer that it does not have: said at most once in the feed's
    /// cooldown, however many ask. The keys that are held stay good meanwhile.
    #[cfg(feature = "token")]
    #[must_use]
    pub fn wants(&self) -> Option<&'g str> {
        self.facts.wants.and_then(|index| self.policy.feed_name(usize::from(index)))
    }

    /// Seconds until the same request may pass, 0 where waiting does not help.
    #[must_use]
    pub const fn retry_after_s(&self) -> u32 {
        self.facts.answer.retry_after_s
    }

    /// The header fields of the answer.
    pub fn fields(&self) -> impl Iterator<Item = Field<'g>> + use<'g> {
        self.policy.fields(&self.facts.answer)
    }

    /// The body of the answer: problem+json (RFC 9457).
    #[must_use]
    pub fn body(&self) -> Body {
        Body::new(self.status(), self.facts.id)
    }
}
