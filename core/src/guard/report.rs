//! Report mode: a rule that says what it would refuse, and refuses nothing.
//!
//! What only reports never changes what an enforced rule decides: its quotas are charged to partitions beside the real ones.

use super::admit::Guard;
use super::decision::Facts;
use super::policy::Policy;
use super::steps::Stop;
use crate::audit::Reason;
use crate::table::Partition;

/// What a rule's refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Posture {
    Enforce,
    Report,
}

/// One refusal that did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WouldDeny {
    /// Why.
    pub reason: Reason,
    rule: u16,
}

impl WouldDeny {
    /// The quota that would have refused, by its index ([`Policy::quota_name`]).
    #[must_use]
    pub fn quota(&self) -> Option<u16> {
        (self.reason.is_of_quota() && self.rule != u16::MAX).then_some(self.rule)
    }
}

impl From<&Stop> for WouldDeny {
    fn from(stop: &Stop) -> Self {
        Self { reason: stop.reason, rule: stop.rule }
    }
}

/// The most refusals that one request may meet: transport twice, zone, two quotas by address, origin, and then either no route, or a bad
/// credential and two quotas of failures, or access and eight charges of the route.
pub const REPORTED_MAX: usize = 16;

/// What would have refused a request, in the order in which it was asked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reported {
    list: [Option<WouldDeny>; REPORTED_MAX],
    pub(super) count: u8,
}

impl Reported {
    pub(super) fn iter(self) -> impl Iterator<Item = WouldDeny> {
        self.list.into_iter().flatten()
    }

    pub(super) fn get(&self, index: u8) -> Option<WouldDeny> {
        self.list.get(usize::from(index)).copied().flatten()
    }

    /// Whether it is new.
    pub(super) fn push(&mut self, one: WouldDeny) -> bool {
        if self.list.contains(&Some(one)) {
            return false;
        }
        let Some(slot) = self.list.get_mut(usize::from(self.count)) else { return false };
        *slot = Some(one);
        self.count = self.count.wrapping_add(1);
        true
    }
}

impl<'b> Policy<'b> {
    /// What would have refused a request, by its reasons, and for quotas their names.
    pub(super) fn reported(&self, facts: &Facts<'_>) -> impl Iterator<Item = (Reason, Option<&'b str>)> + use<'b> {
        let policy = *self;
        facts.reported().map(move |one| (one.reason, one.quota().and_then(|quota| policy.quota_name(usize::from(quota)))))
    }
}

impl Guard<'_> {
    pub(super) fn whole_posture(&self) -> Posture {
        if self.policy.only_reports() { Posture::Report } else { Posture::Enforce }
    }

    /// What a rule counts a caller in: what only reports, beside the real one.
    pub(super) fn counted_in(&self, posture: Posture, partition: Partition) -> Partition {
        match posture {
            Posture::Enforce => partition,
            Posture::Report => self.state.limiter().shadow(partition),
        }
    }

    /// What a rule's refusal means to a caller, if it only reports for so many of a hundred. Which callers those are depends on the state's
    /// key: it stays as long as the state does, and nobody can choose to be one.
    pub(super) fn posture(&self, of_hundred: u8, caller: impl FnOnce() -> Partition) -> Posture {
        let reports = match of_hundred {
            0 => false,
            1..=99 => caller().0 % 100 < u64::from(of_hundred),
            _ => true,
        };
        if reports { Posture::Report } else { self.whole_posture() }
    }
}
