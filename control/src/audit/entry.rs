//! One line of the log.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A line: an event, or how many events were overwritten before they were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// An event.
    Event(Box<Entry>),
    /// Events that nobody will read.
    Lost {
        /// The state that they were of.
        state: String,
        /// The number of the next event.
        n: u64,
        /// How many.
        lost: u64,
    },
}

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A route.
    Route(String),
    /// A window of a quota.
    Quota(String),
    /// A feed.
    Feed(String),
}

/// An event with its names. Kept as it was known when it was written: policies change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Entry {
    /// The state that it is of, by a number that only a holder of its key can make.
    pub state: String,
    /// Its number in that state.
    pub n: u64,
    /// The decision's id: what the caller was told.
    pub id: String,
    /// When: RFC 3339, in UTC.
    pub at: String,
    /// 200, or the status of the denial.
    pub status: u16,
    /// Why it was denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it would have been denied, had the rule not been in report mode. The request's own decision has a line of its own, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_deny: Option<String>,
    /// The client behind the proxies, if it could be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<IpAddr>,
    /// How many trusted proxies were passed.
    pub hops: u8,
    /// The zones that held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
    /// The route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// Whose credential it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The public id of the API key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// Seconds until the same request may pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// For how many equal decisions it stands.
    pub count: u32,
    /// The policy, by the first 8 bytes of its image's id.
    pub policy: String,
    /// The line of policy.toml that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}
