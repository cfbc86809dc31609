//! The signature base (RFC 9421 §2.5): the bytes that are signed.

use heapless::Vec;

use super::components::{AUTHORITY_MAX, Derived, METHOD_MAX, TARGET_MAX};
use super::digest::DIGEST_FIELD_MAX;
use super::input::PARAMS_MAX;

/// The longest base, in bytes.
const BASE_MAX: usize = 4096;

/// Names, quotes, colons and line breaks; and the `?` of a request without a query.
const AROUND: usize = 96;

const _: () = assert!(METHOD_MAX + AUTHORITY_MAX + TARGET_MAX + DIGEST_FIELD_MAX + PARAMS_MAX + AROUND <= BASE_MAX);

/// A base in its parts; each of them was checked to have no line break.
#[derive(Debug, Clone)]
pub(super) struct Base<'m> {
    pub(super) derived: Derived<'m>,
    /// The value of `Content-Digest`, if it is covered.
    pub(super) digest: Option<&'m [u8]>,
    /// The value of `@signature-params`, as it was received.
    pub(super) params: &'m [u8],
}

impl Base<'_> {
    /// The base, to be taken one after the other.
    pub(super) fn pieces(&self) -> [&[u8]; 12] {
        let Derived { method, authority, path, query } = &self.derived;
        let (name, digest): (&[u8], &[u8]) = match self.digest {
            Some(value) => (b"\n\"content-digest\": ", value),
            None => (b"", b""),
        };
        [
            b"\"@method\": ",
            method,
            b"\n\"@authority\": ",
            authority,
            b"\n\"@path\": ",
            path,
            b"\n\"@query\": ",
            query,
            name,
            digest,
            b"\n\"@signature-params\": ",
            self.params,
        ]
    }

    /// The base as one text; `None` for none, since its parts are bounded.
    pub(super) fn whole(&self) -> Option<Vec<u8, BASE_MAX>> {
        let mut whole = Vec::new();
        for piece in self.pieces() {
            whole.extend_from_slice(piece).ok()?;
        }
        Some(whole)
    }
}
