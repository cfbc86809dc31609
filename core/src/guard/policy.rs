//! The opened policy: the rooms' views of one image.

use core::num::NonZero;

use zerocopy::little_endian::U32;

use super::record::{
    CREDENTIAL, CredentialRecord, FEED, FIELD, FLAG_DENY_EXPIRED, FLAG_REPORT, FLAG_UNIX_PROXY, FORWARDED_RFC7239, FORWARDED_X, FeedRecord,
    FieldRecord, LINE, LineRecord, ORIGIN, POLICY, PolicyRecord,
};
use super::state::Geometry;
use crate::access::Routes;
use crate::access::record::{ACCEPT, CHARGE, CONDITION, EDGE, NAMES, NODE, ROUTE, RouteRecord, TEMPLATE};
use crate::image::{Floor, Image, Kind, NO_TEXT, OpenError, TEXT, Tag, Text, Trust};
use crate::net::record::{STARTS_V4, STARTS_V6, VALUES_V4, VALUES_V6, ZONE, ZONES_MAX, ZoneRecord};
use crate::net::{ForwardedField, Ranges};
use crate::rate::record::{PLAN, PLAN_LIMIT, PlanLimitRecord, QUOTA, QuotaRecord, ZONE_LIMIT, ZoneLimitRecord};
use crate::request::Request;
use crate::table::TableSize;
use crate::time::{Now, Quality};
#[cfg(feature = "token")]
use crate::token::Issuers;
#[cfg(feature = "token")]
use crate::token::record::{ISSUER, ISSUER_TEXT, JWK, MATERIAL};
use crate::verify::PublicKey;

/// A policy that was signed, fresh and whole when it was opened.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'b> {
    pub(super) image: Image<'b>,
    pub(super) head: &'b PolicyRecord,
    pub(super) zones: &'b [ZoneRecord],
    pub(super) ranges: Ranges<'b>,
    pub(super) quotas: &'b [QuotaRecord],
    pub(super) zone_limits: &'b [ZoneLimitRecord],
    /// Names of plans, ascending by bytes.
    pub(super) plans: &'b [U32],
    pub(super) plan_limits: &'b [PlanLimitRecord],
    pub(super) routes: Routes<'b>,
    pub(super) credentials: &'b [CredentialRecord],
    pub(super) origins: &'b [U32],
    pub(super) fields: &'b [FieldRecord],
    /// Whether any route is hidden.
    pub(super) hides: bool,
    pub(super) feeds: &'b [FeedRecord],
    lines: &'b [LineRecord],
    pub(super) text: Text<'b>,
    #[cfg(feature = "token")]
    pub(super) issuers: Issuers<'b>,
    /// The least TLS that any route asks for: less can be refused before a route is known.
    pub(super) tls_floor: u8,
}

const KNOWN: &[Tag] = &[
    POLICY,
    CREDENTIAL,
    ORIGIN,
    FIELD,
    FEED,
    LINE,
    ZONE,
    STARTS_V4,
    VALUES_V4,
    STARTS_V6,
    VALUES_V6,
    QUOTA,
    ZONE_LIMIT,
    PLAN,
    PLAN_LIMIT,
    NAMES,
    ROUTE,
    CHARGE,
    CONDITION,
    NODE,
    EDGE,
    ACCEPT,
    TEMPLATE,
    TEXT,
    #[cfg(feature = "token")]
    ISSUER,
    #[cfg(feature = "token")]
    ISSUER_TEXT,
    #[cfg(feature = "token")]
    JWK,
    #[cfg(feature = "token")]
    MATERIAL,
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
            #[cfg(feature = "token")]
            issuers: Issuers::open(&image, text)?,
            tls_floor: routes.routes.iter().map(|route| route.tls).fold(head.tls, u8::min),
        };
        policy.check()?;
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

    /// The names of its feeds, what their images hold, and who may sign them, in its order.
    pub fn feeds(&self) -> impl Iterator<Item = (&'b str, Kind, Trust)> + use<'b> {
        let text = self.text;
        self.feeds.iter().filter_map(move |feed| Some((text.get(feed.name)?, Kind::from_code(feed.kind)?, feed_trust(feed))))
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
        // A sixteenth of the clients that the buckets have room for may be at work at once, whether or not this policy counts them: a later one may.
        let (lease_lines, lease_s) = ((lines / 16).max(2), NonZero::new(self.head.lease_s.get()).unwrap_or(NonZero::<u32>::MIN));
        Geometry { rate: TableSize { lines, overflow_log2 }, lease_lines, lease_s, audit_slots: self.head.audit_slots.get() }
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

    /// What a plan allows in a quota that is limited by plans: unit and burst.
    pub(super) fn plan_limit(&self, quota: &QuotaRecord, plan: Plan<'_>) -> Option<(u64, u32)> {
        let limits = quota.plans.of(self.plan_limits);
        let limit = limits.get(limits.binary_search_by_key(&plan.index, |limit| limit.plan.get()).ok()?)?;
        Some((limit.unit.get(), limit.burst.get()))
    }

    /// The limit for a client in these zones of a quota that is not limited by plans: unit and burst.
    pub(super) fn limit(&self, quota: &QuotaRecord, zones: u64) -> (u64, u32) {
        let holds = |limit: &&ZoneLimitRecord| zones.checked_shr(u32::from(limit.zone)).unwrap_or(0) & 1 == 1;
        let (unit, burst) = match quota.in_zone.of(self.zone_limits).iter().find(holds) {
            Some(limit) => (limit.unit, limit.burst),
            None => (quota.unit, quota.burst),
        };
        (unit.get(), burst.get())
    }

    pub(super) fn zone_mask(&self) -> u64 {
        let unused = ZONES_MAX.saturating_sub(self.zones.len());
        u32::try_from(unused).ok().and_then(|unused| u64::MAX.checked_shr(unused)).unwrap_or(0)
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

#[cfg(feature = "token")]
impl<'b> Plan<'b> {
    pub(super) fn text(&self) -> Option<&'b str> {
        core::str::from_utf8(self.name).ok()
    }
}

/// The signers of a feed; a second one of all zeros is none.
pub(super) fn feed_trust(feed: &FeedRecord) -> Trust {
    let [first, second] = &feed.signers;
    let keys = [PublicKey::from_bytes(first).ok(), PublicKey::from_bytes(second).ok()];
    Trust::of_scope(feed.scope.get(), keys)
}
