//! The compact serialization of RFC 7515 §7.1: three texts of base64url between two dots.

use super::key::Key;
use crate::encode::base64url;

/// The longest token, in bytes.
pub const TOKEN_MAX: usize = 8192;

/// The longest header, decoded.
pub(super) const HEADER_MAX: usize = 1024;
/// The longest signature: RSA of 4,096 bits.
const SIGNATURE_MAX: usize = 512;

/// The parts of a token; nothing of them is believed yet.
#[derive(Clone, Copy)]
pub(super) struct Jws<'t> {
    /// What is signed: header, dot and payload as they stand.
    signed: &'t [u8],
    header: &'t [u8],
    payload: &'t [u8],
    signature: &'t [u8],
}

impl<'t> Jws<'t> {
    /// `None` unless there are three parts, none of them empty: five are encrypted, and a detached payload is somebody else's.
    pub(super) fn split(token: &'t [u8]) -> Option<Self> {
        let mut parts = token.split(|&byte| byte == b'.');
        let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || header.is_empty() || payload.is_empty() || signature.is_empty() {
            return None;
        }
        let signed = token.get(..header.len().checked_add(payload.len())?.checked_add(1)?)?;
        Some(Self { signed, header, payload, signature })
    }

    pub(super) fn header<'b>(&self, buffer: &'b mut [u8; HEADER_MAX]) -> Option<&'b [u8]> {
        base64url(self.header, buffer)
    }

    /// How many bytes the payload takes, decoded.
    pub(super) const fn payload_len(&self) -> usize {
        // Three quarters, rounded down: without padding no text is one digit longer than its bytes.
        self.payload.len().saturating_mul(3) / 4
    }

    pub(super) fn payload<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        base64url(self.payload, buffer)
    }

    /// Whether one of the keys has signed it.
    pub(super) fn is_signed_by<'k>(&self, mut keys: impl Iterator<Item = &'k Key<'k>>) -> bool {
        let mut buffer = [0; SIGNATURE_MAX];
        base64url(self.signature, &mut buffer).is_some_and(|signature| keys.any(|key| key.has_signed(self.signed, signature)))
    }
}

#[cfg(test)]
mod tests {
    use super::Jws;
    use crate::encode::base64url;
    use crate::token::Key;
    use crate::verify::PublicKey;

    /// RFC 8037, appendix A.4, which has no type and no claims.
    #[test]
    fn the_rfcs_ed25519_example_is_signed_by_its_key() {
        let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let mut bytes = [0; 32];
        let key = base64url(b"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", &mut bytes);
        let key = key.and_then(|key| PublicKey::from_bytes(key.try_into().ok()?).ok()).map(|key| Key::ed25519(None, key));
        let is_signed = |token: &str| Jws::split(token.as_bytes()).is_some_and(|jws| jws.is_signed_by(key.iter()));
        assert!(is_signed(token) && !is_signed(&token.replacen("RXhh", "RXhi", 1)));
    }

    #[test]
    fn three_parts_are_a_token_and_nothing_else() {
        for bad in ["", ".", "..", "a", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d", "a.b.c.d.e"] {
            assert!(Jws::split(bad.as_bytes()).is_none(), "{bad:?}");
        }
        assert!(Jws::split(b"a.b.c").is_some());
    }
}
