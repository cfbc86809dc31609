//! Issuers and their keys.

use caltrop::image::{NO_TEXT, Span};
use caltrop::token::record::{ISSUERS_MAX, IssuerRecord, NO_FEED};
use zerocopy::little_endian::U32;

use super::{Compiler, check_names, span};
use crate::jwks::Sections;
use crate::model::{CompileError, Feed, FeedKind, Issuer, IssuerKeys};

/// The sections of issuers, but for the records themselves.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) texts: Vec<U32>,
    pub(super) keys: Sections,
}

impl Compiler<'_> {
    pub(super) fn issuers(&mut self) -> Result<Vec<IssuerRecord>, CompileError> {
        let policy = self.policy;
        check_names(policy.issuers.iter().map(|issuer| &issuer.name))?;
        if policy.issuers.len() > ISSUERS_MAX {
            return Err(CompileError::TooMany("issuers"));
        }
        policy.issuers.iter().map(|issuer| self.issuer(issuer)).collect()
    }

    fn issuer(&mut self, issuer: &Issuer) -> Result<IssuerRecord, CompileError> {
        let optional = |compiler: &mut Self, claim: &Option<String>| match claim {
            Some(claim) => compiler.text.intern(claim),
            None => Ok(NO_TEXT.into()),
        };
        let first = self.issuer_keys.keys.len();
        let feed = match &issuer.keys {
            IssuerKeys::Here(keys) => {
                keys.iter().try_for_each(|key| self.issuer_keys.keys.add(key, &mut self.text))?;
                NO_FEED
            }
            IssuerKeys::Feed(name) => self.key_set(name)?,
        };
        let keys = span(first, self.issuer_keys.keys.len(), "keys of an issuer")?;
        Ok(IssuerRecord {
            name: self.text.intern(&issuer.name)?,
            issuer: self.text.intern(&issuer.issuer)?,
            principal: self.text.intern(&issuer.principal)?,
            tenant: optional(self, &issuer.tenant)?,
            plan: optional(self, &issuer.plan)?,
            scopes: self.text.intern(&issuer.scopes)?,
            roles: optional(self, &issuer.roles)?,
            audiences: self.issuer_texts(&issuer.audiences)?,
            types: self.issuer_texts(&issuer.types)?,
            keys,
            algorithms: issuer.algorithms.iter().fold(0u16, |all, algorithm| all | 1 << algorithm.code()).into(),
            leeway_s: issuer.leeway_s.into(),
            feed: feed.into(),
            age_max_s: issuer.age_max_s.into(),
        })
    }

    fn issuer_texts(&mut self, texts: &[String]) -> Result<Span, CompileError> {
        let first = self.issuer_keys.texts.len();
        for text in texts {
            let offset = self.text.intern(text)?;
            self.issuer_keys.texts.push(offset);
        }
        span(first, self.issuer_keys.texts.len(), "audiences and types")
    }

    /// The index of a feed of keys.
    fn key_set(&self, name: &String) -> Result<u16, CompileError> {
        let is_it = |feed: &Feed| feed.name == *name && feed.kind == FeedKind::Jwks;
        let at = self.policy.feeds.iter().position(is_it).ok_or_else(|| CompileError::KeySet(name.clone()))?;
        u16::try_from(at).map_err(|_| CompileError::TooMany("feeds"))
    }
}
