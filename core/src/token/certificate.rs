// Read first: RFC 9440 §2.1 and §4 (the field, and whom to believe), RFC 8941 §3.3.5 (a byte sequence), RFC 8705 §3.1.
//! The certificate of a client, as a proxy that ended TLS tells it: `Client-Cert: :<base64 of DER>:`.
//!
//! Known limit: the field is whatever its sender writes. It counts only from a proxy that takes the caller's own away, which the host has to know;
//! and nobody here looks into the certificate: the proxy has verified it, or, for those that sign themselves (RFC 8705 §2.2), the token names it.
//! `Client-Cert-Chain` is not looked at.

use sha2::{Digest, Sha256};

use super::thumbprint::Thumbprint;
use crate::encode::base64url;
use crate::request::Headers;

/// The longest field, in bytes: a certificate of 6 KiB.
const FIELD_MAX: usize = 8192;

/// How many digits are read at once: whole bytes, so that the next begin afresh.
const PIECE: usize = 64;

/// The thumbprint of the certificate in the one field `Client-Cert`; `None` where there is no such field. Read in pieces: the certificate stands
/// nowhere.
///
/// Stricter than RFC 8941 §4.2.7 asks: padding must be there, bits behind the last byte are 0, nothing stands around the colons, and no parameters.
///
/// # Errors
/// [`ClientCertError`]; then the request has no certificate that could be believed, and is not to be served.
///
/// ```
/// use caltrop::{request::Header, token::{Thumbprint, client_cert}};
/// let with = |value| client_cert(&[Header { name: b"Client-Cert", value }]);
/// assert_eq!(with(b":MAMCAQA=:"), Ok(Some(Thumbprint::of_certificate(&[0x30, 3, 2, 1, 0]))));
/// assert!(with(b"MAMCAQA=").is_err());
/// ```
pub fn client_cert(headers: &dyn Headers) -> Result<Option<Thumbprint>, ClientCertError> {
    one(headers, b"client-cert")?.map(|value| digest(value).ok_or(ClientCertError::Malformed)).transpose()
}

/// The one field of a name, in lower case, if there is one.
pub(super) fn one<'h>(headers: &'h dyn Headers, name: &[u8]) -> Result<Option<&'h [u8]>, ClientCertError> {
    let mut found = (0..headers.count()).filter_map(|index| headers.field(index)).filter(|field| field.name.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(ClientCertError::Repeated),
        (first, None) => Ok(first.map(|field| field.value)),
    }
}

/// `None` for what is no byte sequence, or an empty one.
fn digest(value: &[u8]) -> Option<Thumbprint> {
    let digits = value.strip_prefix(b":")?.strip_suffix(b":")?;
    if value.len() > FIELD_MAX || digits.is_empty() || digits.len() % 4 != 0 {
        return None;
    }
    let digits = digits.strip_suffix(b"==").or_else(|| digits.strip_suffix(b"=")).unwrap_or(digits);
    let mut hash = Sha256::new();
    for piece in digits.chunks(PIECE) {
        let (mut text, mut bytes) = ([0; PIECE], [0; PIECE / 4 * 3]);
        text.iter_mut().zip(piece).for_each(|(room, digit)| *room = of_url(*digit));
        hash.update(base64url(text.get(..piece.len())?, &mut bytes)?);
    }
    Some(Thumbprint::of_hash(hash))
}

/// The digit of base64url for one of base64; for the two that are only base64url's own, one that is none.
const fn of_url(digit: u8) -> u8 {
    match digit {
        b'+' => b'-',
        b'/' => b'_',
        b'-' | b'_' => b'!',
        other => other,
    }
}

super::reasons::reasons! {
    /// Why the field that shows a certificate cannot be read.
    ClientCertError:
    /// It is there twice.
    Repeated = "repeated", "Client-Cert is there twice";
    /// It is no byte sequence between colons, or longer than 8 KiB.
    Malformed = "malformed", "Client-Cert is no base64 between two colons, or longer than 8 KiB";
}
