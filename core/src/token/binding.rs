// Read first: RFC 7800 §3.1 (`cnf`), RFC 9449 §6.1 and §7.1 (`jkt`), RFC 8705 §3.1 (`x5t#S256`).
//! What a token is bound to, and whether its bearer has it.
//!
//! | `cnf` | `Authorization: Bearer` | `Authorization: DPoP` with its proof |
//! | --- | --- | --- |
//! | none | good | refused: a proof of a key that nobody named proves nothing |
//! | `jkt` | refused: else whoever stole the token would leave the proof away | good, with a proof of this key |
//! | `x5t#S256` | good, with this certificate | refused, as for none |
//! | both | refused | good, with both |
//! | another member | refused | refused |
//!
//! RFC 7800 §3.1 lets a reader pass over members of `cnf` that it does not understand. Here they are refused: whoever bound a token to something wants
//! that to be asked for, and `jwk` or `kid` that nobody looks at would make the token anybody's.

use super::claims::Claims;
use super::dpop::Proof;
use super::thumbprint::Thumbprint;
use crate::json::Value;

/// Under which scheme of `Authorization` a token was shown, and what came with it.
#[derive(Debug, Clone, Copy)]
pub enum Presented<'p> {
    /// As RFC 6750 has it.
    Bearer,
    /// As RFC 9449 §7.1 has it, with a proof that is good.
    Dpop(&'p Proof),
}

/// What a token is bound to: nothing, a key, a certificate, or both.
///
/// # Example: bound to a certificate
/// ```
/// use caltrop::{json, token::{Binding, BindingReason, Presented, Thumbprint}};
/// let claims = json::open(br#"{ "cnf": { "x5t#S256": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU" } }"#).unwrap().as_object().unwrap();
/// let binding = Binding::of_cnf(claims.get("cnf")).unwrap();
/// let (own, other) = (Thumbprint::of_certificate(b""), Thumbprint::of_certificate(b"another"));
/// assert_eq!(binding.check(Presented::Bearer, Some(own)), Ok(()));
/// assert_eq!(binding.check(Presented::Bearer, Some(other)), Err(BindingReason::Certificate));
/// assert_eq!(binding.check(Presented::Bearer, None), Err(BindingReason::Certificate));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    key: Option<Thumbprint>,
    certificate: Option<Thumbprint>,
}

impl Binding {
    /// Of the claims of a token that was verified.
    ///
    /// # Errors
    /// [`BindingReason::Unknown`] and [`BindingReason::Malformed`].
    pub fn of(claims: &Claims<'_>) -> Result<Self, BindingReason> {
        Self::of_cnf(claims.claim("cnf"))
    }

    /// Of a claim `cnf`, which an answer of introspection has too (RFC 9449 §6.2); `None` where there is none.
    ///
    /// # Errors
    /// As [`Binding::of`].
    pub fn of_cnf(cnf: Option<Value<'_>>) -> Result<Self, BindingReason> {
        let mut binding = Self { key: None, certificate: None };
        let Some(cnf) = cnf else { return Ok(binding) };
        for (name, value) in cnf.as_object().ok_or(BindingReason::Malformed)?.members() {
            let slot = if name == "jkt" {
                &mut binding.key
            } else if name == "x5t#S256" {
                &mut binding.certificate
            } else {
                return Err(BindingReason::Unknown);
            };
            let text = value.as_text().and_then(|text| text.as_str()).ok_or(BindingReason::Malformed)?;
            *slot = Some(Thumbprint::from_text(text.as_bytes()).ok_or(BindingReason::Malformed)?);
        }
        // Whoever writes an empty one meant to bind it.
        if binding.key.is_none() && binding.certificate.is_none() { Err(BindingReason::Malformed) } else { Ok(binding) }
    }

    /// The key that it is bound to: `jkt`.
    #[must_use]
    pub const fn key(&self) -> Option<Thumbprint> {
        self.key
    }

    /// The certificate that it is bound to: `x5t#S256`.
    #[must_use]
    pub const fn certificate(&self) -> Option<Thumbprint> {
        self.certificate
    }

    /// Whether all that it is bound to came with it: the proof, and the certificate of the connection.
    ///
    /// # Errors
    /// [`BindingReason`], for the operator: the caller is told `invalid_token` (RFC 9449 §7.1, RFC 8705 §3) and no more.
    pub fn check(&self, presented: Presented<'_>, certificate: Option<Thumbprint>) -> Result<(), BindingReason> {
        match (self.key, presented) {
            (None, Presented::Bearer) => {}
            (None, Presented::Dpop(_)) => return Err(BindingReason::NotBound),
            (Some(_), Presented::Bearer) => return Err(BindingReason::Bearer),
            (Some(key), Presented::Dpop(proof)) => {
                if !proof.is_of_token() {
                    return Err(BindingReason::ProofWithoutToken);
                }
                if proof.key() != key {
                    return Err(BindingReason::Key);
                }
            }
        }
        if self.certificate.is_some() && certificate != self.certificate { Err(BindingReason::Certificate) } else { Ok(()) }
    }
}

super::reasons::reasons! {
    /// Why a token is not good in the hands of whoever shows it.
    BindingReason:
    /// `cnf` is no object with thumbprints in it.
    Malformed = "cnf", "cnf is no object with thumbprints in it";
    /// It is bound to something that nobody here understands.
    Unknown = "cnf-unknown", "it is bound to something that is not understood";
    /// It is bound to a key, and shown without a proof of it.
    Bearer = "bearer", "it is bound to a key, and shown as a bearer token";
    /// It is bound to no key, and shown with a proof.
    NotBound = "not-bound", "it is bound to no key, and shown under DPoP";
    /// The proof was read without the token, so it may be of another.
    ProofWithoutToken = "proof-without-token", "the proof was read without the token";
    /// The proof is of another key.
    Key = "key", "the proof is of another key";
    /// The connection has another certificate, or none.
    Certificate = "certificate", "the connection has another certificate, or none";
}
