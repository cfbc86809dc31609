//! Nonces of the server: what a host demands of `nonce` when it cannot remember what it saw before it started.
//!
//! ```text
//! text = base64url(first 18 bytes of HMAC-SHA-256(key, "caltrop nonce v1" ‖ boot id, 16 bytes ‖ step, u64))        24 characters
//! step = mono / length of a step; a request's nonce = text ‖ something of the client's, of 1 to 104 characters
//! ```
//! Promises: who shows a nonce that begins with such a text was given it by this host, since this boot, at most two steps ago and no less than one
//! (by `mono`, so no wall clock is believed). So nothing that was signed before the boot is good after it, and a replay cache that begins empty at each
//! boot may begin with `since_s` 0.
//! Not promised: that the text was given to this client (all get the same one within a step), nor that the request is shown once: that is what
//! the client's part and the room `replay` are for; nor the date: the window of `created` holds besides.
//! Costs: nothing is remembered; one short HMAC to give, one or two to check.

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::mac;
use crate::time::Now;

/// How many characters a server nonce has.
pub const SERVER_NONCE_LEN: usize = 24;

/// 144 bits, a multiple of 3 bytes, so that the text has no bits behind them.
const BYTES: usize = 18;

/// Gives nonces, and knows them again. All workers that share a replay cache share key, boot id and step.
///
/// # Example: given, shown, and too late
/// ```
/// use caltrop::{Now, mac, signed::ServerNonces};
/// let key = mac::Key::new(&[7; 32]);                                // 32 bytes of a random generator
/// let nonces = ServerNonces::new(&key, [1; 16], 60).unwrap();       // 16 random bytes, new at each boot; steps of a minute
/// let at = |second: u64| Now { mono_ns: second * 1_000_000_000, ..Now::default() };
///
/// let given = nonces.give(at(30));                                  // sent in a field of an answer
/// let shown = [given.as_str(), "client-1"].concat();                // what the client signs
/// assert!(nonces.check(&shown, at(119)).is_ok());
/// assert!(nonces.check(&shown, at(120)).is_err());
/// assert!(nonces.check(given.as_str(), at(30)).is_err());           // nothing of the client's own behind it
/// assert!(ServerNonces::new(&key, [2; 16], 60).unwrap().check(&shown, at(119)).is_err());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ServerNonces<'k> {
    key: &'k mac::Key,
    boot: [u8; 16],
    step_s: u32,
}

impl<'k> ServerNonces<'k> {
    /// Nonces of one boot. `boot` is unpredictable, and new whenever the clock or the replay cache begins anew.
    ///
    /// `None` for steps of no length.
    #[must_use]
    pub const fn new(key: &'k mac::Key, boot: [u8; 16], step_s: u32) -> Option<Self> {
        if step_s == 0 { None } else { Some(Self { key, boot, step_s }) }
    }

    /// The nonce of this step.
    #[must_use]
    pub fn give(&self, now: Now) -> ServerNonce {
        let mut text = [b'A'; SERVER_NONCE_LEN];
        if let Some(bytes) = self.tag(self.step(now)).as_bytes().first_chunk::<BYTES>() {
            // 18 bytes have 24 digits, so it always fits.
            let _ = Base64UrlUnpadded::encode(bytes, &mut text);
        }
        ServerNonce(text)
    }

    /// Whether a request's `nonce` begins with the nonce of this step or the one before it, and goes on.
    ///
    /// # Errors
    /// [`NonceError`]: the caller is given a new one, and may sign again.
    pub fn check(&self, nonce: &str, now: Now) -> Result<(), NonceError> {
        let (text, own) = nonce.as_bytes().split_first_chunk::<SERVER_NONCE_LEN>().ok_or(NonceError)?;
        let mut shown = [0; BYTES];
        let is_text = Base64UrlUnpadded::decode(text, &mut shown).is_ok_and(|bytes| bytes.len() == BYTES);
        let step = self.step(now);
        let is_of = |step| self.tag(step).matches(&shown).is_ok();
        let is_given = is_of(step) || step.checked_sub(1).is_some_and(is_of);
        if is_text && is_given && !own.is_empty() { Ok(()) } else { Err(NonceError) }
    }

    fn step(&self, now: Now) -> u64 {
        (now.mono_ns / 1_000_000_000).checked_div(u64::from(self.step_s)).unwrap_or(0)
    }

    fn tag(&self, step: u64) -> mac::Tag {
        self.key.start().update(b"caltrop nonce v1").update(&self.boot).update(&step.to_le_bytes()).finish()
    }
}

/// What a client puts in front of its own nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerNonce([u8; SERVER_NONCE_LEN]);

impl ServerNonce {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default() // always ASCII
    }
}

/// The nonce was not given by this host, or too long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonceError;

impl fmt::Display for NonceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a nonce that was given lately: take a new one, and sign again")
    }
}

impl core::error::Error for NonceError {}
