//! Quotas, what plans allow of them, and what routes charge.

use caltrop::access::record::ChargeRecord;
use caltrop::guard::RUNNING_MAX;
use caltrop::image::Span;
use caltrop::name::name64;
use caltrop::rate::Quota as Checked;
use caltrop::rate::record::{PlanLimitRecord, QuotaRecord, ZoneLimitRecord, by, on};
use zerocopy::little_endian::U64;

use super::{Compiler, Window, span};
use crate::model::{By, CompileError, Cost, Limit, On, Quota, Route};

impl Compiler<'_> {
    pub(super) fn quotas(&mut self) -> Result<Vec<QuotaRecord>, CompileError> {
        let windows = std::mem::take(&mut self.sorted);
        let records = windows.iter().map(|window| self.quota(window)).collect();
        self.sorted = windows;
        records
    }

    /// The lease of all quotas of requests that run.
    pub(super) fn lease_s(&self) -> Result<u32, CompileError> {
        let mut lease = None;
        for quota in &self.policy.quotas {
            let On::Running { lease_s } = quota.on else { continue };
            if lease_s == 0 || *lease.get_or_insert(lease_s) != lease_s {
                return Err(CompileError::Running(quota.name.clone()));
            }
        }
        Ok(lease.unwrap_or(LEASE_S))
    }

    fn quota(&mut self, Window { quota, at, name }: &Window<'_>) -> Result<QuotaRecord, CompileError> {
        let (first_zone, first_plan) = (self.zone_limits.len(), self.plan_limits.len());
        for (zone, limit) in &quota.in_zone {
            let (unit, burst) = (unit(quota, *limit)?, limit.burst.into());
            self.zone_limits.push(ZoneLimitRecord { unit, burst, zone: self.zone(zone)?, zero: [0; 3] });
        }
        let own = quota.limits.as_ref().and_then(|limits| limits.get(*at));
        if own.is_none() {
            for (index, plan) in self.plans.iter().enumerate() {
                let Some(limit) = plan.windows(&quota.name).get(*at) else { continue };
                let plan = u16::try_from(index).map_err(|_| CompileError::TooMany("plans"))?;
                let (unit, burst) = (unit(quota, *limit)?, limit.burst.into());
                self.plan_limits.push(PlanLimitRecord { unit, burst, plan: plan.into(), zero: [0; 2] });
            }
        }
        Ok(QuotaRecord {
            name64: name64(name).into(),
            unit: own.map_or(Ok(0.into()), |limit| unit(quota, *limit))?,
            burst: own.map_or(0, |limit| limit.burst).into(),
            name: self.text.intern(name)?,
            in_zone: span(first_zone, self.zone_limits.len(), "limits in zones")?,
            by: match quota.by {
                By::Address => by::ADDRESS,
                By::Principal => by::PRINCIPAL,
                By::Tenant => by::TENANT,
                By::Route => by::ROUTE,
                By::Plan => by::PLAN,
            },
            on: match quota.on {
                On::Request => on::REQUEST,
                On::AuthFailure => on::AUTH_FAILURE,
                On::Running { .. } => on::RUNNING,
            },
            plans: span(first_plan, self.plan_limits.len(), "limits of plans")?,
            window: u8::try_from(*at).map_err(|_| CompileError::TooMany("limits in one quota"))?,
            report: quota.mode.percent(),
        })
    }

    /// Without a `charge`, something of every quota that the route can be charged to: a new route is limited unless it says otherwise.
    pub(super) fn charge(&mut self, route: &Route) -> Result<Span, CompileError> {
        let costs = route.costs(&self.policy.quotas);
        if let Some(unknown) = costs.keys().find(|name| !self.policy.quotas.iter().any(|quota| quota.name == **name)) {
            return Err(CompileError::UndefinedQuota(unknown.clone()));
        }
        let first = self.charges.len();
        let mut places = 0;
        for (index, Window { quota, .. }) in (0u16..).zip(&self.sorted) {
            let Some(&cost) = costs.get(&quota.name) else { continue };
            if !quota.is_chargeable(route.knows_caller()) {
                return Err(CompileError::NotChargeable(quota.name.clone()));
            }
            let cost = match cost {
                Cost::ByApp => 0,
                Cost::Units(cost) if cost == 0 || cost > quota.most_cost(&self.policy.plans) => {
                    return Err(CompileError::Cost { quota: quota.name.clone(), cost });
                }
                Cost::Units(cost) => cost,
            };
            places += usize::from(quota.is_running());
            self.charges.push(ChargeRecord { quota: index.into(), zero: [0; 2], cost: cost.into() });
        }
        if places > RUNNING_MAX {
            return Err(CompileError::TooMany("quotas of requests that run at once, in one route"));
        }
        span(first, self.charges.len(), "charges")
    }
}

/// The most requests of one caller that may run at once: more cannot be counted.
pub(crate) const MOST: u32 = 255;

/// What lease a new state gets whose policy says nothing of it.
pub(crate) const LEASE_S: u32 = 120;

fn unit(quota: &Quota, limit: Limit) -> Result<U64, CompileError> {
    if quota.is_running() {
        let good = (1..=MOST).contains(&limit.burst) && quota.by != By::Address;
        return if good { Ok(0.into()) } else { Err(CompileError::Running(quota.name.clone())) };
    }
    Checked::per(&quota.name, limit.count, limit.period_s, limit.burst)
        .map_err(|error| CompileError::Quota { quota: quota.name.clone(), error })?;
    Ok((u64::from(limit.period_s) << 32).div_ceil(u64::from(limit.count)).into())
}
