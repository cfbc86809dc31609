//! Which plugin counts for a route, and what of it a policy can say.

use caltrop::net::Cidr;

use super::Left;
use super::deck::Node;

/// A plugin where it stands.
#[derive(Debug, Clone)]
pub(super) struct Plugin<'d> {
    pub(super) name: &'d str,
    pub(super) node: &'d Node,
    /// Where it stands: nothing for all routes.
    pub(super) of: Option<String>,
}

impl<'d> Plugin<'d> {
    pub(super) fn new(node: &'d Node, of: Option<String>) -> Self {
        Self { name: node.text("name").unwrap_or_default(), node, of }
    }

    pub(super) fn is_enabled(&self) -> bool {
        !self.node.is("enabled", "false")
    }

    pub(super) fn config(&self) -> Option<&'d Node> {
        self.node.get("config")
    }

    pub(super) fn texts(&self, key: &str) -> Vec<(&'d str, usize)> {
        self.config().map(|config| config.texts(key)).unwrap_or_default()
    }

    pub(super) fn what(&self) -> String {
        match &self.of {
            Some(of) => format!("{of}: plugin {}", self.name),
            None => format!("plugin {}", self.name),
        }
    }

    /// A name for what is made of it.
    pub(super) fn named(&self, suffix: &str) -> String {
        let of = self.of.as_deref().unwrap_or("all").replace(['"', ' '], "-").replace("--", "-");
        format!("{}-{suffix}", of.trim_matches('-'))
    }

    pub(super) fn leave(&self, line: usize, what: &str, why: &str, left: &mut Vec<Left>) {
        let what = if what.is_empty() { self.what() } else { format!("{} {what}", self.what()) };
        let one = Left { line, what, why: why.to_owned() };
        if !left.contains(&one) {
            left.push(one);
        }
    }

    /// What its config says besides this.
    pub(super) fn leave_others(&self, known: &[&str], left: &mut Vec<Left>) {
        for (key, line, value) in self.config().map(Node::entries).unwrap_or_default() {
            if !known.contains(&key.as_str()) && !value.is_empty() {
                self.leave(*line, key, "no policy has it", left);
            }
        }
    }
}

/// Whether a plugin asks who the caller is. One that is not known, and says so by its name, does.
pub(super) fn asks_for_caller(name: &str) -> bool {
    ["auth", "acl", "jwt", "oidc", "openid", "saml", "session"].iter().any(|part| name.contains(part))
}

/// The limits of rate-limiting, as a policy writes them.
pub(super) fn limits(plugin: &Plugin<'_>, left: &mut Vec<Left>) -> Vec<String> {
    let mut limits = Vec::new();
    for (key, line, value) in plugin.config().map(Node::entries).unwrap_or_default() {
        let count = value.as_text().and_then(|text| text.parse::<u32>().ok());
        match (key.as_str(), count) {
            ("second" | "minute" | "hour" | "day", Some(count)) if crate::policy::rate(&format!("{count}/{key}")).is_ok() => {
                limits.push(format!("{count}/{key}"));
            }
            ("second" | "minute" | "hour" | "day" | "month" | "year", _) if !value.is_empty() => {
                plugin.leave(*line, key, "a limit is of a second, minute, hour or day, at least 1: write days, 3000/30d", left);
            }
            _ => {}
        }
    }
    limits
}

/// The origins of cors that a browser sends as they stand; Kong takes patterns and, where none is written, all.
pub(super) fn origins(plugin: &Plugin<'_>, left: &mut Vec<Left>) -> Vec<String> {
    plugin.leave_others(&["origins"], left);
    let written = plugin.texts("origins");
    if written.is_empty() {
        plugin.leave(plugin.node.line, "origins", "all of them: a policy lists each", left);
    }
    let mut origins: Vec<String> = Vec::new();
    for (text, line) in written {
        match crate::policy::mend_origin(text) {
            None if origins.iter().any(|known| known == text) => {}
            None => origins.push(text.to_owned()),
            Some(mend) => plugin.leave(line, &format!("origin {text:?}"), &mend, left),
        }
    }
    origins
}

/// Networks, those with bits behind their length as the network that was meant.
pub(super) fn networks(plugin: &Plugin<'_>, key: &str, left: &mut Vec<Left>) -> Vec<Cidr> {
    let read = |text: &str| {
        text.parse::<Cidr>().ok().or_else(|| {
            let (address, length) = text.split_once('/')?;
            Cidr::containing(address.parse().ok()?, length.parse().ok()?).ok()
        })
    };
    let mut networks = Vec::new();
    for (text, line) in plugin.texts(key) {
        match read(text) {
            Some(network) => networks.push(network),
            None => plugin.leave(line, &format!("{key} {text:?}"), "no network: write an address, or one with a length", left),
        }
    }
    networks
}
