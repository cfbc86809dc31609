//! The way of a signed request: read, looked up, verified.

use super::super::field::only;
use super::super::window::Window;
use super::base::Base;
use super::components::Components;
use super::digest::{self, DIGEST_FIELD_MAX, DigestCheck};
use super::input::{INPUT_MAX, Input, SIGNATURE_FIELD_MAX, Shown};
use super::reason::SignatureReason;
use crate::mac;
use crate::request::Headers;
use crate::time::Now;
#[cfg(feature = "verify")]
use crate::verify::PublicKey;

/// Whether a body comes with the request: the host's server knows it by `Content-Length`, `Transfer-Encoding` or the stream's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// None, not a byte.
    None,
    /// Some bytes, or they may come.
    Follows,
}

/// A key of a signer, which has one algorithm.
#[derive(Debug, Clone, Copy)]
pub enum RequestKey<'k> {
    /// `hmac-sha256`: a secret that both sides hold, as [`super::request_secret`] makes.
    Hmac(&'k mac::Key),
    /// `ed25519`: the signer's public key.
    #[cfg(feature = "verify")]
    Ed25519(PublicKey),
}

/// What is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Profile<'t> {
    /// When a request may have been signed.
    pub window: Window,
    /// The `tag` that a signature must have (RFC 9421 §2.3). Without one, a signature with a tag is for another use, and refused.
    pub tag: Option<&'t str>,
}

impl Profile<'_> {
    /// Reads the fields that sign. Nothing is verified yet: `keyid` says whose key to look up.
    ///
    /// # Errors
    /// [`SignatureReason`], for the operator.
    /// # Bounds
    /// `Signature-Input` of 1,024 bytes, `Signature` of 155, `Content-Digest` of [`DIGEST_FIELD_MAX`]; and those of [`Components`].
    pub fn read<'m>(&self, request: &Components<'m>, body: Body, headers: &'m dyn Headers) -> Result<SignedRequest<'m>, SignatureReason> {
        let input = Input::read(only(headers, b"signature-input", INPUT_MAX)?)?;
        let shown = Shown::read(only(headers, b"signature", SIGNATURE_FIELD_MAX)?, &input)?;
        if input.tag != self.tag {
            return Err(SignatureReason::Tag);
        }
        if body == Body::Follows && !input.covers_digest {
            return Err(SignatureReason::Uncovered);
        }
        let (mut field, mut expected) = (None, None);
        if input.covers_digest {
            let value = only(headers, b"content-digest", DIGEST_FIELD_MAX)?;
            (field, expected) = (Some(value), Some(digest::read(value)?));
        }
        let derived = request.derive().ok_or(SignatureReason::Request)?;
        let base = Base { derived, digest: field, params: input.params };
        Ok(SignedRequest { base, input, shown, expected, window: self.window })
    }
}

/// A request that says who signed it. It is to be believed only when [`SignedRequest::verify`] says so.
///
/// # Example: signed by a partner, verified, and the body with it
/// ```
/// use caltrop::{Now, mac, request::Header, time::Quality};
/// use caltrop::signed::{Body, Components, Profile, RequestKey, Scheme, SignatureReason, Signer, SigningKey, content_digest};
/// let secret = mac::Key::new(b"32 bytes of a random generator!!");
/// let order = Components { method: b"POST", scheme: Scheme::Https, authority: b"api.example", target: b"/orders?dry=1" };
/// let (body, now) = (b"{\"amount\":100}", Now { wall_s: 1_796_000_000, mono_ns: 0, quality: Quality::Trusted });
///
/// let digest = content_digest(body);
/// let signer = Signer::new(SigningKey::Hmac(&secret), "partner-7").unwrap();
/// let signed = signer.sign(&order, Some(&digest), now.wall_s, "Zk2vX9qL").unwrap(); // a nonce of the client's, new each time
///
/// let headers = [
///     Header { name: b"Content-Digest", value: digest.as_str().as_bytes() },
///     Header { name: b"Signature-Input", value: signed.signature_input().as_bytes() },
///     Header { name: b"Signature", value: signed.signature().as_bytes() },
/// ];
/// let request = Profile::default().read(&order, Body::Follows, &headers).unwrap();
/// assert_eq!((request.keyid(), request.nonce()), ("partner-7", "Zk2vX9qL")); // whose key is looked up
/// let verified = request.verify(RequestKey::Hmac(&secret), now).unwrap();
/// assert_eq!(verified.until_s, now.wall_s + 300);                            // so long its nonce is remembered, by the room `replay`
/// assert!(verified.body().update(b"{\"amount\":").update(b"100}").finish().is_ok());
/// assert!(verified.body().update(b"{\"amount\":900}").finish().is_err());
///
/// let elsewhere = Components { target: b"/orders?dry=0", ..order };
/// let request = Profile::default().read(&elsewhere, Body::Follows, &headers).unwrap();
/// assert_eq!(request.verify(RequestKey::Hmac(&secret), now).err(), Some(SignatureReason::Forged));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a request is signed only when `verify` says so"]
pub struct SignedRequest<'m> {
    base: Base<'m>,
    input: Input<'m>,
    shown: Shown,
    expected: Option<[u8; 32]>,
    window: Window,
}

