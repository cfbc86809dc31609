//! `[quota]`: how much, counted by what.

use super::document::{Entry, Keys, Span, Table};
use super::{limit, mode, names, nearest};
use crate::diagnostic::Findings;
use crate::model::{By, Cost, LEASE_S, Limit, On, Plan, Quota};

const KEYS: Keys =
    Keys { known: &["by", "limit", "burst", "kind", "lease", "cost", "on", "in-zone", "mode", "share"], unbuilt: &["across"] };
const EXAMPLE: &str = "{ by = \"principal\", limit = \"60/minute\" }";
/// An address is up to three charges, and at most eight are taken at once.
const BY_ADDRESS_MAX: usize = 2;
/// What runs longer renews its lease.
const LEASE_MAX_S: u32 = 86_400;

pub(super) fn read(table: &Table<'_>, zones: &[&str], findings: &mut Findings) -> Vec<(Quota, Span)> {
    let mut quotas: Vec<(Quota, Span)> = Vec::new();
    for entry in &table.entries {
        names::check("quota", entry.key, entry.key_span.clone(), findings);
        let Some(quota) = quota(entry, zones, findings) else { continue };
        let alike = quotas.iter().map(|(other, _)| other).chain([&quota]);
        let alike = alike.filter(|other| other.by == By::Address && quota.by == By::Address && other.on == quota.on);
        let limits: usize = alike.map(|other| other.limits.as_ref().map_or(1, Vec::len)).sum();
        if limits > BY_ADDRESS_MAX {
            let what = format!("quota {:?} brings the limits by address on the same to {limits}", quota.name);
            findings.error(entry.key_span.clone(), what, format!("a policy has at most {BY_ADDRESS_MAX}: drop one"));
        }
        quotas.push((quota, entry.key_span.clone()));
    }
    check_leases(&quotas, findings);
    quotas
}

/// One table counts all requests that run, so it takes all of them for ended after the same time.
fn check_leases(quotas: &[(Quota, Span)], findings: &mut Findings) {
    let mut all = quotas.iter().filter_map(|(quota, place)| match quota.on {
        On::Running { lease_s } => Some((lease_s, quota, place)),
        _ => None,
    });
    let Some((first, one, _)) = all.next() else { return };
    for (lease_s, quota, place) in all.filter(|(lease_s, ..)| *lease_s != first) {
        let what = format!("quota {:?} has a lease of {lease_s} s, and {:?} one of {first} s", quota.name, one.name);
        findings.error(place.clone(), what, "give all quotas of requests that run the same lease: the longest that one needs");
    }
}

/// Every quota by plan has a plan that limits it, and each plan says something of every such quota.
pub(super) fn check_plans(quotas: &[(Quota, Span)], plans: &[(Plan, Span)], findings: &mut Findings) {
    for (quota, place) in quotas.iter().filter(|(quota, _)| quota.limits.is_none()) {
        let silent: Vec<_> = plans.iter().filter(|(plan, _)| plan.windows(&quota.name).is_empty()).collect();
        if silent.len() == plans.len() {
            let example = if quota.is_running() { "5" } else { "\"60/minute\"" };
            let help = format!("add it to [plan]: free = {{ {} = {example} }}, or give the limit here", quota.name);
            findings.error(place.clone(), format!("no plan limits quota {:?}", quota.name), help);
            continue;
        }
        for (plan, place) in silent {
            let what = format!("plan {:?} says nothing of quota {:?}", plan.name, quota.name);
            findings.warn(place.clone(), what, "its callers get 403 on routes that charge it: add a limit");
        }
    }
}

fn quota(entry: &Entry<'_>, zones: &[&str], findings: &mut Findings) -> Option<Quota> {
    let label = format!("[quota] {:?}", entry.key);
    let table = entry.value.table(&label, entry.key_span.clone(), EXAMPLE, findings)?;
    table.check_keys(KEYS, findings);
    let by =
        table.need("by", "by = \"address\", \"principal\", \"tenant\", \"plan\" or \"route\"", findings).and_then(|by| by_of(by, findings));
    let on = match running(&table, &label, findings) {
        Some(running) => Some(running),
        None => table.get("on").map_or(Some(On::Request), |on| on_of(on, findings)),
    };
    let is_running = matches!(on, Some(On::Running { .. }));
    let burst = table.get("burst").and_then(|burst| limit::burst(burst.value, findings));
    let example = if is_running { "limit = 5" } else { "limit = \"60/minute\"" };
    let limits = table.need("limit", example, findings).and_then(|limit| limits(limit, burst, is_running, findings));
    let in_zone = table.get("in-zone").map(|entry| in_zone(entry, zones, findings)).unwrap_or_default();
    let cost = table.get("cost").map_or(Some(Cost::Units(1)), |cost| cost_of(cost, findings));
    let mode = mode::read(&table, findings);
    let (by, on, limits) = (by?, on?, limits?);
    if let Some(entry) = table.get("cost").filter(|_| by == By::Address) {
        let help = "every request costs its address one: leave it out, or count by principal, tenant, plan or route";
        findings.error(entry.key_span.clone(), format!("\"cost\" in {label}"), help);
    }
    for key in ["cost", "on"] {
        if let Some(entry) = table.get(key).filter(|_| is_running && by != By::Address) {
            findings.error(entry.key_span.clone(), format!("{key:?} in {label}"), "a request that runs takes one place: leave it out");
        }
    }
    if is_running && by == By::Address {
        let place = table.get("kind").map_or(entry.key_span.clone(), |kind| kind.value.span());
        findings.error(place, format!("{label} counts requests that run by address"), "count by principal, tenant, plan or route");
    }
    for key in ["on", "in-zone"] {
        if let Some(entry) = table.get(key).filter(|_| by != By::Address && !(is_running && key == "on")) {
            findings.error(
                entry.key_span.clone(),
                format!("{key:?} in {label}"),
                "only quotas by address have it: leave it out, or count by address",
            );
        }
    }
    if limits.is_none() && matches!(by, By::Address | By::Route) {
        let place = table.get("limit").map_or(entry.key_span.clone(), |limit| limit.value.span());
        findings.error(place, format!("{label} is limited by plan"), "only callers have one: count by principal, tenant or plan");
    }
    if !in_zone.is_empty() && limits.as_ref().is_some_and(|limits| limits.len() > 1) {
        findings.error(entry.key_span.clone(), format!("{label} has several limits, and others in zones"), "make a quota of each limit");
    }
    Some(Quota { name: entry.key.to_owned(), by, on, limits, in_zone, cost: cost.unwrap_or(Cost::ByApp), mode })
}

