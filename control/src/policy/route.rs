//! `[route]`: what is matched, and what it asks for.

use std::collections::HashMap;

use caltrop::guard::RUNNING_MAX;
use caltrop::rate::CHARGES_MAX;

use super::document::{Entry, Keys, Span, Table};
use super::{condition, mode, names, network};
use crate::diagnostic::Findings;
use crate::model::{Auth, By, Cost, Method, Plan, Quota, Route, Segment, Template, Tls};

/// What other tables say, as far as routes ask.
pub(super) struct Around<'a> {
    pub(super) zones: Vec<&'a str>,
    pub(super) quotas: Vec<&'a Quota>,
    pub(super) plans: &'a [Plan],
    /// What `auth` may name: `key` and the issuers.
    pub(super) auth: Vec<&'a str>,
    pub(super) tls: Tls,
    pub(super) tls_place: Option<Span>,
    pub(super) scopes: Option<&'a [String]>,
    pub(super) now_s: u64,
}

/// A route and where its parts are said.
pub(super) struct Placed {
    pub(super) route: Route,
    pub(super) place: Span,
    pub(super) templates: Vec<Span>,
}

const KEYS: Keys = Keys {
    known: &["match", "auth", "scopes", "roles", "zones", "where", "charge", "tls", "hide", "mode", "share", "until", "why"],
    unbuilt: &["body", "detect"],
};
const EXAMPLE: &str = "{ match = \"GET /v1/orders/{id}\" }";

pub(super) fn read(table: &Table<'_>, around: &Around<'_>, findings: &mut Findings) -> Vec<Placed> {
    let mut taken = HashMap::new();
    let mut routes = Vec::new();
    for entry in &table.entries {
        names::check("route", entry.key, entry.key_span.clone(), findings);
        let label = format!("[route] {:?}", entry.key);
        let Some(table) = entry.value.table(&label, entry.key_span.clone(), EXAMPLE, findings) else { continue };
        table.check_keys(KEYS, findings);
        let (templates, places): (Vec<Template>, Vec<Span>) = templates(&table, &mut taken, findings).into_iter().unzip();
        let auth = auth(&table, around, findings);
        let knows_caller = auth != Auth::Nobody;
        let tls = table.get("tls").and_then(|entry| network::tls(entry, findings));
        plaintext(&table, knows_caller, tls, around, findings);
        let scopes = table.get("scopes").map(|entry| scopes(entry, around.scopes, findings)).unwrap_or_default();
        let roles = table.get("roles").map(|entry| roles(entry, findings)).unwrap_or_default();
        if let Some(entry) = table.get("roles").filter(|_| around.auth.iter().all(|name| *name == "key")) {
            findings.error(
                entry.key_span.clone(),
                format!("{} is for roles, and no issuer says who has them", table.name),
                "add [auth.<issuer>], or ask for scopes",
            );
        }
        let zones = table.get("zones").map(|entry| {
            let given = entry.value.text_or_texts("zones", "[\"vpn\"]", findings);
            names::resolve("zone", "[network] zones", given, &around.zones, findings)
        });
        let given = table.get("where");
        let conditions = given.map(|entry| condition::read(entry, &templates, knows_caller, findings)).unwrap_or_default();
        let charge = charge(&table, knows_caller, around, findings);
        let zones = zones.unwrap_or_default();
        let hide = table.get("hide").and_then(|entry| entry.value.flag("hide", findings)).unwrap_or(false);
        let mode = mode::read(&table, findings);
        mode::exception(&table, mode, around.now_s, findings);
        let route = Route { name: entry.key.to_owned(), templates, auth, scopes, roles, zones, charge, tls, conditions, hide, mode };
        routes.push(Placed { route, place: table.span, templates: places });
    }
    routes
}

/// What each method and path was first taken by.
type Taken = HashMap<(Vec<Segment>, Method), (String, Span)>;

