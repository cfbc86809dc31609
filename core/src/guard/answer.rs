// Read first: RFC 9457 (problem+json), RFC 6750 §3 (challenges), RFC 9110 §10.2.3 (Retry-After).
//! What a stranger is told: status, challenge, when to come again, and an id to ask the operator about. Never why.

use core::fmt::Write;

use heapless::{String, Vec};

use super::decision::DecisionId;
use crate::audit::Reason;
use crate::name::NAME_MAX;

/// One header field of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, lower case.
    pub name: &'static str,
    /// Its value.
    pub value: String<VALUE_MAX>,
}

/// `Bearer realm="…", error="insufficient_scope"` with every character of the realm escaped.
const VALUE_MAX: usize = 2 * NAME_MAX + 64;

/// The header fields of a denial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields(Vec<Field, 4>);

impl Fields {
    pub(super) fn new(reason: Reason, retry_after_s: u32, scheme: &str, realm: &str) -> Self {
        let mut fields = Self(Vec::new());
        fields.add("content-type", format_args!("application/problem+json"));
        fields.add("cache-control", format_args!("no-store"));
        if retry_after_s > 0 {
            fields.add("retry-after", format_args!("{retry_after_s}"));
        }
        let realm = Quoted(realm);
        match (reason.status(), reason) {
            (401, Reason::NoCredential) => fields.add("www-authenticate", format_args!("{scheme} realm=\"{realm}\"")),
            (401, _) => fields.add("www-authenticate", format_args!("{scheme} realm=\"{realm}\", error=\"invalid_token\"")),
            (_, Reason::Scope) => fields.add("www-authenticate", format_args!("{scheme} realm=\"{realm}\", error=\"insufficient_scope\"")),
            _ => {}
        }
        fields
    }

    /// The fields, in the order in which they should be sent.
    #[must_use]
    pub fn as_slice(&self) -> &[Field] {
        &self.0
    }

    /// A value that does not fit is left out rather than cut; names bound every one of them.
    fn add(&mut self, name: &'static str, value: core::fmt::Arguments<'_>) {
        let mut text = String::new();
        if text.write_fmt(value).is_ok() {
            // Four kinds of fields, four places.
            let _ = self.0.push(Field { name, value: text });
        }
    }
}

/// Within a quoted-string (RFC 9110 §5.6.4).
struct Quoted<'t>(&'t str);

impl core::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.chars().try_for_each(|character| {
            if matches!(character, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(character)
        })
    }
}

/// The body of a denial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body(String<BODY_MAX>);

/// The longest body: the longest title, a status and an id.
const BODY_MAX: usize = 160;

impl Body {
    /// The body for a status, naming the decision.
    #[must_use]
    pub fn new(status: u16, id: DecisionId) -> Self {
        let mut text = String::new();
        let hex = id.hex();
        let hex = core::str::from_utf8(&hex).unwrap_or_default();
        let title = title(status);
        // BODY_MAX holds the longest title; a test tries every status.
        let _ = write!(text, "{{\"type\":\"about:blank\",\"title\":\"{title}\",\"status\":{status},\"id\":\"{hex}\"}}");
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

#[cfg(test)]
mod tests {
    use super::{Body, DecisionId, Fields, Reason};

    #[test]
    fn every_reason_has_a_whole_body_and_whole_fields() {
        let realm: std::string::String = core::iter::repeat_n('"', 63).collect();
        for &reason in Reason::ALL {
            let body = Body::new(reason.status(), DecisionId(u128::MAX));
            assert!(body.as_str().ends_with("\"}"), "{reason:?}");
            let fields = Fields::new(reason, u32::MAX, "Bearer", &realm);
            let wants_challenge = reason.status() == 401 || reason == Reason::Scope;
            assert_eq!(fields.as_slice().len(), 3 + usize::from(wants_challenge), "{reason:?}");
        }
    }
}
