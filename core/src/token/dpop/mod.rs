// Read first: RFC 9449 §4.2 and §4.3 (what is in a proof, and what to check), §7 (at an API), §8 and §9 (nonces), §11.1 (replay).
//! DPoP: that whoever shows an access token has the private key which the token is bound to.
//!
//! ```text
//! DPoP: a compact JWS, once
//!   header: typ dpop+jwt; an alg of public keys; jwk, the public key
//!   claims: htm, htu = this request; iat = now; ath = this token; nonce = one of ours, if we give any; jti
//!   signed by jwk
//! ```
//! A key that a proof brings along proves nothing about who it is: it counts only if a token is bound to it, which [`Binding::check`] says.
//!
//! Defends against: a token that was stolen from a log, a proxy or a browser; a proof for another request, another token, another time; one that says
//! with which secret it should be checked; a private key that is sent along.
//! Promises: all that is signed is looked at before a [`Proof`] is there. What costs nothing comes first: anybody can sign with a key of his own, so
//! a good signature says less than in a token, and a bad claim is not worth checking one.
//! Costs: one verification and two hashes; 2 KiB of stack but for the verification, and the caller's buffer.
//! Bounds: 4 KiB a proof, 1 KiB its header, 128 bytes its `jti`; ES256, EdDSA, RS256 and PS256, as far as they are built.
//! Not here: whether the proof was shown before. [`Proof::jti`] and [`Proof::until_s`] are what a replay cache asks for, with the key as the sender.

mod htu;
mod jwk;
mod nonce;
mod reason;

use heapless::String;

use super::jws::{HEADER_MAX, Jws};
use super::key::Algorithm;
use super::rules::{Header, object};
use super::thumbprint::Thumbprint;
use super::verifier::{LEEWAY_MAX_S, TokenReason};
use crate::json::{Number, Object, Text, Value};
use crate::request::Headers;
use crate::time::{Now, Quality};
pub use htu::{Htu, Scheme};
use jwk::{Jwk, MATERIAL_MAX};
pub use nonce::{Nonce, Nonces};
pub use reason::ProofReason;

/// The longest proof, in bytes: a key of RSA with 4,096 bits and its signature take 1,700.
pub const PROOF_MAX: usize = 4096;

/// The longest `jti`, in bytes; a UUID has 36.
pub const JTI_MAX: usize = 128;

/// The oldest that a proof may be, in seconds: it is to be brief (RFC 9449 §11.1), and a replay cache remembers as long.
pub const PROOF_AGE_MAX_S: u32 = 300;

/// What a proof must be of: the request as its client saw it, and the token that came with it.
#[derive(Debug, Clone, Copy)]
pub struct ProvenRequest<'r> {
    /// The method, in its case.
    pub method: &'r [u8],
    /// The URI; behind a proxy, the one that the proxy was asked for.
    pub htu: Htu<'r>,
    /// The access token, as `Authorization` shows it; `None` where there is none, as at a token endpoint. No token is bound to a proof without.
    pub token: Option<&'r [u8]>,
}

/// A good proof.
#[derive(Debug, Clone)]
pub struct Proof {
    key: Thumbprint,
    jti: String<JTI_MAX>,
    issued_s: u64,
    until_s: u64,
    is_of_token: bool,
}

impl Proof {
    /// The thumbprint of its key.
    #[must_use]
    pub const fn key(&self) -> Thumbprint {
        self.key
    }

    /// What makes it this proof of its key: 1 to [`JTI_MAX`] bytes.
    #[must_use]
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// When it was made, in wall seconds.
    #[must_use]
    pub const fn issued_s(&self) -> u64 {
        self.issued_s
    }

    /// The last wall second at which it is accepted: so long it must be remembered.
    #[must_use]
    pub const fn until_s(&self) -> u64 {
        self.until_s
    }

    /// Whether it is of the access token that came with it.
    pub(super) const fn is_of_token(&self) -> bool {
        self.is_of_token
    }
}

