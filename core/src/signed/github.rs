// Read first: docs.github.com, "Validating webhook deliveries".
//! GitHub: `X-Hub-Signature-256: sha256=<hex>` over the body.
//!
//! Known limit: GitHub signs no date, so a delivery stays good for ever. Whoever must not act twice keeps `X-GitHub-Delivery`, which is not signed either.
//! `X-Hub-Signature` (SHA-1) is not looked at.

use super::check::{Check, Signatures, WebhookReason, add, field};
use super::secret::SharedSecrets;
use crate::encode::bytes_hex;
use crate::request::Headers;

/// Begins with a delivery of GitHub's.
///
/// ```
/// use caltrop::{request::Header, signed::{SharedSecrets, WebhookReason, github}};
/// let secrets = SharedSecrets::new(&[b"secret"]).unwrap();
/// let headers = [Header { name: b"X-Hub-Signature", value: b"sha1=..." }];
/// assert_eq!(github(&secrets, &headers).err(), Some(WebhookReason::Missing));
/// ```
/// # Errors
/// [`WebhookReason`]: the header field is missing, repeated or malformed.
pub fn github<'s>(secrets: &'s SharedSecrets, headers: &dyn Headers) -> Result<Check<'s>, WebhookReason> {
    let value = field(headers, b"x-hub-signature-256")?;
    let mut signatures = Signatures::new();
    add(&mut signatures, value.strip_prefix(b"sha256=").and_then(bytes_hex))?;
    Ok(Check::start(secrets, signatures, &[]))
}
