//! An event in words: what was decided, by what, and what would have let it pass.

use caltrop::audit::Reason;

use super::entry::{Entry, Rule};
use crate::diagnostic::Source;

/// What would have let a request pass that was refused for this reason.
///
/// ```
/// use caltrop::audit::Reason;
/// assert_eq!(caltrop_control::audit::mend(Reason::Scope), "a key or a token with all the scopes of the route");
/// ```
#[must_use]
pub const fn mend(reason: Reason) -> &'static str {
    match reason {
        Reason::Method => "a method of at most 16 letters",
        Reason::TargetLength => "a shorter path or query",
        Reason::Path => "the path written the one way that paths are written: no //, no .., no needless escapes",
        Reason::HeaderCount => "fewer header fields",
        Reason::HeaderSize => "shorter header fields",
        Reason::Transport => "TLS as the policy asks for it; behind a proxy, the proxy's X-Forwarded-Proto: https",
        Reason::DeniedZone => "an address that no denied zone holds, or one that never-deny names",
        Reason::AddressQuota => "to wait: this address used its quota up",
        Reason::NoRoute => "a method and path that some route matches",
        Reason::Credentials => "one credential, in one header field",
        Reason::NoCredential => "an API key or an access token in a header field where [auth] takes them",
        Reason::KeyMalformed => "the whole key, as it was given out: this one has a wrong form or checksum",
        Reason::KeyUnknown => "a key of this keyring: this one is of another host, was mistyped, or is guessed",
        Reason::KeyRevoked => "another key: this one was taken back",
        Reason::KeyExpired => "another key: the time of this one is over",
        Reason::KeyNotYet => "to wait: the time of this key has not come",
        Reason::Clock => "a clock that can be believed: the credential has a date",
        Reason::Failures => "to wait: this address showed too many bad credentials; a good key passes all the while",
        Reason::Zone => "an address in one of the route's zones",
        Reason::KeyZone => "an address in one of the zones that the key is bound to",
        Reason::Scope => "a key or a token with all the scopes of the route",
        Reason::Quota => "to wait, or a higher limit",
        Reason::Busy => "to come again once one of the caller's requests has ended, or a higher limit",
        Reason::Full => "to come again, or a state with more slots: nobody else could be counted",
        Reason::Contended => "to come again: too many workers wanted the same bucket",
        Reason::PolicyExpired => "a fresh policy or keyring: the one in use is past its end",
        Reason::Corrupt => "a whole image: compile it again and tell the makers",
        Reason::Plan => "a plan that says something of this quota",
        Reason::Preflight => "nothing: the guard answered the page's question itself",
        Reason::Origin => "a page whose origin [network] cors lists",
        Reason::Stale => "a fresh image of the feed: whoever writes it has not for longer than `stale`",
        Reason::Auth => "a credential of a kind that the route takes: its auth says which",
        Reason::Role => "an access token with one of the roles of the route",
        Reason::TokenMalformed => "an access token that is a compact JWS of at most 8 KiB, without extensions that must be understood",
        Reason::TokenIssuer => "an access token of an issuer in [auth]: its iss must be written as there, to the last slash",
        Reason::TokenAlgorithm => "an access token of one of its issuer's algorithms",
        Reason::TokenKey => "an access token whose kid the issuer's keys have: if the issuer has a new key, give it to the policy",
        Reason::TokenType => "an access token of one of the issuer's types, and no ID token",
        Reason::TokenSignature => "an access token as its issuer signed it",
        Reason::TokenAudience => "an access token for one of the audiences in [auth]",
        Reason::TokenClaims => {
            "an access token that says whose it is, in visible ASCII, and till when it is good, and that is bound to no key or certificate"
        }
        Reason::TokenExpired => "a new access token: the time of this one is over",
        Reason::TokenNotYet => "to wait, or a leeway: the issuer's clock is ahead",
        Reason::TokenAge => "a new access token: this one was issued longer ago than max-age",
        Reason::TokenRevoked => {
            "a new access token: this one was taken back, or its principal's, its client's or its signing key's tokens were"
        }
        Reason::Proofs => {
            "to wait: too many signatures were not good, of this address or of all that nobody knows; a good key passes all the while"
        }
        Reason::Where => "a request for which the route's conditions hold",
    }
}

/// An event for people; `source` is the policy.toml that decided it, if that is still at hand.
#[must_use]
pub fn why(entry: &Entry, source: Option<&Source>) -> Vec<(&'static str, String)> {
    let mut rows = vec![("decision", entry.id.clone()), ("at", entry.at.clone())];
    let (denied, would) = (entry.reason.as_deref(), entry.would_deny.as_deref());
    rows.push((
        "answer",
        match (denied, would) {
            (Some(reason), _) => format!("{} {reason}", entry.status),
            (None, Some(reason)) => format!("none: in report mode; else {reason}"),
            (None, None) => entry.status.to_string(),
        },
    ));
    let client = entry.client.map_or_else(|| "unknown".to_owned(), |client| client.to_string());
    let zones = if entry.zones.is_empty() { "no zone".to_owned() } else { format!("zones {}", entry.zones.join(" ")) };
    rows.push(("client", format!("{client}, {} trusted proxies passed, {zones}", entry.hops)));
    let mut push = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
    push("principal", entry.principal.clone());
    push("key", entry.key.clone());
    push("route", entry.route.clone());
    push(
        "rule",
        entry.rule.as_ref().map(|rule| match rule {
            Rule::Route(name) => format!("route {name}"),
            Rule::Quota(name) => format!("quota {name}"),
            Rule::Feed(name) => format!("feed {name}"),
        }),
    );
    push("retry after", entry.retry_after.map(|wait_s| format!("{wait_s} s")));
    push("stands for", (entry.count > 1).then(|| format!("{} equal decisions", entry.count)));
    push(
        "line",
        entry.line.map(|line| match source {
            Some(source) => format!("{}:{line}: {}", source.name(), source.line(line).trim()),
            None => format!("{line}, of policy {}, which is not the one at hand", entry.policy),
        }),
    );
    push("would pass", denied.or(would).and_then(Reason::from_word).map(|reason| mend(reason).to_owned()));
    rows
}
