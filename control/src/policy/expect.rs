//! `[[expect]]`: what a person holds the policy to.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use caltrop::audit::Reason;

use super::auth::is_token;
use super::document::{Entry, Keys, Table};
use super::{names, network, route};
use crate::diagnostic::Findings;
use crate::model::{Plan, Tls};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// Its line, from 1.
    pub line: u32,
    /// What is asked.
    pub request: Ask,
    /// What must be answered.
    pub answer: Answer,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The method.
    pub method: String,
    /// The request target.
    pub target: String,
    /// Who is at the other end of the socket.
    pub from: Sender,
    /// Whose credential it shows.
    pub caller: Option<Caller>,
    /// What protects the socket.
    pub tls: Tls,
    /// Other header fields.
    pub headers: Vec<(String, String)>,
    /// The zones of feeds that list the client.
    pub zones: Vec<String>,
    /// How many times it is sent; the last answer counts.
    pub repeat: u32,
    /// When it is sent, in Unix seconds; `None` = whenever.
    pub at_s: Option<u64>,
}

/// Who is at the other end of the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// An address.
    Ip(IpAddr),
    /// A Unix socket.
    Unix,
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Unix => f.write_str("unix:"),
        }
    }
}

/// The owner of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The issuer of its access token, by its name in the policy; `None` = it has an API key.
    pub issuer: Option<String>,
    /// The principal.
    pub principal: String,
    /// Its tenant.
    pub tenant: Option<String>,
    /// Its plan.
    pub plan: Option<String>,
    /// Its scopes.
    pub scopes: BTreeSet<String>,
    /// Its roles.
    pub roles: BTreeSet<String>,
    /// The zones that its key is bound to; none = anywhere.
    pub zones: BTreeSet<String>,
}

/// An answer; what is `None` may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answer {
    /// The status; 200 = the request may pass.
    pub status: u16,
    /// Why not.
    #[serde(serialize_with = "word", skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Seconds to wait.
    #[serde(rename = "retry-after", skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
}

#[expect(clippy::ref_option, reason = "serde hands in a reference to the field")]
fn word<S: serde::Serializer>(reason: &Option<Reason>, serializer: S) -> Result<S::Ok, S::Error> {
    match reason {
        Some(reason) => serializer.serialize_str(reason.word()),
        None => serializer.serialize_none(),
    }
}

/// What other tables say, as far as rows ask.
pub(super) struct Around<'a> {
    pub(super) routes: Vec<&'a str>,
    pub(super) plans: &'a [Plan],
    /// The zones that feeds fill.
    pub(super) feed_zones: Vec<&'a str>,
    /// What `auth` may name: `key` and the issuers.
    pub(super) auth: Vec<&'a str>,
    /// Whether any route is hidden: then what it refuses is answered as if it were not there.
    pub(super) hides: bool,
    pub(super) scopes: Option<&'a [String]>,
}

const KEYS: Keys = Keys { known: &["request", "answer"], unbuilt: &[] };
const REQUEST: Keys = Keys {
    known: &["line", "from", "auth", "scopes", "roles", "tenant", "plan", "principal", "tls", "headers", "zones", "repeat", "at"],
    unbuilt: &[],
};
const ANSWER: Keys = Keys { known: &["status", "reason", "route", "principal", "tenant", "retry-after"], unbuilt: &[] };
const REPEAT_MAX: u64 = 100_000;

pub(super) fn read(row: &Table<'_>, line: u32, around: &Around<'_>, findings: &mut Findings) -> Option<Expect> {
    row.check_keys(KEYS, findings);
    let request = row.need("request", "request = { line = \"GET /healthz\", from = \"203.0.113.9\" }", findings).and_then(|entry| {
        let table = entry.value.table("request", entry.key_span.clone(), "{ line = \"GET /healthz\" }", findings)?;
        table.check_keys(REQUEST, findings);
        ask(&table, around, findings)
    });
    let answer = row.need("answer", "answer = { status = 200 }", findings).and_then(|entry| {
        let table = entry.value.table("answer", entry.key_span.clone(), "{ status = 200 }", findings)?;
        table.check_keys(ANSWER, findings);
        answer(&table, around, findings)
    });
    Some(Expect { line, request: request?, answer: answer? })
}

