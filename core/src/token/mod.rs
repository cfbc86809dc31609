// Read first: RFC 7515 (JWS), RFC 7519 (JWT), RFC 8725 (best current practice), RFC 9068 (access tokens).
// Then: RFC 9449 (DPoP), RFC 8705 §3 (certificates), RFC 7800 (`cnf`).
//! OAuth 2.0 access tokens that an authorization server signed: compact JWS, and what their claims say.
//!
//! Defends against: a token that names its own algorithm or key; one of another issuer, for another audience, of another kind (an ID token); one
//! whose time is over, not come, or longer ago than the host wants; claims that two readers understand differently.
//! Promises: issuer, audience, algorithms and types are the host's ([`Verifier`]), and a token only picks a key among those of this issuer;
//! nothing of the claims is looked at before the signature is good; secrets are compared in constant time; a token with a date is not good while
//! the wall clock cannot be believed.
//! Costs: one verification a key that fits, of at most [`KEYS_MAX`]; no memory but the caller's buffer and 1 KiB of stack.
//! Bounds: 8 KiB a token, 1 KiB a header; of its JSON those of [`json`](crate::json).
//! Not here: fetching keys, whether a token was taken back or a proof shown before, and who may do what with it.
//!
//! A token may be bound to a key or a certificate of its client, and then whoever stole it has nothing. [`Verifier`] does not look at that, since it
//! sees the token alone: [`Binding`] says what its claims ask for, [`ProofVerifier`] reads the proof of a key, [`client_cert`] a proxy's word about a
//! certificate, and [`Binding::check`] whether all of it is there. A host that does not ask takes bound tokens for bearer tokens.
//!
//! A reason is for the operator. The caller is told `invalid_token` (RFC 6750 §3.1) and no more.

mod binding;
mod certificate;
mod claims;
mod dpop;
#[cfg(feature = "guard")]
mod issuers;
#[cfg(feature = "guard")]
mod jwks;
mod jws;
mod key;
mod reasons;
#[cfg(feature = "guard")]
pub mod record;
mod rules;
#[cfg(feature = "guard")]
mod shown;
mod thumbprint;
mod verifier;

pub use binding::{Binding, BindingReason, Presented};
pub use certificate::{ClientCertError, client_cert};
pub use claims::Claims;
pub use dpop::{Htu, JTI_MAX, Nonce, Nonces, PROOF_AGE_MAX_S, PROOF_MAX, Proof, ProofReason, ProofVerifier, ProvenRequest, Scheme};
#[cfg(feature = "guard")]
pub use issuers::{Issuer, Issuers};
#[cfg(feature = "guard")]
pub use jwks::KeySet;
pub use jws::TOKEN_MAX;
pub use key::{Algorithm, Key};
#[cfg(feature = "guard")]
pub(crate) use shown::{Room, Shown, has_shape};
pub use thumbprint::Thumbprint;
pub use verifier::{AUDIENCES_MAX, KEYS_MAX, LEEWAY_MAX_S, TokenReason, Verifier, VerifierError};
