//! Who may use an operation: `security`, as far as a route can say it.
//!
//! A list holds alternatives; each alternative names schemes that must all be met, each with its scopes.

use std::collections::BTreeSet;

use caltrop::name::is_name;
use serde_json::Value;

use super::super::Access;
use super::document::Document;
use super::refused::Why;

/// Nothing said = a key without scopes: what a policy asks for unless told otherwise.
pub(super) fn access(document: &Document<'_>, security: Option<&Value>) -> Result<Access, Why> {
    let Some(security) = security else { return Ok(Access::Key { scopes: Vec::new() }) };
    let mut alternatives = Vec::new();
    for alternative in security.as_array().ok_or(Why::Security)? {
        let schemes = alternative.as_object().ok_or(Why::Security)?;
        let mut scopes = Vec::new();
        for (scheme, list) in schemes {
            scopes.extend(scheme_scopes(document, scheme, list)?);
        }
        alternatives.push((schemes.is_empty(), scopes));
    }
    if alternatives.iter().all(|(is_anyone, _)| *is_anyone) {
        return Ok(Access::Anyone);
    }
    if alternatives.iter().any(|(is_anyone, _)| *is_anyone) {
        return Err(Why::Optional);
    }
    let set = |scopes: &[String]| scopes.iter().cloned().collect::<BTreeSet<_>>();
    if alternatives.windows(2).any(|pair| set(&pair[0].1) != set(&pair[1].1)) {
        return Err(Why::Alternatives);
    }
    let mut known = BTreeSet::new();
    let scopes = alternatives.into_iter().next().map(|(_, scopes)| scopes).unwrap_or_default();
    Ok(Access::Key { scopes: scopes.into_iter().filter(|scope| known.insert(scope.clone())).collect() })
}

fn scheme_scopes(document: &Document<'_>, scheme: &str, list: &Value) -> Result<Vec<String>, Why> {
    let list = list.as_array().ok_or(Why::Security)?;
    let defined = document.root.get("components").and_then(|components| components.get("securitySchemes")?.get(scheme));
    let defined = defined.and_then(|defined| document.resolve(defined).ok());
    let kind = defined.and_then(|defined| defined.get("type")?.as_str()).ok_or_else(|| Why::Scheme { scheme: scheme.to_owned() })?;
    if !list.is_empty() && !matches!(kind, "oauth2" | "openIdConnect") {
        return Err(Why::Roles { scheme: scheme.to_owned() });
    }
    let scope = |value: &Value| {
        let scope = value.as_str().ok_or(Why::Security)?;
        if is_name(scope) { Ok(scope.to_owned()) } else { Err(Why::Scope { scope: scope.to_owned() }) }
    };
    list.iter().map(scope).collect()
}
