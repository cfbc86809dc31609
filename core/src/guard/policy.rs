//! The opened policy: the rooms' views of one image.

use zerocopy::little_endian::U32;

use super::record::{
    CREDENTIAL, CredentialRecord, FEED, FIELD, FIELDS_MAX, FLAG_DENY_EXPIRED, FLAG_REPORT, FLAG_STRIP, FLAG_UNIX_PROXY, FORWARDED_NONE,
    FORWARDED_RFC7239, FORWARDED_X, FeedRecord, FieldRecord, LINE, LineRecord, ON_ALL, ON_TLS, ORIGIN, POLICY, PolicyRecord,
};
use super::state::Geometry;
use crate::access::Routes;
use crate::access::record::{ACCEPT, CHARGE, CONDITION, EDGE, NAMES, NODE, ROUTE, RouteRecord, TEMPLATE};
use crate::image::{Floor, Image, Kind, NO_TEXT, OpenError, TEXT, Tag, Text, Trust};
use crate::net::record::{STARTS_V4, STARTS_V6, VALUES_V4, VALUES_V6, ZONE, ZONES_MAX, ZoneRecord};
use crate::net::{ForwardedField, Ranges};
use crate::rate::record::{PLAN, PLAN_LIMIT, PlanLimitRecord, QUOTA, QuotaRecord, ZONE_LIMIT, ZoneLimitRecord, by, on};
use crate::rate::{CHARGES_MAX, Quota};
use crate::request::Request;
use crate::table::TableSize;
use crate::time::{Now, Quality};
use crate::verify::PublicKey;

/// A policy that was signed, fresh and whole when it was opened.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'b> {
    pub(super) image: Image<'b>,
    pub(super) head: &'b PolicyRecord,
    pub(super) zones: &'b [ZoneRecord],
    pub(super) ranges: Ranges<'b>,
    pub(super) quotas: &'b [QuotaRecord],
    zone_limits: &'b [ZoneLimitRecord],
    /// Names of plans, ascending by bytes.
    plans: &'b [U32],
    plan_limits: &'b [PlanLimitRecord],
    pub(super) routes: Routes<'b>,
    pub(super) credentials: &'b [CredentialRecord],
    pub(super) origins: &'b [U32],
    pub(super) fields: &'b [FieldRecord],
    /// Whether any route is hidden.
    pub(super) hides: bool,
    pub(super) feeds: &'b [FeedRecord],
    lines: &'b [LineRecord],
    pub(super) text: Text<'b>,
    /// The least TLS that any route asks for: less can be refused before a route is known.
    pub(super) tls_floor: u8,
}

const KNOWN: &[Tag] = &[
    POLICY, CREDENTIAL, ORIGIN, FIELD, FEED, LINE, ZONE, STARTS_V4, VALUES_V4, STARTS_V6, VALUES_V6, QUOTA, ZONE_LIMIT, PLAN, PLAN_LIMIT,
    NAMES, ROUTE, CHARGE, CONDITION, NODE, EDGE, ACCEPT, TEMPLATE, TEXT,
];

