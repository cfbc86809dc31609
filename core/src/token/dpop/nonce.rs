// Read first: RFC 9449 §8 and §9.
//! Nonces of a server that remembers none.
//!
//! ```text
//! nonce(step) = first 16 bytes of HMAC-SHA-256(secret, "caltrop dpop nonce v1" ‖ step), step = wall seconds / step_s, as a u64, last byte first
//! ```
//! So all servers of one secret give and know the same nonces. A nonce lives for the rest of its step and for the next: at least one step, at most
//! two. It says only that a proof is younger than that; that it is shown once, a replay cache says.

use base64ct::{Base64UrlUnpadded, Encoding};
use core::num::NonZero;

use crate::encode::base64url;
use crate::mac;
use crate::time::{Now, Quality};

/// What a nonce is of, so that the secret's other uses have other messages.
const PURPOSE: &[u8] = b"caltrop dpop nonce v1";
/// A truncated tag of 16 bytes in base64url.
const TEXT_LEN: usize = 22;

/// A nonce, as `DPoP-Nonce` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce([u8; TEXT_LEN]);

impl Nonce {
    /// 22 characters of base64url.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Gives nonces, and knows those that still live.
///
/// # Example: live for its step and the next
/// ```
/// use caltrop::{Now, mac, time::Quality, token::Nonces};
/// use core::num::NonZero;
/// let nonces = Nonces::new(mac::Key::new(&[7; 32]), NonZero::new(300).unwrap()); // 32 bytes of a random generator, from a file
/// let at = |wall_s| Now { wall_s, quality: Quality::Trusted, ..Now::default() };
/// let nonce = nonces.issue(at(1_796_000_100));
/// assert!(nonces.is_live(nonce.as_str().as_bytes(), at(1_796_000_699)));
/// assert!(!nonces.is_live(nonce.as_str().as_bytes(), at(1_796_000_700)));
/// assert!(!nonces.is_live(b"", at(1_796_000_100)));
/// ```
#[derive(Debug, Clone)]
pub struct Nonces {
    secret: mac::Key,
    step_s: NonZero<u32>,
}

impl Nonces {
    /// Under a secret of 32 random bytes, with so many seconds a step.
    #[must_use]
    pub const fn new(secret: mac::Key, step_s: NonZero<u32>) -> Self {
        Self { secret, step_s }
    }

    /// The nonce of now.
    #[must_use]
    pub fn issue(&self, now: Now) -> Nonce {
        let mut text = [0; TEXT_LEN];
        // It always fits.
        let _ = Base64UrlUnpadded::encode(&self.tag(self.step(now)).truncated(), &mut text);
        Nonce(text)
    }

    /// Whether it was given in this step or in the one before: both are looked at, in constant time. Never while the wall clock cannot be believed.
    #[must_use]
    pub fn is_live(&self, nonce: &[u8], now: Now) -> bool {
        let mut bytes = [0; mac::TAG_MIN];
        let is_read = nonce.len() == TEXT_LEN && base64url(nonce, &mut bytes).is_some();
        let step = self.step(now);
        let is_of = |step| self.tag(step).matches(&bytes).is_ok();
        let (is_of_this, is_of_last) = (is_of(step), step.checked_sub(1).is_some_and(is_of));
        is_read && now.quality == Quality::Trusted && (is_of_this | is_of_last)
    }

    fn step(&self, now: Now) -> u64 {
        now.wall_s / NonZero::<u64>::from(self.step_s)
    }

    fn tag(&self, step: u64) -> mac::Tag {
        self.secret.start().update(PURPOSE).update(&step.to_le_bytes()).finish()
    }
}
