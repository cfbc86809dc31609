//! Step 5 and step 10: what a request costs, and whether that is left.
//!
//! What is enforced is taken all at once or not at all. What only reports is taken after it, each quota by itself and from a partition beside
//! the real one.

use core::net::IpAddr;

use heapless::Vec;

use super::admit::Guard;
use super::answer::Limit;
use super::caller::Caller;
use super::cost::Payer;
use super::decision::Facts;
use super::report::Posture;
use super::running::{Place, Places};
use super::steps::{Attempt, Stop};
use super::trace::{Fact, Step, Trace};
use crate::access::record::ChargeRecord;
use crate::audit::Reason;
use crate::rate::record::{QuotaRecord, by, on};
use crate::rate::{AllRefused, CHARGES_MAX, Charge, Left, Quota, Refused};
use crate::table::Partition;

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
        let partition = guard.counted_in(posture, charge.partition);
        Self { quota, charge: Charge { partition, ..charge }, posture }
    }

    pub(super) fn is_enforced(&self) -> bool {
        self.posture == Posture::Enforce
    }

    pub(super) fn told(&self, left: Left) -> Limit {
        let quota = self.charge.quota;
        Limit { quota: self.quota, burst: quota.burst(), window_s: quota.window_s(), left }
    }
}

/// All that a request is to be charged.
pub(super) type Dues = Vec<Due, CHARGES_MAX>;

/// Whom charges are of. Names are bytes, which were seen to be text when their images were opened.
pub(super) struct Charged<'a> {
    client: Option<IpAddr>,
    zones: u64,
    route: Option<&'a [u8]>,
    principal: Option<&'a [u8]>,
    tenant: Option<&'a [u8]>,
    plan: Option<&'a [u8]>,
}

impl<'a> From<&Payer<'a>> for Charged<'a> {
    fn from(payer: &Payer<'a>) -> Self {
        let [route, principal, tenant, plan] = [payer.route, payer.principal, payer.tenant, payer.plan].map(|name| name.map(str::as_bytes));
        Self { client: payer.client, zones: payer.zones, route, principal, tenant, plan }
    }
}

impl<'a> From<&'a Facts<'_>> for Charged<'a> {
    fn from(facts: &'a Facts<'_>) -> Self {
        let caller = facts.caller.as_ref();
        Self {
            client: facts.client(),
            zones: facts.zones,
            route: facts.route.map(str::as_bytes),
            principal: caller.and_then(Caller::principal_bytes),
            tenant: caller.and_then(Caller::tenant_bytes),
            plan: caller.and_then(Caller::plan_bytes),
        }
    }
}

/// What one charge of a route comes to for a caller.
enum Share {
    Due(Due),
    /// One of those that run at once.
    Place(Place),
    /// The caller's plan says nothing of this window.
    Unlimited,
    /// The caller's plan says nothing of the quota, or there is no such plan.
    NotInPlan(u16, Posture),
}

impl Guard<'_> {
    fn share(&self, charge: &ChargeRecord, of_route: Posture, caller: &Charged<'_>) -> Result<Share, Reason> {
        let (policy, limiter) = (&self.policy, self.state.limiter());
        let index = charge.quota.get();
        let record = policy.quotas.get(usize::from(index)).ok_or(Reason::Corrupt)?;
        let posture = match of_route {
            Posture::Report => Posture::Report,
            Posture::Enforce => self.posture(record.report, || self.partition_of(caller.principal, caller.client)),
        };
        let (unit, burst) = if record.plans.count.get() == 0 {
            policy.limit(record, caller.zones)
        } else {
            match policy.plan(caller.plan).and_then(|plan| policy.plan_limit(record, plan)) {
                Some(limit) => limit,
                None if record.window == 0 => return Ok(Share::NotInPlan(index, posture)),
                None => return Ok(Share::Unlimited),
            }
        };
        let principal = || caller.principal.ok_or(Reason::Corrupt);
        let partition = match record.by {
            by::PRINCIPAL => limiter.principal(principal()?),
            by::TENANT => match caller.tenant {
                Some(tenant) => limiter.tenant(tenant),
                None => limiter.principal(principal()?),
            },
            by::ROUTE => limiter.route(caller.route.ok_or(Reason::Corrupt)?),
            by::PLAN => match policy.plan(caller.plan) {
                Some(plan) => limiter.plan(plan.name),
                None => return Ok(Share::NotInPlan(index, posture)),
            },
            _ => return Err(Reason::Corrupt),
        };
        if record.on == on::RUNNING {
            return Place::new(self, index, record, burst, partition, posture).map(Share::Place).ok_or(Reason::Corrupt);
        }
        let quota = Quota::from_unit(record.name64.get(), unit, burst).map_err(|_| Reason::Corrupt)?;
        Ok(Share::Due(Due::new(self, index, Charge { partition, quota, cost: charge.cost.get() }, posture)))
    }

    /// What a payer owes for so many units of a quota whose cost the application says; `None` if its route charges none such. Whom report mode let
    /// pass, and nobody knows, owes nothing.
    pub(super) fn dues_by_app(&self, payer: &Payer<'_>, quota: &str, cost: u32) -> Option<Dues> {
        let only_reports = self.policy.only_reports();
        let Some(route) = payer.route.and_then(|name| self.policy.routes.named(name, payer.route_index)) else {
            return only_reports.then(Dues::new);
        };
        let caller = Charged::from(payer);
        let of_route = self.posture(route.record().report, || self.partition_of(caller.principal, caller.client));
        let (mut dues, mut is_charged) = (Dues::new(), false);
        for charge in route.charges().iter().filter(|charge| charge.cost.get() == 0) {
            let name = self.policy.quota_name(usize::from(charge.quota.get()))?;
            if !name.bytes().take_while(|&byte| byte != b'#').eq(quota.bytes()) {
                continue;
            }
            is_charged = true;
            match self.share(charge, of_route, &caller) {
                Ok(Share::Due(due)) => dues.push(Due { charge: Charge { cost, ..due.charge }, ..due }).ok()?,
                Ok(Share::Unlimited | Share::NotInPlan(_, Posture::Report)) => {}
                Err(_) if only_reports => {}
                Ok(Share::NotInPlan(..) | Share::Place(_)) | Err(_) => return None,
            }
        }
        is_charged.then_some(dues)
    }

    /// Whom a share of callers is counted by.
    pub(super) fn partition_of(&self, principal: Option<&[u8]>, client: Option<IpAddr>) -> Partition {
        let limiter = self.state.limiter();
        principal.map_or_else(|| limiter.address(client).caller(), |name| limiter.principal(name))
    }
}

