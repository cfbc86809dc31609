//! Consumers, their groups and their keys.

use std::collections::BTreeSet;

use super::Left;
use super::deck::Node;

/// Who calls.
#[derive(Clone, PartialEq, Eq)]
pub struct Consumer {
    /// The principal: its username, else its custom_id.
    pub name: String,
    /// Its groups.
    pub groups: BTreeSet<String>,
    /// What its keys are to hold.
    pub scopes: BTreeSet<String>,
    /// Its keys, which stand in no policy.
    pub keys: Vec<String>,
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, scopes, keys, .. } = self;
        f.debug_struct("Consumer").field("name", name).field("scopes", scopes).field("keys", &keys.len()).finish_non_exhaustive()
    }
}

pub(super) fn consumers(root: &Node, left: &mut Vec<Left>) -> Vec<Consumer> {
    root.items("consumers").iter().filter_map(|node| consumer(node, left)).collect()
}

fn consumer(node: &Node, left: &mut Vec<Left>) -> Option<Consumer> {
    let name = node.text("username").or_else(|| node.text("custom_id")).unwrap_or_default();
    let mut leave = |line, what: &str, why: &str| left.push(Left { line, what: format!("consumer {name:?}: {what}"), why: why.to_owned() });
    if !caltrop::name::is_principal(name) {
        leave(node.line, "its name", "a principal is visible ASCII, 1 to 255 bytes: give its keys by hand");
        return None;
    }
    let mut keys = Vec::new();
    for credential in node.items("keyauth_credentials") {
        match credential.text("key") {
            Some(key) if key.contains("${{") || key.starts_with("{vault:") => {
                leave(credential.line, "a key that stands elsewhere", "import it from where it stands: caltrop keys import");
            }
            Some(key) => keys.push(key.to_owned()),
            None => leave(credential.line, "a key that Kong would make", "make one: caltrop keys new"),
        }
        if credential.get("ttl").is_some() {
            leave(credential.line, "ttl of a key", "set its end when it is imported");
        }
    }
    let groups: BTreeSet<String> = node.items("acls").iter().filter_map(|acl| acl.text("group")).map(str::to_owned).collect();
    for (key, line, value) in node.entries() {
        if !["username", "custom_id", "id", "tags", "keyauth_credentials", "acls"].contains(&key.as_str()) && !value.is_empty() {
            let why = if key == "plugins" { "what is one consumer's own: give its keys a plan" } else { "no API key" };
            leave(*line, key, why);
        }
    }
    Some(Consumer { name: name.to_owned(), groups, scopes: BTreeSet::new(), keys })
}
