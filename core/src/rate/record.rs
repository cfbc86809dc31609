//! What a policy image holds for this room.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::image::{Span, Tag};

/// Quotas in the order of `name64`: [`QuotaRecord`].
pub const QUOTA: Tag = *b"QUOT";
/// Other limits of a quota in some zones: [`ZoneLimitRecord`].
pub const ZONE_LIMIT: Tag = *b"QZON";
/// Names of plans, ascending by bytes: u32 text offsets.
pub const PLAN: Tag = *b"PLAN";
/// What plans allow in a quota: [`PlanLimitRecord`].
pub const PLAN_LIMIT: Tag = *b"QPLN";

/// What a quota counts by ([`QuotaRecord::by`]).
pub mod by {
    /// The client's address; IPv6 in three tiers.
    pub const ADDRESS: u8 = 1;
    /// The principal.
    pub const PRINCIPAL: u8 = 2;
    /// The principal's tenant; a principal without one is its own.
    pub const TENANT: u8 = 3;
    /// The route: one bucket for all callers.
    pub const ROUTE: u8 = 4;
    /// The caller's plan: one bucket for all its callers.
    pub const PLAN: u8 = 5;
}

/// What charges a quota ([`QuotaRecord::on`]).
pub mod on {
    /// Every request (by address), or the routes that name it in `charge`.
    pub const REQUEST: u8 = 0;
    /// A credential that was shown and is not good.
    pub const AUTH_FAILURE: u8 = 1;
    /// The requests that run, by the routes that name it in `charge`: how many at once. It has no time, so its units are 0, and its bursts are the
    /// most that run at once, 1 to 255.
    pub const RUNNING: u8 = 2;
}

/// One window of a quota: "N per P, burst b".
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct QuotaRecord {
    /// `name64` of its name.
    pub name64: U64,
    /// `⌈P·2³²/N⌉`: what one unit of cost takes to drain, in 2⁻³² s; 0 if plans say it.
    pub unit: U64,
    /// Units that may come at once; 0 if plans say it.
    pub burst: U32,
    /// Its name: the quota's, and `#2` and so on behind it for the windows after the first.
    pub name: U32,
    /// Its [`ZoneLimitRecord`]s; the first whose zone holds is the limit.
    pub in_zone: Span,
    /// [`by`].
    pub by: u8,
    /// [`on`].
    pub on: u8,
    /// Its [`PlanLimitRecord`]s, ascending by plan; none if its limit is one for all.
    pub plans: Span,
    /// 0 for a quota's first window, which every plan must know; a plan that says nothing of a later one is not limited by it.
    pub window: u8,
    /// For how many of a hundred callers it is only reported: 0 enforces, 100 reports for all.
    pub report: u8,
}

const _: () = assert!(size_of::<QuotaRecord>() == 40);

/// What a plan allows in one window of a quota.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct PlanLimitRecord {
    /// As [`QuotaRecord::unit`], never 0.
    pub unit: U64,
    /// As [`QuotaRecord::burst`], never 0.
    pub burst: U32,
    /// The plan's index in [`PLAN`].
    pub plan: U16,
    /// Zero.
    pub zero: [u8; 2],
}

const _: () = assert!(size_of::<PlanLimitRecord>() == 16);

/// Another limit for addresses in a zone.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ZoneLimitRecord {
    /// As [`QuotaRecord::unit`].
    pub unit: U64,
    /// As [`QuotaRecord::burst`].
    pub burst: U32,
    /// The zone's index.
    pub zone: u8,
    /// Zero.
    pub zero: [u8; 3],
}

const _: () = assert!(size_of::<ZoneLimitRecord>() == 16);
