//! What the application behind learns of the caller: fields of the request that are added, and those that are taken out before.
//!
//! Defends against: a caller who writes `X-Caltrop-Principal` itself, in whatever spelling the application's server takes for it; keys that
//! reach code which has no need of them.
//! Not here: `Connection` and what it names, which every host that forwards takes out (RFC 9110 §7.6.1), before it adds these.

use super::answer::Field;
use super::credential;
use super::decision::DecisionId;
use super::policy::Policy;
use super::record::FLAG_STRIP;
use super::value::Value;
use crate::key::Entry;
use crate::request::Header;

/// How the names of all fields begin that only the guard may write.
const PREFIX: &[u8] = b"x-caltrop-";

/// Who calls, as a grant knows it.
#[derive(Debug, Clone, Copy)]
pub struct Upstream<'a> {
    /// The decision.
    pub id: DecisionId,
    /// Whose credential it is.
    pub principal: Option<&'a str>,
    /// The principal's tenant.
    pub tenant: Option<&'a str>,
    /// The principal's plan.
    pub plan: Option<&'a str>,
    /// The key, of which the scopes are told.
    pub key: Option<Entry<'a>>,
}

impl<'a> Upstream<'a> {
    /// The fields to add: `x-caltrop-decision`, and of `-principal`, `-tenant`, `-plan` and `-scopes` (separated by spaces) those that there are.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + Clone + use<'a> {
        let text = |name, text: Option<&'a str>| text.map(|text| Field { name, value: Value::Text(text) });
        let scopes = self.key.filter(|key| key.scopes().next().is_some());
        let all = [
            Some(Field { name: "x-caltrop-decision", value: Value::Id(self.id) }),
            text("x-caltrop-principal", self.principal),
            text("x-caltrop-tenant", self.tenant),
            text("x-caltrop-plan", self.plan),
            scopes.map(|key| Field { name: "x-caltrop-scopes", value: Value::Scopes(key) }),
        ];
        all.into_iter().flatten()
    }
}

impl Policy<'_> {
    /// Whether a field of the caller's goes on to the application: none whose name could be read as one of the guard's, and no credential
    /// if the policy says `strip`. Servers that make variables of names know no difference between `-`, `_` and other signs.
    #[must_use]
    pub fn passes_on(&self, field: Header<'_>) -> bool {
        let same = |(given, own): (&u8, &u8)| if *own == b'-' { !given.is_ascii_alphanumeric() } else { given.eq_ignore_ascii_case(own) };
        let is_own = field.name.len() >= PREFIX.len() && field.name.iter().zip(PREFIX).all(same);
        let is_stripped = self.head.flags & FLAG_STRIP != 0 && credential::is_one(self, field);
        !is_own && !is_stripped
    }
}