/// Reads proofs: at most a minute old and half a minute ahead, unless it is told otherwise.
///
/// # Example: the request of RFC 9449, §7.1; then another one
/// ```
/// use caltrop::{Now, request::Header, time::Quality, token::{Htu, ProofReason, ProofVerifier, ProvenRequest}};
/// let proof = b"eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
/// let headers = [Header { name: b"DPoP", value: proof }];
/// let htu = Htu::parse(b"https://resource.example.org/protectedresource").unwrap();
/// let request = ProvenRequest { method: b"GET", htu, token: Some(b"Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU") };
/// let now = Now { wall_s: 1_562_262_620, quality: Quality::Trusted, ..Now::default() };
/// let mut buffer = [0; 512]; // three quarters of the longest proof that is to fit
/// let proof = ProofVerifier::new().verify(&headers, &request, &mut buffer, now).unwrap();
/// assert_eq!(proof.key().to_string(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
/// assert_eq!((proof.jti(), proof.until_s()), ("e1j3V_bKic8-LAEB", 1_562_262_678));
///
/// let other = ProvenRequest { method: b"DELETE", ..request };
/// assert_eq!(ProofVerifier::new().verify(&headers, &other, &mut buffer, now).unwrap_err(), ProofReason::Method);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ProofVerifier<'r> {
    age_max_s: u32,
    leeway_s: u32,
    nonces: Option<&'r Nonces>,
}

impl Default for ProofVerifier<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'r> ProofVerifier<'r> {
    /// Proofs of at most 60 s, of clients whose clocks are at most 30 s ahead, without nonces.
    #[must_use]
    pub const fn new() -> Self {
        Self { age_max_s: 60, leeway_s: 30, nonces: None }
    }

    /// How old a proof may be, slow clocks included; more than [`PROOF_AGE_MAX_S`] is as much.
    #[must_use]
    pub fn with_age_max(self, age_max_s: u32) -> Self {
        Self { age_max_s: age_max_s.min(PROOF_AGE_MAX_S), ..self }
    }

    /// How far a client's clock may be ahead; more than [`LEEWAY_MAX_S`] is as much.
    #[must_use]
    pub fn with_leeway(self, leeway_s: u32) -> Self {
        Self { leeway_s: leeway_s.min(LEEWAY_MAX_S), ..self }
    }

    /// A proof must bear a nonce that lives. Its `iat` counts none the less.
    #[must_use]
    pub const fn with_nonces(self, nonces: &'r Nonces) -> Self {
        Self { nonces: Some(nonces), ..self }
    }

    /// Reads the one field `DPoP` of a request; the claims are decoded into the caller's buffer, and what is kept of them is in the [`Proof`].
    ///
    /// # Errors
    /// [`ProofReason`], for the operator: the caller is told `invalid_dpop_proof`, or `use_dpop_nonce` and [`Nonces::issue`] for
    /// [`ProofReason::Nonce`] (RFC 9449 §7.1 and §9), and no more.
    /// # Bounds
    /// Two passes over at most [`PROOF_MAX`] bytes, and one verification.
    pub fn verify(&self, headers: &dyn Headers, request: &ProvenRequest<'_>, buffer: &mut [u8], now: Now) -> Result<Proof, ProofReason> {
        let proof = field(headers)?;
        if proof.len() > PROOF_MAX {
            return Err(ProofReason::TooLong);
        }
        let jws = Jws::split(proof).ok_or(ProofReason::Malformed)?;
        if jws.payload_len() > buffer.len() {
            return Err(ProofReason::TooLong);
        }
        let mut header = [0; HEADER_MAX];
        let header = object(jws.header(&mut header).ok_or(ProofReason::Malformed)?).map_err(of_header)?;
        let algorithm = algorithm(header)?;
        let mut material = [0; MATERIAL_MAX];
        let jwk = header.get("jwk").and_then(Value::as_object).ok_or(ProofReason::Key)?;
        let jwk = Jwk::read(jwk, &mut material)?;
        let claims = object(jws.payload(buffer).ok_or(ProofReason::Malformed)?).map_err(of_header)?;
        let (jti, issued_s) = self.check(claims, request, now)?;
        let key = jwk.key(algorithm).ok_or(ProofReason::Key)?;
        if !jws.is_signed_by([key].iter()) {
            return Err(ProofReason::Signature);
        }
        let until_s = issued_s.saturating_add(u64::from(self.age_max_s));
        Ok(Proof { key: jwk.thumbprint(), jti, issued_s, until_s, is_of_token: request.token.is_some() })
    }

