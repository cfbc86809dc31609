//! A decision as a value that owns its bytes: nothing in it points anywhere.

use core::net::IpAddr;

use caltrop::Decision;
use caltrop::guard::Facts;

use crate::net::caltrop_address;

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
    /// Whose credential it is, ended by a NUL; empty without one.
    pub principal: [u8; 256],
    /// The principal's tenant.
    pub tenant: [u8; 64],
    /// The principal's plan.
    pub plan: [u8; 64],
    /// The route.
    pub route: [u8; 64],
}

const _: () = assert!(size_of::<caltrop_decision>() <= 512);

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
        principal: [0; 256],
        tenant: [0; 64],
        plan: [0; 64],
        route: [0; 64],
    };

    pub(crate) fn of(decision: &Decision<'_>) -> Self {
        let facts = decision.facts();
        let (verdict, reason, retry_after_s) = match decision {
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

    pub(crate) const fn is_allowed(&self) -> bool {
        self.verdict == YES
    }

    pub(crate) fn client(&self) -> Option<IpAddr> {
        self.client.get().ok()
    }
}

/// A name and the NUL behind it. Names are bounded so that they fit (docs/formats.md); a longer one would be left out, never cut.
fn terminated<const N: usize>(name: Option<&str>) -> [u8; N] {
    let mut text = [0; N];
    if let Some(name) = name.filter(|name| name.len() < N) {
        text.iter_mut().zip(name.bytes()).for_each(|(slot, byte)| *slot = byte);
    }
    text
}