fn ask(table: &Table<'_>, around: &Around<'_>, findings: &mut Findings) -> Option<Ask> {
    let line = table.need("line", "line = \"GET /v1/orders\"", findings).and_then(|entry| line(entry, findings));
    let from = table.need("from", "from = \"203.0.113.9\"", findings).and_then(|entry| sender(entry, findings));
    let caller = caller(table, around, findings);
    let tls = table.get("tls").map_or(Some(Tls::V1_3), |entry| network::tls(entry, findings));
    let mut headers = Vec::new();
    if let Some(entry) = table.get("headers") {
        for (text, span) in entry.value.texts("headers", "[\"x-forwarded-for: 203.0.113.9\"]", findings) {
            match text.split_once(':').filter(|(name, _)| is_token(name)) {
                Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
                None => findings.error(span, format!("header {text:?}"), "write \"name: value\""),
            }
        }
    }
    let zones = table.get("zones").map(|entry| zones(entry, around, findings)).unwrap_or_default();
    let repeat = table.get("repeat").map_or(Some(1), |entry| entry.value.number("repeat", 1..=REPEAT_MAX, findings));
    let at_s = table.get("at").and_then(|entry| at(entry, findings));
    let (method, target) = line?;
    Some(Ask { method, target, from: from?, caller, tls: tls?, headers, zones, repeat: u32::try_from(repeat?).ok()?, at_s })
}

/// The lists of feeds are not the policy's, so a row says itself what they say of its client.
fn zones(entry: &Entry<'_>, around: &Around<'_>, findings: &mut Findings) -> Vec<String> {
    let mut zones = Vec::new();
    for (name, span) in entry.value.texts("zones", "[\"bad\"]", findings) {
        if around.feed_zones.contains(&name) {
            zones.push(name.to_owned());
        } else {
            let help = "name zones that feeds fill; in the others a client is by its address, which `from` says";
            findings.error(span, format!("no feed fills zone {name:?}"), help);
        }
    }
    zones
}

fn at(entry: &Entry<'_>, findings: &mut Findings) -> Option<u64> {
    let at_s = entry.value.as_unix_s();
    if at_s.is_none() {
        findings.error(entry.value.span(), "at is an instant", "write a date and time in UTC, without quotes: 2027-01-15T12:00:00Z");
    }
    at_s
}

fn line(entry: &Entry<'_>, findings: &mut Findings) -> Option<(String, String)> {
    let text = entry.value.text("line", "\"GET /v1/orders\"", findings)?;
    match text.split_once(' ').filter(|(method, target)| !method.is_empty() && !target.is_empty() && !target.contains(' ')) {
        Some((method, target)) => Some((method.to_owned(), target.to_owned())),
        None => {
            findings.error(entry.value.span(), format!("request line {text:?}"), "write method and target: \"GET /v1/orders?page=2\"");
            None
        }
    }
}

fn sender(entry: &Entry<'_>, findings: &mut Findings) -> Option<Sender> {
    match entry.value.text("from", "\"203.0.113.9\"", findings)? {
        "unix:" => Some(Sender::Unix),
        text => match text.parse() {
            Ok(address) => Some(Sender::Ip(address)),
            Err(_) => {
                findings.error(entry.value.span(), format!("from {text:?}"), "write an address, \"203.0.113.9\", or \"unix:\"");
                None
            }
        },
    }
}

