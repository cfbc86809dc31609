// Read first: Kong's "Declarative configuration" (decK, _format_version 3.0), and the pages of the plugins key-auth, acl, rate-limiting,
// ip-restriction.
//! A policy from Kong's declarative configuration: routes, keys, groups, limits and addresses of a deck.yaml.
//!
//! Promises: the text is read without an error; what is in the file and not in the policy is told with its line and the reason; a route that Kong
//! asks a credential for is never served without one, as far as the name of the plugin that asks tells.
//! Known limits: what only begins with a route's path (`/orders-old` with `/orders`) is Kong's and not the policy's: where that lands on
//! another route, it is told. Kong's windows are fixed (twice the limit may pass around their edge), a quota's bucket fills steadily; and Kong prefers a route
//! that says more (methods and paths over paths alone), where a policy takes the most specific path: a route that this concerns is told.
//! Not here: where requests go. Services' addresses, upstreams and certificates are the proxy's or the application's.

mod carry;
mod consumers;
mod deck;
mod paths;
mod plugins;
mod text;

pub use consumers::Consumer;
pub use deck::DeckError;

use caltrop::net::Cidr;

use crate::model::Template;

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried {
    /// The routes, in the order of the text.
    pub routes: Vec<Route>,
    /// Networks with names.
    pub zones: Vec<(String, Vec<Cidr>)>,
    /// Zones that no route is served to.
    pub deny: Vec<String>,
    /// Origins whose pages may ask.
    pub origins: Vec<String>,
    /// Header fields with an API key.
    pub key_fields: Vec<String>,
    /// Limits, each by what it counts: `("kong-orders", "principal", ["5/second"])`.
    pub quotas: Vec<(String, &'static str, Vec<String>)>,
    /// Who calls, and with which keys.
    pub consumers: Vec<Consumer>,
    /// What is in the file and not in the policy, in the order of the text.
    pub left: Vec<Left>,
}

/// A route, as the policy says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The line of the file.
    pub line: usize,
    /// What it matches.
    pub templates: Vec<Template>,
    /// Whether it asks for a key.
    pub needs_key: bool,
    /// The scopes it asks for.
    pub scopes: Vec<String>,
    /// The zones it is served to; none = anywhere.
    pub zones: Vec<String>,
    /// The quotas that it charges.
    pub charges: Vec<String>,
}

/// Something that was not carried.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// The line of the file, from 1.
    pub line: usize,
    /// What it is: `route "orders": hosts`.
    pub what: String,
    /// Why, and what would do.
    pub why: String,
}

impl std::fmt::Display for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}: {}", self.line, self.what, self.why)
    }
}

/// Reads a file.
///
/// # Errors
/// [`DeckError`]: it is no declarative configuration of the version that is known, and where that shows.
///
/// # Example
/// ```
/// let deck = "_format_version: '3.0'\nservices:\n- name: shop\n  url: http://shop.internal\n  routes:\n  - name: orders\n    \
///             paths: [/v1/orders]\n    methods: [GET]\n  plugins:\n  - name: key-auth\n  - name: bot-detection\n";
/// let carried = caltrop_control::kong::open(deck).unwrap();
/// assert_eq!(carried.routes[0].templates[1].path, "/v1/orders/{rest...}");
/// assert!(carried.routes[0].needs_key);
/// assert!(carried.left.iter().any(|left| left.line == 11 && left.what.contains("bot-detection")));
/// ```
pub fn open(text: &str) -> Result<Carried, DeckError> {
    carry::carry(&deck::read(text)?)
}

/// The text of the policy; `source` is the file's name.
///
/// # Example
/// ```
/// let carried = caltrop_control::kong::open("_format_version: '3.0'\n").unwrap();
/// assert!(caltrop_control::kong::policy_text(&carried, "shop", "deck.yaml").contains("name = \"shop\""));
/// ```
#[must_use]
pub fn policy_text(carried: &Carried, name: &str, source: &str) -> String {
    text::policy_text(carried, name, source)
}
