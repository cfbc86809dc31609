//! Policies as checked models: the automaton of their templates, and the image they become.

mod automaton;
mod compile;
mod condition;
mod error;
mod feed;
mod policy;
mod ranges;
mod template;

pub use automaton::{Automaton, AutomatonError, NODES_MAX, Node, Way};
pub use compile::compile;
pub(crate) use compile::{LEASE_S, MOST};
pub use condition::{Condition, Hours, Operand, Test, segment_of};
pub use error::CompileError;
pub use feed::{Feed, FeedKind, Fetch, Stale};
pub use policy::{
    ALLOW_EVERY, Auth, By, Cost, Credential, Field, ForwardedBy, Issuer, IssuerKeys, Limit, Mode, On, Plan, Policy, Quota, Route, Tls, Zone,
};
pub use template::{Method, Segment, Template, TemplateError};
