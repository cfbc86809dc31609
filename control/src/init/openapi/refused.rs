//! Why an operation becomes no route.

use std::fmt;

use crate::model::TemplateError;

/// An operation that no policy can say.
///
/// # Example
/// ```
/// use caltrop_control::init::openapi::{Refused, Why};
/// let refused = Refused { operation: Some("debug".into()), method: Some("TRACE".into()), path: "/debug".into(), why: Why::Method, lands_on: vec![] };
/// assert!(refused.to_string().starts_with("/debug TRACE (debug): this method is never served: "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its operationId.
    pub operation: Option<String>,
    /// Its method, in capitals; `None` = all of the path.
    pub method: Option<String>,
    /// Its path, as the description has it.
    pub path: String,
    /// Why.
    pub why: Why,
    /// Routes that take its requests nevertheless, with what they ask for: `/users/{name}` takes those of `/users/admin`.
    pub lands_on: Vec<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.method.as_deref().unwrap_or("(all methods)"))?;
        self.operation.as_ref().map_or(Ok(()), |id| write!(f, " ({id})"))?;
        write!(f, ": {}", self.why)?;
        match self.lands_on.as_slice() {
            [] => Ok(()),
            routes => write!(f, "; as it stands, its requests are answered by route {}", routes.join(", ")),
        }
    }
}

/// Why an operation becomes no route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A parameter is a part of a segment.
    PartOfSegment {
        /// The segment.
        segment: String,
    },
    /// Its path is no template.
    Template(TemplateError),
    /// `TRACE`, or no method of OpenAPI 3.0 or 3.1.
    Method,
    /// An operation before it has the same method and path, but for the names of parameters.
    Taken {
        /// That one's route.
        by: String,
    },
    /// The path is described elsewhere: in another file, or nowhere.
    Reference {
        /// Where.
        to: String,
    },
    /// It, or its servers, stand beside a `$ref` of its path, which means nothing defined.
    BesideReference,
    /// A server's URL has no path that is known.
    Server {
        /// The URL.
        url: String,
    },
    /// `security` or a part of it has the wrong shape.
    Security,
    /// Callers may be known, or not.
    Optional,
    /// Callers may hold one set of scopes or another.
    Alternatives,
    /// A scheme that is not in `components.securitySchemes`.
    Scheme {
        /// Its name.
        scheme: String,
    },
    /// A scheme that has no scopes, with a list of roles.
    Roles {
        /// Its name.
        scheme: String,
    },
    /// A scope that no policy can name.
    Scope {
        /// It.
        scope: String,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PartOfSegment { segment } => write!(
                f,
                "a parameter of a policy is a whole segment, {{name}}, and {segment:?} is none: describe the whole segment as one parameter"
            ),
            Self::Template(error) => write!(f, "its path is no template: {error}"),
            Self::Method => {
                f.write_str("this method is never served: leave it out; methods are get, put, post, delete, options, head and patch")
            }
            Self::Taken { by } => {
                write!(f, "route {by:?} matches the same requests, whatever its parameters are called: join the two operations")
            }
            Self::Reference { to } => write!(f, "its $ref {to:?} leads nowhere in this document: bundle the description into one file"),
            Self::BesideReference => {
                f.write_str("it or its servers stand beside a $ref, which OpenAPI leaves undefined: move them to where the $ref leads")
            }
            Self::Server { url } => write!(f, "server {url:?} has no path that is known: write it out, https://api.example/v1 or /v1"),
            Self::Security => f.write_str("its security is no list of schemes with their scopes: write [{ \"oauth\": [\"orders:read\"] }]"),
            Self::Optional => {
                f.write_str("it takes callers with a key and without, and a route takes one kind: leave {} out, or all but {}")
            }
            Self::Alternatives => {
                f.write_str("it takes one set of scopes or another, and a route asks for one: give each alternative the same scopes")
            }
            Self::Scheme { scheme } => write!(f, "security scheme {scheme:?} is not defined: add it to components.securitySchemes"),
            Self::Roles { scheme } => {
                write!(f, "scheme {scheme:?} asks for roles, and a route asks for scopes: use a scheme of type oauth2, or leave them out")
            }
            Self::Scope { scope } => {
                write!(f, "scope {scope:?} is no name: a name is 1 to 63 letters, digits and signs of ASCII, without spaces")
            }
        }
    }
}

impl std::error::Error for Why {}
