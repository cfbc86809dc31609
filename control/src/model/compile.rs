//! From a model to the sections of an image.

use std::collections::HashMap;

use caltrop::access::record::{
    ACCEPT, AUTH_KEY, AUTH_NONE, AcceptRecord, CHARGE, CONDITION, ChargeRecord, ConditionRecord, EDGE, EdgeRecord, NAMES, NODE, NodeRecord,
    ROUTE, RouteRecord, TEMPLATE, operand,
};
use caltrop::guard::record::{
    CREDENTIAL, CredentialRecord, FEED, FLAG_DENY_EXPIRED, FLAG_UNIX_PROXY, FORWARDED_NONE, FORWARDED_RFC7239, FORWARDED_X, FeedRecord,
    POLICY, PolicyRecord,
};
use caltrop::image::{Kind, NO_TEXT, Span, TEXT};
use caltrop::name::{is_name, name64};
use caltrop::net::record::{PROXIES, STARTS_V4, STARTS_V6, VALUES_V4, VALUES_V6, ZONE, ZONES_MAX, ZoneRecord};
use caltrop::rate::Quota as Checked;
use caltrop::rate::record::{PLAN, PLAN_LIMIT, PlanLimitRecord, QUOTA, QuotaRecord, ZONE_LIMIT, ZoneLimitRecord, by, on};
use zerocopy::little_endian::{U32, U64};

