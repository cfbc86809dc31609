//! What an event asks of a policy, and what the policy's answers to it mean.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use caltrop::audit::Reason;

use crate::audit::Entry;
use crate::keys::{KeyModel, shown};
use crate::model::{Method, Route, Segment, Template, Test, Tls};
use crate::policy::{Answer, Ask, Caller, Expect, RowResult, Sender, Written};

/// As much of an event as its answer hangs on: events that are alike in it are asked once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    pub(super) route: Option<String>,
    principal: Option<String>,
    key: Option<String>,
    client: Option<IpAddr>,
    /// The zones that feeds filled then, and fill now: their lists are not at hand.
    zones: Vec<String>,
    status: u16,
    /// The word of the reason, also one that this version does not know.
    reason: Option<String>,
    /// When, if the policy asks for it: RFC 3339.
    at: Option<String>,
}

/// What the log does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    Client,
    Proxy,
    NoRoute,
    Route(String),
    Template(String),
    Path(String),
    Time,
    Key,
    Limits,
    Transport,
    Credential,
    State,
    Reason(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client => f.write_str("no client address: a proxy's word could not be read"),
            Self::Proxy => f.write_str("the client's address is one that the policy believes about others"),
            Self::NoRoute => f.write_str("refused before its route was found: the log has no path"),
            Self::Route(route) => write!(f, "route {route:?} is not in the policy: give the one that knew it with --was"),
            Self::Template(route) => write!(f, "route {route:?} matches several paths, which are answered differently"),
            Self::Path(route) => write!(f, "route {route:?} asks for something of the path, which the log has not"),
            Self::Time => f.write_str("its time cannot be read, and the policy has hours"),
            Self::Key => f.write_str("its key is not in the keyring"),
            Self::Limits => f.write_str("refused by a limit: that needs every request, and the log has a sample"),
            Self::Transport => f.write_str("refused for its transport: the log does not say which TLS it had"),
            Self::Credential => f.write_str("refused for what it showed as a credential, which the log never has"),
            Self::State => f.write_str("refused for the state that the server was in, not for what the policy said"),
            Self::Reason(word) => write!(f, "refused for {word:?}, which this version does not know"),
        }
    }
}

impl Question {
    pub(super) fn of(entry: &Entry, policy: &Written) -> Self {
        let has_hours = policy.policy.routes.iter().flat_map(|route| &route.conditions).any(|one| matches!(one.test, Test::Time(_)));
        Self {
            route: entry.route.clone(),
            principal: entry.principal.clone(),
            key: entry.key.clone(),
            client: entry.client,
            zones: entry.zones.iter().filter(|name| is_fed(policy, name)).cloned().collect(),
            status: entry.status,
            reason: entry.reason.clone(),
            at: has_hours.then(|| entry.at.clone()),
        }
    }

    pub(super) const fn is_allowed(&self) -> bool {
        self.reason.is_none()
    }

    /// The principal; of a caller without a good key the address.
    pub(super) fn who(&self) -> String {
        let address = || self.client.map_or_else(|| "unknown".to_owned(), |client| client.to_string());
        self.principal.clone().unwrap_or_else(address)
    }

    pub(super) fn before(&self) -> String {
        self.reason.as_ref().map_or_else(|| self.status.to_string(), |reason| format!("{} {reason}", self.status))
    }

    /// The requests that stand for it: one for each template of its route.
    pub(super) fn asks(&self, keys: &[KeyModel], policy: &Written, was: Option<&Written>) -> Result<Vec<Expect>, Why> {
        let client = self.client.ok_or(Why::Client)?;
        if policy.policy.proxies.iter().any(|network| network.contains(client)) {
            return Err(Why::Proxy);
        }
        let at_s = match &self.at {
            None => None,
            Some(at) => Some(at.parse::<jiff::Timestamp>().ok().and_then(|at| u64::try_from(at.as_second()).ok()).ok_or(Why::Time)?),
        };
        let caller = self.caller(keys, policy)?;
        let targets = match &self.route {
            // Whether its address is denied is known even so.
            None => vec![("GET".to_owned(), "/".to_owned())],
            Some(name) => {
                let route = was.and_then(|was| find(was, name)).or_else(|| find(policy, name)).ok_or_else(|| Why::Route(name.clone()))?;
                route.templates.iter().map(line).collect()
            }
        };
        let ask = |(method, target)| Expect {
            line: 0,
            request: Ask {
                method,
                target,
                from: Sender::Ip(client),
                caller: caller.clone(),
                tls: Tls::V1_3,
                headers: Vec::new(),
                zones: self.zones.clone(),
                repeat: 1,
                at_s,
            },
            answer: Answer::default(),
        };
        Ok(targets.into_iter().map(ask).collect())
    }