/// `Some(None)`: what the caller's plan says.
#[expect(clippy::option_option, reason = "the inner one is the model's, the outer one what could be read")]
fn limits(entry: &Entry<'_>, burst: Option<u32>, is_running: bool, findings: &mut Findings) -> Option<Option<Vec<Limit>>> {
    if entry.value.as_text() != Some("plan") {
        let read = if is_running { limit::at_once } else { limit::windows };
        return read(entry.value, burst, findings).map(Some);
    }
    if burst.is_some() {
        findings.error(entry.value.span(), "a burst beside a limit by plan", "say it in [plan]: { limit = \"60/minute\", burst = 5 }");
    }
    Some(None)
}

/// Whether it counts requests that run, and their lease.
fn running(table: &Table<'_>, label: &str, findings: &mut Findings) -> Option<On> {
    let lease = table.get("lease");
    let lease_s = lease.as_ref().and_then(|entry| {
        let text = entry.value.text("lease", "\"2m\"", findings)?;
        let lease_s = limit::period(text).filter(|lease_s| (1..=LEASE_MAX_S).contains(lease_s));
        if lease_s.is_none() {
            findings.error(entry.value.span(), format!("lease {text:?}"), "write 30s, 10m or 2h, at most 1d");
        }
        lease_s
    });
    let kind = table.get("kind").and_then(|entry| {
        let kind = entry.value.text("kind", "\"concurrent\"", findings)?;
        if kind != "concurrent" {
            let help = "write \"concurrent\" for how many at once, or leave it out for how many in a time";
            findings.error(entry.value.span(), format!("unknown kind {kind:?}"), help);
        }
        Some(())
    });
    match (kind, lease) {
        (None, Some(lease)) => {
            let help = "only requests that run have one: write kind = \"concurrent\", or leave it out";
            findings.error(lease.key_span.clone(), format!("\"lease\" in {label}"), help);
            None
        }
        (kind, _) => kind.map(|()| On::Running { lease_s: lease_s.unwrap_or(LEASE_S) }),
    }
}

fn by_of(entry: &Entry<'_>, findings: &mut Findings) -> Option<By> {
    let known = ["address", "principal", "tenant", "plan", "route"];
    match entry.value.text("by", "\"principal\"", findings)? {
        "address" => Some(By::Address),
        "principal" => Some(By::Principal),
        "tenant" => Some(By::Tenant),
        "route" => Some(By::Route),
        "plan" => Some(By::Plan),
        other => {
            let help = nearest(other, known)
                .map_or_else(|| format!("it is one of {}", known.join(", ")), |near| format!("did you mean {near:?}?"));
            findings.error(entry.value.span(), format!("unknown by {other:?}"), help);
            None
        }
    }
}

fn cost_of(entry: &Entry<'_>, findings: &mut Findings) -> Option<Cost> {
    match entry.value.text("cost", "\"app\"", findings)? {
        "app" => Some(Cost::ByApp),
        other => {
            let help = "write \"app\", and what a route costs in its charge = { … }";
            findings.error(entry.value.span(), format!("unknown cost {other:?}"), help);
            None
        }
    }
}

fn on_of(entry: &Entry<'_>, findings: &mut Findings) -> Option<On> {
    match entry.value.text("on", "\"auth-failure\"", findings)? {
        "auth-failure" => Some(On::AuthFailure),
        other => {
            findings.error(
                entry.value.span(),
                format!("unknown on {other:?}"),
                "write \"auth-failure\", or leave it out for every request",
            );
            None
        }
    }
}

fn in_zone(entry: &Entry<'_>, zones: &[&str], findings: &mut Findings) -> Vec<(String, Limit)> {
    let Some(table) = entry.value.table("in-zone", entry.key_span.clone(), "in-zone.office = \"20000/minute\"", findings) else {
        return Vec::new();
    };
    let mut limits = Vec::new();
    for entry in &table.entries {
        if !zones.contains(&entry.key) {
            names::undefined("zone", "[network] zones", entry.key, entry.key_span.clone(), zones, findings);
        }
        limits.extend(limit::one(entry.value, None, findings).map(|limit| (entry.key.to_owned(), limit)));
    }
    limits
}
