//! What a token must say to be accepted of an issuer, in its header and in its claims.

use super::claims::Registered;
use super::key::Algorithm;
use super::verifier::TokenReason;
use crate::json::{self, Number, Object, Text, Value};
use crate::time::{Now, Quality};

/// What a host accepts of one issuer, but for whose signature.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'r> {
    pub(super) issuer: &'r str,
    pub(super) audiences: &'r [&'r str],
    pub(super) leeway_s: u32,
    pub(super) age_max_s: Option<u32>,
}

impl Rules<'_> {
    /// What its claims must say.
    pub(super) fn check(&self, claims: &Registered<'_>, now: Now) -> Result<(), TokenReason> {
        if claims.is_of_login {
            return Err(TokenReason::IdToken);
        }
        if !claims.issuer.and_then(Value::as_text).is_some_and(|issuer| issuer == self.issuer) {
            return Err(TokenReason::Issuer);
        }
        if !self.audiences.iter().any(|audience| claims.is_for(audience)) {
            return Err(TokenReason::Audience);
        }
        if now.quality != Quality::Trusted {
            return Err(TokenReason::Clock);
        }
        let now_s = i64::try_from(now.wall_s).unwrap_or(i64::MAX);
        let leeway_s = i64::from(self.leeway_s);
        let (late, early) = (now_s.saturating_sub(leeway_s), now_s.saturating_add(leeway_s));
        // What is written, and no date, is no token.
        let date = |claim: Option<Value<'_>>| claim.map(|value| value.as_number().map(Number::ceil).ok_or(TokenReason::Claims)).transpose();
        let (expires, begins, issued) = (date(claims.expires)?.ok_or(TokenReason::Claims)?, date(claims.begins)?, date(claims.issued)?);
        if late >= expires {
            return Err(TokenReason::Expired);
        }
        if [begins, issued].into_iter().flatten().any(|moment| early < moment) {
            return Err(TokenReason::NotYet);
        }
        match self.age_max_s {
            None => Ok(()),
            Some(age_max_s) => match issued {
                None => Err(TokenReason::Claims),
                Some(issued) if late.saturating_sub(issued) > i64::from(age_max_s) => Err(TokenReason::TooOld),
                Some(_) => Ok(()),
            },
        }
    }
}

/// What a header says that matters here. Where it says that keys are, nobody looks.
pub(super) struct Header<'h> {
    algorithm: Text<'h>,
    kid: Option<Text<'h>>,
    kind: Option<Text<'h>>,
}

impl<'h> Header<'h> {
    pub(super) fn read(header: Object<'h>) -> Result<Self, TokenReason> {
        let (mut algorithm, mut kid, mut kind) = (None, None, None);
        for (name, value) in header.members() {
            let slot = match name.as_str() {
                Some("alg") => &mut algorithm,
                Some("kid") => &mut kid,
                Some("typ") => &mut kind,
                // RFC 7515 §4.1.11: whoever does not understand what is critical refuses.
                Some("crit") => return Err(TokenReason::Critical),
                Some(_) => continue,
                // A name that needs no escape and has one is meant for another reader.
                None => return Err(TokenReason::Malformed),
            };
            *slot = Some(value.as_text().ok_or(TokenReason::Malformed)?);
        }
        Ok(Self { algorithm: algorithm.ok_or(TokenReason::Malformed)?, kid, kind })
    }

    pub(super) fn is_called(&self, algorithm: Algorithm) -> bool {
        algorithm.is_called(self.algorithm)
    }

    /// Whether a key of this name may be the one that it names.
    pub(super) fn may_mean(&self, kid: Option<&str>) -> bool {
        self.kid.is_none_or(|named| kid.is_none_or(|kid| named == kid))
    }

    /// Whether it is of one of these types.
    pub(super) fn check_type(&self, types: &[&str]) -> Result<(), TokenReason> {
        if types.iter().any(|known| self.is_of_type(known)) { Ok(()) } else { Err(TokenReason::Type) }
    }

    /// RFC 7515 §4.1.9: a media type, whose `application/` may be left out, in any case.
    fn is_of_type(&self, known: &str) -> bool {
        let Some(kind) = self.kind.and_then(|kind| kind.as_str()) else { return false };
        let (prefix, rest) = kind.split_at_checked("application/".len()).unwrap_or_default();
        kind.eq_ignore_ascii_case(known) || (prefix.eq_ignore_ascii_case("application/") && rest.eq_ignore_ascii_case(known))
    }
}

pub(super) fn object(bytes: &[u8]) -> Result<Object<'_>, TokenReason> {
    json::open(bytes).ok().and_then(Value::as_object).ok_or(TokenReason::Malformed)
}
