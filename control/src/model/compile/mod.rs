//! From a model to the sections of an image.

mod answers;
mod conditions;
mod issuers;
mod quotas;
mod routes;

pub(crate) use quotas::{LEASE_S, MOST};

use std::collections::HashMap;

use caltrop::access::record::{
    ACCEPT, AcceptRecord, CHARGE, CONDITION, ChargeRecord, ConditionRecord, EDGE, EdgeRecord, NAMES, NODE, NodeRecord, ROUTE, TEMPLATE,
};
use caltrop::guard::record::{
    CREDENTIAL, CredentialRecord, FEED, FIELD, FLAG_DENY_EXPIRED, FLAG_REPORT, FLAG_STRIP, FLAG_UNIX_PROXY, FORWARDED_NONE,
    FORWARDED_RFC7239, FORWARDED_X, FeedRecord, LISTS_MAX, NO_ZONE, ORIGIN, POLICY, PolicyRecord, STALE_DENY, STALE_KEEP, TAKES_KEY,
    TAKES_TOKEN,
};
use caltrop::image::{Kind, NO_TEXT, Span, TEXT};
use caltrop::name::{is_name, name64};
use caltrop::net::record::{PROXIES, STARTS_V4, STARTS_V6, VALUES_V4, VALUES_V6, ZONE, ZONES_MAX, ZoneRecord};
use caltrop::rate::record::{PLAN, PLAN_LIMIT, PlanLimitRecord, QUOTA, ZONE_LIMIT, ZoneLimitRecord};
use caltrop::token::record::{ISSUER, ISSUER_TEXT};
use zerocopy::little_endian::U32;

use super::error::CompileError;
use super::feed::{Feed, FeedKind};
use super::policy::{Credential, ForwardedBy, IssuerKeys, Mode, Plan, Policy, Quota, Tls, Zone};
use super::ranges::Ranges;
use crate::image::ImageWriter;
use crate::text::{TextError, TextPool};

/// Compiles a model into an image that only needs its stamp and signature.
///
/// # Errors
/// [`CompileError`] names what and what would do.
pub fn compile(policy: &Policy) -> Result<ImageWriter, CompileError> {
    let mut compiler = Compiler::new(policy)?;
    let plans = compiler.plans.iter().map(|plan| compiler.text.intern(&plan.name)).collect::<Result<Vec<_>, TextError>>()?;
    let quotas = compiler.quotas()?;
    let routes = compiler.routes()?;
    let head = compiler.head()?;
    let issuers = compiler.issuers()?;
    let credentials = compiler.credentials()?;
    let origins = compiler.origins()?;
    let fields = compiler.fields()?;
    let feeds = compiler.feeds()?;
    let zones = compiler
        .zones
        .iter()
        .map(|zone| Ok(ZoneRecord { name: compiler.text.intern(&zone.name)? }))
        .collect::<Result<Vec<_>, TextError>>()?;
    let ranges = Ranges::of(&compiler.zones);
    let image = compiler.issuer_keys.keys.write(ImageWriter::new(Kind::Policy, &policy.name));
    Ok(image
        .records(POLICY, &[head])
        .records(CREDENTIAL, &credentials)
        .records(ORIGIN, &origins)
        .records(FIELD, &fields)
        .records(FEED, &feeds)
        .records(ZONE, &zones)
        .records(STARTS_V4, &ranges.v4)
        .records(VALUES_V4, &ranges.values_v4)
        .records(STARTS_V6, &ranges.v6)
        .records(VALUES_V6, &ranges.values_v6)
        .records(QUOTA, &quotas)
        .records(ZONE_LIMIT, &compiler.zone_limits)
        .records(PLAN, &plans)
        .records(PLAN_LIMIT, &compiler.plan_limits)
        .records(NAMES, &compiler.names)
        .records(ROUTE, &routes)
        .records(CHARGE, &compiler.charges)
        .records(CONDITION, &compiler.conditions)
        .records(NODE, &compiler.nodes)
        .records(EDGE, &compiler.edges)
        .records(ACCEPT, &compiler.accepts)
        .records(TEMPLATE, &compiler.templates)
        .records(ISSUER, &issuers)
        .records(ISSUER_TEXT, &compiler.issuer_keys.texts)
        .records(TEXT, compiler.text.as_bytes()))
}

struct Compiler<'p> {
    policy: &'p Policy,
    /// The policy's zones, and the proxies as one more.
    zones: Vec<Zone>,
    /// Windows of quotas ascending by name64: the order of their records.
    sorted: Vec<Window<'p>>,
    /// Plans ascending by name: the order of their records.
    plans: Vec<&'p Plan>,
    text: TextPool,
    zone_limits: Vec<ZoneLimitRecord>,
    plan_limits: Vec<PlanLimitRecord>,
    names: Vec<U32>,
    charges: Vec<ChargeRecord>,
    conditions: Vec<ConditionRecord>,
    nodes: Vec<NodeRecord>,
    edges: Vec<EdgeRecord>,
    accepts: Vec<AcceptRecord>,
    templates: Vec<U32>,
    issuer_keys: issuers::Keys,
}

