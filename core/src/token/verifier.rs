//! One issuer, as the host knows it, and the order in which a token is looked at.

use core::fmt;

use super::claims::{Claims, Registered};
use super::jws::{HEADER_MAX, Jws, TOKEN_MAX};
use super::key::Key;
use super::rules::{Header, Rules, object};
use crate::time::Now;

/// The most keys of an issuer: each that fits a token may cost a verification.
pub const KEYS_MAX: usize = 8;

/// The most audiences that a host may have.
pub const AUDIENCES_MAX: usize = 16;

/// The most that clocks may differ, in seconds.
pub const LEEWAY_MAX_S: u32 = 300;

/// What a host accepts of one issuer.
///
/// # Example: accepted, then refused
/// ```
/// use caltrop::{mac, time::{Now, Quality}, token::{Key, TokenReason, Verifier}};
/// let secret = mac::Key::new(b"a secret of at least 32 bytes, shared with the issuer");
/// let (keys, audiences) = ([Key::hs256(Some("k1"), &secret)], ["acme-api"]);
/// let verifier = Verifier::new("https://id.acme.example", &audiences, &keys).unwrap();
/// let token = b"eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiYXQrand0In0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIjoiY2kiLCJleHAiOjE3OTYwMDAwMDB9.q4rE4gG6VjUKplxaw6lMY8zNs4ZKC9G7QIXgV3ucT_Y";
/// let at = |wall_s| Now { wall_s, quality: Quality::Trusted, ..Now::default() };
/// let mut buffer = [0; 512];
/// assert!(verifier.verify(token, &mut buffer, at(1_795_999_999)).unwrap().subject().unwrap() == "ci");
/// assert_eq!(verifier.verify(token, &mut buffer, at(1_796_000_000)).unwrap_err(), TokenReason::Expired);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Verifier<'r> {
    rules: Rules<'r>,
    types: &'r [&'r str],
    keys: &'r [Key<'r>],
}

impl<'r> Verifier<'r> {
    /// Tokens of this issuer for one of these audiences, signed by one of these keys, of type `at+jwt` (RFC 9068 §2.1), without leeway.
    ///
    /// # Errors
    /// [`VerifierError`]
    pub fn new(issuer: &'r str, audiences: &'r [&'r str], keys: &'r [Key<'r>]) -> Result<Self, VerifierError> {
        if issuer.is_empty() {
            return Err(VerifierError::Issuer);
        }
        if !(1..=AUDIENCES_MAX).contains(&audiences.len()) || audiences.iter().any(|audience| audience.is_empty()) {
            return Err(VerifierError::Audiences);
        }
        if !(1..=KEYS_MAX).contains(&keys.len()) {
            return Err(VerifierError::Keys);
        }
        Ok(Self { rules: Rules { issuer, audiences, leeway_s: 0, age_max_s: None }, types: &["at+jwt"], keys })
    }

    /// Other types, as `typ` has them: `JWT` is what many servers write, for ID tokens too.
    #[must_use]
    pub const fn with_types(self, types: &'r [&'r str]) -> Self {
        Self { types, ..self }
    }

    /// By how much the issuer's clock may differ; more than [`LEEWAY_MAX_S`] is as much.
    #[must_use]
    pub fn with_leeway(self, leeway_s: u32) -> Self {
        Self { rules: Rules { leeway_s: leeway_s.min(LEEWAY_MAX_S), ..self.rules }, ..self }
    }

    /// How long ago a token may have been issued, whatever it says of its end; then it has to say when that was.
    #[must_use]
    pub const fn with_age_max(self, age_max_s: u32) -> Self {
        Self { rules: Rules { age_max_s: Some(age_max_s), ..self.rules }, ..self }
    }

    /// The claims of a good token, decoded into the caller's buffer: three quarters of the longest token that is to fit.
    ///
    /// # Errors
    /// [`TokenReason`], for the operator alone.
    pub fn verify<'b>(&self, token: &[u8], buffer: &'b mut [u8], now: Now) -> Result<Claims<'b>, TokenReason> {
        if token.len() > TOKEN_MAX {
            return Err(TokenReason::TooLong);
        }
        let jws = Jws::split(token).ok_or(TokenReason::Malformed)?;
        if jws.payload_len() > buffer.len() {
            return Err(TokenReason::TooLong);
        }
        let mut header = [0; HEADER_MAX];
        let header = Header::read(object(jws.header(&mut header).ok_or(TokenReason::Malformed)?)?)?;
        let of_algorithm = |key: &&Key<'_>| header.is_called(key.algorithm());
        let named = |key: &&Key<'_>| header.may_mean(key.kid);
        if !self.keys.iter().any(|key| of_algorithm(&key)) {
            return Err(TokenReason::Algorithm);
        }
        if !self.keys.iter().any(|key| of_algorithm(&key) && named(&key)) {
            return Err(TokenReason::KeyUnknown);
        }
        header.check_type(self.types)?;
        if !jws.is_signed_by(self.keys.iter().filter(of_algorithm).filter(named)) {
            return Err(TokenReason::Signature);
        }
        let payload = jws.payload(buffer).ok_or(TokenReason::Malformed)?;
        let claims = object(payload)?;
        self.rules.check(&Registered::of(claims), now)?;
        Ok(Claims::of(claims, payload))
    }
}

super::reasons::reasons! {
    /// Why a token is not good.
    TokenReason:
    /// It is longer than 8 KiB, or than the buffer.
    TooLong = "too-long", "the token is too long";
    /// It is no compact JWS whose header and claims are JSON objects.
    Malformed = "malformed", "no compact JWS of JSON objects";
    /// No key of the issuer is of its algorithm.
    Algorithm = "algorithm", "no key of the issuer is of its algorithm";
    /// No key of the issuer bears the name that it gives.
    KeyUnknown = "key-unknown", "no key of the issuer bears the name that it gives";
    /// It is of a type that is not accepted.
    Type = "type", "its type is not accepted";
    /// It asks to be understood in a way that nobody here does.
    Critical = "critical", "it asks for an extension that is not understood";
    /// Nobody who may has signed it.
    Signature = "signature", "the signature is not good";
    /// It is of somebody who logs in, and no access token.
    IdToken = "id-token", "an ID token is no access token";
    /// A date is missing, or is none.
    Claims = "claims", "a date is missing, or is none";
    /// It is another issuer's.
    Issuer = "issuer", "it is another issuer's";
    /// It is for somebody else.
    Audience = "audience", "it is for somebody else";
    /// Its time is over.
    Expired = "expired", "its time is over";
    /// Its time has not come, or it was issued in the future.
    NotYet = "not-yet", "its time has not come";
    /// It was issued longer ago than the host wants.
    TooOld = "too-old", "it was issued too long ago";
    /// The wall clock cannot be believed.
    Clock = "clock", "the clock cannot be trusted";
}

/// Why there is no verifier: shown at start, never by a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifierError {
    /// No issuer.
    Issuer,
    /// No audience, an empty one, or over 16.
    Audiences,
    /// No key, or over 8.
    Keys,
}

impl fmt::Display for VerifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issuer => "no issuer: give the `iss` of its tokens",
            Self::Audiences => "audiences: give 1 to 16 names that this API is known by",
            Self::Keys => "keys: give 1 to 8 keys of the issuer",
        })
    }
}

impl core::error::Error for VerifierError {}