impl<T: Trace> Attempt<'_, '_, '_, T> {
    pub(super) fn quotas(&mut self) -> Result<(), Stop> {
        let route = self.route.ok_or(Reason::Corrupt)?;
        let (caller, of_route) = (Charged::from(&self.facts), self.route_posture());
        let (mut dues, mut places, mut not_in_plan) = (Dues::new(), Places::new(), Vec::<(u16, Posture), CHARGES_MAX>::new());
        for charge in route.charges() {
            match self.guard.share(charge, of_route, &caller)? {
                Share::Due(due) => dues.push(due).map_err(|_| Reason::Corrupt)?,
                Share::Place(place) => places.push(place).map_err(|_| Reason::Corrupt)?,
                Share::Unlimited => {}
                Share::NotInPlan(index, posture) => not_in_plan.push((index, posture)).map_err(|_| Reason::Corrupt)?,
            }
        }
        not_in_plan.iter().try_for_each(|&(index, posture)| self.not_in_plan(index, posture))?;
        if places.is_empty() {
            return self.take(Step::Quotas, &dues, Reason::Quota);
        }
        let enforced = self.occupy(&places, Posture::Enforce).and_then(|()| self.take(Step::Quotas, &dues, Reason::Quota));
        let taken = enforced.and_then(|()| self.occupy(&places, Posture::Report));
        if taken.is_err() {
            self.vacate();
        }
        taken
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
        stop(dues, refused, reason)
    }
}

/// The end of a request whose charges were refused.
pub(super) fn stop(dues: &[Due], refused: AllRefused, reason: Reason) -> Stop {
    let reason = match refused.refused {
        Refused::Wait { .. } => reason,
        Refused::Contended => Reason::Contended,
    };
    Stop { reason, retry_after_s: refused.refused.retry_after_s(), rule: dues.get(refused.index).map_or(u16::MAX, |due| due.quota) }
}

pub(super) fn charges(dues: &[Due]) -> Vec<Charge, CHARGES_MAX> {
    let mut charges = Vec::new();
    for due in dues {
        // As many as there are room for: they stand in a `Dues`.
        let _ = charges.push(due.charge);
    }
    charges
}

/// What an address is to be charged in all quotas by address that count `on` this; `None` if they are more than a checked policy has.
pub(super) fn address_dues(guard: &Guard<'_>, client: Option<IpAddr>, zones: u64, on: u8) -> Option<Dues> {
    let mut dues = Dues::new();
    let counts = |(_, record): &(u16, &QuotaRecord)| record.by == by::ADDRESS && record.on == on;
    let mut tiers = None;
    for (index, record) in (0u16..).zip(guard.policy.quotas).filter(counts) {
        let tiers = *tiers.get_or_insert_with(|| guard.state.limiter().address(client));
        let (unit, burst) = guard.policy.limit(record, zones);
        let quota = Quota::from_unit(record.name64.get(), unit, burst).ok()?;
        let posture = guard.posture(record.report, || tiers.caller());
        for charge in tiers.charges(quota, 1) {
            dues.push(Due::new(guard, index, charge, posture)).ok()?;
        }
    }
    Some(dues)
}
