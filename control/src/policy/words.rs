//! What parts of a policy are called when people are told of them.

use crate::jwks::Jwk;
use crate::model::{Auth, By, FeedKind, Fetch, Issuer, IssuerKeys, Limit, Mode, On, Policy, Route, Stale, Tls};

pub(super) fn limits(limits: &[Limit]) -> String {
    let shown = limits.iter().map(|limit| match limit.period_s {
        0 => format!("{} at once", limit.count),
        period_s => format!("{} per {period_s} s, burst {}", limit.count, limit.burst),
    });
    shown.collect::<Vec<_>>().join(" and ")
}

pub(super) fn templates(route: &Route) -> Vec<String> {
    route.templates.iter().map(ToString::to_string).collect()
}

/// The credentials that a route takes, by the names of `auth`.
pub(super) fn auth(route: &Route, policy: &Policy) -> Vec<String> {
    let key = policy.keyring.as_ref().map(|_| "key".to_owned());
    match &route.auth {
        Auth::Nobody => Vec::new(),
        Auth::Anybody => key.into_iter().chain(policy.issuers.iter().map(|issuer| issuer.name.clone())).collect(),
        Auth::OneOf(names) => names.clone(),
    }
}

pub(super) const fn by(by: By) -> &'static str {
    match by {
        By::Address => "by address",
        By::Principal => "by principal",
        By::Tenant => "by tenant",
        By::Route => "by route",
        By::Plan => "by plan",
    }
}

pub(super) const fn on(on: On) -> &'static str {
    match on {
        On::Request => "requests",
        On::AuthFailure => "bad credentials",
        On::Running { .. } => "requests that run",
    }
}

pub(super) fn mode(mode: Mode) -> String {
    match mode {
        Mode::Enforce => "enforces".to_owned(),
        Mode::Report { percent: 100 } => "only reports".to_owned(),
        Mode::Report { percent } => format!("only reports for {percent}% of callers"),
    }
}

pub(super) fn sample(allow_every: u32) -> String {
    match allow_every {
        0 => "no allowed request is in the audit log".to_owned(),
        1 => "every allowed request is in the audit log".to_owned(),
        every => format!("one in {every} allowed requests is in the audit log"),
    }
}

pub(super) const fn kind(kind: FeedKind) -> &'static str {
    match kind {
        FeedKind::Keyring => "keyring",
        FeedKind::Prefixes => "prefixes",
        FeedKind::Jwks => "jwks",
        FeedKind::Revocations => "revocations",
    }
}

pub(super) fn stale(stale: Option<Stale>) -> String {
    stale.map_or_else(
        || "is never stale".to_owned(),
        |Stale { after_s, deny }| format!("is stale after {after_s} s and {}", if deny { "then denies" } else { "then goes on" }),
    )
}

pub(super) const fn tls(least: Tls) -> &'static str {
    match least {
        Tls::Off => "plaintext",
        Tls::V1_2 => "TLS 1.2",
        Tls::V1_3 => "TLS 1.3",
    }
}

/// Where an issuer's keys are: each of its own by itself.
pub(super) fn keys(issuer: &Issuer) -> Vec<String> {
    match &issuer.keys {
        IssuerKeys::Here(keys) => keys.iter().map(Jwk::label).collect(),
        IssuerKeys::Feed(name) => vec![format!("the keys of feed {name}")],
    }
}

pub(super) fn fetch(fetch: &Fetch) -> String {
    format!("{}, when asked at most once in {} s", fetch.url, fetch.cooldown_s)
}