/// One window of a quota.
struct Window<'p> {
    quota: &'p Quota,
    at: usize,
    name: String,
}

impl<'p> Compiler<'p> {
    fn new(policy: &'p Policy) -> Result<Self, CompileError> {
        let mut zones = policy.zones.clone();
        if !policy.proxies.is_empty() {
            zones.push(Zone { name: PROXIES.to_owned(), networks: policy.proxies.clone(), feed: None });
        }
        if zones.len() > ZONES_MAX {
            return Err(CompileError::Zones);
        }
        check_names(std::iter::once(&policy.name))?;
        check_names(zones.iter().map(|zone| &zone.name))?;
        check_names(policy.feeds.iter().map(|feed| &feed.name))?;
        let mut sorted: Vec<Window<'_>> = policy
            .quotas
            .iter()
            .flat_map(|quota| quota.window_names(&policy.plans).enumerate().map(move |(at, name)| Window { quota, at, name }))
            .collect();
        check_names(sorted.iter().map(|window| &window.name))?;
        check_names(policy.plans.iter().map(|plan| &plan.name))?;
        check_names(policy.routes.iter().map(|route| &route.name))?;
        if let Some(unlimited) = policy.quotas.iter().find(|quota| quota.windows(&policy.plans) == 0) {
            return Err(CompileError::Unlimited(unlimited.name.clone()));
        }
        let by_plan = |name: &str| policy.quotas.iter().any(|quota| quota.name == name && quota.limits.is_none());
        if let Some((unknown, _)) = policy.plans.iter().flat_map(|plan| &plan.limits).find(|(name, _)| !by_plan(name)) {
            return Err(CompileError::NotByPlan(unknown.clone()));
        }
        sorted.sort_by_key(|window| name64(&window.name));
        let mut plans: Vec<&Plan> = policy.plans.iter().collect();
        plans.sort_by_key(|plan| &plan.name);
        Ok(Self {
            policy,
            zones,
            sorted,
            plans,
            text: TextPool::default(),
            zone_limits: Vec::new(),
            plan_limits: Vec::new(),
            names: Vec::new(),
            charges: Vec::new(),
            conditions: Vec::new(),
            nodes: Vec::new(),
            edges: Vec::new(),
            accepts: Vec::new(),
            templates: Vec::new(),
            issuer_keys: issuers::Keys::default(),
        })
    }

    fn zone(&self, name: &str) -> Result<u8, CompileError> {
        let at = self.zones.iter().position(|zone| zone.name == name).ok_or_else(|| CompileError::UndefinedZone(name.to_owned()))?;
        u8::try_from(at).map_err(|_| CompileError::Zones)
    }

    fn mask<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> Result<u64, CompileError> {
        names.into_iter().try_fold(0, |mask, name| Ok(mask | 1u64 << self.zone(name)?))
    }

    fn head(&mut self) -> Result<PolicyRecord, CompileError> {
        let policy = self.policy;
        let keyring = match &policy.keyring {
            Some(name) => policy.feeds.iter().position(|feed| feed.name == *name).ok_or_else(|| CompileError::Name(name.clone()))?,
            None => usize::MAX,
        };
        let proxies = if policy.proxies.is_empty() { 0 } else { self.mask([&PROXIES.to_owned()])? };
        let flag = |holds: bool, flag: u8| if holds { flag } else { 0 };
        Ok(PolicyRecord {
            proxies: proxies.into(),
            deny: self.mask(&policy.deny)?.into(),
            never_deny: self.mask(&policy.never_deny)?.into(),
            name: self.text.intern(&policy.name)?,
            keyring: u32::try_from(keyring).unwrap_or(u32::MAX).into(),
            slots: policy.slots.max(16).next_multiple_of(8).into(),
            audit_slots: if policy.slots < 8192 { 64 } else { 1024 }.into(),
            allow_every: policy.allow_every.into(),
            target_max: 8192.into(),
            field_max: 8192.into(),
            fields_total_max: 32_768.into(),
            fields_max: 100.into(),
            forwarded: match policy.forwarded {
                ForwardedBy::Nothing => FORWARDED_NONE,
                ForwardedBy::XForwardedFor => FORWARDED_X,
                ForwardedBy::Forwarded => FORWARDED_RFC7239,
            },
            tls: tls(policy.tls),
            flags: flag(policy.unix_is_proxy, FLAG_UNIX_PROXY)
                | flag(policy.deny_expired, FLAG_DENY_EXPIRED)
                | flag(policy.strip, FLAG_STRIP)
                | flag(policy.mode != Mode::Enforce, FLAG_REPORT),
            zero: [0; 3],
            lease_s: self.lease_s()?.into(),
        })
    }