use super::automaton::{Automaton, AutomatonError, Way};
use super::condition::{Condition, Hours, Operand, Test, segment_of};
use super::error::CompileError;
use super::policy::{ALLOW_EVERY, By, ForwardedBy, Limit, On, Plan, Policy, Quota, Route, Tls, Zone};
use super::ranges::Ranges;
use super::template::Method;
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
    let credentials = policy.credentials.iter().map(|credential| {
        let scheme = credential.scheme.as_ref().map_or(Ok(NO_TEXT.into()), |scheme| compiler.text.intern(scheme))?;
        Ok(CredentialRecord { header: compiler.text.intern(&credential.header)?, scheme })
    });
    let credentials = credentials.collect::<Result<Vec<_>, CompileError>>()?;
    let feeds = compiler.feeds()?;
    let zones = compiler
        .zones
        .iter()
        .map(|zone| Ok(ZoneRecord { name: compiler.text.intern(&zone.name)? }))
        .collect::<Result<Vec<_>, TextError>>()?;
    let ranges = Ranges::of(&compiler.zones);
    Ok(ImageWriter::new(Kind::Policy, &policy.name)
        .records(POLICY, &[head])
        .records(CREDENTIAL, &credentials)
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
            zones.push(Zone { name: PROXIES.to_owned(), networks: policy.proxies.clone() });
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
            allow_every: ALLOW_EVERY.into(),
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
            flags: flag(policy.unix_is_proxy, FLAG_UNIX_PROXY) | flag(policy.deny_expired, FLAG_DENY_EXPIRED),
            zero: [0; 3],
        })
    }

    fn feeds(&mut self) -> Result<Vec<FeedRecord>, CompileError> {
        let policy = self.policy;
        let feed = policy.feeds.iter().map(|feed| {
            let signer = |at: usize| feed.signers.get(at).copied().unwrap_or_default();
            Ok(FeedRecord {
                scope: name64(&format!("{}/{}", policy.name, feed.name)).into(),
                name: self.text.intern(&feed.name)?,
                kind: Kind::Keyring.code(),
                zero: [0; 3],
                signers: [signer(0), signer(1)],
            })
        });
        feed.collect()
    }

    fn quotas(&mut self) -> Result<Vec<QuotaRecord>, CompileError> {
        let windows = std::mem::take(&mut self.sorted);
        let records = windows.iter().map(|window| self.quota(window)).collect();
        self.sorted = windows;
        records
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
            },
            plans: span(first_plan, self.plan_limits.len(), "limits of plans")?,
            window: u8::try_from(*at).map_err(|_| CompileError::TooMany("limits in one quota"))?,
            zero: 0,
        })
    }

    fn routes(&mut self) -> Result<Vec<RouteRecord>, CompileError> {
        let policy = self.policy;
        self.automaton()?;
        policy.routes.iter().map(|route| self.route(route)).collect()
    }

    fn route(&mut self, route: &Route) -> Result<RouteRecord, CompileError> {
        let least = route.tls.unwrap_or(self.policy.tls);
        if route.needs_key && least == Tls::Off {
            return Err(CompileError::BearerInPlaintext { route: route.name.clone() });
        }
        if route.needs_key && self.policy.keyring.is_none() {
            return Err(CompileError::NoKeys { route: route.name.clone() });
        }
        let first = self.names.len();
        for scope in &route.scopes {
            check_names(std::iter::once(scope))?;
            let offset = self.text.intern(scope)?;
            self.names.push(offset);
        }
        let scopes = span(first, self.names.len(), "scopes")?;
        let charges = self.charge(route)?;
        let first = self.conditions.len();
        for condition in &route.conditions {
            let record = self.condition(route, condition)?;
            self.conditions.push(record);
        }
        let conditions = span(first, self.conditions.len(), "conditions")?;
        Ok(RouteRecord {
            name64: name64(&route.name).into(),
            zones: self.mask(&route.zones)?.into(),
            name: self.text.intern(&route.name)?,
            scopes,
            charges,
            auth: if route.needs_key { AUTH_KEY } else { AUTH_NONE },
            tls: tls(least),
            conditions,
        })
    }

    /// Without a `charge`, one unit of every quota that the route can be charged to: a new route is limited unless it says otherwise.
    fn charge(&mut self, route: &Route) -> Result<Span, CompileError> {
        let chargeable = |quota: &Quota| quota.by == By::Route || (route.needs_key && quota.by != By::Address);
        let costs: HashMap<&str, u32> = match &route.charge {
            Some(charge) => charge.iter().map(|(name, cost)| (name.as_str(), *cost)).collect(),
            None => self.policy.quotas.iter().filter(|quota| chargeable(quota)).map(|quota| (quota.name.as_str(), 1)).collect(),
        };
        if let Some(unknown) = costs.keys().find(|name| !self.policy.quotas.iter().any(|quota| quota.name == **name)) {
            return Err(CompileError::UndefinedQuota((*unknown).to_owned()));
        }
        let first = self.charges.len();
        for (index, Window { quota, .. }) in (0u16..).zip(&self.sorted) {
            let Some(&cost) = costs.get(quota.name.as_str()) else { continue };
            if !chargeable(quota) {
                return Err(CompileError::NotChargeable(quota.name.clone()));
            }
            if cost == 0 || cost > quota.least_burst(&self.policy.plans) {
                return Err(CompileError::Cost { quota: quota.name.clone(), cost });
            }
            self.charges.push(ChargeRecord { quota: index.into(), zero: [0; 2], cost: cost.into() });
        }
        span(first, self.charges.len(), "charges")
    }

    fn condition(&mut self, route: &Route, condition: &Condition) -> Result<ConditionRecord, CompileError> {
        let fail = || CompileError::Condition { route: route.name.clone(), text: condition.text.clone() };
        let is_path_right = matches!(&condition.test, Test::Equal(_, Operand::Path(_)));
        if is_path_right || (condition.test.needs_caller() && !route.needs_key) {
            return Err(fail());
        }
        let segment = match condition.test.parameter() {
            Some(parameter) => segment_of(parameter, &route.templates).and_then(|at| u8::try_from(at).ok()).ok_or_else(fail)?,
            None => 0,
        };
        let first = self.names.len();
        let (left, right) = match &condition.test {
            Test::Equal(left, right) => (code(left), code(right)),
            Test::OneOf(left, names) => {
                for name in names {
                    let offset = self.text.intern(name)?;
                    self.names.push(offset);
                }
                (code(left), operand::ONE_OF)
            }
            Test::Time(_) => (operand::TIME, operand::ONE_OF),
        };
        let none = Hours { days: 0, from: 0, to: 0 };
        let Hours { days, from, to } = if let Test::Time(hours) = condition.test { hours } else { none };
        Ok(ConditionRecord {
            text: self.text.intern(&condition.text)?,
            names: span(first, self.names.len(), "names")?,
            from: from.into(),
            to: to.into(),
            left,
            segment,
            right,
            days,
            zero: [0; 2],
        })
    }

    fn automaton(&mut self) -> Result<(), CompileError> {
        let policy = self.policy;
        let ways: Vec<(usize, &super::Template)> = policy
            .routes
            .iter()
            .enumerate()
            .flat_map(|(route, model)| model.templates.iter().map(move |template| (route, template)))
            .collect();
        let plain: Vec<Way<'_>> = ways.iter().map(|(_, template)| Way { method: &template.method, segments: &template.segments }).collect();
        let automaton = Automaton::build(&plain).map_err(|error| match error {
            AutomatonError::TooLarge => CompileError::States,
            AutomatonError::Overlap { first, second } => {
                let name = |way: usize| policy.routes[ways[way].0].name.clone();
                CompileError::Overlap { first: name(first), second: name(second) }
            }
        })?;
        for (_, template) in &ways {
            let offset = self.text.intern(&template.path)?;
            self.templates.push(offset);
        }
        for node in &automaton.nodes {
            let (first_edge, first_accept) = (self.edges.len(), self.accepts.len());
            for (literal, to) in &node.edges {
                self.edges.push(EdgeRecord { literal: self.text.intern(literal)?, to: (*to).into() });
            }
            for &way in &node.accepts {
                let method = match &ways[way].1.method {
                    Method::Any => NO_TEXT.into(),
                    Method::Exact(name) => self.text.intern(name)?,
                };
                let index = |at: usize| u16::try_from(at).map_err(|_| CompileError::TooMany("routes"));
                self.accepts.push(AcceptRecord { method, route: index(ways[way].0)?.into(), template: index(way)?.into() });
            }
            self.nodes.push(NodeRecord {
                other: node.other.into(),
                edges: span(first_edge, self.edges.len(), "literals of one position")?,
                accept: span(first_accept, self.accepts.len(), "templates of one path")?,
            });
        }
        Ok(())
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

fn unit(quota: &Quota, limit: Limit) -> Result<U64, CompileError> {
    Checked::per(&quota.name, limit.count, limit.period_s, limit.burst)
        .map_err(|error| CompileError::Quota { quota: quota.name.clone(), error })?;
    Ok((u64::from(limit.period_s) << 32).div_ceil(u64::from(limit.count)).into())
}

const fn code(of: &Operand) -> u8 {
    match of {
        Operand::Path(_) => operand::PATH,
        Operand::Principal => operand::PRINCIPAL,
        Operand::Tenant => operand::TENANT,
        Operand::Plan => operand::PLAN,
    }
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
