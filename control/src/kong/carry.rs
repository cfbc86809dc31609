//! From the document to what a policy can say. Where Kong refuses and a policy cannot, it is told.

use std::collections::BTreeSet;

use super::consumers::{Consumer, consumers};
use super::deck::{DeckError, Node};
use super::paths::{Regex, folder, templates};
use super::plugins::{Plugin, asks_for_caller, limits, networks, origins};
use super::{Carried, Left, Route};
use crate::init::openapi::Names;
use crate::model::Method;

/// Kong's own default of key-auth.
const KEY_NAME: &str = "apikey";

/// What belongs to a route and is not a matter of who may.
const ROUTE_KEYS: [&str; 14] = [
    "name",
    "id",
    "paths",
    "methods",
    "plugins",
    "service",
    "tags",
    "protocols",
    "regex_priority",
    "path_handling",
    "preserve_host",
    "request_buffering",
    "response_buffering",
    "https_redirect_status_code",
];

pub(super) fn carry(root: &Node) -> Result<Carried, DeckError> {
    let mut carry = Carry { carried: Carried::default(), names: Names::default(), global: Vec::new(), regexes: Vec::new(), deck: root };
    carry.carried.consumers = consumers(root, &mut carry.carried.left);
    for (key, line, value) in root.entries() {
        let why = match key.as_str() {
            "_format_version" | "services" | "routes" | "consumers" | "plugins" => continue,
            "_info" | "_comment" | "_transform" | "_workspace" | "upstreams" | "certificates" | "ca_certificates" | "snis" | "vaults" => {
                "where requests go and how they are encrypted is the server's"
            }
            _ => "a policy has nothing like it",
        };
        if !value.is_empty() {
            carry.leave(*line, key.clone(), why);
        }
    }
    carry.global = root.items("plugins").iter().map(|node| Plugin::new(node, owner(node))).collect();
    carry.everywhere();
    for service in root.items("services") {
        let name = service.text("name").unwrap_or("unnamed");
        if service.is("enabled", "false") {
            carry.leave(service.line, format!("service {name:?}"), "not enabled");
            continue;
        }
        for route in service.items("routes") {
            carry.route(route, Some(service), name);
        }
    }
    for route in root.items("routes") {
        let service = route.reference("service");
        let found = root.items("services").iter().find(|node| service.is_some() && node.text("name") == service);
        carry.route(route, found, service.unwrap_or("unnamed"));
    }
    Ok(carry.end())
}

/// Whose a plugin of the root is.
fn owner(node: &Node) -> Option<String> {
    ["consumer", "consumer_group", "route", "service"].iter().find_map(|kind| node.reference(kind).map(|name| format!("{kind} {name:?}")))
}

struct Carry<'d> {
    carried: Carried,
    names: Names,
    /// The plugins of the root.
    global: Vec<Plugin<'d>>,
    regexes: Vec<Regex>,
    deck: &'d Node,
}

impl<'d> Carry<'d> {
    fn leave(&mut self, line: usize, what: String, why: &str) {
        self.carried.left.push(Left { line, what, why: why.to_owned() });
    }

    /// Plugins for all routes that are a policy's for all requests, and those of one consumer.
    fn everywhere(&mut self) {
        for plugin in self.global.clone() {
            let left = &mut self.carried.left;
            match (plugin.of.as_deref(), plugin.name) {
                _ if !plugin.is_enabled() => {}
                (Some(of), _) if of.starts_with("consumer") => {
                    plugin.leave(plugin.node.line, "", "what is one consumer's own: give its keys a plan", left);
                }
                (None, "ip-restriction") => {
                    let networks = networks(&plugin, "deny", left);
                    if !networks.is_empty() {
                        self.carried.zones.push(("kong-denied".to_owned(), networks));
                        self.carried.deny.push("kong-denied".to_owned());
                    }
                }
                (None, "rate-limiting") if plugin.config().is_some_and(|config| config.is("limit_by", "ip")) => {
                    let mut limits = limits(&plugin, left);
                    for more in limits.drain(limits.len().min(BY_ADDRESS_MAX)..) {
                        plugin.leave(plugin.node.line, &more, "addresses have at most two limits", left);
                    }
                    if !limits.is_empty() {
                        self.carried.quotas.push(("address".to_owned(), "address", limits));
                    }
                }
                (None, "cors") => self.carried.origins = origins(&plugin, left),
                _ => {}
            }
        }
    }