    /// Where credentials stand. Access tokens stand where RFC 6750 §2.1 puts them.
    fn credentials(&mut self) -> Result<Vec<CredentialRecord>, CompileError> {
        let policy = self.policy;
        let bearer = Credential { header: "authorization".into(), scheme: Some("Bearer".into()) };
        let is_bearer = |credential: &Credential| {
            credential.header == bearer.header && credential.scheme.as_ref().is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
        };
        let tokens = |takes: bool| if takes && !policy.issuers.is_empty() { TAKES_TOKEN } else { 0 };
        let mut records = Vec::new();
        for credential in &policy.credentials {
            records.push(self.credential(credential, TAKES_KEY | tokens(is_bearer(credential)))?);
        }
        if !policy.issuers.is_empty() && !policy.credentials.iter().any(is_bearer) {
            records.push(self.credential(&bearer, TAKES_TOKEN)?);
        }
        Ok(records)
    }

    fn credential(&mut self, credential: &Credential, takes: u8) -> Result<CredentialRecord, CompileError> {
        let scheme = credential.scheme.as_ref().map_or(Ok(NO_TEXT.into()), |scheme| self.text.intern(scheme))?;
        Ok(CredentialRecord { header: self.text.intern(&credential.header)?, scheme, takes, zero: [0; 3] })
    }

    /// The zone that a feed fills.
    fn zone_of(&self, feed: &Feed) -> Result<u8, CompileError> {
        let mut filled = (0u8..).zip(&self.zones).filter(|(_, zone)| zone.feed.as_ref() == Some(&feed.name));
        match (feed.kind, filled.next(), filled.next()) {
            (FeedKind::Keyring | FeedKind::Jwks | FeedKind::Revocations, ..) => Ok(NO_ZONE),
            (FeedKind::Prefixes, Some((zone, _)), None) => Ok(zone),
            (FeedKind::Prefixes, ..) => Err(CompileError::Feed(feed.name.clone())),
        }
    }

    fn feeds(&mut self) -> Result<Vec<FeedRecord>, CompileError> {
        let policy = self.policy;
        let is_list = |name: &String| policy.feeds.iter().any(|feed| feed.kind == FeedKind::Prefixes && feed.name == *name);
        if let Some(none) = policy.zones.iter().filter_map(|zone| zone.feed.as_ref()).find(|name| !is_list(name)) {
            return Err(CompileError::Feed(none.clone()));
        }
        let count = |kind: FeedKind| policy.feeds.iter().filter(|feed| feed.kind == kind).count();
        if count(FeedKind::Prefixes) > LISTS_MAX {
            return Err(CompileError::TooMany("feeds of prefixes"));
        }
        if count(FeedKind::Revocations) > 1 {
            return Err(CompileError::TooMany("feeds of revocations"));
        }
        let is_used = |feed: &Feed| policy.issuers.iter().any(|issuer| issuer.keys == IssuerKeys::Feed(feed.name.clone()));
        if let Some(idle) = policy.feeds.iter().find(|feed| feed.kind == FeedKind::Jwks && (feed.fetch.is_none() || !is_used(feed))) {
            return Err(CompileError::KeySet(idle.name.clone()));
        }
        let feed = policy.feeds.iter().map(|feed| {
            let signer = |at: usize| feed.signers.get(at).copied().unwrap_or_default();
            Ok(FeedRecord {
                scope: name64(&format!("{}/{}", policy.name, feed.name)).into(),
                name: self.text.intern(&feed.name)?,
                zone: self.zone_of(feed)?,
                stale_s: feed.stale.map_or(0, |stale| stale.after_s).into(),
                kind: match feed.kind {
                    FeedKind::Keyring => Kind::Keyring,
                    FeedKind::Prefixes => Kind::Prefixes,
                    FeedKind::Jwks => Kind::Jwks,
                    FeedKind::Revocations => Kind::Revocations,
                }
                .code(),
                on_stale: if feed.stale.is_some_and(|stale| stale.deny) { STALE_DENY } else { STALE_KEEP },
                zero: 0,
                cooldown_s: feed.fetch.as_ref().map_or(0, |fetch| fetch.cooldown_s).into(),
                signers: [signer(0), signer(1)],
            })
        });
        feed.collect()
    }
}

fn check_names<'n>(names: impl Iterator<Item = &'n String>) -> Result<(), CompileError> {
    let mut known = HashMap::new();
    for name in names {
        if !is_name(name) || known.insert(name64(name), name).is_some() {
            return Err(CompileError::Name(name.clone()));
        }
    }
    Ok(())
}

const fn tls(least: Tls) -> u8 {
    match least {
        Tls::Off => 0,
        Tls::V1_2 => 2,
        Tls::V1_3 => 3,
    }
}

fn span(first: usize, end: usize, what: &'static str) -> Result<Span, CompileError> {
    let too_many = |_| CompileError::TooMany(what);
    let (first, count) = (u32::try_from(first).map_err(too_many)?, u16::try_from(end - first).map_err(too_many)?);
    Ok(Span { first: first.into(), count: count.into() })
}
