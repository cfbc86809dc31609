//! What a policy comes to, for people.

use std::fmt::Write as _;

use caltrop::image::{Floor, Trust};
use caltrop::verify::PublicKey;
use caltrop::{Policy, State};
use ed25519_dalek::SigningKey;

use super::run::RunError;
use super::words;
use super::written::Written;
use crate::image::Stamp;
use crate::model::{Cost, Issuer, Mode, On, Plan, Quota, Route};
use crate::table::table;

/// Routes, quotas, zones and sizes as text.
///
/// # Errors
/// [`RunError`]: the policy makes no image that the core opens.
pub fn show(written: &Written) -> Result<String, RunError> {
    let policy = &written.policy;
    let signer = SigningKey::from_bytes(&[1; 32]);
    let image = written.image()?.finish(&signer, Stamp { sequence: 1, created_s: 1, not_after_s: 0 });
    let public = PublicKey::from_bytes(signer.verifying_key().as_bytes()).map_err(|_| caltrop::image::OpenError::Signature)?;
    let opened = Policy::open(&image, &Trust::new(&policy.name, &[public]), Floor::NONE)?;
    let state = State::words(opened.geometry()).ok_or(caltrop::guard::StateError::Geometry)? * 8;
    let mut out = String::new();
    let templates: usize = policy.routes.iter().map(|route| route.templates.len()).sum();
    let states = opened.routes().nodes.len();
    let _ = writeln!(out, "policy {}: image {} bytes, state {state} bytes", policy.name, image.len());
    if policy.mode != Mode::Enforce {
        let _ = writeln!(out, "the policy {}: it denies nothing but malformed requests", words::mode(policy.mode));
    }
    let _ = writeln!(out, "{}, and every denial", words::sample(policy.allow_every));
    if let Some(keys) = written.keys {
        let _ = writeln!(out, "keyring of {keys} keys: {} bytes of records, and their names", keys * KEY_BYTES);
    }
    let _ = writeln!(out, "\n{} routes, {templates} templates, {states} states of the path automaton", policy.routes.len());
    out += &table(policy.routes.iter().flat_map(|route| rows(written, route)));
    if !policy.issuers.is_empty() {
        let _ = writeln!(out, "\n{} issuers of access tokens", policy.issuers.len());
        out += &table(policy.issuers.iter().map(issuer));
    }
    let _ = writeln!(out, "\n{} quotas", policy.quotas.len());
    out += &table(policy.quotas.iter().map(quota));
    if !policy.plans.is_empty() {
        let _ = writeln!(out, "\n{} plans", policy.plans.len());
        out += &table(policy.plans.iter().map(plan));
    }
    if !policy.cors.is_empty() {
        let _ = writeln!(out, "\n{} origins: {}", policy.cors.len(), policy.cors.join(" "));
    }
    if !policy.fields.is_empty() {
        let _ = writeln!(out, "\n{} fields of every answer", policy.fields.len());
        out += &table(policy.fields.iter().map(|field| vec![field.name.clone(), field.value.clone()]));
    }
    if !policy.feeds.is_empty() {
        let _ = writeln!(out, "\n{} feeds", policy.feeds.len());
        out += &table(policy.feeds.iter().map(|feed| vec![feed.name.clone(), words::kind(feed.kind).to_owned(), words::stale(feed.stale)]));
    }
    let _ = writeln!(out, "\n{} zones", policy.zones.len());
    out += &table(policy.zones.iter().map(|zone| {
        let marks = [(&policy.deny, "denied"), (&policy.never_deny, "never denied")];
        let marks: Vec<&str> = marks.into_iter().filter(|(list, _)| list.contains(&zone.name)).map(|(_, mark)| mark).collect();
        let networks = zone.feed.as_ref().map_or_else(|| format!("{} networks", zone.networks.len()), |feed| format!("feed {feed}"));
        vec![zone.name.clone(), networks, marks.join(", ")]
    }));
    Ok(out)
}

/// One key record.
const KEY_BYTES: u64 = size_of::<caltrop::key::record::KeyRecord>() as u64;

fn rows(written: &Written, route: &Route) -> Vec<Vec<String>> {
    let least = words::tls(route.tls.unwrap_or(written.policy.tls));
    let auth = if route.knows_caller() { words::auth(route, &written.policy).join(" ") } else { "none".to_owned() };
    let charge = match &route.charge {
        None => "default".to_owned(),
        Some(charge) => charge.iter().map(|(quota, cost)| format!("{quota} {cost}")).collect::<Vec<_>>().join(", "),
    };
    let list = |prefix: &str, names: &[String]| if names.is_empty() { String::new() } else { format!("{prefix} {}", names.join(" ")) };
    let first = vec![
        route.name.clone(),
        format!("auth {auth}"),
        least.to_owned(),
        list("scopes", &route.scopes),
        list("roles", &route.roles),
        list("zones", &route.zones),
        list("where", &route.conditions.iter().map(|condition| condition.text.clone()).collect::<Vec<_>>()),
        if route.hide { "hidden".to_owned() } else { String::new() },
        mode(route.mode),
        if charge.is_empty() { "free".to_owned() } else { format!("charge {charge}") },
    ];
    let templates = words::templates(route).into_iter().enumerate().map(|(at, template)| {
        let mut row = if at == 0 { first.clone() } else { vec![String::new(); first.len()] };
        row.insert(1, template);
        row
    });
    templates.collect()
}

fn issuer(issuer: &Issuer) -> Vec<String> {
    let algorithms: Vec<&str> = issuer.algorithms.iter().map(|algorithm| algorithm.name()).collect();
    vec![
        issuer.name.clone(),
        issuer.issuer.clone(),
        format!("for {}", issuer.audiences.join(" ")),
        algorithms.join(" "),
        words::keys(issuer).join(", "),
    ]
}

fn quota(quota: &Quota) -> Vec<String> {
    let on = match (quota.on, quota.cost) {
        (On::AuthFailure, _) => "on auth-failure".to_owned(),
        (On::Running { lease_s }, _) => format!("lease {lease_s} s"),
        (_, Cost::ByApp) => "cost app".to_owned(),
        _ => String::new(),
    };
    let zones: Vec<String> = quota.in_zone.iter().map(|(zone, other)| format!("in {zone} {}", words::limits(&[*other]))).collect();
    let all = quota.limits.as_ref().map_or_else(|| "as the plan says".to_owned(), |all| words::limits(all));
    vec![quota.name.clone(), words::by(quota.by).to_owned(), all, on, zones.join("; "), mode(quota.mode)]
}

/// Told only of what does not enforce.
fn mode(mode: Mode) -> String {
    if mode == Mode::Enforce { String::new() } else { words::mode(mode) }
}

fn plan(plan: &Plan) -> Vec<String> {
    let quotas: Vec<String> = plan.limits.iter().map(|(quota, all)| format!("{quota} {}", words::limits(all))).collect();
    vec![plan.name.clone(), quotas.join("; ")]
}