fn templates(table: &Table<'_>, taken: &mut Taken, findings: &mut Findings) -> Vec<(Template, Span)> {
    let Some(entry) = table.need("match", "match = \"GET /v1/orders/{id}\"", findings) else { return Vec::new() };
    let texts = entry.value.text_or_texts("match", "\"GET /v1/orders/{id}\"", findings);
    if entry.value.as_list().is_some_and(|list| list.is_empty()) {
        findings.error(entry.value.span(), format!("{} matches nothing", table.name), "give at least one template");
    }
    let mut templates = Vec::new();
    for (text, span) in texts {
        let template: Template = match text.parse() {
            Ok(template) => template,
            Err(error) => {
                let error: crate::model::TemplateError = error;
                findings.error(span, format!("template {text:?}"), error.to_string());
                continue;
            }
        };
        let key = (template.segments.clone(), template.method.clone());
        if let Some((other, place)) = taken.get(&key) {
            let what = format!("overlapping templates: {text:?} and {other:?} match the same requests");
            findings.clash(span.clone(), what, "remove one, or make one of them narrower", place.clone(), "the other one");
        } else {
            taken.insert(key, (text.to_owned(), span.clone()));
        }
        templates.push((template, span));
    }
    templates
}

/// Which credentials the route takes.
fn auth(table: &Table<'_>, around: &Around<'_>, findings: &mut Findings) -> Auth {
    let Some(entry) = table.get("auth") else {
        if around.auth.is_empty() {
            let help = "add [auth.key], or write auth = \"none\" to serve it to everybody";
            findings.error(table.span.clone(), format!("{} says no auth, and there is no [auth.key]", table.name), help);
        }
        return Auth::Anybody;
    };
    let given = entry.value.text_or_texts("auth", "\"key\" or \"none\"", findings);
    let is_list = entry.value.as_list().is_some();
    let mut names: Vec<String> = Vec::new();
    for (word, span) in &given {
        match *word {
            "none" if !is_list => return Auth::Nobody,
            "none" => findings.error(span.clone(), "auth \"none\" in a list", "write auth = \"none\" alone"),
            known if around.auth.contains(&known) => names.push(known.to_owned()),
            "key" => findings.error(
                span.clone(),
                "auth \"key\", and there is no [auth.key]",
                "add [auth.key]: from = \"feed:keys\", in = [\"authorization: Bearer\"]",
            ),
            other => {
                let known: Vec<&str> = around.auth.iter().copied().chain(["key", "none"]).collect();
                names::undefined("auth", "[auth]", other, span.clone(), &known, findings);
            }
        }
    }
    if is_list && given.is_empty() {
        findings.error(entry.value.span(), "an empty auth", "write \"key\" or \"none\"");
    }
    Auth::OneOf(names)
}

fn plaintext(table: &Table<'_>, knows_caller: bool, tls: Option<Tls>, around: &Around<'_>, findings: &mut Findings) {
    if !knows_caller || tls.unwrap_or(around.tls) != Tls::Off {
        return;
    }
    let what = format!("{} takes a bearer credential, and plaintext is permitted", table.name);
    let help = "give the route tls = \"1.2\", or auth = \"none\"";
    let place = table.get("auth").map_or(table.span.clone(), |entry| entry.value.span());
    // Nothing permits it by default.
    let permit = table.get("tls").map(|entry| entry.value.span()).or_else(|| around.tls_place.clone()).unwrap_or_else(|| place.clone());
    findings.clash(place, what, help, permit, "plaintext is permitted here");
}

/// Scopes by name; with a closed list, only those of it.
pub(super) fn scopes(entry: &Entry<'_>, closed: Option<&[String]>, findings: &mut Findings) -> Vec<String> {
    let given = entry.value.text_or_texts("scopes", "[\"orders:read\"]", findings);
    let defined: Vec<&str> = match closed {
        Some(closed) => closed.iter().map(String::as_str).collect(),
        None => given.iter().filter(|(name, span)| names::check("scope", name, span.clone(), findings)).map(|(name, _)| *name).collect(),
    };
    let given = given.into_iter().filter(|(name, _)| closed.is_some() || defined.contains(name)).collect();
    names::resolve("scope", "[policy] scopes", given, &defined, findings)
}

