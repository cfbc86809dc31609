//! The text of a first policy.toml.

use std::fmt::Write;

use super::{Access, Options, Route, expects};
use crate::model::Tls;

/// The text of a first policy.toml, each line with what it does.
///
/// # Example: written, then read
/// ```
/// use caltrop_control::diagnostic::Source;
/// use caltrop_control::init::{Options, policy_text};
/// use caltrop_control::policy::{Written, public_key, run};
/// let text = policy_text(&Options::new("acme-api"));
/// let signer = |_: &str| public_key("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"); // RFC 8032 §7.1, test 1
/// let written = Written::read(Source::new("policy.toml", text), &signer).unwrap();
/// assert!(written.warnings.found.is_empty());
/// assert!(run(&written).unwrap().iter().all(|row| row.mismatches.is_empty()));
/// ```
#[must_use]
pub fn policy_text(options: &Options) -> String {
    let mut text = head(options);
    text.push_str(MIDDLE);
    if options.routes.is_empty() || options.routes.iter().any(|route| matches!(route.access, Access::Key { .. })) {
        text.push_str(BY_CALLER);
    }
    text.push_str(
        "\n# Who may do what. A request that matches no route gets 404; the most specific template wins, never the order of lines.\n",
    );
    text.push_str("# A route asks for an API key unless it says auth = \"none\"; scopes are what that key must hold, all of them.\n");
    text.push_str("# A {name} takes one segment of the path, {name...} takes all that is left.\n[route]\n");
    options.routes.iter().for_each(|route| push_route(&mut text, route, options.tls));
    text.push_str(&expects::rows(&options.routes));
    text
}

fn head(options: &Options) -> String {
    let scopes = scopes(&options.routes);
    let mut text = "# policy.toml: who may do what on this API.\n".to_owned();
    text.push_str("[policy]\n# Names the policy, its images and its state on the host.\n");
    push(&mut text, format_args!("name = {}\n", quoted(&options.name)));
    if !scopes.is_empty() {
        text.push_str(
            "# The scopes that keys and routes may name: any other is an error, so that a slip of the hand cannot open or close a route.\n",
        );
        push(&mut text, format_args!("scopes = {}\n", list(&scopes, WIDTH)));
    }
    text.push_str("\n[network]\n# The least protection of a connection: \"1.2\", \"1.3\" or \"off\". Less gets 403.\n");
    push(&mut text, format_args!("tls = {}\n", quoted(tls(options.tls))));
    text
}

/// What does not depend on the options.
const MIDDLE: &str = "\
# Behind a proxy, uncomment both: only these may speak for another address, and they do it with this one field.
# proxies = [\"unix:\", \"10.0.0.0/24\"]
# forwarded = \"x-forwarded-for\"
# Networks with names; a route may say zones = [\"office\"]. Denied ones get 403, unless they are never denied too.
# zones = { office = [\"198.51.100.0/24\"], bad = [\"192.0.2.0/24\"] }
# deny = [\"bad\"]
# never-deny = [\"office\"]

[feed]
# The API keys come as a keyring, signed by the key whose public half lies in this file beside policy.toml.
keys = { kind = \"keyring\", signer = \"feed-keys.pub\" }

[auth.key]
# Where API keys come from.
from = \"feed:keys\"
# Where in a request they stand: at most one of these may be there.
in = [\"authorization: Bearer\", \"x-api-key\"]

[quota]
# Each address, for every request, before anything else is known of it.
address = { by = \"address\", limit = \"600/minute\" }
# Each address, for every credential that is not good: guessing is slow, and a good key is never refused by it.
failures = { by = \"address\", limit = \"20/10m\", on = \"auth-failure\" }
";

/// Where a route knows its caller.
const BY_CALLER: &str = "\
# Each caller, over all routes that know the caller.
requests = { by = \"principal\", limit = \"600/minute\" }
";

fn push_route(text: &mut String, route: &Route, least: Tls) {
    for name in &route.one_segment {
        push(
            text,
            format_args!("# {{{name}}} takes one segment here, although its values may have slashes: with one, the answer is 404.\n"),
        );
    }
    let templates: Vec<String> = route.templates.iter().map(ToString::to_string).collect();
    let matched = match templates.as_slice() {
        [one] => quoted(one),
        several => list(several, usize::MAX),
    };
    push(text, format_args!("{} = {{ match = {matched}", key(&route.name)));
    match &route.access {
        Access::Anyone => text.push_str(", auth = \"none\""),
        Access::Key { scopes } => {
            if !scopes.is_empty() {
                push(text, format_args!(", scopes = {}", list(scopes, usize::MAX)));
            }
            if least == Tls::Off {
                text.push_str(", tls = \"1.2\"");
            }
        }
    }
    text.push_str(" }\n");
}

/// The scopes of all routes, each once, in the order of the routes.
fn scopes(routes: &[Route]) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for route in routes {
        let Access::Key { scopes: of_route } = &route.access else { continue };
        for scope in of_route {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
    }
    scopes
}

/// A list of more than this many characters stands on lines of its own.
const WIDTH: usize = 120;

pub(crate) fn list(texts: &[String], width: usize) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    let short = format!("[{}]", texts.join(", "));
    if short.chars().count() <= width { short } else { format!("[\n    {},\n]", texts.join(",\n    ")) }
}

/// A text as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if char.is_control() => push(&mut quoted, format_args!("\\u{:04X}", u32::from(char))),
            char => quoted.push(char),
        }
    }
    quoted + "\""
}

/// A name as TOML writes it before `=`.
pub(crate) fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if is_bare { name.to_owned() } else { quoted(name) }
}

const fn tls(least: Tls) -> &'static str {
    match least {
        Tls::Off => "off",
        Tls::V1_2 => "1.2",
        Tls::V1_3 => "1.3",
    }
}

pub(crate) fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a String takes all that is written");
}
