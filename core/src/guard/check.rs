//! What a policy image is held to when it is opened: after that no read can fail.

use zerocopy::little_endian::{U32, U64};

use super::policy::Policy;
use super::record::{
    CREDENTIAL, FIELD, FIELDS_MAX, FLAG_DENY_EXPIRED, FLAG_REPORT, FLAG_STRIP, FLAG_UNIX_PROXY, FORWARDED_NONE, FORWARDED_RFC7239,
    FORWARDED_X, ON_ALL, ON_TLS, ORIGIN, POLICY, TAKES_KEY, TAKES_TOKEN,
};
use super::running::RUNNING_MAX;
use super::state::State;
use crate::access::record::{AUTH_KEY, AUTH_NONE, CHARGE, ChargeRecord};
use crate::image::{Kind, OpenError};
use crate::net::record::{ZONE, ZONES_MAX};
use crate::rate::record::{PLAN, PlanLimitRecord, QUOTA, QuotaRecord, by, on};
use crate::rate::{CHARGES_MAX, Quota};

impl Policy<'_> {
    /// Looks at every record.
    ///
    /// # Errors
    /// [`OpenError::Content`] names the section.
    pub(super) fn check(&self) -> Result<(), OpenError> {
        self.check_zones()?;
        self.check_head()?;
        self.check_plans()?;
        self.check_quotas()?;
        self.check_credentials()?;
        self.check_feeds()?;
        self.check_answers()?;
        self.routes.check(self.quotas.len(), self.zone_mask())?;
        self.check_charges()
    }

    fn check_zones(&self) -> Result<(), OpenError> {
        if self.zones.len() > ZONES_MAX {
            return Err(OpenError::Content { tag: ZONE });
        }
        self.zones.iter().try_for_each(|zone| self.text.check_name(zone.name, ZONE).map(|_| ()))
    }

    fn check_head(&self) -> Result<(), OpenError> {
        let head = self.head;
        self.text.check_name(head.name, POLICY)?;
        let masks = (head.proxies.get() | head.deny.get() | head.never_deny.get()) & !self.zone_mask();
        let keyring = head.keyring.get();
        let keyring_fits = keyring == u32::MAX
            || self.feeds.get(usize::try_from(keyring).unwrap_or(usize::MAX)).is_some_and(|feed| feed.kind == Kind::Keyring.code());
        let known = matches!(head.forwarded, FORWARDED_NONE | FORWARDED_X | FORWARDED_RFC7239)
            && matches!(head.tls, 0 | 2 | 3)
            && head.flags & !(FLAG_UNIX_PROXY | FLAG_DENY_EXPIRED | FLAG_STRIP | FLAG_REPORT) == 0
            && head.zero == [0; 3]
            && head.lease_s.get() > 0;
        let sized = State::words(self.geometry()).is_some() && head.slots.get().is_multiple_of(8);
        if masks == 0 && keyring_fits && known && sized { Ok(()) } else { Err(OpenError::Content { tag: POLICY }) }
    }

    fn check_plans(&self) -> Result<(), OpenError> {
        let mut before = "";
        for plan in self.plans {
            let name = self.text.check_name(*plan, PLAN)?;
            if name <= before {
                return Err(OpenError::Content { tag: PLAN });
            }
            before = name;
        }
        Ok(())
    }

    fn check_quotas(&self) -> Result<(), OpenError> {
        let fail = Err(OpenError::Content { tag: QUOTA });
        for quota in self.quotas {
            self.text.check_name(quota.name, QUOTA)?;
            let known = matches!(quota.by, by::ADDRESS..=by::PLAN) && quota.report <= 100 && quota.on <= on::RUNNING;
            let placed = match quota.by {
                by::ADDRESS => quota.on != on::RUNNING,
                _ => quota.on != on::AUTH_FAILURE && quota.in_zone.count.get() == 0,
            };
            let limits = quota.in_zone.of(self.zone_limits);
            let limits_good = limits.iter().all(|limit| {
                usize::from(limit.zone) < self.zones.len()
                    && limit.zero == [0; 3]
                    && Quota::from_unit(0, limit.unit.get(), limit.burst.get()).is_ok()
            });
            if !known || !placed || !quota.in_zone.fits(self.zone_limits.len()) || !limits_good || !self.is_limited(quota) {
                return fail;
            }
        }
        // One address is up to three charges, and all of them are taken at once.
        let by_address = |on: u8| self.quotas.iter().filter(|quota| quota.by == by::ADDRESS && quota.on == on).count();
        let few = by_address(on::REQUEST) <= CHARGES_MAX / 3 && by_address(on::AUTH_FAILURE) <= CHARGES_MAX / 3;
        let ascending = self.quotas.is_sorted_by(|a, b| a.name64.get() < b.name64.get());
        if few && ascending { Ok(()) } else { fail }
    }

    /// By plans that are there, each once, or by one limit for all.
    fn is_limited(&self, quota: &QuotaRecord) -> bool {
        let is_limit = |unit: U64, most: U32| match quota.on {
            on::RUNNING => unit.get() == 0 && (1..=255).contains(&most.get()) && quota.window == 0,
            _ => Quota::from_unit(0, unit.get(), most.get()).is_ok(),
        };
        if quota.plans.count.get() == 0 {
            return is_limit(quota.unit, quota.burst);
        }
        let limits = quota.plans.of(self.plan_limits);
        let good = |limit: &PlanLimitRecord| {
            is_limit(limit.unit, limit.burst) && usize::from(limit.plan.get()) < self.plans.len() && limit.zero == [0; 2]
        };
        quota.plans.fits(self.plan_limits.len())
            && limits.iter().all(good)
            && limits.is_sorted_by(|a, b| a.plan.get() < b.plan.get())
            && !matches!(quota.by, by::ADDRESS | by::ROUTE)
            && (quota.unit.get(), quota.burst.get()) == (0, 0)
    }

    /// What is written into every answer can end no field and begin no other, whoever signed it.
    fn check_answers(&self) -> Result<(), OpenError> {
        let fail = |tag| Err(OpenError::Content { tag });
        if self.fields.len() > FIELDS_MAX || u16::try_from(self.origins.len()).is_err() {
            return fail(FIELD);
        }
        let is_value = |text: &str| !text.is_empty() && text.trim_ascii() == text;
        for &origin in self.origins {
            if !is_value(self.text.check_name(origin, ORIGIN)?) {
                return fail(ORIGIN);
            }
        }
        for field in self.fields {
            let (name, value) = (self.text.check_name(field.name, FIELD)?, self.text.check_name(field.value, FIELD)?);
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            if !is_name || !is_value(value) || !matches!(field.on, ON_ALL | ON_TLS) || field.zero != [0; 3] {
                return fail(FIELD);
            }
        }
        Ok(())
    }

    /// A route that takes keys has a keyring to find them in, and one that takes tokens their issuers.
    fn check_credentials(&self) -> Result<(), OpenError> {
        let keys = if self.head.keyring.get() == u32::MAX { 0 } else { AUTH_KEY };
        #[cfg(feature = "token")]
        let keys = keys | !u8::MAX.unbounded_shl(u32::try_from(self.issuers.len()).unwrap_or(0)).unbounded_shl(1) & !AUTH_KEY;
        if self.routes.routes.iter().any(|route| route.auth & !keys != 0) {
            return Err(OpenError::Content { tag: POLICY });
        }
        for credential in self.credentials {
            let takes = if keys & AUTH_KEY == 0 { TAKES_TOKEN..=TAKES_TOKEN } else { TAKES_KEY..=TAKES_KEY | TAKES_TOKEN };
            if !takes.contains(&credential.takes) || credential.zero != [0; 3] {
                return Err(OpenError::Content { tag: CREDENTIAL });
            }
            self.text.check_name(credential.header, CREDENTIAL)?;
            self.text.check_optional(credential.scheme, CREDENTIAL)?;
        }
        Ok(())
    }

    /// Routes charge only what is charged by routes, of callers only if they know them, one of those that run at once, and few enough to be taken at
    /// once.
    fn check_charges(&self) -> Result<(), OpenError> {
        let quota = |charge: &ChargeRecord| self.quotas.get(usize::from(charge.quota.get()));
        let is_running = |charge: &&ChargeRecord| quota(charge).is_some_and(|quota| quota.on == on::RUNNING);
        let chargeable = |charge: &ChargeRecord| {
            quota(charge).is_some_and(|quota| quota.by != by::ADDRESS && (quota.on != on::RUNNING || charge.cost.get() == 1))
        };
        let good = self.routes.charges.iter().all(chargeable);
        let few = self.routes.routes.iter().all(|route| {
            let charges = route.charges.of(self.routes.charges);
            let is_known = |charge: &ChargeRecord| route.auth != AUTH_NONE || quota(charge).is_some_and(|quota| quota.by == by::ROUTE);
            let running = charges.iter().filter(is_running).count();
            charges.len() <= CHARGES_MAX && running <= RUNNING_MAX && charges.iter().all(is_known)
        });
        if good && few { Ok(()) } else { Err(OpenError::Content { tag: CHARGE }) }
    }
}
