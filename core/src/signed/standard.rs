// Read first: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md 1.0.0.
//! Standard Webhooks: `webhook-signature: v1,<base64> …` over `<webhook-id>.<webhook-timestamp>.<body>`.
//!
//! Other versions in the list (`v1a`, Ed25519) are passed over. An id with a full stop is refused: the specification warns of it, since
//! `a` + `1` + `2.body` and `a.1` + `2` + `body` are signed alike.

use base64ct::{Base64, Encoding};

use super::check::{Check, Signatures, WebhookReason, add, field};
use super::secret::SharedSecrets;
use super::window::{Window, seconds};
use crate::request::Headers;
use crate::time::Now;

/// The longest `webhook-id`, in bytes.
const ID_MAX: usize = 255;

/// Begins with a webhook. The date is checked first: it says nothing about who sent it. `webhook-id` is signed: who must not act twice keeps it.
///
/// ```
/// use caltrop::{Now, request::Header, signed::{SharedSecrets, Window, standard}, time::Quality};
/// let secrets = SharedSecrets::standard(&["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]).unwrap();
/// let headers = [
///     Header { name: b"webhook-id", value: b"msg_p5jXN8AQM9LWM0D4loKWxJek" },
///     Header { name: b"webhook-timestamp", value: b"1614265330" },
///     Header { name: b"webhook-signature", value: b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" },
/// ];
/// let now = Now { wall_s: 1_614_265_330, mono_ns: 0, quality: Quality::Trusted };
/// let check = standard(&secrets, &headers, Window::default(), now).unwrap();
/// assert!(check.clone().update(br#"{"test": 2432232314}"#).finish().is_ok());
/// assert!(check.update(br#"{"test": 2432232315}"#).finish().is_err());
/// ```
/// # Errors
/// [`WebhookReason`], but for `Forged`, which [`Check::finish`] says.
pub fn standard<'s>(secrets: &'s SharedSecrets, headers: &dyn Headers, window: Window, now: Now) -> Result<Check<'s>, WebhookReason> {
    let id = field(headers, b"webhook-id")?;
    let timestamp = field(headers, b"webhook-timestamp")?;
    let signatures = read(field(headers, b"webhook-signature")?)?;
    if id.is_empty() || id.len() > ID_MAX || !id.iter().all(|&byte| byte.is_ascii_graphic() && byte != b'.') {
        return Err(WebhookReason::Malformed);
    }
    window.check(seconds(timestamp).ok_or(WebhookReason::Malformed)?, now)?;
    Ok(Check::start(secrets, signatures, &[id, b".", timestamp, b"."]))
}

fn read(value: &[u8]) -> Result<Signatures, WebhookReason> {
    let mut signatures = Signatures::new();
    for item in value.split(|&byte| byte == b' ') {
        let comma = item.iter().position(|&byte| byte == b',').ok_or(WebhookReason::Malformed)?;
        match item.split_at_checked(comma) {
            Some((b"v1", text)) => add(&mut signatures, text.get(1..).and_then(base64_32))?,
            Some((b"", _)) | None => return Err(WebhookReason::Malformed),
            Some(_) => {}
        }
    }
    if signatures.is_empty() { Err(WebhookReason::Malformed) } else { Ok(signatures) }
}

fn base64_32(text: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let len = Base64::decode(text, &mut bytes).ok()?.len();
    (len == bytes.len()).then_some(bytes)
}
