//! One webhook on its way: its signatures were read, its body comes.

use heapless::Vec;

use super::field::{FieldFault, only};
use super::secret::{SECRETS_MAX, SharedSecrets};
use super::window::Untimely;
use crate::mac::Mac;
use crate::request::Headers;

/// The most signatures that one message may carry: vendors send one for each secret that lives.
pub const SIGNATURES_MAX: usize = 8;

/// The longest header field that is read, in bytes: 8 signatures in hex and their names.
const FIELD_MAX: usize = 1024;

pub(super) type Signatures = Vec<[u8; 32], SIGNATURES_MAX>;

/// Why a webhook is not good: for the operator, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookReason {
    /// A header field that signs is not there.
    Missing,
    /// A header field that signs is there twice.
    Repeated,
    /// A header field that signs is not as its vendor writes it.
    Malformed,
    /// It was signed longer ago than is tolerated.
    Stale,
    /// It was signed in a future that no leeway allows.
    Future,
    /// It has a date, and the clock cannot be trusted.
    Clock,
    /// No secret makes any of its signatures: forged, changed on the way, or signed under a secret that is not ours.
    Forged,
}

impl WebhookReason {
    /// One word for a log.
    ///
    /// ```
    /// assert_eq!(caltrop::signed::WebhookReason::Stale.word(), "stale");
    /// ```
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Repeated => "repeated",
            Self::Malformed => "malformed",
            Self::Stale => "stale",
            Self::Future => "future",
            Self::Clock => "clock",
            Self::Forged => "forged",
        }
    }
}

impl From<FieldFault> for WebhookReason {
    fn from(fault: FieldFault) -> Self {
        match fault {
            FieldFault::Missing => Self::Missing,
            FieldFault::Repeated => Self::Repeated,
            FieldFault::TooLong => Self::Malformed,
        }
    }
}

impl From<Untimely> for WebhookReason {
    fn from(untimely: Untimely) -> Self {
        match untimely {
            Untimely::Stale => Self::Stale,
            Untimely::Future => Self::Future,
            Untimely::Clock => Self::Clock,
        }
    }
}

/// A webhook whose header fields were read, and whose body is still to come. It is good only when [`Check::finish`] says so.
///
/// # Example: a body in pieces
/// ```
/// use caltrop::{request::Header, signed::{SharedSecrets, WebhookReason, github}};
/// // GitHub's own example: docs.github.com, "Validating webhook deliveries".
/// let secrets = SharedSecrets::new(&[b"It's a Secret to Everybody"]).unwrap();
/// let value = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
/// let headers = [Header { name: b"X-Hub-Signature-256", value }];
/// let check = github(&secrets, &headers).unwrap();
/// assert_eq!(check.clone().update(b"Hello, ").update(b"World!").finish(), Ok(()));
/// assert_eq!(check.update(b"Hello, World?").finish(), Err(WebhookReason::Forged));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a webhook is good only when `finish` says so"]
pub struct Check<'s> {
    macs: Vec<Mac<'s>, SECRETS_MAX>,
    signatures: Signatures,
}

impl<'s> Check<'s> {
    /// Starts with what a vendor signs before the body.
    pub(super) fn start(secrets: &'s SharedSecrets, signatures: Signatures, before: &[&[u8]]) -> Self {
        let mut macs = Vec::new();
        for key in secrets.keys() {
            let mac = before.iter().fold(key.start(), |mac, piece| mac.update(piece));
            // As many places as there can be secrets.
            let _ = macs.push(mac);
        }
        Self { macs, signatures }
    }

    /// Adds the next piece of the body, as it was received: not decoded, not parsed and written anew.
    pub fn update(mut self, piece: &[u8]) -> Self {
        self.feed(piece);
        self
    }

    /// Adds the next piece of the body to a check that stays where it is.
    pub fn feed(&mut self, piece: &[u8]) {
        self.macs.iter_mut().for_each(|mac| mac.feed(piece));
    }

    /// Whether one of the signatures is the body's. All are compared, whichever hits.
    ///
    /// # Errors
    /// [`WebhookReason::Forged`].
    pub fn finish(self) -> Result<(), WebhookReason> {
        let mut is_good = false;
        for mac in self.macs {
            let ours = mac.finish();
            for signature in &self.signatures {
                is_good |= ours.matches(signature).is_ok();
            }
        }
        if is_good { Ok(()) } else { Err(WebhookReason::Forged) }
    }
}

/// The one field of this name, of a length that vendors send.
pub(super) fn field<'h>(headers: &'h dyn Headers, name: &[u8]) -> Result<&'h [u8], WebhookReason> {
    Ok(only(headers, name, FIELD_MAX)?)
}

/// One more signature, or too many.
pub(super) fn add(signatures: &mut Signatures, signature: Option<[u8; 32]>) -> Result<(), WebhookReason> {
    signatures.push(signature.ok_or(WebhookReason::Malformed)?).map_err(|_| WebhookReason::Malformed)
}
