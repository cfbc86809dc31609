//! The issuers of a policy image: their rules and their keys, read where they stand.

use heapless::{String, Vec};
use zerocopy::little_endian::U32;

use super::claims::{Claims, Registered};
use super::jwks::{Jwks, KeySet};
use super::key::Algorithm;
use super::record::{ISSUER, ISSUER_TEXT, ISSUERS_MAX, IssuerRecord, JwkRecord, NO_FEED, TYPES_MAX};
use super::rules::Rules;
use super::shown::Shown;
use super::verifier::{AUDIENCES_MAX, KEYS_MAX, LEEWAY_MAX_S, TokenReason};
use crate::image::{Image, OpenError, Span, Text};
use crate::time::Now;

/// The longest `iss`.
const ISSUER_MAX: usize = 255;
/// What stands in an issuer's name for the tenant that a token is of, as Entra has it.
const TENANT: &str = "{tid}";

/// The sections of one image.
#[derive(Debug, Clone, Copy)]
pub struct Issuers<'b> {
    records: &'b [IssuerRecord],
    texts: &'b [U32],
    keys: Jwks<'b>,
    text: Text<'b>,
}

impl<'b> Issuers<'b> {
    /// The issuers of an image, each looked at once.
    ///
    /// # Errors
    /// [`OpenError::Content`] names the section: a name that is missing, lists out of bounds, a key that is none, or of a kind that is not built.
    pub fn open(image: &Image<'b>, text: Text<'b>) -> Result<Self, OpenError> {
        let (records, texts, keys) = (image.records(ISSUER)?, image.records(ISSUER_TEXT)?, Jwks::open(image, text)?);
        let issuers = Self { records, texts, keys, text };
        let is_said =
            |&offset: &U32| if text.check(offset, ISSUER_TEXT)?.is_empty() { Err(OpenError::Content { tag: ISSUER_TEXT }) } else { Ok(()) };
        texts.iter().try_for_each(is_said)?;
        issuers.records.iter().try_for_each(|record| issuers.check(record))?;
        if records.len() <= ISSUERS_MAX { Ok(issuers) } else { Err(OpenError::Content { tag: ISSUER }) }
    }

    fn check(&self, record: &IssuerRecord) -> Result<(), OpenError> {
        for name in [record.name, record.issuer, record.principal, record.scopes] {
            if self.text.check_name(name, ISSUER)?.is_empty() {
                return Err(OpenError::Content { tag: ISSUER });
            }
        }
        for name in [record.tenant, record.plan, record.roles] {
            self.text.check_optional(name, ISSUER)?;
        }
        let holds = |span: Span, all: usize, most: usize| span.fits(all) && (1..=most).contains(&usize::from(span.count.get()));
        let lists = holds(record.audiences, self.texts.len(), AUDIENCES_MAX)
            && holds(record.types, self.texts.len(), TYPES_MAX)
            && if record.feed.get() == NO_FEED { holds(record.keys, self.keys.len(), KEYS_MAX) } else { record.keys.count.get() == 0 };
        let known = Algorithm::ALL.iter().fold(0u16, |known, algorithm| known | bit(*algorithm));
        let rules = record.algorithms.get() & !known == 0 && u32::from(record.leeway_s.get()) <= LEEWAY_MAX_S;
        if lists && rules { Ok(()) } else { Err(OpenError::Content { tag: ISSUER }) }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The issuers, in the order of the policy.
    pub fn iter(&self) -> impl Iterator<Item = Issuer<'b>> + use<'b> {
        let all = *self;
        self.records.iter().map(move |record| Issuer { all, record, keys: all.keys.of(record.keys) })
    }
}

/// One issuer.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'b> {
    all: Issuers<'b>,
    record: &'b IssuerRecord,
    keys: Jwks<'b>,
}

impl<'b> Issuer<'b> {
    /// With the keys that its feed brought.
    pub(crate) const fn with(self, set: &KeySet<'b>) -> Self {
        Self { keys: set.keys, ..self }
    }

