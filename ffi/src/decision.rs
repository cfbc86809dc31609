//! A decision as a value that owns its bytes: nothing in it points anywhere.

use core::mem;
use core::net::IpAddr;

use caltrop::audit::Reason;
use caltrop::guard::{Answer, Facts, Held, Limit, REPORTED_MAX, WouldDeny};
use caltrop::rate::Left;
use caltrop::{Decision, Policy};

use crate::net::caltrop_address;

/// What `caltrop_guard_answer` makes header fields of, as numbers over the guard's policy. Indices are one more than they are there; 0 is none.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_told {
    /// The route.
    pub route: u32,
    /// The listed origin whose page asks.
    pub origin: u32,
    /// Where the path of a preflight ends.
    pub path_end: u32,
    /// The quota of which the rest is told.
    pub quota: u32,
    /// Its units that may come at once.
    pub burst: u32,
    /// Seconds in which they come back; 0 if the quota is one of requests that run at once.
    pub window_s: u32,
    /// Units left.
    pub remaining: u32,
    /// Seconds until all of them are back; after a refusal, until the same request may pass.
    pub reset_s: u32,
    /// The reason that the status is of: another than the decision's where a route is hidden; 0 if allowed.
    pub reason: u8,
    /// 1 if TLS protects the request on its whole way.
    pub tls: u8,
}

/// One refusal that did not happen, since its rule is in report mode.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_reported {
    /// The quota's index in the policy, one more than it is there; 0 where none would have refused.
    pub quota: u16,
    /// Why (`caltrop_reason_word`); 0 behind the last.
    pub reason: u8,
}

/// The most refusals that one request may meet in report mode.
pub const CALTROP_REPORTED_MAX: usize = 16;

const _: () = assert!(CALTROP_REPORTED_MAX == REPORTED_MAX);

/// What the guard answers. Zeroed memory is a denial, every error writes one, and only `caltrop_allowed` says yes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_decision {
    /// Ask `caltrop_allowed`.
    pub verdict: u32,
    /// Seconds until the same request may pass, 0 where waiting does not help.
    pub retry_after_s: u32,
    /// The API key's public id, 0 without one.
    pub key_id: u64,
    /// The zones that held, as a mask over the policy's zones.
    pub zones: u64,
    /// Names this decision in the answer, in the audit log and in the server's log.
    pub id: [u8; 16],
    /// The client behind the proxies; family 0 if it could not be told.
    pub client: caltrop_address,
    /// How many trusted proxies were passed.
    pub hops: u8,
    /// The HTTP status: 200 if allowed, 0 in memory that was only zeroed.
    pub status: u16,
    /// Why, for the operator only (`caltrop_reason_word`); 0 if allowed.
    pub reason: u8,
    /// The policy that decided, as the audit log names it. What is told by numbers over it is left out once another one decides.
    pub policy: u64,
    /// What the answer is made of.
    pub told: caltrop_told,
    /// The key's index in the keyring, one more than it is there; 0 without a key.
    pub key: u32,
    /// What would have refused it in enforce mode, in the order in which it was asked: `caltrop_guard_reported` names the quotas.
    pub reported: [caltrop_reported; CALTROP_REPORTED_MAX],
    /// The places that the request holds in quotas of how many at once, all 0 for none: `caltrop_guard_settle` gives them back and clears them, so a
    /// copy of a granted decision is settled once.
    pub held: [u8; 36],
    /// Whose credential it is, ended by a NUL; empty without one.
    pub principal: [u8; 256],
    /// The principal's tenant.
    pub tenant: [u8; 64],
    /// The principal's plan.
    pub plan: [u8; 64],
    /// The route.
    pub route: [u8; 64],
}

const _: () = assert!(size_of::<caltrop_decision>() <= 664);

/// "Yes" is a number that neither zeroed nor overwritten memory is likely to hold.
const YES: u32 = 0x5945_5321;

impl caltrop_decision {
    /// What stands where nothing was decided: no.
    pub(crate) const DENY: Self = Self {
        verdict: 0,
        retry_after_s: 0,
        key_id: 0,
        zones: 0,
        id: [0; 16],
        client: caltrop_address { family: 0, bytes: [0; 16] },
        hops: 0,
        status: 0,
        reason: 0,
        policy: 0,
        told: caltrop_told {
            route: 0,
            origin: 0,
            path_end: 0,
            quota: 0,
            burst: 0,
            window_s: 0,
            remaining: 0,
            reset_s: 0,
            reason: 0,
            tls: 0,
        },
        key: 0,
        reported: [caltrop_reported { quota: 0, reason: 0 }; CALTROP_REPORTED_MAX],
        held: [0; Held::BYTES],
        principal: [0; 256],
        tenant: [0; 64],
        plan: [0; 64],
        route: [0; 64],
    };

