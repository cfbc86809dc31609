// Read first: docs.stripe.com/webhooks, "Verify webhook signatures manually".
//! Stripe: `Stripe-Signature: t=<seconds>,v1=<hex>,…` over `<t>.<body>`.
//!
//! While a secret is rolled there is a `v1` for each that lives. Other names (`v0` of test events) are passed over, as Stripe asks, so that
//! nobody is downgraded to one.

use super::check::{Check, Signatures, WebhookReason, add, field};
use super::secret::SharedSecrets;
use super::window::{Window, seconds};
use crate::encode::bytes_hex;
use crate::request::Headers;
use crate::time::Now;

/// Begins with an event of Stripe's. The date is checked first: it says nothing about who sent it.
///
/// ```
/// use caltrop::{Now, request::Header, signed::{SharedSecrets, WebhookReason, Window, stripe}, time::Quality};
/// let secrets = SharedSecrets::new(&[b"whsec_new", b"whsec_old"]).unwrap();
/// let headers = [Header { name: b"Stripe-Signature", value: b"t=1492774577,v0=6ffb" }];
/// let now = Now { wall_s: 1_492_774_577, mono_ns: 0, quality: Quality::Trusted };
/// assert_eq!(stripe(&secrets, &headers, Window::default(), now).err(), Some(WebhookReason::Malformed)); // no v1
/// ```
/// # Errors
/// [`WebhookReason`], but for `Forged`, which [`Check::finish`] says.
pub fn stripe<'s>(secrets: &'s SharedSecrets, headers: &dyn Headers, window: Window, now: Now) -> Result<Check<'s>, WebhookReason> {
    let (timestamp, signatures) = read(field(headers, b"stripe-signature")?)?;
    window.check(seconds(timestamp).ok_or(WebhookReason::Malformed)?, now)?;
    Ok(Check::start(secrets, signatures, &[timestamp, b"."]))
}

fn read(value: &[u8]) -> Result<(&[u8], Signatures), WebhookReason> {
    let (mut timestamp, mut signatures) = (None, Signatures::new());
    for item in value.split(|&byte| byte == b',') {
        let equals = item.iter().position(|&byte| byte == b'=').ok_or(WebhookReason::Malformed)?;
        match item.split_at_checked(equals) {
            Some((b"t", text)) if timestamp.is_none() => timestamp = text.get(1..),
            Some((b"v1", text)) => add(&mut signatures, text.get(1..).and_then(bytes_hex))?,
            // Two dates: which one was signed?
            Some((b"t" | b"", _)) | None => return Err(WebhookReason::Malformed),
            Some(_) => {}
        }
    }
    match timestamp {
        Some(timestamp) if !signatures.is_empty() => Ok((timestamp, signatures)),
        _ => Err(WebhookReason::Malformed),
    }
}