    /// Its record.
    #[must_use]
    pub const fn record(&self) -> &'b IssuerRecord {
        self.record
    }

    /// Its name in the policy.
    #[must_use]
    pub fn name(&self) -> Option<&'b str> {
        self.all.text.get(self.record.name)
    }

    /// Whether a token says that it is of this issuer.
    pub(crate) fn is_of(&self, shown: &Shown<'_, '_>) -> bool {
        self.named_by(shown).is_some()
    }

    /// Whether a token's signature is worth to be checked: of one of its algorithms and types, and of a key that it has.
    pub(crate) fn fits(&self, shown: &Shown<'_, '_>) -> Result<(), TokenReason> {
        let algorithm = self.algorithm(shown).ok_or(TokenReason::Algorithm)?;
        if self.keys.meant(shown, algorithm).next().is_none() {
            return Err(TokenReason::KeyUnknown);
        }
        shown.header.check_type(&self.texts::<TYPES_MAX>(self.record.types))
    }

    /// The claims of a token, if they say what they must. Nobody has signed them until [`Issuer::signer`] says so: who sees to that first pays
    /// for signatures of tokens that are over.
    pub(crate) fn claims<'p>(&self, shown: &Shown<'_, 'p>, now: Now) -> Result<Claims<'p>, TokenReason> {
        let issuer = self.named_by(shown).ok_or(TokenReason::Issuer)?;
        let (audiences, age_max_s) = (self.texts::<AUDIENCES_MAX>(self.record.audiences), self.record.age_max_s.get());
        let rules = Rules {
            issuer: &issuer,
            audiences: &audiences,
            leeway_s: self.record.leeway_s.get().into(),
            age_max_s: (age_max_s != 0).then_some(age_max_s),
        };
        rules.check(&Registered::of(shown.claims), now)?;
        Ok(Claims::of(shown.claims, shown.payload))
    }

    /// The `kid` of the one of its keys that has signed a token, if one has. Apart, since each key takes its part of the stack.
    #[inline(never)]
    pub(crate) fn signer(&self, shown: &Shown<'_, '_>) -> Option<Option<&'b str>> {
        let algorithm = self.algorithm(shown)?;
        let has_signed = |record: &&JwkRecord| {
            let key = self.keys.key(record, algorithm);
            key.is_some_and(|key| shown.jws.is_signed_by([&key].into_iter()))
        };
        self.keys.meant(shown, algorithm).find(has_signed).map(|record| self.keys.kid(record))
    }

    /// Its `iss`, if it is the token's.
    fn named_by(&self, shown: &Shown<'_, '_>) -> Option<String<ISSUER_MAX, u8>> {
        let pattern = self.all.text.get(self.record.issuer)?;
        let mut issuer = String::new();
        match pattern.as_bytes().windows(TENANT.len()).position(|part| part == TENANT.as_bytes()) {
            None => issuer.push_str(pattern).ok()?,
            Some(at) => {
                let (before, behind) = pattern.split_at_checked(at)?;
                let tenant = shown.claim("tid")?.as_text()?.as_str().filter(|tenant| is_tenant(tenant))?;
                [before, tenant, behind.get(TENANT.len()..)?].into_iter().try_for_each(|part| issuer.push_str(part)).ok()?;
            }
        }
        shown.claim("iss")?.as_text().is_some_and(|named| named == issuer.as_str()).then_some(issuer)
    }

    /// The one of its algorithms that a token names.
    fn algorithm(&self, shown: &Shown<'_, '_>) -> Option<Algorithm> {
        let mut used = Algorithm::ALL.into_iter().filter(|algorithm| self.record.algorithms.get() & bit(*algorithm) != 0);
        used.find(|algorithm| shown.header.is_called(*algorithm))
    }

    fn texts<const N: usize>(&self, span: Span) -> Vec<&'b str, N> {
        let mut texts = Vec::new();
        for &offset in span.of(self.all.texts).iter().take(N) {
            // As many as there is room for, which a checked image does not exceed.
            let _ = texts.push(self.all.text.get(offset).unwrap_or_default());
        }
        texts
    }
}

/// What may stand in a URL for a tenant, and lead nowhere else.
fn is_tenant(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The bit of an algorithm in [`IssuerRecord::algorithms`].
fn bit(algorithm: Algorithm) -> u16 {
    1u16.unbounded_shl(algorithm.code().into())
}
