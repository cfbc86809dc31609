//! `[auth.<issuer>]`: whose access tokens are good, and what their claims are called.

use caltrop::token::record::TYPES_MAX;
use caltrop::token::{AUDIENCES_MAX, Algorithm, KEYS_MAX, LEEWAY_MAX_S};

use super::document::{Entry, Keys, Span, Table, Value};
use super::{feed, limit, names, nearest};
use crate::diagnostic::Findings;
use crate::jwks::{Jwk, read_set};
use crate::model::{Feed, FeedKind, Issuer, IssuerKeys};

const KEYS: Keys = Keys {
    known: &["issuer", "audience", "algorithms", "typ", "from", "keys", "claims", "leeway", "max-age"],
    unbuilt: &["secret", "introspect", "dpop", "mtls"],
};
const CLAIMS: Keys = Keys { known: &["principal", "tenant", "plan", "scopes", "roles"], unbuilt: &[] };
const JWK_EXAMPLE: &str = "[{ kty = \"OKP\", crv = \"Ed25519\", kid = \"k1\", x = \"…\" }]";

/// Opens a text by the name that a policy gives its file; else what the system said.
pub(super) type Opener<'o> = &'o dyn Fn(&str) -> Result<String, String>;

/// An issuer, unless it cannot be read at all.
pub(super) fn read(entry: &Entry<'_>, feeds: &[(Feed, Span)], open: Opener<'_>, findings: &mut Findings) -> Option<(Issuer, Span)> {
    names::check("issuer", entry.key, entry.key_span.clone(), findings);
    let label = format!("[auth.{}]", entry.key);
    if entry.key.contains(':') {
        findings.error(
            entry.key_span.clone(),
            format!("issuer {:?} has a colon", entry.key),
            "a principal is issuer:subject: leave it out",
        );
    }
    let example = "{ issuer = \"https://id.example\", audience = [\"acme-api\"], algorithms = [\"ES256\"], keys = [ … ] }";
    let table = entry.value.table(&label, entry.key_span.clone(), example, findings)?;
    table.check_keys(KEYS, findings);
    let issuer = table.need("issuer", "issuer = \"https://id.example\"", findings).and_then(|entry| issuer(entry, findings));
    let audiences = listed(&table, "audience", "[\"acme-api\"]", AUDIENCES_MAX, findings);
    let algorithms = algorithms(&table, findings);
    let types = match table.get("typ") {
        None => vec!["at+jwt".to_owned()],
        Some(_) => listed(&table, "typ", "[\"at+jwt\"]", TYPES_MAX, findings),
    };
    let leeway_s = seconds(&table, "leeway", "30s", u64::from(LEEWAY_MAX_S), findings).unwrap_or(0);
    let age_max_s = seconds(&table, "max-age", "1h", u64::from(u32::MAX), findings).unwrap_or(0);
    let claims = table.get("claims").and_then(|entry| {
        let claims = entry.value.table("claims", entry.key_span.clone(), "{ scopes = \"scope\" }", findings)?;
        claims.check_keys(CLAIMS, findings);
        Some(claims)
    });
    let mut claim = |name: &str| {
        let entry = claims.as_ref()?.get(name)?;
        let path = entry.value.text(name, "\"realm_access.roles\"", findings)?;
        let is_path = (1..=255).contains(&path.len()) && path.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_path {
            findings.error(
                entry.value.span(),
                format!("claim {path:?}"),
                "give its name, with dots between it and those of the objects around it",
            );
        }
        is_path.then(|| path.to_owned())
    };
    let (principal, scopes) = (claim("principal").unwrap_or("sub".into()), claim("scopes").unwrap_or("scope".into()));
    let (tenant, plan, roles) = (claim("tenant"), claim("plan"), claim("roles"));
    let keys = match (table.get("from"), table.get("keys")) {
        (Some(from), None) => IssuerKeys::Feed(feed::named(from, FeedKind::Jwks, feeds, findings).unwrap_or_default().to_owned()),
        (Some(_), Some(keys)) => {
            findings.error(keys.key_span.clone(), "\"keys\" beside \"from\"", "leave one out: keys are in the policy, or come by a feed");
            IssuerKeys::Here(Vec::new())
        }
        (None, _) => IssuerKeys::Here(keys(&table, &algorithms, open, findings)),
    };
    let (issuer, name, leeway_s) = (issuer?, entry.key.to_owned(), u16::try_from(leeway_s).unwrap_or(u16::MAX));
    Some((
        Issuer { name, issuer, audiences, algorithms, types, leeway_s, age_max_s, principal, tenant, plan, scopes, roles, keys },
        table.span,
    ))
}

fn issuer(entry: &Entry<'_>, findings: &mut Findings) -> Option<String> {
    let text = entry.value.text("issuer", "\"https://id.example\"", findings)?;
    let is_plain = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let has_place = text.replacen("{tid}", "", 1).contains(['{', '}']);
    if !is_plain || has_place {
        let help = "write it as the tokens' iss has it, visible ASCII; {tid} stands once for Entra's tenant";
        findings.error(entry.value.span(), format!("issuer {text:?}"), help);
        return None;
    }
    Some(text.to_owned())
}