impl<'b> Policy<'b> {
    /// Opens untrusted bytes. Nothing of them is used unless all of them are good.
    ///
    /// # Errors
    /// [`OpenError`] says which check failed first.
    /// # Bounds
    /// [`Image::open`], then one look at each record.
    pub fn open(bytes: &'b [u8], trust: &Trust, floor: Floor) -> Result<Self, OpenError> {
        let image = Image::open(bytes, Kind::Policy, trust, floor, KNOWN)?;
        let text = image.text()?;
        let [head] = image.records::<PolicyRecord>(POLICY)? else { return Err(OpenError::Content { tag: POLICY }) };
        let ranges =
            Ranges::new(image.records(STARTS_V4)?, image.records(VALUES_V4)?, image.records(STARTS_V6)?, image.records(VALUES_V6)?);
        let routes = Routes {
            routes: image.records(ROUTE)?,
            charges: image.records(CHARGE)?,
            conditions: image.records(CONDITION)?,
            names: image.records(NAMES)?,
            nodes: image.records(NODE)?,
            edges: image.records(EDGE)?,
            accepts: image.records(ACCEPT)?,
            templates: image.records(TEMPLATE)?,
            text,
        };
        let policy = Self {
            image,
            head,
            zones: image.records(ZONE)?,
            ranges: ranges.ok_or(OpenError::Content { tag: STARTS_V4 })?,
            quotas: image.records(QUOTA)?,
            zone_limits: image.records(ZONE_LIMIT)?,
            plans: image.records(PLAN)?,
            plan_limits: image.records(PLAN_LIMIT)?,
            routes,
            credentials: image.records(CREDENTIAL)?,
            origins: image.records(ORIGIN)?,
            fields: image.records(FIELD)?,
            hides: routes.routes.iter().any(RouteRecord::is_hidden),
            feeds: image.records(FEED)?,
            lines: image.records(LINE)?,
            text,
            tls_floor: routes.routes.iter().map(|route| route.tls).fold(head.tls, u8::min),
        };
        policy.check_zones()?;
        policy.check_head()?;
        policy.check_plans()?;
        policy.check_quotas()?;
        policy.check_credentials()?;
        policy.check_feeds()?;
        policy.check_answers()?;
        policy.routes.check(policy.quotas.len(), policy.zone_mask())?;
        policy.check_charges()?;
        Ok(policy)
    }

