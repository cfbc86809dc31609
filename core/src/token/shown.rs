//! A token before anybody believes it: what it says of itself, to find whose it may be.

use super::jws::{HEADER_MAX, Jws, TOKEN_MAX};
use super::rules::{Header, object};
use super::verifier::TokenReason;
use crate::json::{Object, Value};

/// The longest payload, decoded.
const PAYLOAD_MAX: usize = TOKEN_MAX / 4 * 3;

/// Where its parts are decoded.
pub(crate) struct Room {
    header: [u8; HEADER_MAX],
    payload: [u8; PAYLOAD_MAX],
}

impl Room {
    pub(crate) const fn new() -> Self {
        Self { header: [0; HEADER_MAX], payload: [0; PAYLOAD_MAX] }
    }
}

/// A token whose parts could be read.
pub(crate) struct Shown<'t, 'b> {
    pub(super) jws: Jws<'t>,
    pub(super) header: Header<'b>,
    pub(super) claims: Object<'b>,
    pub(super) payload: &'b [u8],
}

impl<'t, 'b> Shown<'t, 'b> {
    #[inline(never)]
    pub(crate) fn read(token: &'t [u8], room: &'b mut Room) -> Result<Self, TokenReason> {
        if token.len() > TOKEN_MAX {
            return Err(TokenReason::TooLong);
        }
        let jws = Jws::split(token).ok_or(TokenReason::Malformed)?;
        let header = Header::read(object(jws.header(&mut room.header).ok_or(TokenReason::Malformed)?)?)?;
        let payload = jws.payload(&mut room.payload).ok_or(TokenReason::Malformed)?;
        Ok(Self { jws, header, claims: object(payload)?, payload })
    }

    pub(super) fn claim(&self, name: &str) -> Option<Value<'b>> {
        self.claims.get(name)
    }
}

/// Whether something can be a token at all: three parts between two dots, the first of which begins as JSON does, encoded.
pub(crate) fn has_shape(text: &[u8]) -> bool {
    text.starts_with(b"eyJ") && Jws::split(text).is_some()
}
