//! What no `[[expect]]` row reaches: a policy is tested as far as its rows go, and no further.

use std::collections::HashSet;
use std::fmt;

use caltrop::audit::Reason;
use serde::Serialize;

use super::run::RowResult;
use super::written::Written;
use crate::model::{Auth, By, On, Route};

/// What rows leave untried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cover {
    /// What no row tries, in the order of the text.
    pub untried: Vec<Untried>,
    /// Routes, and what they and the quotas ask for.
    pub rules: usize,
    /// Reasons that a row could reach and none does.
    pub reasons: Vec<&'static str>,
}

/// A rule that no row tries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Untried {
    /// Its line of policy.toml.
    pub line: u32,
    /// What it is, and what no row sees of it.
    pub what: String,
}

impl Cover {
    /// Compares what a policy says with what its rows have reached.
    #[must_use]
    pub fn of(written: &Written, rows: &[RowResult]) -> Self {
        let policy = &written.policy;
        // What is only reported is tried as well.
        let reasons = |row: &RowResult| row.reason.into_iter().chain(row.reported.iter().copied()).collect::<Vec<_>>();
        let of_routes = rows.iter().filter_map(|row| Some((row.route.as_deref()?, row)));
        let denied: HashSet<(&str, Reason)> =
            of_routes.flat_map(|(route, row)| reasons(row).into_iter().map(move |reason| (route, reason))).collect();
        let passed: HashSet<&str> = rows.iter().filter(|row| row.reason.is_none()).filter_map(|row| row.route.as_deref()).collect();
        let seen: HashSet<Reason> = rows.iter().flat_map(reasons).collect();
        let refusing: HashSet<&str> =
            rows.iter().filter(|row| !reasons(row).is_empty()).flat_map(|row| &row.quotas).map(String::as_str).collect();
        let mut rules = Rules::default();
        for (route, &line) in policy.routes.iter().zip(&written.lines.routes) {
            let name = route.name.as_str();
            rules.rule(line, passed.contains(name), || format!("route {name:?}: no row passes it"));
            for (reason, what) in refusals(route) {
                rules.rule(line, denied.contains(&(name, reason)), || format!("route {name:?}: no row is refused for {what}"));
            }
        }
        // A row's requests come one after the other, so none of them is refused by how many run.
        let is_running = |window: &str| policy.quotas.iter().any(|quota| quota.name == window && quota.is_running());
        for (window, line) in written.lines.quotas.iter().filter(|(window, _)| !is_running(window)) {
            rules.rule(*line, refusing.contains(window.as_str()), || format!("quota {window:?}: no row is refused by it"));
        }
        if let Some(line) = written.lines.network[1] {
            rules.rule(line, seen.contains(&Reason::DeniedZone), || "deny: no row comes from a denied zone".to_owned());
        }
        let Rules { mut untried, count } = rules;
        untried.sort_by_key(|rule| rule.line);
        let could = reachable(written);
        let reasons = could.into_iter().filter(|reason| !seen.contains(reason)).map(|reason| reason.word()).collect();
        Self { untried, rules: count, reasons }
    }
}

#[derive(Default)]
struct Rules {
    untried: Vec<Untried>,
    count: usize,
}

impl Rules {
    fn rule(&mut self, line: u32, is_tried: bool, what: impl FnOnce() -> String) {
        self.count += 1;
        if !is_tried {
            self.untried.push(Untried { line, what: what() });
        }
    }
}

/// What a route refuses by itself.
fn refusals(route: &Route) -> impl Iterator<Item = (Reason, &'static str)> {
    let all = [
        (route.knows_caller(), Reason::NoCredential, "want of a credential"),
        (!route.zones.is_empty(), Reason::Zone, "its zone"),
        (!route.scopes.is_empty(), Reason::Scope, "want of a scope"),
        (!route.roles.is_empty(), Reason::Role, "want of a role"),
        (!route.conditions.is_empty(), Reason::Where, "a condition"),
    ];
    all.into_iter().filter(|(asks, ..)| *asks).map(|(_, reason, what)| (reason, what))
}

/// The reasons for which this policy may refuse what a row can ask. A row's key is always a good one of a whole and fresh keyring, its clock is
/// trusted, and nobody else asks at the same time.
fn reachable(written: &Written) -> Vec<Reason> {
    let policy = &written.policy;
    let (takes_keys, takes_tokens) = (!policy.credentials.is_empty(), !policy.issuers.is_empty());
    let counts = |by: fn(By) -> bool, on: On| policy.quotas.iter().any(|quota| by(quota.by) && quota.on == on);
    let any = |asks: fn(&Route) -> bool| policy.routes.iter().any(asks);
    let could = |reason: &Reason| match reason {
        Reason::Method | Reason::TargetLength | Reason::Path | Reason::HeaderCount | Reason::HeaderSize | Reason::NoRoute => true,
        Reason::Transport => policy.tls != crate::model::Tls::Off || any(|route| route.tls.is_some()),
        Reason::DeniedZone => !policy.deny.is_empty(),
        Reason::AddressQuota => counts(|by| by == By::Address, On::Request),
        Reason::Failures => counts(|by| by == By::Address, On::AuthFailure),
        Reason::Quota => counts(|by| by != By::Address, On::Request),
        Reason::Plan => policy.quotas.iter().any(|quota| quota.limits.is_none() || quota.by == By::Plan),
        Reason::Credentials | Reason::NoCredential => takes_keys || takes_tokens,
        Reason::KeyMalformed | Reason::KeyUnknown => takes_keys,
        Reason::TokenMalformed => takes_tokens,
        Reason::Auth => any(|route| matches!(route.auth, Auth::OneOf(_))),
        Reason::Role => any(|route| !route.roles.is_empty()),
        Reason::Zone => any(|route| !route.zones.is_empty()),
        Reason::Scope => any(|route| !route.scopes.is_empty()),
        Reason::Preflight | Reason::Origin => !policy.cors.is_empty(),
        Reason::Where => any(|route| !route.conditions.is_empty()),
        Reason::KeyRevoked
        | Reason::KeyExpired
        | Reason::KeyNotYet
        | Reason::KeyZone
        | Reason::TokenIssuer
        | Reason::TokenAlgorithm
        | Reason::TokenKey
        | Reason::TokenType
        | Reason::TokenSignature
        | Reason::TokenAudience
        | Reason::TokenClaims
        | Reason::TokenExpired
        | Reason::TokenNotYet
        | Reason::TokenAge
        | Reason::TokenRevoked
        | Reason::Proofs
        | Reason::Clock
        | Reason::Contended
        | Reason::Busy
        | Reason::Full
        | Reason::PolicyExpired
        | Reason::Stale
        | Reason::Corrupt => false,
    };
    Reason::ALL.iter().copied().filter(could).collect()
}

impl fmt::Display for Cover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {} rules tried", self.rules - self.untried.len(), self.rules)?;
        self.untried.iter().try_for_each(|rule| writeln!(f, "line {}: {}", rule.line, rule.what))?;
        if self.reasons.is_empty() {
            writeln!(f, "every reason reached that a row can reach")
        } else {
            writeln!(f, "reasons that no row reaches: {}", self.reasons.join(", "))
        }
    }
}
