//! Step 7 for access tokens: whose it says that it is, what that issuer's keys say, and who pays for asking them.
//!
//! Defends against: strangers who buy signature checks with forged tokens, from one address or from many; an issuer who names another's principals.
//! Promises: a check is paid for before it is made and costs nothing if the signature is good; callers who were verified within ten minutes
//! never wait for strangers. A token of no issuer, that no key fits, that is over or for somebody else costs no check.

use super::admit::Guard;
use super::caller::{Bearer, Name};
use super::policy::Policy;
use super::steps::{Attempt, Stop};
use super::trace::{Step, Trace};
use crate::access::Route;
use crate::audit::Reason;
use crate::image::NO_TEXT;
use crate::json::Value;
use crate::rate::record::on;
use crate::rate::{AllRefused, Charge, Quota, Refused};
use crate::time::Now;
use crate::token::record::IssuerRecord;
use crate::token::{Claims, Issuer, Room, Shown, TokenReason};

/// What is counted beside the policy's own quotas: names that no policy can give.
const OF_ADDRESS: u64 = u64::from_le_bytes(*b"proof/ip");
const OF_STRANGERS: u64 = u64::from_le_bytes(*b"proof/**");
const KNOWN: u64 = u64::from_le_bytes(*b"known/ip");

/// A second, in the units of a quota.
const SECOND: u64 = 1 << 32;
/// Of each address: 8 bad signatures at once, then one in 5 seconds.
const ADDRESS: (u64, u32) = (5 * SECOND, 8);
/// Of all addresses that nobody was verified from: 400 bad signatures at once, then 200 a second.
const STRANGERS: (u64, u32) = (SECOND / 200, 400);
/// How long an address is known after a good one.
const KNOWN_FOR: u64 = 600 * SECOND;

/// Why a token does not pass: its own fault, for which the address pays, or that too many were not good before.
enum Failed {
    Reason(Reason),
    Stop(Stop),
}

impl From<Reason> for Failed {
    fn from(reason: Reason) -> Self {
        Self::Reason(reason)
    }
}

impl From<TokenReason> for Failed {
    fn from(reason: TokenReason) -> Self {
        Self::Reason(match reason {
            TokenReason::TooLong | TokenReason::Malformed | TokenReason::Critical => Reason::TokenMalformed,
            TokenReason::Algorithm => Reason::TokenAlgorithm,
            TokenReason::KeyUnknown => Reason::TokenKey,
            TokenReason::Type | TokenReason::IdToken => Reason::TokenType,
            TokenReason::Signature => Reason::TokenSignature,
            TokenReason::Claims => Reason::TokenClaims,
            TokenReason::Issuer => Reason::TokenIssuer,
            TokenReason::Audience => Reason::TokenAudience,
            TokenReason::Expired => Reason::TokenExpired,
            TokenReason::NotYet => Reason::TokenNotYet,
            TokenReason::TooOld => Reason::TokenAge,
            TokenReason::Clock => Reason::Clock,
        })
    }
}

impl<'g, T: Trace> Attempt<'_, 'g, '_, T> {
    /// Whom a token names, and what that issuer is to a route's `auth`. Apart from the other steps, whose stack it would fill.
    #[inline(never)]
    pub(super) fn bearer(&mut self, token: &[u8], route: Option<Route<'g>>) -> Result<(Bearer<'g>, u8), Stop> {
        self.token(token, route).map_err(|failed| {
            let reason = match failed {
                Failed::Stop(stop) => return stop,
                Failed::Reason(reason) => reason,
            };
            // The address pays, never the principal that was claimed.
            match self.by_address(on::AUTH_FAILURE).and_then(|charges| self.take(Step::Credential, &charges, Reason::Failures)) {
                Ok(()) => reason.into(),
                Err(stop) => stop,
            }
        })
    }

    fn token(&mut self, token: &[u8], route: Option<Route<'g>>) -> Result<(Bearer<'g>, u8), Failed> {
        let mut room = Room::new();
        let shown = Shown::read(token, &mut room)?;
        let guard = self.guard;
        let (bit, issuer) = guard.issuer_of(&shown).ok_or(Reason::TokenIssuer)?;
        self.fresh(Step::Credential, guard.stale_keys_of(&issuer, self.now)).map_err(Failed::Stop)?;
        if let Err(reason) = issuer.fits(&shown) {
            self.facts.wants = if reason == TokenReason::KeyUnknown { guard.ask_for_keys(&issuer, self.now) } else { None };
            return Err(reason.into());
        }
        // Whoever signed it: a token that is over, or for somebody else, is not worth a check of its signature.
        let claims = issuer.claims(&shown, self.now)?;
        // Bound to a key or a certificate (RFC 7800 §3.1): no proof of having it is looked at here, so whoever shows it may have stolen it.
        if claims.claim("cnf").is_some() {
            return Err(Reason::TokenClaims.into());
        }
        let bearer = named(&claims, &issuer, &guard.policy).ok_or(Reason::TokenClaims)?;
        let budget = self.budget()?;
        let kid = issuer.signer(&shown).ok_or(Reason::TokenSignature)?;
        budget.give_back(guard, self.now);
        if guard.is_revoked(&claims, &bearer, kid, self.now) {
            return Err(Reason::TokenRevoked.into());
        }
        self.lacks = route.and_then(|route| lacks(&route, &claims, issuer.record(), &guard.policy));
        Ok((bearer, 1u8.unbounded_shl(bit)))
    }