    pub(crate) fn of(mut decision: Decision<'_>, policy: &Policy<'_>) -> Self {
        let held = match &mut decision {
            Decision::Allow(grant) => mem::take(grant.held()),
            Decision::Deny(_) => Held::default(),
        };
        let facts = decision.facts();
        let (verdict, reason, retry_after_s) = match &decision {
            Decision::Allow(_) => (YES, 0, 0),
            Decision::Deny(denial) => (0, denial.reason().code(), denial.retry_after_s()),
        };
        Self {
            verdict,
            retry_after_s,
            key_id: facts.key_id(),
            zones: facts.zones(),
            id: decision.id().0.to_be_bytes(),
            client: facts.client().map_or(Self::DENY.client, caltrop_address::of),
            hops: facts.hops(),
            status: decision.status(),
            reason,
            policy: policy.id64(),
            told: caltrop_told::of(decision.answer()),
            key: facts.key().map_or(0, |key| key.index().saturating_add(1)),
            reported: caltrop_reported::all(facts),
            held: held.into_bytes(),
            ..Self::names(facts)
        }
    }

    fn names(facts: &Facts<'_>) -> Self {
        Self {
            principal: terminated(facts.principal()),
            tenant: terminated(facts.tenant()),
            plan: terminated(facts.plan()),
            route: terminated(facts.route()),
            ..Self::DENY
        }
    }

    /// What the answer is made of, as this policy can tell it; memory that was only zeroed is answered like an image that cannot be read.
    pub(crate) fn answer(&self, policy: &Policy<'_>) -> Answer {
        let reason = Reason::from_code(self.told.reason).unwrap_or(Reason::Corrupt);
        let told = if self.is_of(policy) { self.told } else { caltrop_told { tls: self.told.tls, ..Self::DENY.told } };
        Answer { reason: (!self.is_allowed()).then_some(reason), retry_after_s: self.retry_after_s, ..told.answer() }
    }

    /// Whether its numbers are over this policy.
    pub(crate) fn is_of(&self, policy: &Policy<'_>) -> bool {
        self.policy == policy.id64()
    }

    pub(crate) const fn is_allowed(&self) -> bool {
        self.verdict == YES
    }

    /// Takes the places out.
    pub(crate) fn take_held(&mut self) -> Held {
        Held::from_bytes(mem::replace(&mut self.held, Self::DENY.held))
    }

    pub(crate) fn client(&self) -> Option<IpAddr> {
        self.client.get().ok()
    }
}

impl caltrop_reported {
    fn all(facts: &Facts<'_>) -> [Self; CALTROP_REPORTED_MAX] {
        let mut all = caltrop_decision::DENY.reported;
        for (slot, one) in all.iter_mut().zip(facts.reported()) {
            *slot = Self::of(one);
        }
        all
    }

    fn of(one: WouldDeny) -> Self {
        Self { quota: one.quota().map_or(0, |quota| quota.saturating_add(1)), reason: one.reason.code() }
    }
}

impl caltrop_told {
    pub(crate) fn of(answer: &Answer) -> Self {
        let limit = answer.limit;
        let left = limit.map_or(Left { remaining: 0, reset_s: 0 }, |limit| limit.left);
        Self {
            route: kept(answer.route),
            origin: kept(answer.origin),
            path_end: kept(answer.path_end),
            quota: kept(limit.map(|limit| limit.quota)),
            burst: limit.map_or(0, |limit| limit.burst),
            window_s: limit.map_or(0, |limit| limit.window_s),
            remaining: left.remaining,
            reset_s: left.reset_s,
            reason: answer.reason.map_or(0, Reason::code),
            tls: u8::from(answer.is_tls),
        }
    }

    fn answer(&self) -> Answer {
        let left = Left { remaining: self.remaining, reset_s: self.reset_s };
        let (burst, window_s) = (self.burst, self.window_s);
        Answer {
            route: index(self.route),
            origin: index(self.origin),
            path_end: index(self.path_end),
            is_tls: self.tls == 1,
            limit: index(self.quota).map(|quota| Limit { quota, burst, window_s, left }),
            ..Answer::default()
        }
    }
}

fn kept(index: Option<u16>) -> u32 {
    index.map_or(0, |index| u32::from(index).saturating_add(1))
}

pub(crate) fn index(kept: u32) -> Option<u16> {
    kept.checked_sub(1).and_then(|index| u16::try_from(index).ok())
}

/// A name and the NUL behind it. Names are bounded so that they fit (docs/formats.md); a longer one would be left out, never cut.
fn terminated<const N: usize>(name: Option<&str>) -> [u8; N] {
    let mut text = [0; N];
    if let Some(name) = name.filter(|name| name.len() < N) {
        text.iter_mut().zip(name.bytes()).for_each(|(slot, byte)| *slot = byte);
    }
    text
}

/// A name before its NUL, `None` if there is none.
pub(crate) fn name(text: &[u8]) -> Option<&str> {
    let name = text.split(|&byte| byte == 0).next()?;
    str::from_utf8(name).ok().filter(|name| !name.is_empty())
}
