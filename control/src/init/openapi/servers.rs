//! What stands before an operation's path: the paths of its servers' URLs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::refused::Why;

/// The most URLs that the values of one server's variables may make.
const URLS_MAX: usize = 64;

/// Base paths without a slash at the end, each once, in the order of the servers; none given = the root.
pub(super) fn bases(servers: Option<&Value>) -> Result<Vec<String>, Why> {
    let none = Vec::new();
    let servers = servers.map_or(Ok(&none), |servers| servers.as_array().ok_or(Why::Server { url: servers.to_string() }))?;
    if servers.is_empty() {
        return Ok(vec![String::new()]);
    }
    let (mut known, mut bases) = (BTreeSet::new(), Vec::new());
    for server in servers {
        let refuse = || Why::Server { url: server.get("url").and_then(Value::as_str).map_or_else(|| server.to_string(), str::to_owned) };
        let url = server.get("url").and_then(Value::as_str).ok_or_else(refuse)?;
        for path in expanded(path(url).ok_or_else(refuse)?, server.get("variables")).ok_or_else(refuse)? {
            let base = path.trim_end_matches('/').to_owned();
            if known.insert(base.clone()) {
                bases.push(base);
            }
        }
    }
    Ok(bases)
}

/// The path of a URL; `None` if it depends on where the description lies.
fn path(url: &str) -> Option<&str> {
    let url = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    let host_and_path = url.split_once("://").map(|(_, rest)| rest).or_else(|| url.strip_prefix("//"));
    match host_and_path {
        Some(rest) => Some(rest.find('/').map_or("", |at| &rest[at..])),
        None => (url.is_empty() || url.starts_with('/')).then_some(url),
    }
}

/// The path with each value of its variables: those of `enum`, else `default`.
fn expanded(path: &str, variables: Option<&Value>) -> Option<Vec<String>> {
    let mut paths = vec![path.to_owned()];
    while let Some((before, rest)) = paths[0].split_once('{') {
        let name = rest.split_once('}').map(|(name, _)| name)?;
        let variable = variables?.get(name)?;
        let list = variable.get("enum").and_then(Value::as_array).filter(|list| !list.is_empty());
        let values: Vec<&str> = match list {
            Some(list) => list.iter().map(Value::as_str).collect::<Option<_>>()?,
            None => vec![variable.get("default")?.as_str()?],
        };
        if values.iter().any(|value| value.contains(['{', '}'])) || paths.len() * values.len() > URLS_MAX || before.contains('}') {
            return None;
        }
        let place = format!("{{{name}}}");
        paths = paths.iter().flat_map(|path| values.iter().map(|value| path.replacen(&place, value, 1))).collect();
    }
    Some(paths)
}
