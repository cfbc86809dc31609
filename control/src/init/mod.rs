//! What `caltrop init` writes: the text of a first policy.toml, with example routes or with those of an OpenAPI description.
//!
//! Promises: the text is read without a warning, and its `[[expect]]` rows pass; the same options give the same text.
//! Not here: writing files, and making the key that `feed-keys.pub` belongs to.

mod expects;
pub mod openapi;
mod text;

pub use text::policy_text;
pub(crate) use text::{key, list, push, quoted};

use crate::model::{Template, Tls};

/// What a first policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The policy's name; [`caltrop::name::is_name`] says what may be one, and reading the text tells what may not.
    pub name: String,
    /// The least protection of a connection. With [`Tls::Off`], routes that ask for a key still get 1.2: no policy takes keys in plaintext.
    pub tls: Tls,
    /// The routes, in the order of the text. None at all is read with a warning.
    pub routes: Vec<Route>,
}

impl Options {
    /// A policy of this name with TLS 1.2 and two example routes: `health` for everybody, `api` for keys with the scope `api:read`.
    ///
    /// # Example
    /// ```
    /// use caltrop_control::init::{Options, policy_text};
    /// let text = policy_text(&Options::new("acme-api"));
    /// assert!(text.contains("health = { match = \"GET /healthz\", auth = \"none\" }\n"));
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let template = |text: &str| text.parse().expect("the examples are templates: tests/init_policy.rs");
        let health =
            Route { name: "health".to_owned(), templates: vec![template("GET /healthz")], access: Access::Anyone, one_segment: Vec::new() };
        let api = Route {
            name: "api".to_owned(),
            templates: vec![template("GET /v1/things"), template("GET /v1/things/{id}")],
            access: Access::Key { scopes: vec!["api:read".to_owned()] },
            one_segment: Vec::new(),
        };
        Self { name: name.into(), tls: Tls::V1_2, routes: vec![health, api] }
    }
}

/// A route as `init` writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its name: one of [`caltrop::name::is_name`], and no other route's.
    pub name: String,
    /// What it matches.
    pub templates: Vec<Template>,
    /// Who may.
    pub access: Access,
    /// Parameters whose values may have slashes, says the description, and that take one segment here: with a slash, the answer is 404.
    pub one_segment: Vec<String>,
}

/// Who may use a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Everybody: `auth = "none"`.
    Anyone,
    /// Who shows an API key that holds these scopes.
    Key {
        /// The scopes, all of them.
        scopes: Vec<String>,
    },
}