    /// Whoever showed no good key is asked without one: where a key is needed, both are refused, and where none is, none is looked at.
    fn caller(&self, keys: &[KeyModel], policy: &Written) -> Result<Option<Caller>, Why> {
        if self.principal.is_none() || policy.policy.keyring.is_none() {
            return Ok(None);
        }
        let key = keys.iter().find(|key| self.key.as_deref() == Some(&shown(key.key_id))).ok_or(Why::Key)?;
        Ok(Some(Caller {
            issuer: None,
            principal: key.principal.clone(),
            tenant: key.tenant.clone(),
            plan: key.plan.clone(),
            scopes: key.scopes.clone(),
            roles: BTreeSet::new(),
            zones: key.zones.clone(),
        }))
    }

    /// What the policy answers, if it is otherwise: the denial of one who passed, 200 for one who was refused.
    pub(super) fn answered(&self, rows: &[RowResult], policy: &Written, was: Option<&Written>) -> Result<Option<String>, Why> {
        let route = self.route.as_deref().unwrap_or_default();
        let first = rows.first().ok_or(Why::NoRoute)?;
        if self.is_allowed() {
            if rows.iter().any(|row| row.reason == Some(Reason::Where) && asks_path(row, policy)) {
                return if is_asked_alike(route, policy, was) { Ok(None) } else { Err(Why::Path(route.to_owned())) };
            }
            if rows.iter().any(|row| row.reason != first.reason) {
                return Err(Why::Template(route.to_owned()));
            }
            return Ok(first.reason.map(|_| first.answered.clone()));
        }
        if rows.iter().all(|row| row.reason.is_some_and(|reason| reason != Reason::Where || !asks_path(row, policy)))
            && (self.route.is_some() || first.reason == Some(Reason::DeniedZone))
        {
            return Ok(None);
        }
        self.told()?;
        match rows.iter().find(|row| row.reason.is_some()) {
            None => Ok(Some(first.answered.clone())),
            Some(row) if row.reason == Some(Reason::Where) => Err(Why::Path(route.to_owned())),
            Some(_) => Err(Why::Template(route.to_owned())),
        }
    }

    /// Whether the log says all that its denial hung on.
    fn told(&self) -> Result<(), Why> {
        let word = self.reason.as_deref().unwrap_or_default();
        let why = match Reason::from_word(word).ok_or_else(|| Why::Reason(word.to_owned()))? {
            Reason::AddressQuota | Reason::Failures | Reason::Quota => Why::Limits,
            Reason::Busy | Reason::Full | Reason::Contended => Why::State,
            Reason::PolicyExpired | Reason::Stale | Reason::Corrupt | Reason::Clock => Why::State,
            Reason::Transport => Why::Transport,
            Reason::Credentials => Why::Credential,
            _ if self.route.is_none() => Why::NoRoute,
            _ => return Ok(()),
        };
        Err(why)
    }
}

fn is_fed(written: &Written, zone: &str) -> bool {
    written.policy.zones.iter().any(|known| known.name == zone && known.feed.is_some())
}

fn find<'w>(written: &'w Written, name: &str) -> Option<&'w Route> {
    written.policy.routes.iter().find(|route| route.name == name)
}

/// A request line that a template takes.
fn line(template: &Template) -> (String, String) {
    let method = match &template.method {
        Method::Any => "GET".to_owned(),
        Method::Exact(method) => method.clone(),
    };
    let written = template.path.trim_start_matches('/').split('/').zip(&template.segments);
    let segment = |(written, segment): (&str, &Segment)| match segment {
        // As it was written, which is how a canonical path has it.
        Segment::Literal(_) => format!("/{written}"),
        Segment::Parameter | Segment::Rest => format!("/{PARAMETER}"),
    };
    (method, written.map(segment).collect())
}

/// What stands for every parameter.
const PARAMETER: &str = "x";

fn asks_path(row: &RowResult, policy: &Written) -> bool {
    let route = row.route.as_deref().and_then(|name| find(policy, name));
    route.is_some_and(|route| path_conditions(route).next().is_some())
}

fn path_conditions(route: &Route) -> impl Iterator<Item = &str> {
    route.conditions.iter().filter(|one| one.test.parameter().is_some()).map(|one| one.text.as_str())
}

/// Whether all that the policy asks of a route's callers besides scopes and zones was asked then, too: who met it meets it again.
fn is_asked_alike(name: &str, policy: &Written, was: Option<&Written>) -> bool {
    let (Some(new), Some(old)) = (find(policy, name), was.and_then(|was| find(was, name))) else { return false };
    new.templates == old.templates && new.conditions.iter().all(|one| old.conditions.contains(one))
}