    /// The image it was opened from.
    #[must_use]
    pub const fn image(&self) -> &Image<'b> {
        &self.image
    }

    /// The first 8 bytes of its image's SHA-256, little-endian: what names it in decisions and audit events.
    #[must_use]
    pub fn id64(&self) -> u64 {
        self.image.id().first_chunk().map_or(0, |id| u64::from_le_bytes(*id))
    }

    /// What the host should keep once it has put this policy into use.
    #[must_use]
    pub const fn floor(&self) -> Floor {
        self.image.floor()
    }

    /// Whether its end lies before `wall_s`.
    #[must_use]
    pub const fn is_expired(&self, wall_s: u64) -> bool {
        self.image.is_expired(wall_s)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'b str {
        self.text.get(self.head.name).unwrap_or_default()
    }

    /// Its routes.
    #[must_use]
    pub const fn routes(&self) -> &Routes<'b> {
        &self.routes
    }

    /// The zone with this index: its bit in a zone mask.
    #[must_use]
    pub fn zone_name(&self, index: usize) -> Option<&'b str> {
        self.zones.get(index).and_then(|zone| self.text.get(zone.name))
    }

    /// The window of a quota with this index: the quota's name, and `#2` and so on behind it for the windows after the first.
    #[must_use]
    pub fn quota_name(&self, index: usize) -> Option<&'b str> {
        self.quotas.get(index).and_then(|quota| self.text.get(quota.name))
    }

    /// The feed with this index.
    #[must_use]
    pub fn feed_name(&self, index: usize) -> Option<&'b str> {
        self.feeds.get(index).and_then(|feed| self.text.get(feed.name))
    }

    /// Where in policy.toml something was said ([`record::line`](super::record::line) lists what).
    #[must_use]
    pub fn line(&self, what: u8, index: u16) -> Option<u32> {
        self.lines.iter().find(|line| line.what == what && line.index.get() == index).map(|line| line.line.get())
    }

    /// Who may sign images of a feed, by its name.
    #[must_use]
    pub fn feed(&self, name: &str) -> Option<Trust> {
        self.feeds.iter().find(|feed| self.text.get(feed.name) == Some(name)).map(feed_trust)
    }

    /// The name of the feed of API keys, and who may sign it; `None` if the policy takes no keys.
    #[must_use]
    pub fn keyring_feed(&self) -> Option<(&'b str, Trust)> {
        let feed = self.feeds.get(usize::try_from(self.head.keyring.get()).ok()?)?;
        Some((self.text.get(feed.name)?, feed_trust(feed)))
    }

    /// The size of a state that this policy creates.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        let lines = self.head.slots.get() / 8;
        // A small table is a board's: 64 overflow words, not 1,024.
        let overflow_log2 = if lines < 1024 { 6 } else { 10 };
        Geometry { rate: TableSize { lines, overflow_log2 }, audit_slots: self.head.audit_slots.get() }
    }

    /// The scheme of the first credential that has one.
    pub(super) fn scheme(&self) -> &'b str {
        let named = self.credentials.iter().find(|credential| credential.scheme.get() != NO_TEXT);
        named.and_then(|credential| self.text.get(credential.scheme)).unwrap_or("ApiKey")
    }

    /// The listed origin that a request names, by its index; two origins are none.
    pub(super) fn origin(&self, request: &Request<'_>) -> Option<u16> {
        if self.origins.is_empty() {
            return None;
        }
        let mut named = request.named(b"origin");
        let (Some(given), None) = (named.next(), named.next()) else { return None };
        let at = self.origins.iter().position(|&origin| self.text.bytes(origin) == Some(given))?;
        u16::try_from(at).ok()
    }

    pub(super) const fn forwarded(&self) -> ForwardedField {
        match self.head.forwarded {
            FORWARDED_X => ForwardedField::XForwardedFor,
            FORWARDED_RFC7239 => ForwardedField::Forwarded,
            _ => ForwardedField::None,
        }
    }

    pub(super) const fn unix_is_proxy(&self) -> bool {
        self.head.flags & FLAG_UNIX_PROXY != 0
    }

    pub(super) const fn only_reports(&self) -> bool {
        self.head.flags & FLAG_REPORT != 0
    }

    /// Whether an image of this policy is past its end, and the policy says that then nothing passes.
    pub(super) fn refuses_expired(&self, image: &Image<'_>, now: Now) -> bool {
        let has_end = image.header().not_after.get() != 0;
        self.head.flags & FLAG_DENY_EXPIRED != 0 && has_end && (now.quality != Quality::Trusted || image.is_expired(now.wall_s))
    }

    /// The mask of the zone with this name; 0 if there is none.
    pub(super) fn zone_named(&self, name: &[u8]) -> u64 {
        let at = self.zones.iter().position(|zone| self.text.bytes(zone.name) == Some(name));
        at.and_then(|at| u32::try_from(at).ok()).and_then(|at| 1u64.checked_shl(at)).unwrap_or(0)
    }

    /// The plan of a caller who is in the plan of this name, or in none; `None` if this policy has no such plan.
    pub(super) fn plan(&self, name: Option<&[u8]>) -> Option<Plan<'b>> {
        let name = name.unwrap_or(DEFAULT_PLAN);
        let at = self.plans.binary_search_by(|&known| self.text.bytes(known).unwrap_or_default().cmp(name)).ok()?;
        Some(Plan { index: u16::try_from(at).ok()?, name: self.text.bytes(*self.plans.get(at)?)? })
    }

    /// What a plan allows in a quota that is limited by plans.
    pub(super) fn plan_limit(&self, quota: &QuotaRecord, plan: Plan<'_>) -> Option<Quota> {
        let limits = quota.plans.of(self.plan_limits);
        let limit = limits.get(limits.binary_search_by_key(&plan.index, |limit| limit.plan.get()).ok()?)?;
        Quota::from_unit(quota.name64.get(), limit.unit.get(), limit.burst.get()).ok()
    }

    /// The limit for a client in these zones of a quota that is not limited by plans.
    pub(super) fn limit(&self, quota: &QuotaRecord, zones: u64) -> Option<Quota> {
        let holds = |limit: &&ZoneLimitRecord| zones.checked_shr(u32::from(limit.zone)).unwrap_or(0) & 1 == 1;
        let (unit, burst) = match quota.in_zone.of(self.zone_limits).iter().find(holds) {
            Some(limit) => (limit.unit, limit.burst),
            None => (quota.unit, quota.burst),
        };
        Quota::from_unit(quota.name64.get(), unit.get(), burst.get()).ok()
    }

    fn zone_mask(&self) -> u64 {
        let unused = ZONES_MAX.saturating_sub(self.zones.len());
        u32::try_from(unused).ok().and_then(|unused| u64::MAX.checked_shr(unused)).unwrap_or(0)
    }

    fn check_zones(&self) -> Result<(), OpenError> {
        if self.zones.len() > ZONES_MAX {
            return Err(OpenError::Content { tag: ZONE });
        }
        self.zones.iter().try_for_each(|zone| self.text.check(zone.name, ZONE).map(|_| ()))
    }

    fn check_head(&self) -> Result<(), OpenError> {
        let head = self.head;
        self.text.check(head.name, POLICY)?;
        let masks = (head.proxies.get() | head.deny.get() | head.never_deny.get()) & !self.zone_mask();
        let keyring = head.keyring.get();
        let keyring_fits = keyring == u32::MAX
            || self.feeds.get(usize::try_from(keyring).unwrap_or(usize::MAX)).is_some_and(|feed| feed.kind == Kind::Keyring.code());
        let known = matches!(head.forwarded, FORWARDED_NONE | FORWARDED_X | FORWARDED_RFC7239)
            && matches!(head.tls, 0 | 2 | 3)
            && head.flags & !(FLAG_UNIX_PROXY | FLAG_DENY_EXPIRED | FLAG_STRIP | FLAG_REPORT) == 0
            && head.zero == [0; 3];
        let sized = super::State::words(self.geometry()).is_some() && head.slots.get().is_multiple_of(8);
        if masks == 0 && keyring_fits && known && sized { Ok(()) } else { Err(OpenError::Content { tag: POLICY }) }
    }

    fn check_plans(&self) -> Result<(), OpenError> {
        let mut before = "";
        for plan in self.plans {
            let name = self.text.check(*plan, PLAN)?;
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
            self.text.check(quota.name, QUOTA)?;
            let known =
                matches!(quota.by, by::ADDRESS..=by::PLAN) && quota.report <= 100 && matches!(quota.on, on::REQUEST | on::AUTH_FAILURE);
            let placed = quota.by == by::ADDRESS || (quota.on == on::REQUEST && quota.in_zone.count.get() == 0);
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
        if quota.plans.count.get() == 0 {
            return self.limit(quota, 0).is_some();
        }
        let limits = quota.plans.of(self.plan_limits);
        let good = |limit: &PlanLimitRecord| {
            let is_quota = Quota::from_unit(0, limit.unit.get(), limit.burst.get()).is_ok();
            is_quota && usize::from(limit.plan.get()) < self.plans.len() && limit.zero == [0; 2]
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
        let is_value = |text: &str| !text.is_empty() && text.trim_ascii() == text && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        for &origin in self.origins {
            if !is_value(self.text.check(origin, ORIGIN)?) {
                return fail(ORIGIN);
            }
        }
        for field in self.fields {
            let (name, value) = (self.text.check(field.name, FIELD)?, self.text.check(field.value, FIELD)?);
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            if !is_name || !is_value(value) || !matches!(field.on, ON_ALL | ON_TLS) || field.zero != [0; 3] {
                return fail(FIELD);
            }
        }
        Ok(())
    }

    fn check_credentials(&self) -> Result<(), OpenError> {
        for credential in self.credentials {
            self.text.check(credential.header, CREDENTIAL)?;
            self.text.check_optional(credential.scheme, CREDENTIAL)?;
        }
        Ok(())
    }

    /// Routes charge only what is charged by routes, and few enough to be taken at once.
    fn check_charges(&self) -> Result<(), OpenError> {
        let chargeable = |quota: usize| self.quotas.get(quota).is_some_and(|quota| quota.by != by::ADDRESS);
        let good = self.routes.charges.iter().all(|charge| chargeable(usize::from(charge.quota.get())));
        let few = self.routes.routes.iter().all(|route| usize::from(route.charges.count.get()) <= CHARGES_MAX);
        if good && few { Ok(()) } else { Err(OpenError::Content { tag: CHARGE }) }
    }
}

/// The plan of callers who are in none.
const DEFAULT_PLAN: &[u8] = b"default";

/// A plan that this policy has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan<'b> {
    index: u16,
    pub(super) name: &'b [u8],
}

/// The signers of a feed; a second one of all zeros is none.
pub(super) fn feed_trust(feed: &FeedRecord) -> Trust {
    let [first, second] = &feed.signers;
    let keys = [PublicKey::from_bytes(first).ok(), PublicKey::from_bytes(second).ok()];
    Trust::of_scope(feed.scope.get(), keys)
}
