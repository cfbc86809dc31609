//! Step 7, at its end: whether a good credential was taken back.

use super::admit::Guard;
#[cfg(feature = "token")]
use super::caller::Bearer;
use super::stale::Stale;
use crate::access::Revocable;
use crate::image::Kind;
#[cfg(feature = "token")]
use crate::json::{Number, Value};
use crate::key::Entry;
use crate::time::Now;
#[cfg(feature = "token")]
use crate::token::Claims;

impl<'g> Guard<'g> {
    /// The list of what was taken back, if it is stale.
    pub(super) fn stale_revocations(&self, now: Now) -> Option<Stale<'g>> {
        let mut feeds = (0u32..).zip(self.policy.feeds);
        let (index, _) = feeds.find(|(_, feed)| feed.kind == Kind::Revocations.code())?;
        self.policy.stale(index, self.revocations.as_ref()?.image(), now)
    }

    /// Whether an API key is on the list.
    pub(super) fn has_taken_back(&self, entry: &Entry<'_>, now: Now) -> bool {
        let key: Revocable<'_> = Revocable::Key { id: entry.record().key_id.get() };
        self.revocations.as_ref().is_some_and(|list| list.has(&key, None, now))
    }

    /// Whether a token is on the list, or whom or what it was given by.
    #[cfg(feature = "token")]
    pub(super) fn is_revoked(&self, claims: &Claims<'_>, bearer: &Bearer<'_>, kid: Option<&str>, now: Now) -> bool {
        let Some(list) = &self.revocations else { return false };
        let issuer = bearer.issuer();
        let issued_s = claims.claim("iat").and_then(|value| value.as_number().map(Number::ceil));
        let text = |name| claims.claim(name).and_then(Value::as_text);
        let token = text("jti").is_some_and(|id| list.has(&Revocable::Token { issuer, id }, issued_s, now));
        let client = ["client_id", "azp"].into_iter().filter_map(text);
        let principal = bearer.principal.as_str().is_some_and(|name| list.has(&Revocable::Principal { name }, issued_s, now));
        let key = kid.is_some_and(|id| list.has(&Revocable::SigningKey { issuer, id }, issued_s, now));
        token || principal || key || client.into_iter().any(|id| list.has(&Revocable::Client { issuer, id }, issued_s, now))
    }
}