    /// Pays for one check of a signature.
    fn budget(&mut self) -> Result<Budget, Failed> {
        let limiter = self.guard.state.limiter();
        let quota = |name64, (unit, burst)| Quota::from_unit(name64, unit, burst).map_err(|_| Reason::Corrupt);
        let address = limiter.address(self.facts.client()).caller();
        let [known, known_twice] = [1, 2].map(|burst| quota(KNOWN, (KNOWN_FOR, burst)));
        let known = Charge { partition: address, quota: known?, cost: 1 };
        let own = Charge { partition: address, quota: quota(OF_ADDRESS, ADDRESS)?, cost: 1 };
        let all = Charge { partition: limiter.route(b""), quota: quota(OF_STRANGERS, STRANGERS)?, cost: 1 };
        // What is owed of it is the time for which the address is still known.
        let is_known = limiter.peek(&known, self.now).is_err();
        let both = [all, own];
        let charges = if is_known { both.get(1..).unwrap_or_default() } else { &both };
        match limiter.take_all(charges, self.now) {
            Ok(_) => {
                // Each good signature leaves at least that time to go: it may be owed twice.
                let known = Charge { quota: known_twice?, ..known };
                Ok(Budget { known, own, all: (!is_known).then_some(all) })
            }
            Err(AllRefused { refused: Refused::Contended, .. }) => Err(Reason::Contended.into()),
            Err(AllRefused { refused, .. }) => Err(Failed::Stop(Stop { retry_after_s: refused.retry_after_s(), ..Reason::Proofs.into() })),
        }
    }
}

/// What was paid for a check.
struct Budget {
    known: Charge,
    own: Charge,
    all: Option<Charge>,
}

impl Budget {
    /// The signature was good: nothing was to be paid, and the address is known.
    fn give_back(self, guard: &Guard<'_>, now: Now) {
        let limiter = guard.state.limiter();
        [Some(self.own), self.all].iter().flatten().for_each(|charge| limiter.refund(charge, now));
        // Refused, it is known already.
        let _ = limiter.take(&self.known, now);
    }
}

/// What a route asks for that the claims do not have.
fn lacks(route: &Route<'_>, claims: &Claims<'_>, issuer: &IssuerRecord, policy: &Policy<'_>) -> Option<Reason> {
    let claim = |offset| policy.text.get(offset);
    let has =
        |path: Option<&str>, word: &[u8]| path.is_some_and(|path| core::str::from_utf8(word).is_ok_and(|word| claims.has(path, word)));
    if !route.scopes_held(|scope| has(claim(issuer.scopes), scope)) {
        return Some(Reason::Scope);
    }
    let roles = (issuer.roles.get() != NO_TEXT).then(|| claim(issuer.roles)).flatten();
    (!route.role_held(|role| has(roles, role))).then_some(Reason::Role)
}

/// Who the claims say it is; `None` if they do not, or in a way that cannot be passed on.
fn named<'g>(claims: &Claims<'_>, issuer: &Issuer<'g>, policy: &Policy<'g>) -> Option<Bearer<'g>> {
    let record = issuer.record();
    // A claim that is missing is `Ok(None)`, one that is no plain text `Err`.
    let text = |offset: zerocopy::little_endian::U32| {
        let path = if offset.get() == NO_TEXT { None } else { policy.text.get(offset) };
        match path.and_then(|path| claims.claim(path)) {
            None => Some(None),
            Some(Value::Text(text)) => text.as_str().map(Some),
            Some(_) => None,
        }
    };
    let name = issuer.name()?;
    let principal = Name::of(&[name, ":", text(record.principal)?.filter(|subject| !subject.is_empty())?])?;
    let tenant = match text(record.tenant)? {
        None => None,
        Some(tenant) => Some(Name::of(&[tenant])?),
    };
    let plan = text(record.plan)?.map(|plan| policy.plan(Some(plan.as_bytes())).and_then(|plan| plan.text()).unwrap_or("?"));
    Some(Bearer { issuer: name, principal, tenant, plan })
}