fn caller(table: &Table<'_>, around: &Around<'_>, findings: &mut Findings) -> Option<Caller> {
    let auth = match table.get("auth").and_then(|entry| Some((entry, entry.value.text("auth", "\"key\"", findings)?))) {
        None | Some((_, "none")) => None,
        Some((entry, "key")) if !around.auth.contains(&"key") => {
            findings.error(entry.value.span(), "auth \"key\", and there is no [auth.key]", "add [auth.key], or write \"none\"");
            Some("key")
        }
        Some((entry, other)) => {
            if !around.auth.contains(&other) {
                names::undefined("auth", "[auth]", other, entry.value.span(), &around.auth, findings);
            }
            Some(other)
        }
    };
    let name = |key: &str, default: Option<&str>, findings: &mut Findings| match table.get(key) {
        Some(entry) => entry.value.text(key, "\"acme\"", findings).map(str::to_owned),
        None => default.map(str::to_owned),
    };
    let principal = name("principal", Some("expect"), findings).unwrap_or_default();
    if let Some(entry) = table.get("principal").filter(|_| !caltrop::name::is_principal(&principal)) {
        findings.error(entry.value.span(), format!("principal {principal:?}"), "a principal is 1 to 255 visible ASCII characters");
    }
    let tenant = name("tenant", None, findings);
    if let (Some(entry), Some(tenant)) = (table.get("tenant"), &tenant) {
        names::check("tenant", tenant, entry.value.span(), findings);
    }
    let plan = name("plan", None, findings);
    if let (Some(entry), Some(plan)) = (table.get("plan"), &plan)
        && !around.plans.iter().any(|known| known.name == *plan)
    {
        let known: Vec<&str> = around.plans.iter().map(|plan| plan.name.as_str()).collect();
        names::undefined("plan", "[plan]", plan, entry.value.span(), &known, findings);
    }
    let scopes = table.get("scopes").map(|entry| route::scopes(entry, around.scopes, findings)).unwrap_or_default();
    let roles = table.get("roles").map(|entry| route::roles(entry, findings)).unwrap_or_default();
    if let Some(entry) = table.get("roles").filter(|_| auth == Some("key")) {
        findings.error(
            entry.key_span.clone(),
            "\"roles\" of an API key",
            "keys have scopes: give auth the name of an issuer, or leave it out",
        );
    }
    if auth.is_none() {
        for entry in ["principal", "tenant", "plan", "scopes", "roles"].into_iter().filter_map(|key| table.get(key)) {
            findings.error(
                entry.key_span.clone(),
                format!("{:?} of a request without a credential", entry.key),
                "add auth = \"key\", or leave it out",
            );
        }
    }
    auth.map(|auth| Caller {
        issuer: (auth != "key").then(|| auth.to_owned()),
        principal,
        tenant,
        plan,
        scopes: scopes.into_iter().collect(),
        roles: roles.into_iter().collect(),
        zones: BTreeSet::new(),
    })
}

fn answer(table: &Table<'_>, around: &Around<'_>, findings: &mut Findings) -> Option<Answer> {
    let status = table.need("status", "status = 200", findings).and_then(|entry| entry.value.number("status", 200..=599, findings));
    let text = |key: &str, findings: &mut Findings| Some(table.get(key)?.value.text(key, "\"acme\"", findings)?.to_owned());
    let route = text("route", findings);
    if let (Some(entry), Some(route)) = (table.get("route"), &route)
        && !around.routes.contains(&route.as_str())
    {
        names::undefined("route", "[route]", route, entry.value.span(), &around.routes, findings);
    }
    let status = u16::try_from(status?).ok()?;
    Some(Answer {
        status,
        reason: reason(table, status, around.hides, findings),
        route,
        principal: text("principal", findings),
        tenant: text("tenant", findings),
        retry_after_s: table
            .get("retry-after")
            .and_then(|entry| entry.value.number("retry-after", 0..=u64::from(u32::MAX), findings))
            .and_then(|wait| u32::try_from(wait).ok()),
    })
}

fn reason(table: &Table<'_>, status: u16, hides: bool, findings: &mut Findings) -> Option<Reason> {
    let entry = table.get("reason")?;
    let word = entry.value.text("reason", "\"scope\"", findings)?;
    let reason = Reason::from_word(word);
    match reason {
        None => {
            let words: Vec<&str> = Reason::ALL.iter().map(|reason| reason.word()).collect();
            let help = match super::nearest(word, words.iter().copied()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("it is one of {}", words.join(", ")),
            };
            findings.error(entry.value.span(), format!("unknown reason {word:?}"), help);
        }
        Some(reason) if reason.status() != status && !(hides && status == Reason::NoRoute.status()) => {
            let what = format!("reason {word:?} never has status {status}");
            findings.error(entry.value.span(), what, format!("its status is {}", reason.status()));
        }
        Some(_) => {}
    }
    reason
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} from {}", self.method, self.target, self.from)
    }
}
