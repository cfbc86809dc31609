//! Costs that only the application knows: charged once a request is granted, and set right when it is over.
//!
//! A route says `charge = { tokens = "app" }`: the guard lets a request pass while a unit is left and takes none; the application charges what
//! it reckons, and at the end says what it came to. Who only knows the end charges nothing and settles from 0.

use core::fmt;
use core::net::IpAddr;

use super::admit::Guard;
use super::answer::{Answer, Limit};
use super::charge::{charges, stop};
use super::decision::{DecisionId, Facts};
use crate::audit::{Reason, Verdict};
use crate::rate::Left;
use crate::time::Now;

/// Who pays for a request, as its decision found out: what a host keeps of it to charge what comes later.
#[derive(Debug, Clone, Copy, Default)]
pub struct Payer<'a> {
    /// The decision.
    pub id: DecisionId,
    /// The client's address, if it could be told.
    pub client: Option<IpAddr>,
    /// How many trusted proxies were passed.
    pub hops: u8,
    /// The zones that held, as a mask over the policy's zones.
    pub zones: u64,
    /// The public id of the API key, 0 without one.
    pub key_id: u64,
    /// The route.
    pub route: Option<&'a str>,
    /// Its index, if it is known: [`Answer::route`]. Another policy may have another route there, so the name decides.
    pub route_index: Option<u16>,
    /// Whose credential it is.
    pub principal: Option<&'a str>,
    /// The principal's tenant.
    pub tenant: Option<&'a str>,
    /// The principal's plan.
    pub plan: Option<&'a str>,
}

impl Facts<'_> {
    /// Who pays.
    #[must_use]
    pub fn payer(&self) -> Payer<'_> {
        Payer {
            id: self.id,
            client: self.client(),
            hops: self.hops(),
            zones: self.zones,
            key_id: self.key_id(),
            route: self.route,
            route_index: self.answer.route,
            principal: self.principal(),
            tenant: self.tenant(),
            plan: self.plan(),
        }
    }
}

impl Guard<'_> {
    /// Charges what the application reckons that a granted request will cost in a quota: all its windows, or none. Of a quota in report mode
    /// none refuses, and the log tells what would have.
    ///
    /// # Errors
    /// [`ChargeError`]: nothing was taken.
    /// # Bounds
    /// As [`crate::rate::Limiter::take_all`], and of a route whose index is not known one look at each.
    pub fn charge(&self, payer: &Payer<'_>, quota: &str, cost: u32, now: Now) -> Result<(), ChargeError> {
        let dues = self.dues_by_app(payer, quota, cost).ok_or(ChargeError::NotCharged(NotCharged))?;
        let Err(refused) = self.state.limiter().take_all(&charges(&dues), now) else { return Ok(()) };
        let due = dues.get(refused.index).ok_or(ChargeError::NotCharged(NotCharged))?;
        let mut stop = stop(&dues, refused, Reason::Quota);
        if dues.iter().any(|due| cost > due.charge.quota.burst()) {
            stop.retry_after_s = 0;
        }
        let limit = Some(due.told(Left::of(&due.charge.quota, &Err(refused.refused))));
        let is_enforced = due.is_enforced();
        let verdict = if is_enforced { Verdict::Deny(stop.reason) } else { Verdict::WouldDeny(stop.reason) };
        if let Some(count) = self.counted(payer.id, payer.client, verdict, now) {
            self.write(payer, verdict, Some(&stop), count, now);
        }
        if !is_enforced {
            return Ok(());
        }
        Err(ChargeError::Refused(Refusal { reason: stop.reason, retry_after_s: stop.retry_after_s, limit }))
    }

    /// Sets right what [`Guard::charge`] took: `charged` units of a quota were, and it came to `cost`. More is charged whether or not it fits, so
    /// the caller waits for it afterwards; less is given back.
    ///
    /// # Errors
    /// [`NotCharged`]
    pub fn settle_cost(&self, payer: &Payer<'_>, quota: &str, charged: u32, cost: u32, now: Now) -> Result<(), NotCharged> {
        let limiter = self.state.limiter();
        let dues = self.dues_by_app(payer, quota, charged.abs_diff(cost)).ok_or(NotCharged)?;
        for due in &dues {
            if cost > charged { limiter.settle(&due.charge, now) } else { limiter.refund(&due.charge, now) }
        }
        Ok(())
    }
}

/// A cost that is not left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// [`Reason::Quota`] or [`Reason::Contended`].
    pub reason: Reason,
    /// Seconds until the same cost may pass; 0 where waiting does not help, as it is more than the quota ever holds.
    pub retry_after_s: u32,
    /// The quota's window that refused.
    pub limit: Option<Limit>,
}

impl Refusal {
    /// What the request is answered with that was granted with this answer.
    #[must_use]
    pub const fn answer(&self, granted: &Answer) -> Answer {
        Answer { reason: Some(self.reason), retry_after_s: self.retry_after_s, limit: self.limit, ..*granted }
    }
}

/// The request's route charges no quota of this name whose cost the application says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotCharged;

impl fmt::Display for NotCharged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request's route does not charge this quota by the application: write charge = { quota = \"app\" } in policy.toml")
    }
}

impl core::error::Error for NotCharged {}

/// Why nothing was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeError {
    /// It is not left: the request is to be denied with this.
    Refused(Refusal),
    /// The application and the policy do not agree on what is charged.
    NotCharged(NotCharged),
}

impl fmt::Display for ChargeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "{}: come again after {} s", refusal.reason.word(), refusal.retry_after_s),
            Self::NotCharged(why) => why.fmt(f),
        }
    }
}

impl core::error::Error for ChargeError {}