/// Roles by name, of which one is needed.
pub(super) fn roles(entry: &Entry<'_>, findings: &mut Findings) -> Vec<String> {
    let given = entry.value.text_or_texts("roles", "[\"admin\"]", findings);
    let good: Vec<&str> =
        given.iter().filter(|(name, span)| names::check("role", name, span.clone(), findings)).map(|(name, _)| *name).collect();
    good.into_iter().map(str::to_owned).collect()
}

fn charge(table: &Table<'_>, knows_caller: bool, around: &Around<'_>, findings: &mut Findings) -> Option<Vec<(String, Cost)>> {
    let Some(entry) = table.get("charge") else {
        let charged = around.quotas.iter().filter(|quota| quota.is_chargeable(knows_caller));
        few(table, charged, &table.span, "say which in charge = { … }", around, findings);
        return None;
    };
    let costs = entry.value.table("charge", entry.key_span.clone(), "{ requests = 1 }", findings)?;
    let defined: Vec<&str> = around.quotas.iter().map(|quota| quota.name.as_str()).collect();
    let mut charge = Vec::new();
    for entry in &costs.entries {
        let Some(quota) = around.quotas.iter().find(|quota| quota.name == entry.key) else {
            names::undefined("quota", "[quota]", entry.key, entry.key_span.clone(), &defined, findings);
            continue;
        };
        if !quota.is_chargeable(knows_caller) {
            let help = match quota.by {
                By::Address => "quotas by address are charged by every request, before the route is known: leave it out",
                _ => "this route knows no caller: charge quotas by route, or give it auth = \"key\"",
            };
            findings.error(entry.key_span.clone(), format!("quota {:?} cannot be charged by {}", entry.key, table.name), help);
        }
        charge.extend(cost(entry, quota, around, findings).map(|cost| (entry.key.to_owned(), cost)));
    }
    let charged = around.quotas.iter().filter(|quota| costs.get(&quota.name).is_some());
    few(table, charged, &entry.key_span, "leave some out", around, findings);
    Some(charge)
}

/// No more than are taken at once.
fn few<'q>(
    table: &Table<'_>,
    charged: impl Iterator<Item = &'q &'q Quota> + Clone,
    place: &Span,
    mend: &str,
    around: &Around<'_>,
    findings: &mut Findings,
) {
    let count: usize = charged.clone().map(|quota| quota.windows(around.plans)).sum();
    if count > CHARGES_MAX {
        let what = format!("{} is charged to {count} limits", table.name);
        findings.error(place.clone(), what, format!("at most {CHARGES_MAX} are taken at once: {mend}"));
    }
    let running = charged.filter(|quota| quota.is_running()).count();
    if running > RUNNING_MAX {
        let what = format!("{} takes a place of {running} quotas of requests that run", table.name);
        findings.error(place.clone(), what, format!("at most {RUNNING_MAX} are taken at once: {mend}"));
    }
}

/// What a request costs of one quota.
fn cost(entry: &Entry<'_>, quota: &Quota, around: &Around<'_>, findings: &mut Findings) -> Option<Cost> {
    if entry.value.as_text() == Some("app") {
        if quota.cost == Cost::ByApp || quota.by == By::Address {
            return Some(Cost::ByApp);
        }
        let what = format!("the application says the cost, and quota {:?} does not know it", entry.key);
        findings.error(entry.value.span(), what, format!("write cost = \"app\" in [quota] {}, or give a whole number", entry.key));
        return None;
    }
    if entry.value.as_number() == Some(0) {
        findings.error(entry.value.span(), "a cost of 0", "give at least 1, or leave the quota out");
        return None;
    }
    let cost = entry.value.number("cost", 1..=u64::from(u32::MAX), findings)?;
    let burst = quota.most_cost(around.plans);
    let fits = u32::try_from(cost).ok().filter(|&cost| cost <= burst);
    if fits.is_none() && quota.is_running() {
        let what = format!("a cost of {cost} in quota {:?}", entry.key);
        findings.error(entry.value.span(), what, "a request that runs takes one place: write 1");
    } else if fits.is_none() {
        let what = format!("a cost of {cost} can never pass quota {:?}, burst {burst}", entry.key);
        findings.error(entry.value.span(), what, "lower the cost, or raise the burst");
    }
    fits.map(Cost::Units)
}
