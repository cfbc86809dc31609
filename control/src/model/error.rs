//! Why a model is no policy, each with what would do.

use std::fmt;

use caltrop::net::record::ZONES_MAX;
use caltrop::rate::QuotaError;

use super::automaton::NODES_MAX;
use crate::text::TextError;

/// Why a model is no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompileError {
    /// A name that may not be one, or that is used twice.
    Name(String),
    /// A zone that nobody defined.
    UndefinedZone(String),
    /// Over 64 zones, the proxies included.
    Zones,
    /// A feed of prefixes that does not fill one zone, or a zone of a feed that is none.
    Feed(String),
    /// A feed of keys of issuers is none, has no URL, or no issuer takes its keys from it.
    KeySet(String),
    /// A quota that nobody defined.
    UndefinedQuota(String),
    /// A quota without a limit, its own or one of a plan.
    Unlimited(String),
    /// A plan limits a quota that is not limited by plans, or that nobody defined.
    NotByPlan(String),
    /// A quota that a route cannot charge: by address, or by a caller that the route does not know.
    NotChargeable(String),
    /// A cost of 0, or over the quota's burst.
    Cost {
        /// The quota.
        quota: String,
        /// The cost.
        cost: u32,
    },
    /// A quota that cannot be kept.
    Quota {
        /// The quota.
        quota: String,
        /// Why.
        error: QuotaError,
    },
    /// A quota of requests that run that is not of 1 to 255, counts addresses, or has another lease than the others.
    Running(String),
    /// A route asks for an API key where plaintext is served.
    BearerInPlaintext {
        /// The route.
        route: String,
    },
    /// A route asks for a credential, and the policy takes none such.
    NoAuth {
        /// The route.
        route: String,
    },
    /// A condition that the route cannot answer: about a caller that it does not know, or about a parameter that is not one segment of
    /// all its templates.
    Condition {
        /// The route.
        route: String,
        /// The condition.
        text: String,
    },
    /// The templates of two routes are equal.
    Overlap {
        /// One route.
        first: String,
        /// The other.
        second: String,
    },
    /// The templates make too large an automaton.
    States,
    /// Too many of something for one image.
    TooMany(&'static str),
    /// A text does not fit.
    Text(TextError),
}

impl From<TextError> for CompileError {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "name {name:?}: use visible ASCII, 1 to 63 bytes, each name once"),
            Self::UndefinedZone(zone) => write!(f, "zone {zone:?} is not defined: add it to [network] zones"),
            Self::Zones => write!(f, "more than {ZONES_MAX} zones, of which the proxies are one"),
            Self::KeySet(feed) => write!(f, "feed {feed:?} is to be one of keys, with a URL, and an issuer's: name it by from in [auth]"),
            Self::Feed(feed) => write!(f, "feed {feed:?} is to be one of prefixes and to fill one zone: name it in [network] zones"),
            Self::UndefinedQuota(quota) => write!(f, "quota {quota:?} is not defined: add it to [quota]"),
            Self::Unlimited(quota) => write!(f, "quota {quota:?} has no limit: give one, or let a plan say it"),
            Self::NotByPlan(quota) => write!(f, "a plan limits quota {quota:?}, which no plan does: write limit = \"plan\" in [quota]"),
            Self::NotChargeable(quota) => write!(f, "quota {quota:?} counts by what this route does not know"),
            Self::Cost { quota, cost } => write!(f, "a cost of {cost} can never pass quota {quota:?}: give 1 to its burst"),
            Self::Quota { quota, error } => write!(f, "quota {quota:?}: {error}"),
            Self::Running(quota) => {
                write!(
                    f,
                    "quota {quota:?} of requests that run: give it 1 to 255, counted by callers or routes, and the lease of the others"
                )
            }
            Self::BearerInPlaintext { route } => {
                write!(f, "route {route:?} takes a bearer credential in plaintext: give tls = \"1.2\" or auth = \"none\"")
            }
            Self::NoAuth { route } => {
                write!(f, "route {route:?} needs a credential that the policy does not take: add it to [auth], or give auth = \"none\"")
            }
            Self::Condition { route, text } => write!(f, "route {route:?} cannot answer {text:?}: ask of what it knows"),
            Self::Overlap { first, second } => write!(f, "routes {first:?} and {second:?} match the same requests: narrow one of them"),
            Self::States => write!(
                f,
                "the templates make over {NODES_MAX} states: too many have literals behind parameters; let each begin with a literal of its own"
            ),
            Self::TooMany(what) => write!(f, "too many {what} for one image"),
            Self::Text(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CompileError {}
