// Read first: RFC 9457 (problem+json), RFC 6750 §3 (challenges), the Fetch standard's "CORS protocol", RFC 6797 §7.2.
//! What a caller is told: status, challenge, when to come again, and an id to ask the operator about. Never why.

use core::fmt::{self, Write};

use heapless::String;

use super::decision::DecisionId;
use super::policy::Policy;
use super::record::ON_TLS;
use super::value::{Quoted, Value};
use crate::audit::Reason;
use crate::rate::{Left, LimitItem, PolicyItem};

/// What an answer says, as numbers over its policy: it points nowhere, so a host may keep it in a value of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answer {
    /// What the caller is told, or `None` if the request passes. Where a route is hidden it is not what the operator reads.
    pub reason: Option<Reason>,
    /// Seconds until the same request may pass, 0 where waiting does not help.
    pub retry_after_s: u32,
    /// The route, by its index.
    pub route: Option<u16>,
    /// The listed origin whose page asks, by its index.
    pub origin: Option<u16>,
    /// Where the path of a preflight ends, by the index of the automaton's state.
    pub path_end: Option<u16>,
    /// Whether TLS protects the request on its whole way.
    pub is_tls: bool,
    /// What the caller may learn of a quota.
    pub limit: Option<Limit>,
}

/// The quota that refused, or of those that were charged the one with the least left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Its index in the policy.
    pub quota: u16,
    /// Units that may come at once.
    pub burst: u32,
    /// Seconds in which they come back; 0 if the quota is one of requests that run at once.
    pub window_s: u32,
    /// What is left of them.
    pub left: Left,
}

/// One header field.
#[derive(Debug, Clone, Copy)]
pub struct Field<'g> {
    /// Its name, lower case.
    pub name: &'g str,
    /// Its value: visible ASCII and spaces, written out by [`fmt::Display`].
    pub value: Value<'g>,
}

/// How long a browser keeps the answer to a preflight: a new policy is felt after as much.
const MAX_AGE_S: u32 = 600;

/// What a page may read of an answer besides its body.
const EXPOSED: &str = "ratelimit, ratelimit-policy, retry-after, www-authenticate";

impl<'g> Policy<'g> {
    /// The header fields of an answer, in the order in which they should be sent. On a grant they go beside the application's own: in the
    /// place of those of the same name, but `vary`, which is added.
    pub fn fields(&self, answer: &Answer) -> impl Iterator<Item = Field<'g>> + Clone + use<'g> {
        let denial = answer.reason.map(|reason| self.denial(reason, answer));
        let known = denial.into_iter().flatten().chain(self.limit_told(answer)).chain(self.cors(answer));
        let (text, is_tls) = (self.text, answer.is_tls);
        let own = self.fields.iter().filter(move |field| is_tls || field.on != ON_TLS);
        known
            .flatten()
            .chain(own.filter_map(move |field| Some(Field { name: text.get(field.name)?, value: Value::Text(text.get(field.value)?) })))
    }

    fn denial(&self, reason: Reason, answer: &Answer) -> [Option<Field<'g>>; 4] {
        let has_body = reason.status() != NO_CONTENT;
        let retry = (answer.retry_after_s > 0).then_some(Value::Number(answer.retry_after_s));
        [
            has_body.then_some(Value::Text("application/problem+json")).map(field("content-type")),
            Some(Value::Text("no-store")).map(field("cache-control")),
            retry.map(field("retry-after")),
            self.challenge(reason, answer.route).map(field("www-authenticate")),
        ]
    }

    /// RFC 6750 §3.1: no error code where no credential was shown.
    fn challenge(&self, reason: Reason, route: Option<u16>) -> Option<Value<'g>> {
        let (error, route) = match (reason.status(), reason) {
            (401, Reason::NoCredential) => (None, None),
            (401, _) => (Some("invalid_token"), None),
            (_, Reason::Scope) => (Some("insufficient_scope"), route.and_then(|index| self.routes.route(index))),
            _ => return None,
        };
        Some(Value::Challenge { scheme: self.scheme(), realm: Quoted(self.name()), error, route })
    }

    fn limit_told(&self, answer: &Answer) -> [Option<Field<'g>>; 2] {
        let is_told = answer.reason.is_none_or(|reason| reason.status() == 429);
        let limit = answer.limit.filter(|_| is_told);
        let told = limit.and_then(|limit| Some((self.quota_name(usize::from(limit.quota))?, limit)));
        [
            told.map(|(name, limit)| PolicyItem { name, burst: limit.burst, window_s: limit.window_s })
                .map(|item| field("ratelimit-policy")(Value::RateLimitPolicy(item))),
            told.map(|(name, limit)| LimitItem { name, left: limit.left }).map(|item| field("ratelimit")(Value::RateLimit(item))),
        ]
    }

    /// A policy with origins answers by them, so every answer says that it does; what a page may do is said to listed ones alone, and never
    /// that it may do it with a browser's own credentials: keys stand in fields that the page itself writes.
    fn cors(&self, answer: &Answer) -> [Option<Field<'g>>; 6] {
        let origin = answer.origin.and_then(|index| self.text.get(*self.origins.get(usize::from(index))?));
        let preflight = answer.path_end.filter(|_| origin.is_some() && answer.reason == Some(Reason::Preflight));
        let methods = preflight.map(|end| Value::Methods { routes: self.routes, end: usize::from(end) });
        [
            (!self.origins.is_empty()).then_some(Value::Text("origin")).map(field("vary")),
            origin.map(Value::Text).map(field("access-control-allow-origin")),
            origin.filter(|_| preflight.is_none()).map(|_| Value::Text(EXPOSED)).map(field("access-control-expose-headers")),
            methods.map(field("access-control-allow-methods")),
            preflight
                .map(|_| Value::Requested { credentials: self.credentials, text: self.text })
                .map(field("access-control-allow-headers")),
            preflight.map(|_| Value::Number(MAX_AGE_S)).map(field("access-control-max-age")),
        ]
    }
}

/// RFC 9110 §15.3.5: an answer that ends with its fields.
const NO_CONTENT: u16 = 204;

fn field<'g>(name: &'static str) -> impl Fn(Value<'g>) -> Field<'g> {
    move |value| Field { name, value }
}

/// The body of a denial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body(String<BODY_MAX>);

/// The longest body: the longest title, a status and an id.
const BODY_MAX: usize = 160;

impl Body {
    /// The body for a status, naming the decision; empty where the status permits none.
    #[must_use]
    pub fn new(status: u16, id: DecisionId) -> Self {
        let mut text = String::new();
        if status != NO_CONTENT {
            let title = title(status);
            // BODY_MAX holds the longest title; a test tries every status.
            let _ = write!(text, "{{\"type\":\"about:blank\",\"title\":\"{title}\",\"status\":{status},\"id\":\"{id}\"}}");
        }
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 9110 §15, RFC 6585.
const fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        414 => "URI Too Long",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        _ => "Service Unavailable",
    }
}

impl fmt::Display for Field<'_> {
    /// As a line of HTTP/1.1 has it, without its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::{Body, DecisionId, Reason};

    #[test]
    fn every_reason_has_a_whole_body_but_a_preflight_none() {
        for &reason in Reason::ALL {
            let body = Body::new(reason.status(), DecisionId(u128::MAX));
            let is_whole = body.as_str().starts_with("{\"type\"") && body.as_str().ends_with("\"}");
            assert_eq!((is_whole, body.as_str().is_empty()), (reason != Reason::Preflight, reason == Reason::Preflight), "{reason:?}");
        }
    }
}
