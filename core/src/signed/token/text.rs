//! The text of a token, taken apart and put together; what it is worth is decided elsewhere.

use base64ct::{Base64UrlUnpadded, Encoding};

use super::IssueError;
use crate::mac::Tag;

/// The most claims a token carries, in bytes: a token then fits a cookie and a request line of 2 KiB.
pub const CLAIMS_MAX: usize = 1024;

/// The longest token, in bytes.
pub const TOKEN_MAX: usize = token_len(CLAIMS_MAX);

/// What a token of format 1 begins with.
const VERSION: [u8; 3] = *b"c1.";
/// Key id and expiry: 9 bytes, a multiple of 3, so that the claims' text begins afresh.
const HEAD: usize = 9;
const HEAD_TEXT: usize = 12;
/// Base64url of 32 bytes without padding.
const TAG_TEXT: usize = 43;

/// How long a token with so many bytes of claims is.
///
/// ```
/// assert_eq!((caltrop::signed::token_len(0), caltrop::signed::token_len(7)), (59, 69));
/// ```
#[must_use]
pub const fn token_len(claims_len: usize) -> usize {
    let fixed = VERSION.len().saturating_add(HEAD_TEXT).saturating_add(TAG_TEXT).saturating_add(1);
    claims_len.saturating_mul(4).div_ceil(3).saturating_add(fixed)
}

/// A token in its parts. Nothing of it is to be believed yet.
pub(super) struct Text<'t> {
    /// Whose tag it should have.
    pub(super) key_id: u8,
    /// When it ends.
    pub(super) expires_s: u64,
    /// All before the last dot: what the tag is of.
    pub(super) signed: &'t [u8],
    pub(super) tag: [u8; 32],
    claims: &'t [u8],
}

impl<'t> Text<'t> {
    /// Takes a token apart. The claims are left as text until their tag is known to be good.
    pub(super) fn read(token: &'t [u8]) -> Option<Self> {
        if token.len() > TOKEN_MAX {
            return None;
        }
        let (before, tag) = token.split_last_chunk::<TAG_TEXT>()?;
        let signed = before.strip_suffix(b".")?;
        let (head, claims) = signed.strip_prefix(&VERSION)?.split_first_chunk::<HEAD_TEXT>()?;
        let [key_id, expires @ ..] = bytes::<HEAD>(head)?;
        Some(Self { key_id, expires_s: u64::from_le_bytes(expires), signed, tag: bytes(tag)?, claims })
    }

    pub(super) const fn claims_len(&self) -> usize {
        self.claims.len().saturating_mul(3) / 4
    }

    pub(super) fn claims<'o>(&self, out: &'o mut [u8]) -> Option<&'o [u8]> {
        Base64UrlUnpadded::decode(self.claims, out).ok()
    }
}

/// Exactly so many bytes. `base64ct` refuses bits behind the last byte, so one value has one text.
fn bytes<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let len = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
    (len == N).then_some(bytes)
}

/// Writes a token; `tag` makes the tag of all before the last dot.
pub(super) fn write<'o>(
    claims: &[u8],
    key_id: u8,
    expires_s: u64,
    out: &'o mut [u8],
    tag: impl Fn(&[u8]) -> Tag,
) -> Result<&'o str, IssueError> {
    if claims.len() > CLAIMS_MAX {
        return Err(IssueError::ClaimsTooLong { given: claims.len() });
    }
    let (need, have) = (token_len(claims.len()), out.len());
    let no_room = IssueError::Room { need, have };
    let text = out.get_mut(..need).ok_or(no_room)?;
    fill(text, claims, key_id, expires_s, tag).ok_or(no_room)?;
    core::str::from_utf8(text).map_err(|_| no_room)
}

/// `None` only for a text of another length than [`token_len`] says.
fn fill(text: &mut [u8], claims: &[u8], key_id: u8, expires_s: u64, tag: impl Fn(&[u8]) -> Tag) -> Option<()> {
    let (before, tag_text) = text.split_last_chunk_mut::<TAG_TEXT>()?;
    let (dot, signed) = before.split_last_mut()?;
    let (version, rest) = signed.split_first_chunk_mut()?;
    let (head_text, claims_text) = rest.split_first_chunk_mut::<HEAD_TEXT>()?;
    let mut head = [0; HEAD];
    let (id, expires) = head.split_first_mut()?;
    *id = key_id;
    expires.iter_mut().zip(expires_s.to_le_bytes()).for_each(|(slot, byte)| *slot = byte);
    (*version, *dot) = (VERSION, b'.');
    Base64UrlUnpadded::encode(&head, head_text).ok()?;
    Base64UrlUnpadded::encode(claims, claims_text).ok()?;
    Base64UrlUnpadded::encode(tag(signed).as_bytes(), tag_text).ok()?;
    Some(())
}
