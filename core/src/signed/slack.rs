// Read first: docs.slack.dev, "Verifying requests from Slack".
//! Slack: `X-Slack-Signature: v0=<hex>` over `v0:<X-Slack-Request-Timestamp>:<body>`.

use super::check::{Check, Signatures, WebhookReason, add, field};
use super::secret::SharedSecrets;
use super::window::{Window, seconds};
use crate::encode::bytes_hex;
use crate::request::Headers;
use crate::time::Now;

/// Begins with a request of Slack's. The date is checked first: it says nothing about who sent it.
///
/// ```
/// use caltrop::{Now, request::Header, signed::{SharedSecrets, WebhookReason, Window, slack}, time::Quality};
/// let secrets = SharedSecrets::new(&[b"secret"]).unwrap();
/// let signature = [&b"v0="[..], &[b'a'; 64]].concat();
/// let headers = [
///     Header { name: b"x-slack-request-timestamp", value: b"1531420618" },
///     Header { name: b"x-slack-signature", value: &signature },
/// ];
/// let now = |wall_s| Now { wall_s, mono_ns: 0, quality: Quality::Trusted };
/// assert!(slack(&secrets, &headers, Window::default(), now(1_531_420_700)).is_ok());
/// assert_eq!(slack(&secrets, &headers, Window::default(), now(1_531_420_919)).err(), Some(WebhookReason::Stale));
/// ```
/// # Errors
/// [`WebhookReason`], but for `Forged`, which [`Check::finish`] says.
pub fn slack<'s>(secrets: &'s SharedSecrets, headers: &dyn Headers, window: Window, now: Now) -> Result<Check<'s>, WebhookReason> {
    let timestamp = field(headers, b"x-slack-request-timestamp")?;
    let value = field(headers, b"x-slack-signature")?;
    let mut signatures = Signatures::new();
    add(&mut signatures, value.strip_prefix(b"v0=").and_then(bytes_hex))?;
    window.check(seconds(timestamp).ok_or(WebhookReason::Malformed)?, now)?;
    Ok(Check::start(secrets, signatures, &[b"v0:", timestamp, b":"]))
}