/// Texts of which there is at least one, each once.
fn listed(table: &Table<'_>, key: &str, example: &str, most: usize, findings: &mut Findings) -> Vec<String> {
    let Some(entry) = table.need(key, &format!("{key} = {example}"), findings) else { return Vec::new() };
    let mut texts: Vec<String> = Vec::new();
    for (text, span) in entry.value.text_or_texts(key, example, findings) {
        if text.is_empty() || text.len() > 255 {
            findings.error(span, format!("{key} {text:?}"), "give 1 to 255 bytes");
        } else if texts.iter().any(|known| known == text) {
            findings.error(span, format!("{text:?} stands there twice"), "leave one out");
        } else {
            texts.push(text.to_owned());
        }
    }
    let is_list = entry.value.as_list().is_some();
    if is_list && (texts.is_empty() || texts.len() > most) {
        findings.error(entry.value.span(), format!("{} of {key:?}", texts.len()), format!("give 1 to {most}, as {example}"));
    }
    texts
}

fn algorithms(table: &Table<'_>, findings: &mut Findings) -> Vec<Algorithm> {
    let mut algorithms = Vec::new();
    let built: Vec<&str> = Algorithm::ALL.iter().filter(|algorithm| **algorithm != Algorithm::Hs256).map(|known| known.name()).collect();
    for name in listed(table, "algorithms", "[\"ES256\"]", built.len(), findings) {
        match Algorithm::from_name(&name).filter(|algorithm| *algorithm != Algorithm::Hs256) {
            Some(algorithm) => algorithms.push(algorithm),
            None => {
                let span = table.get("algorithms").map_or(table.span.clone(), |entry| entry.value.span());
                let help = match nearest(&name, built.iter().copied()) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("it has {}", built.join(", ")),
                };
                findings.error(span, format!("unknown algorithm {name:?}"), help);
            }
        }
    }
    algorithms
}

fn seconds(table: &Table<'_>, key: &str, example: &str, most: u64, findings: &mut Findings) -> Option<u32> {
    let entry = table.get(key)?;
    let text = entry.value.text(key, &format!("{example:?}"), findings)?;
    let period = limit::period(text).filter(|&period| period > 0 && u64::from(period) <= most);
    if period.is_none() {
        let help = format!("write a time as {example}, at least 1s and at most {most}s");
        findings.error(entry.value.span(), format!("{key} {text:?}"), help);
    }
    period
}

/// JSON Web Keys as tables, or the name of a file that has a set of them.
fn keys(table: &Table<'_>, algorithms: &[Algorithm], open: Opener<'_>, findings: &mut Findings) -> Vec<Jwk> {
    let Some(entry) = table.need("keys", &format!("keys = {JWK_EXAMPLE}, or from = \"feed:…\""), findings) else { return Vec::new() };
    if let Some(file) = entry.value.as_text() {
        return in_file(file, entry.value.span(), algorithms, open, findings);
    }
    let Some(list) = entry.value.list("keys", JWK_EXAMPLE, findings) else { return Vec::new() };
    if !(1..=KEYS_MAX).contains(&list.len()) {
        findings.error(entry.value.span(), format!("{} keys", list.len()), format!("give 1 to {KEYS_MAX}"));
    }
    let mut keys: Vec<Jwk> = Vec::new();
    for value in list {
        let Some(key) = key(value, findings) else { continue };
        let is_used = key.is_for(algorithms);
        if keys.iter().any(|known| known.kid.is_some() && known.kid == key.kid) {
            findings.error(
                value.span(),
                format!("two keys are called {:?}", key.kid.as_deref().unwrap_or_default()),
                "give each its own kid",
            );
        } else if !is_used && !algorithms.is_empty() {
            findings.error(value.span(), "none of the algorithms is this key's", "add its algorithm, or leave the key out");
        }
        keys.push(key);
    }
    keys
}

/// The keys of a file for one of the algorithms: what an issuer publishes is for others too.
fn in_file(file: &str, span: Span, algorithms: &[Algorithm], open: Opener<'_>, findings: &mut Findings) -> Vec<Jwk> {
    let set = match open(file) {
        Ok(text) => read_set(&text, algorithms).map_err(|error| error.to_string()),
        Err(why) => Err(format!("{why}: give the path of a JSON Web Key Set, from the folder of the policy")),
    };
    match set {
        Ok(set) => set.keys,
        Err(error) => {
            findings.error(span, format!("keys {file:?}"), error);
            Vec::new()
        }
    }
}

fn key(value: Value<'_>, findings: &mut Findings) -> Option<Jwk> {
    let span = value.span();
    let table = value.table("a key", span.clone(), "{ kty = \"OKP\", crv = \"Ed25519\", x = \"…\" }", findings)?;
    Jwk::from_members(|name| table.get(name)?.value.as_text()).map_err(|error| findings.error(span, "this key", error.to_string())).ok()
}
