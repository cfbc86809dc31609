//! Step 5 and step 10: what a request costs, and whether that is left.
//!
//! What is enforced is taken all at once or not at all. What only reports is taken after it, each quota by itself and from a partition beside
//! the real one.

use core::net::IpAddr;

use heapless::Vec;

use super::admit::Guard;
use super::answer::Limit;
use super::report::Posture;
use super::steps::{Attempt, Stop};
use super::trace::{Fact, Step, Trace};
use crate::audit::Reason;
use crate::rate::record::{QuotaRecord, by};
use crate::rate::{AllRefused, CHARGES_MAX, Charge, Left, Refused};

/// What one quota is to be charged.
#[derive(Clone, Copy)]
pub(super) struct Due {
    /// Its index.
    quota: u16,
    pub(super) charge: Charge,
    posture: Posture,
}

impl Due {
    fn new(guard: &Guard<'_>, quota: u16, charge: Charge, posture: Posture) -> Self {
        let partition = match posture {
            Posture::Enforce => charge.partition,
            Posture::Report => guard.state.limiter().shadow(charge.partition),
        };
        Self { quota, charge: Charge { partition, ..charge }, posture }
    }

    fn is_enforced(&self) -> bool {
        self.posture == Posture::Enforce
    }

    fn told(&self, left: Left) -> Limit {
        let quota = self.charge.quota;
        Limit { quota: self.quota, burst: quota.burst(), window_s: quota.window_s(), left }
    }
}

/// All that a request is to be charged.
pub(super) type Dues = Vec<Due, CHARGES_MAX>;

