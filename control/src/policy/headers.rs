//! `[headers]`: fields of every answer, with what is good for an API where the table says nothing else.

use caltrop::guard::record::FIELDS_MAX;

use super::auth::is_token;
use super::document::{Entry, Table};
use crate::diagnostic::Findings;
use crate::model::Field;

/// For answers that are data, and never a page: two years of TLS, no guessing of types, no trace of the address in other sites' logs, nothing
/// that a browser would run or frame, and no other site's `<img>` or `<script>` over them.
const DEFAULTS: [(&str, &str); 5] = [
    ("strict-transport-security", "max-age=63072000"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// What the guard, the application or the server says of each answer by itself.
const TAKEN: [&str; 14] = [
    "www-authenticate",
    "retry-after",
    "content-type",
    "cache-control",
    "ratelimit",
    "ratelimit-policy",
    "vary",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "trailer",
    "set-cookie",
    "date",
];
const TAKEN_BEGINNINGS: [&str; 2] = ["access-control-", "x-caltrop-"];

pub(super) fn read(table: &Table<'_>, findings: &mut Findings) -> Vec<Field> {
    let mut given: Vec<(String, Option<String>)> = Vec::new();
    for entry in &table.entries {
        let name = entry.key.to_ascii_lowercase();
        if given.iter().any(|(known, _)| *known == name) {
            findings.error(
                entry.key_span.clone(),
                format!("field {:?} stands there twice", entry.key),
                "names of fields have no case: leave one out",
            );
        } else if let Some(value) = value(entry, &name, findings) {
            given.push((name, value));
        }
    }
    let left = DEFAULTS.iter().filter(|(name, _)| !given.iter().any(|(known, _)| known == name));
    let defaults = left.map(|(name, value)| Field { name: (*name).to_owned(), value: (*value).to_owned() }).collect::<Vec<_>>();
    let own = given.into_iter().filter_map(|(name, value)| Some(Field { name, value: value? }));
    let fields: Vec<Field> = defaults.into_iter().chain(own).collect();
    if fields.len() > FIELDS_MAX {
        findings.error(table.span.clone(), format!("{} fields", fields.len()), format!("an answer has at most {FIELDS_MAX} of its own"));
    }
    fields
}

/// The value of a field, or that there shall be none.
fn value(entry: &Entry<'_>, name: &str, findings: &mut Findings) -> Option<Option<String>> {
    let is_taken = TAKEN.contains(&name) || TAKEN_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning));
    if is_taken {
        let help = "leave it out: it is written by the guard, the application or the server, for each answer";
        findings.error(entry.key_span.clone(), format!("field {name:?}"), help);
        return None;
    }
    // RFC 9110 §5.6.2 would take more signs: no field has them.
    if !is_token(name) || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        findings.error(entry.key_span.clone(), format!("field {name:?}"), "a name is 1 to 64 letters, digits and -");
        return None;
    }
    let text = entry.value.text(name, "\"nosniff\", or \"off\"", findings)?;
    if text == "off" {
        return Some(None);
    }
    let is_good = (1..=255).contains(&text.len()) && text.trim() == text && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if !is_good {
        let help = "a value is 1 to 255 visible characters of ASCII, with spaces between them only; \"off\" leaves the field out";
        findings.error(entry.value.span(), format!("the value of {name:?}"), help);
    }
    is_good.then(|| Some(text.to_owned()))
}
