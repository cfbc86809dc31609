//! The text of the policy.

use super::Carried;
use crate::init::{key, list, push, quoted};
use crate::model::Template;

pub(super) fn policy_text(carried: &Carried, name: &str, source: &str) -> String {
    let mut text = format!("# policy.toml: who may do what on this API, as {} had it.\n", one_line(source));
    if !carried.left.is_empty() {
        text += "#\n# Not carried over, by line of that file:\n";
        carried.left.iter().for_each(|left| push(&mut text, format_args!("#   {}\n", one_line(&left.to_string()))));
    }
    push(&mut text, format_args!("[policy]\nname = {}\n", quoted(name)));
    let mut scopes: Vec<String> = carried.routes.iter().flat_map(|route| route.scopes.clone()).collect();
    scopes.sort();
    scopes.dedup();
    if !scopes.is_empty() {
        text += "# Groups of acl; any:a+b is held by the members of either, not:a by who is not in it.\n";
        push(&mut text, format_args!("scopes = {}\n", list(&scopes, WIDTH)));
    }
    text += "\n[network]\n# The least protection of a connection. Behind a proxy: proxies = [\"10.0.0.0/24\"], forwarded = \"x-forwarded-for\".\n";
    text += "tls = \"1.2\"\n";
    if !carried.origins.is_empty() {
        push(&mut text, format_args!("cors = {}\n", list(&carried.origins, WIDTH)));
    }
    if !carried.zones.is_empty() {
        let zone = |(name, networks): &(String, Vec<caltrop::net::Cidr>)| {
            let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
            format!("{} = {}\n", key(name), list(&networks, WIDTH))
        };
        if !carried.deny.is_empty() {
            push(&mut text, format_args!("deny = {}\n", list(&carried.deny, WIDTH)));
        }
        text += "\n# Networks of ip-restriction.\n[network.zones]\n";
        carried.zones.iter().for_each(|one| text += &zone(one));
    }
    if carried.routes.iter().any(|route| route.needs_key) {
        text += "\n[feed]\nkeys = { kind = \"keyring\", signer = \"feed-keys.pub\" }\n\n[auth.key]\nfrom = \"feed:keys\"\n";
        let fields = if carried.key_fields.is_empty() { vec!["apikey".to_owned()] } else { carried.key_fields.clone() };
        push(&mut text, format_args!("in = {}\n", list(&fields, WIDTH)));
    }
    if !carried.quotas.is_empty() {
        text += "\n# A bucket fills steadily; Kong's windows begin at the full second, minute, hour or day.\n[quota]\n";
        for (name, by, limits) in &carried.quotas {
            push(&mut text, format_args!("{} = {{ by = {}, limit = {} }}\n", key(name), quoted(by), list(limits, usize::MAX)));
        }
    }
    text += "\n# A path of Kong is itself and all that lies below: /orders-old is not below /orders, and Kong took it. The most specific template wins, never the order of lines.\n[route]\n";
    carried.routes.iter().for_each(|route| push_route(&mut text, route));
    text
}

fn push_route(text: &mut String, route: &super::Route) {
    let templates: Vec<String> = route.templates.iter().map(Template::to_string).collect();
    push(text, format_args!("# line {}\n{} = {{ match = {}", route.line, key(&route.name), list(&templates, usize::MAX)));
    if !route.needs_key {
        *text += ", auth = \"none\"";
    }
    for (what, names) in [("scopes", &route.scopes), ("zones", &route.zones)] {
        if !names.is_empty() {
            push(text, format_args!(", {what} = {}", list(names, usize::MAX)));
        }
    }
    let charges: Vec<String> = route.charges.iter().map(|quota| format!("{} = 1", key(quota))).collect();
    let charges = if charges.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", charges.join(", ")) };
    push(text, format_args!(", charge = {charges} }}\n"));
}

/// A list of more than this many characters stands on lines of its own.
const WIDTH: usize = 120;

/// No text of the file ends a comment.
fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