impl<'m> SignedRequest<'m> {
    /// Whose key it claims to be signed under: 1 to [`super::KEYID_MAX`] bytes of visible ASCII.
    #[must_use]
    pub const fn keyid(&self) -> &'m str {
        self.input.keyid
    }

    /// What makes it this request: 1 to [`super::NONCE_MAX`] bytes of visible ASCII.
    #[must_use]
    pub const fn nonce(&self) -> &'m str {
        self.input.nonce
    }

    /// The Unix second at which it claims to be signed.
    #[must_use]
    pub const fn created_s(&self) -> u64 {
        self.input.created_s
    }

    /// Whether this key signed it, and just now. The date is checked first: it says nothing about who signed.
    ///
    /// # Errors
    /// [`SignatureReason`], for the operator: the caller is told the same whichever it was, and the same as for an unknown `keyid`.
    /// # Bounds
    /// One HMAC, or one check of Ed25519, over at most 4,096 bytes.
    pub fn verify(self, key: RequestKey<'_>, now: Now) -> Result<Verified<'m>, SignatureReason> {
        let Input { created_s, expires_s, .. } = self.input;
        self.window.check(created_s, now)?;
        if expires_s.is_some_and(|expires_s| now.wall_s >= expires_s) {
            return Err(SignatureReason::Expired);
        }
        if self.input.alg.is_some_and(|alg| alg != key.algorithm()) {
            return Err(SignatureReason::Algorithm);
        }
        if !self.is_of(key) {
            return Err(SignatureReason::Forged);
        }
        let last_s = created_s.saturating_add(u64::from(self.window.tolerance_s));
        let until_s = expires_s.map_or(last_s, |expires_s| last_s.min(expires_s.saturating_sub(1)));
        Ok(Verified { keyid: self.input.keyid, nonce: self.input.nonce, created_s, until_s, expected: self.expected })
    }

    fn is_of(&self, key: RequestKey<'_>) -> bool {
        match (key, &self.shown) {
            (RequestKey::Hmac(key), Shown::Tag(tag)) => {
                let mac = self.base.pieces().iter().fold(key.start(), |mac, piece| mac.update(piece));
                mac.finish().matches(tag).is_ok()
            }
            #[cfg(feature = "verify")]
            (RequestKey::Ed25519(key), Shown::Ed25519(signature)) => {
                self.base.whole().is_some_and(|base| key.verify(&base, signature).is_ok())
            }
            (RequestKey::Hmac(_), Shown::Ed25519(_)) => false,
            #[cfg(feature = "verify")]
            (RequestKey::Ed25519(_), Shown::Tag(_)) => false,
        }
    }
}

impl RequestKey<'_> {
    /// As RFC 9421 §6.2.2 calls it.
    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Hmac(_) => "hmac-sha256",
            #[cfg(feature = "verify")]
            Self::Ed25519(_) => "ed25519",
        }
    }
}

/// A request that was signed, and what the host owes it: to look whether its nonce was seen before, and whether its body is the one that was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "its nonce may have been seen before, and its body is not checked yet"]
pub struct Verified<'m> {
    /// Whose key signed it: the sender of a `replay::Message`.
    pub keyid: &'m str,
    /// What makes it this request of theirs: the id of a `replay::Message`.
    pub nonce: &'m str,
    /// The Unix second at which it was signed.
    pub created_s: u64,
    /// The last Unix second at which it would be accepted: so long must its nonce be remembered.
    pub until_s: u64,
    expected: Option<[u8; 32]>,
}

impl Verified<'_> {
    /// The check of its body, to be begun once. What was signed without a body has none.
    pub fn body(&self) -> DigestCheck {
        DigestCheck::of(self.expected)
    }
}