    /// The plugins that count for a route: the nearest of each name.
    fn plugins(&self, route: &'d Node, name: &str, service: Option<&'d Node>) -> Vec<Plugin<'d>> {
        let of_route = format!("route {name:?}");
        let of_service = service.and_then(|service| service.text("name")).map(|name| format!("service {name:?}"));
        let at = |of: &Option<String>| self.global.iter().filter(|plugin| plugin.of == *of).cloned().collect::<Vec<_>>();
        let nested = |node: &'d Node, of: &str| {
            node.items("plugins").iter().map(|plugin| Plugin::new(plugin, Some(of.to_owned()))).collect::<Vec<_>>()
        };
        let mut all = nested(route, &of_route);
        all.extend(at(&Some(of_route)));
        if let (Some(service), Some(of)) = (service, of_service) {
            all.extend(nested(service, &of));
            all.extend(at(&Some(of)));
        }
        all.extend(at(&None));
        let mut counting: Vec<Plugin<'d>> = Vec::new();
        for plugin in all.into_iter().filter(Plugin::is_enabled) {
            if !counting.iter().any(|other| other.name == plugin.name) {
                counting.push(plugin);
            }
        }
        counting
    }

    fn route(&mut self, node: &'d Node, service: Option<&'d Node>, service_name: &str) {
        let said = node.text("name").map_or_else(|| format!("{service_name}-{}", node.line), str::to_owned);
        let what = format!("route {said:?}");
        for (key, line, value) in node.entries().iter().filter(|(key, ..)| !ROUTE_KEYS.contains(&key.as_str())) {
            let why = match key.as_str() {
                "hosts" | "snis" => "a policy is of the path alone: it is served under every name that the server has",
                "strip_path" if value.as_text() == Some("false") => continue,
                "strip_path" => "a policy sees the path as the client sent it: the server takes the beginning off, behind the guard",
                "headers" => "fields do not choose a route: it is served whatever they say",
                _ => "a policy has nothing like it",
            };
            if !value.is_empty() {
                self.leave(*line, format!("{what}: {key}"), why);
            }
        }
        if node.get("expression").is_some() {
            return;
        }
        let mut templates = templates(node, &said, &mut self.carried.left, &mut self.regexes);
        for other in &self.carried.routes {
            for gone in templates.extract_if(.., |template| {
                other.templates.iter().any(|taken| (&taken.method, &taken.segments) == (&template.method, &template.segments))
            }) {
                let why = format!("route {:?} takes the same requests", other.name);
                self.carried.left.push(Left { line: node.line, what: format!("{what}: {}", gone.path), why });
            }
        }
        if templates.is_empty() {
            return;
        }
        let name = self.names.give(Some(&said), "", "");
        let mut route =
            Route { name, line: node.line, templates, needs_key: false, scopes: Vec::new(), zones: Vec::new(), charges: Vec::new() };
        let plugins = self.plugins(node, &said, service);
        route.needs_key = plugins.iter().any(|plugin| asks_for_caller(plugin.name));
        plugins.iter().for_each(|plugin| self.plugin(plugin, &mut route));
        self.carried.routes.push(route);
    }

    fn plugin(&mut self, plugin: &Plugin<'d>, route: &mut Route) {
        let line = plugin.node.line;
        match plugin.name {
            "key-auth" => self.key_auth(plugin),
            "acl" => self.acl(plugin, route),
            "rate-limiting" => self.rate_limiting(plugin, route),
            "ip-restriction" => {
                let left = &mut self.carried.left;
                if plugin.of.is_some() && !plugin.texts("deny").is_empty() {
                    plugin.leave(line, "deny", "networks are denied on all routes or on none: [network] deny, or say who may", left);
                }
                plugin.leave_others(&["allow", "deny", "status", "message"], left);
                let allowed = networks(plugin, "allow", left);
                if !plugin.texts("allow").is_empty() {
                    let zone = plugin.named("allowed");
                    if !self.carried.zones.iter().any(|(name, _)| *name == zone) {
                        self.carried.zones.push((zone.clone(), allowed));
                    }
                    route.zones = vec![zone];
                }
            }
            "cors" if plugin.of.is_none() => {}
            "cors" => plugin.leave(line, "", "origins are the whole policy's, not a route's", &mut self.carried.left),
            name if asks_for_caller(name) => {
                let why = "only API keys are carried: its routes ask for one, so that none of them is open";
                plugin.leave(line, "", why, &mut self.carried.left);
            }
            _ => plugin.leave(line, "", "a policy has nothing like it", &mut self.carried.left),
        }
    }

    fn key_auth(&mut self, plugin: &Plugin<'d>) {
        let left = &mut self.carried.left;
        let mut names: Vec<String> = plugin.texts("key_names").iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        if names.is_empty() {
            names.push(KEY_NAME.to_owned());
        }
        for name in names {
            if !self.carried.key_fields.contains(&name) {
                self.carried.key_fields.push(name);
            }
        }
        let config = plugin.config();
        for (key, place) in [("key_in_query", "the query, which logs keep"), ("key_in_body", "the body")] {
            if config.is_some_and(|config| config.is(key, "true")) {
                plugin.leave(plugin.node.line, key, &format!("a key stands in a header field, not in {place}"), left);
            }
        }
        if config.is_some_and(|config| config.is("key_in_header", "false")) {
            plugin.leave(plugin.node.line, "key_in_header", "a key stands in a header field", left);
        }
        if config.and_then(|config| config.get("anonymous")).is_some_and(|value| !value.is_empty()) {
            let why = "who shows no key is refused: serve what all may with auth = \"none\"";
            plugin.leave(plugin.node.line, "anonymous", why, left);
        }
        plugin.leave_others(&["key_names", "key_in_query", "key_in_body", "key_in_header", "anonymous", "run_on_preflight"], left);
    }

    /// Kong asks for any of the groups, a route for all of its scopes: several groups become one scope, which their members get.
    fn acl(&mut self, plugin: &Plugin<'d>, route: &mut Route) {
        let groups = |key: &str| plugin.texts(key).iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<String>>();
        plugin.leave_others(&["allow", "deny", "hide_groups_header"], &mut self.carried.left);
        let (allow, deny) = (groups("allow"), groups("deny"));
        let join = |groups: &BTreeSet<String>| groups.iter().cloned().collect::<Vec<_>>().join("+");
        let mut scope = |name: String, holds: &dyn Fn(&Consumer) -> bool| {
            let name = if caltrop::name::is_name(&name) { name } else { format!("acl:{}", plugin.node.line) };
            for consumer in self.carried.consumers.iter_mut().filter(|consumer| holds(consumer)) {
                consumer.scopes.insert(name.clone());
            }
            route.scopes.push(name);
        };
        if !allow.is_empty() {
            let name = if allow.len() == 1 { join(&allow) } else { format!("any:{}", join(&allow)) };
            scope(name, &|consumer| !consumer.groups.is_disjoint(&allow));
        }
        if !deny.is_empty() {
            scope(format!("not:{}", join(&deny)), &|consumer| consumer.groups.is_disjoint(&deny));
        }
    }

    fn rate_limiting(&mut self, plugin: &Plugin<'d>, route: &mut Route) {
        let left = &mut self.carried.left;
        let by = plugin.config().and_then(|config| config.text("limit_by")).unwrap_or("consumer");
        let line = plugin.node.line;
        plugin.leave_others(&["second", "minute", "hour", "day", "month", "year", "limit_by", "policy", "fault_tolerant"], left);
        match by {
            "ip" if plugin.of.is_none() => {}
            "ip" => plugin.leave(line, "limit_by ip", "a limit by address counts every request: a route has none of its own", left),
            "consumer" | "credential" if !route.needs_key => {
                let why = "nobody is known on this route, and Kong would count addresses: [quota] by = \"address\" counts all requests";
                plugin.leave(line, &format!("limit_by {by} on route {:?}", route.name), why, left);
            }
            "consumer" | "credential" => {
                let name = plugin.named("limit");
                let limits = limits(plugin, left);
                if limits.is_empty() {
                    return;
                }
                if !self.carried.quotas.iter().any(|(known, ..)| *known == name) {
                    self.carried.quotas.push((name.clone(), "principal", limits));
                }
                route.charges.push(name);
            }
            other => {
                plugin.leave(line, &format!("limit_by {other}"), "a quota is of an address, a caller, a tenant, a plan or a route", left)
            }
        }
    }

    /// What Kong would give to another route, and all that was left in the order of the text.
    fn end(mut self) -> Carried {
        let told: Vec<Left> = self.turns().into_iter().chain(self.neighbours()).chain(self.regexes()).collect();
        self.carried.left.extend(told);
        for disabled in self.deck.items("plugins").iter().filter(|node| node.is("enabled", "false")) {
            let name = disabled.text("name").unwrap_or_default();
            self.carried.left.push(Left { line: disabled.line, what: format!("plugin {name}"), why: "not enabled".to_owned() });
        }
        self.carried.left.sort();
        self.carried.left.dedup();
        self.carried
    }

    /// Kong prefers a route that names methods to one with a longer path that names none.
    fn turns(&self) -> Vec<Left> {
        let has_methods = |route: &&Route| route.templates.iter().any(|template| template.method != Method::Any);
        let mut told = Vec::new();
        for deep in self.carried.routes.iter().filter(|route| !has_methods(route)) {
            let is_above = |wide: &&Route| bases(wide).any(|wide| bases(deep).any(|deep| deep != wide && holds(wide, deep)));
            if let Some(wide) = self.carried.routes.iter().filter(has_methods).find(is_above) {
                let why = format!("Kong prefers route {:?}, which names methods; a policy takes the longer path", wide.name);
                told.push(Left { line: deep.line, what: format!("route {:?}: its turn", deep.name), why });
            }
        }
        told
    }

    /// What only begins with a route's path, Kong takes for it; here a wider route may, which asks for something else.
    fn neighbours(&self) -> Vec<Left> {
        let mut told = Vec::new();
        for route in &self.carried.routes {
            // A path that ends in a slash is the beginning of nothing else.
            let is_whole = |base: &&str| !base.is_empty() && route.templates.iter().any(|template| template.path == *base);
            for base in bases(route).filter(is_whole) {
                let asks = |route: &Route| (route.needs_key, route.scopes.clone(), route.zones.clone());
                if let Some(wide) = self.landing(folder(base)).filter(|wide| asks(wide) != asks(route)) {
                    let what = format!("route {:?}: what only begins with {base}, as {base}-old", route.name);
                    told.push(Left {
                        line: route.line,
                        what,
                        why: format!("it lands on route {:?}, which asks for something else", wide.name),
                    });
                }
            }
        }
        told
    }

    fn regexes(&self) -> Vec<Left> {
        let tell = |regex: &Regex| {
            let lands =
                self.landing(regex.folder()).map_or("it gets 404".to_owned(), |route| format!("it lands on route {:?}", route.name));
            Left {
                line: regex.line,
                what: format!("route {:?}: path ~{}", regex.route, regex.text),
                why: format!("a regular expression: {lands}; write templates, {{name}} for a segment"),
            }
        };
        self.regexes.iter().map(tell).collect()
    }

    /// The route that takes what lies in a folder and is no other route's.
    fn landing(&self, folder: &str) -> Option<&Route> {
        let holding = |route: &&Route| bases(route).filter(|base| holds(base, folder)).map(str::len).max();
        self.carried.routes.iter().filter(|route| holding(route).is_some()).max_by_key(|route| holding(route))
    }
}

/// The paths of a route, each as the beginning of all below it.
fn bases(route: &Route) -> impl Iterator<Item = &str> {
    route.templates.iter().filter_map(|template| template.path.strip_suffix("/{rest...}"))
}

/// Whether a path lies at or below a base.
fn holds(base: &str, path: &str) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// As many limits as a policy has by address.
const BY_ADDRESS_MAX: usize = 2;
