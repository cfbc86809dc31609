//! `[auth]`: API keys, where they come from and where in a request they stand, and the issuers of access tokens.

use caltrop::token::record::ISSUERS_MAX;

use super::document::{Keys, Span, Table};
use super::{feed, issuer, nearest};
use crate::diagnostic::Findings;
use crate::model::{Credential, Feed, FeedKind, Issuer};

/// What stands in `[auth]`.
#[derive(Default)]
pub(super) struct AuthTable {
    pub(super) keys: Option<ApiKeys>,
    pub(super) issuers: Vec<(Issuer, Span)>,
}

impl AuthTable {
    /// What a route may name: `key` and the issuers.
    pub(super) fn names(&self) -> Vec<&str> {
        let key = self.keys.as_ref().map(|_| "key");
        key.into_iter().chain(self.issuers.iter().map(|(issuer, _)| issuer.name.as_str())).collect()
    }
}

/// What stands in `[auth.key]`.
pub(super) struct ApiKeys {
    pub(super) keyring: String,
    pub(super) credentials: Vec<Credential>,
    pub(super) strip: bool,
    pub(super) place: Span,
}

const KEYS: Keys = Keys { known: &["from", "in", "strip"], unbuilt: &[] };
const IN_EXAMPLE: &str = "[\"authorization: Bearer\", \"x-api-key\"]";

pub(super) fn read(table: &Table<'_>, feeds: &[(Feed, Span)], text: issuer::Opener<'_>, findings: &mut Findings) -> AuthTable {
    let mut issuers: Vec<(Issuer, Span)> = Vec::new();
    for entry in table.entries.iter().filter(|entry| entry.key != "key") {
        let is_issuer = entry.value.is_table_with("issuer");
        let (what, help) = match (entry.key, nearest(entry.key, ["key"])) {
            ("signed", _) => ("[auth.signed] is not supported yet".to_owned(), "leave it out".to_owned()),
            ("none", _) => ("[auth.none]: none is nobody".to_owned(), "give the issuer another name".to_owned()),
            (_, Some(near)) if !is_issuer => (format!("unknown table [auth.{}]", entry.key), format!("did you mean [auth.{near}]?")),
            _ => {
                // Any other name is an issuer.
                issuers.extend(issuer::read(entry, feeds, text, findings));
                continue;
            }
        };
        findings.error(entry.key_span.clone(), what, help);
    }
    for (at, (issuer, span)) in issuers.iter().enumerate() {
        if let Some((other, place)) = issuers[..at].iter().find(|(other, _)| other.issuer == issuer.issuer) {
            let what = format!("[auth.{}] and [auth.{}] are one issuer", other.name, issuer.name);
            findings.clash(span.clone(), what, "join the two: one may have several audiences", place.clone(), "the other one");
        }
        if at == ISSUERS_MAX {
            findings.error(span.clone(), format!("{} issuers", issuers.len()), format!("a policy has at most {ISSUERS_MAX}"));
        }
    }
    AuthTable { keys: api_keys(table, feeds, findings), issuers }
}

/// `None` if the policy takes no API keys.
fn api_keys(table: &Table<'_>, feeds: &[(Feed, Span)], findings: &mut Findings) -> Option<ApiKeys> {
    let entry = table.get("key")?;
    let example = "{ from = \"feed:keys\", in = [\"authorization: Bearer\"] }";
    let key = entry.value.table("[auth.key]", entry.key_span.clone(), example, findings)?;
    key.check_keys(KEYS, findings);
    let keyring = key.need("from", "from = \"feed:keys\"", findings);
    let keyring = keyring.and_then(|from| feed::named(from, FeedKind::Keyring, feeds, findings)).map(str::to_owned);
    let places = key.need("in", &format!("in = {IN_EXAMPLE}"), findings);
    let texts = places.map(|places| places.value.texts("in", IN_EXAMPLE, findings)).unwrap_or_default();
    if let Some(places) = places.filter(|places| places.value.as_list().is_some_and(|list| list.is_empty())) {
        findings.error(places.value.span(), "no place for an API key", format!("write {IN_EXAMPLE}"));
    }
    let mut credentials = Vec::new();
    for (text, span) in texts {
        match credential(text) {
            Some(credential) if credentials.contains(&credential) => {
                findings.error(span, format!("{text:?} stands there twice"), "leave one out")
            }
            Some(credential) => credentials.push(credential),
            None => findings.error(
                span,
                format!("place {text:?}"),
                "write a field and a scheme, \"authorization: Bearer\", or a field alone, \"x-api-key\"",
            ),
        }
    }
    let strip = key.get("strip").and_then(|entry| entry.value.flag("strip", findings)).unwrap_or(false);
    // What is wrong with it was told: routes may go on as if keys were taken.
    Some(ApiKeys { keyring: keyring.unwrap_or_default(), credentials, strip, place: key.span })
}

fn credential(text: &str) -> Option<Credential> {
    let (header, scheme) = match text.split_once(':') {
        Some((header, scheme)) => (header, Some(scheme.trim())),
        None => (text, None),
    };
    let is_good = is_token(header) && scheme.is_none_or(is_token);
    is_good.then(|| Credential { header: header.to_ascii_lowercase(), scheme: scheme.map(str::to_owned) })
}

/// RFC 9110 §5.6.2.
pub(super) fn is_token(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
