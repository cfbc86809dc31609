//! Issuers and their keys.

use caltrop::image::{NO_TEXT, Span};
use caltrop::token::record::{ISSUERS_MAX, IssuerRecord, JwkRecord, KIND_ED25519, KIND_P256, KIND_RSA};
use zerocopy::little_endian::U32;

use super::{Compiler, check_names, span};
use crate::jwks::{Jwk, Material};
use crate::model::{CompileError, Issuer};

/// The sections of issuers, but for the records themselves.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) texts: Vec<U32>,
    pub(super) keys: Vec<JwkRecord>,
    pub(super) material: Vec<u8>,
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
        for key in &issuer.keys {
            let record = self.key(key)?;
            self.issuer_keys.keys.push(record);
        }
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
            zero: 0.into(),
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

    fn key(&mut self, jwk: &Jwk) -> Result<JwkRecord, CompileError> {
        let (kind, exponent) = match &jwk.key {
            Material::Ed25519(_) => (KIND_ED25519, 0),
            Material::P256(_) => (KIND_P256, 0),
            Material::Rsa { exponent, .. } => (KIND_RSA, *exponent),
        };
        let bytes = jwk.key.as_bytes();
        let too_many = |_| CompileError::TooMany("bytes of keys");
        let first = u32::try_from(self.issuer_keys.material.len()).map_err(too_many)?;
        self.issuer_keys.material.extend_from_slice(bytes);
        Ok(JwkRecord {
            kid: jwk.kid.as_ref().map_or(Ok(NO_TEXT.into()), |kid| self.text.intern(kid))?,
            first: first.into(),
            exponent: exponent.into(),
            length: u16::try_from(bytes.len()).map_err(too_many)?.into(),
            kind,
            algorithm: jwk.algorithm.map_or(0, caltrop::token::Algorithm::code),
        })
    }
}