impl<T: Trace> Attempt<'_, '_, '_, T> {
    pub(super) fn quotas(&mut self) -> Result<(), Stop> {
        let route = self.route.ok_or(Reason::Corrupt)?;
        let guard = self.guard;
        let (policy, limiter) = (&guard.policy, guard.state.limiter());
        let (entry, zones) = (self.facts.entry, self.facts.zones);
        let principal = || entry.and_then(|entry| entry.principal()).ok_or(Reason::Corrupt);
        let plan = || policy.plan(entry.and_then(|entry| entry.plan()));
        let of_route = self.route_posture();
        let mut dues = Dues::new();
        for charge in route.charges() {
            let index = charge.quota.get();
            let record = policy.quotas.get(usize::from(index)).ok_or(Reason::Corrupt)?;
            let posture = match of_route {
                Posture::Report => Posture::Report,
                Posture::Enforce => guard.posture(record.report, || self.caller()),
            };
            let quota = if record.plans.count.get() == 0 {
                policy.limit(record, zones).ok_or(Reason::Corrupt)?
            } else {
                match plan().and_then(|plan| policy.plan_limit(record, plan)) {
                    Some(quota) => quota,
                    None if record.window == 0 => {
                        self.not_in_plan(index, posture)?;
                        continue;
                    }
                    None => continue,
                }
            };
            let partition = match record.by {
                by::PRINCIPAL => limiter.principal(principal()?),
                by::TENANT => match entry.and_then(|entry| entry.tenant()) {
                    Some(tenant) => limiter.tenant(tenant),
                    None => limiter.principal(principal()?),
                },
                by::ROUTE => limiter.route(route.name().ok_or(Reason::Corrupt)?),
                by::PLAN => match plan() {
                    Some(plan) => limiter.plan(plan.name),
                    None => {
                        self.not_in_plan(index, posture)?;
                        continue;
                    }
                },
                _ => return Err(Reason::Corrupt.into()),
            };
            let charge = Charge { partition, quota, cost: charge.cost.get() };
            dues.push(Due::new(guard, index, charge, posture)).map_err(|_| Reason::Corrupt)?;
        }
        self.take(Step::Quotas, &dues, Reason::Quota)
    }

    fn not_in_plan(&mut self, index: u16, posture: Posture) -> Result<(), Stop> {
        self.trace.fact(Step::Quotas, Fact::NotInPlan { index, plan: self.facts.plan() });
        self.refuse(posture, Stop { rule: index, ..Reason::Plan.into() })
    }

    /// What this request costs its address in the quotas that count `on` this.
    pub(super) fn by_address(&self, on: u8) -> Result<Dues, Stop> {
        address_dues(self.guard, self.facts.client(), self.facts.zones, on).ok_or_else(|| Reason::Corrupt.into())
    }

    pub(super) fn take(&mut self, step: Step, dues: &Dues, reason: Reason) -> Result<(), Stop> {
        let limiter = self.guard.state.limiter();
        if T::LISTENS {
            for due in dues {
                self.trace.fact(step, Fact::Quota { index: due.quota, answer: limiter.peek(&due.charge, self.now) });
            }
        }
        if dues.iter().all(Due::is_enforced) {
            return self.take_enforced(step, dues, reason);
        }
        let enforced: Dues = dues.iter().filter(|due| due.is_enforced()).copied().collect();
        self.take_enforced(step, &enforced, reason)?;
        let reported: Dues = dues.iter().filter(|due| !due.is_enforced()).copied().collect();
        for of_quota in reported.chunk_by(|one, other| one.quota == other.quota) {
            if let Err(refused) = limiter.take_all(&charges(of_quota), self.now) {
                let stop = self.refused(step, of_quota, refused, reason);
                self.refuse(Posture::Report, stop)?;
            }
        }
        Ok(())
    }

    fn take_enforced(&mut self, step: Step, dues: &[Due], reason: Reason) -> Result<(), Stop> {
        match self.guard.state.limiter().take_all(&charges(dues), self.now) {
            Ok(tightest) => {
                let limit = tightest.and_then(|tightest| {
                    let due = dues.get(tightest.index)?;
                    Some(due.told(Left::of(&due.charge.quota, &Ok(tightest.taken))))
                });
                let least = [self.facts.answer.limit, limit].into_iter().flatten();
                self.facts.answer.limit = least.min_by_key(|limit| limit.left.remaining);
                Ok(())
            }
            Err(refused) => {
                let due = dues.get(refused.index);
                self.facts.answer.limit = due.map(|due| due.told(Left::of(&due.charge.quota, &Err(refused.refused))));
                Err(self.refused(step, dues, refused, reason))
            }
        }
    }

    fn refused(&mut self, step: Step, dues: &[Due], refused: AllRefused, reason: Reason) -> Stop {
        self.trace.fact(step, Fact::Refused(refused));
        let reason = match refused.refused {
            Refused::Wait { .. } => reason,
            Refused::Contended => Reason::Contended,
        };
        Stop { reason, retry_after_s: refused.refused.retry_after_s(), rule: dues.get(refused.index).map_or(u16::MAX, |due| due.quota) }
    }
}

fn charges(dues: &[Due]) -> Vec<Charge, CHARGES_MAX> {
    dues.iter().map(|due| due.charge).collect()
}

/// What an address is to be charged in all quotas by address that count `on` this; `None` if they are more than a checked policy has.
pub(super) fn address_dues(guard: &Guard<'_>, client: Option<IpAddr>, zones: u64, on: u8) -> Option<Dues> {
    let mut dues = Dues::new();
    let counts = |(_, record): &(u16, &QuotaRecord)| record.by == by::ADDRESS && record.on == on;
    let mut tiers = None;
    for (index, record) in (0u16..).zip(guard.policy.quotas).filter(counts) {
        let tiers = *tiers.get_or_insert_with(|| guard.state.limiter().address(client));
        let quota = guard.policy.limit(record, zones)?;
        let posture = guard.posture(record.report, || tiers.caller());
        for charge in tiers.charges(quota, 1) {
            dues.push(Due::new(guard, index, charge, posture)).ok()?;
        }
    }
    Some(dues)
}