    /// What its claims must say (RFC 9449 §4.3, 8. to 12.); gives its `jti` and its `iat`.
    fn check(&self, claims: Object<'_>, request: &ProvenRequest<'_>, now: Now) -> Result<(String<JTI_MAX>, u64), ProofReason> {
        let text = |name| claims.get(name).and_then(Value::as_text);
        if !core::str::from_utf8(request.method).is_ok_and(|method| text("htm").is_some_and(|htm| htm == method)) {
            return Err(ProofReason::Method);
        }
        if !text("htu").is_some_and(|htu| request.htu.is_meant(htu)) {
            return Err(ProofReason::Uri);
        }
        if let Some(token) = request.token {
            let ath = text("ath").and_then(|ath| ath.as_str()).and_then(|ath| Thumbprint::from_text(ath.as_bytes()));
            if ath != Some(Thumbprint::of_token(token)) {
                return Err(ProofReason::Token);
            }
        }
        let jti = text("jti").and_then(copy).ok_or(ProofReason::Claims)?;
        let issued_s = claims.get("iat").and_then(Value::as_number).map(Number::ceil).ok_or(ProofReason::Claims)?;
        if now.quality != Quality::Trusted {
            return Err(ProofReason::Clock);
        }
        // A date before 1970 is a very old one.
        let issued_s = u64::try_from(issued_s).unwrap_or(0);
        if now.wall_s > issued_s.saturating_add(u64::from(self.age_max_s)) {
            return Err(ProofReason::TooOld);
        }
        if issued_s > now.wall_s.saturating_add(u64::from(self.leeway_s)) {
            return Err(ProofReason::NotYet);
        }
        let is_live =
            |nonces: &Nonces| text("nonce").and_then(|nonce| nonce.as_str()).is_some_and(|nonce| nonces.is_live(nonce.as_bytes(), now));
        if self.nonces.is_some_and(|nonces| !is_live(nonces)) {
            return Err(ProofReason::Nonce);
        }
        Ok((jti, issued_s))
    }
}

/// RFC 9449 §4.3 (1.): there is one.
fn field(headers: &dyn Headers) -> Result<&[u8], ProofReason> {
    super::certificate::one(headers, b"dpop").map_err(|_| ProofReason::Repeated)?.ok_or(ProofReason::Missing)
}

/// The algorithm of a header that is a proof's: one whose keys both sides need not keep secret.
fn algorithm(header: Object<'_>) -> Result<Algorithm, ProofReason> {
    let header = Header::read(header).map_err(of_header)?;
    header.check_type(&["dpop+jwt"]).map_err(of_header)?;
    let known = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256];
    known.into_iter().find(|algorithm| header.is_called(*algorithm)).ok_or(ProofReason::Algorithm)
}

const fn of_header(reason: TokenReason) -> ProofReason {
    match reason {
        TokenReason::Type => ProofReason::Type,
        TokenReason::Critical => ProofReason::Critical,
        _ => ProofReason::Malformed,
    }
}

/// Whatever way it is written.
fn copy(jti: Text<'_>) -> Option<String<JTI_MAX>> {
    let mut copy = String::new();
    jti.chars().try_for_each(|character| copy.push(character)).ok()?;
    if copy.is_empty() { None } else { Some(copy) }
}
