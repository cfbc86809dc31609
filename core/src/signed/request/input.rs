//! `Signature-Input` and `Signature`, read strictly: of structured fields (RFC 8941) only what the profile needs, and that in the one way in which it
//! is written (RFC 8941 §4.1). So the text that came is the text that was signed.

use base64ct::{Base64, Encoding};

use super::reason::SignatureReason;
use crate::signed::window::seconds;

/// The longest `Signature-Input`, in bytes: every parameter at its longest.
pub(super) const INPUT_MAX: usize = 1024;
/// The longest value of `@signature-params` is shorter than the field.
pub(super) const PARAMS_MAX: usize = INPUT_MAX;
/// The longest `Signature`, in bytes: a label, and 64 bytes in base64.
pub(super) const SIGNATURE_FIELD_MAX: usize = LABEL_MAX + 91;
/// The longest label, in bytes.
const LABEL_MAX: usize = 64;

/// The longest `keyid`, in bytes.
pub const KEYID_MAX: usize = 255;
/// The longest `nonce`, in bytes.
pub const NONCE_MAX: usize = 128;
/// The longest `tag`, in bytes.
pub const TAG_MAX: usize = 63;

/// What is always covered, in its order.
pub(super) const COVERED: &[u8] = br#"("@method" "@authority" "@path" "@query""#;
/// What is covered behind it if there is a body.
pub(super) const COVERED_DIGEST: &[u8] = br#" "content-digest""#;

/// What a request says of its signature. Nothing of it is to be believed yet.
#[derive(Debug, Clone)]
pub(super) struct Input<'h> {
    label: &'h [u8],
    /// From the first parenthesis to the end: what `@signature-params` is.
    pub(super) params: &'h [u8],
    pub(super) covers_digest: bool,
    pub(super) created_s: u64,
    pub(super) expires_s: Option<u64>,
    pub(super) nonce: &'h str,
    pub(super) keyid: &'h str,
    pub(super) alg: Option<&'h str>,
    pub(super) tag: Option<&'h str>,
}

impl<'h> Input<'h> {
    pub(super) fn read(field: &'h [u8]) -> Result<Self, SignatureReason> {
        let (label, params) = parted(field, b'=').filter(|(label, _)| is_label(label)).ok_or(SignatureReason::Malformed)?;
        let covered = params.strip_prefix(b"(").and_then(|_| params.strip_prefix(COVERED)).ok_or(match params.first() {
            Some(b'(') => SignatureReason::Components,
            _ => SignatureReason::Malformed,
        })?;
        let (covers_digest, rest) = match covered.strip_prefix(COVERED_DIGEST) {
            Some(rest) => (true, rest),
            None => (false, covered),
        };
        let mut rest = rest.strip_prefix(b")").ok_or(SignatureReason::Components)?;
        let mut read = Parameters::default();
        while let Some(parameter) = rest.strip_prefix(b";") {
            rest = read.one(parameter).ok_or(SignatureReason::Malformed)?;
        }
        match rest.first() {
            None => {}
            Some(b',') => return Err(SignatureReason::Several),
            Some(_) => return Err(SignatureReason::Malformed),
        }
        let Parameters { created_s: Some(created_s), nonce: Some(nonce), keyid: Some(keyid), expires_s, alg, tag } = read else {
            return Err(SignatureReason::Malformed);
        };
        Ok(Self { label, params, covers_digest, created_s, expires_s, nonce, keyid, alg, tag })
    }
}

/// The parameters of RFC 9421 §2.3, each at most once; another one may change what a signature means, so it is refused.
#[derive(Default)]
struct Parameters<'h> {
    created_s: Option<u64>,
    expires_s: Option<u64>,
    nonce: Option<&'h str>,
    keyid: Option<&'h str>,
    alg: Option<&'h str>,
    tag: Option<&'h str>,
}

impl<'h> Parameters<'h> {
    /// Reads one, and gives what is behind it.
    fn one(&mut self, text: &'h [u8]) -> Option<&'h [u8]> {
        let (name, value) = parted(text, b'=')?;
        match name {
            b"created" => integer(&mut self.created_s, value),
            b"expires" => integer(&mut self.expires_s, value),
            b"nonce" => string(&mut self.nonce, value, NONCE_MAX),
            b"keyid" => string(&mut self.keyid, value, KEYID_MAX),
            b"alg" => string(&mut self.alg, value, TAG_MAX),
            b"tag" => string(&mut self.tag, value, TAG_MAX),
            _ => None,
        }
    }
}

fn integer<'h>(slot: &mut Option<u64>, text: &'h [u8]) -> Option<&'h [u8]> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    slot.replace(seconds(digits)?).is_none().then_some(rest)
}

fn string<'h>(slot: &mut Option<&'h str>, text: &'h [u8], max: usize) -> Option<&'h [u8]> {
    let (bytes, rest) = parted(text.strip_prefix(b"\"")?, b'"')?;
    let value = core::str::from_utf8(bytes).ok().filter(|value| is_value(value, max))?;
    slot.replace(value).is_none().then_some(rest)
}

/// 1 to `max` bytes of visible ASCII without a quotation mark or backslash: one value then has one text.
pub(super) fn is_value(value: &str, max: usize) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    (1..=max).contains(&value.len()) && value.bytes().all(is_plain)
}

/// A key of a dictionary (RFC 8941 §3.1.2).
fn is_label(label: &[u8]) -> bool {
    let is_first = matches!(label.first(), Some(b'a'..=b'z' | b'*'));
    is_first && label.len() <= LABEL_MAX && label.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*'))
}

/// What stands before the first `mark`, and what behind it.
pub(super) fn parted(text: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let (before, rest) = text.split_at_checked(text.iter().position(|&byte| byte == mark)?)?;
    Some((before, rest.get(1..)?))
}

/// The bytes of a signature, of one of the two lengths that there are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shown {
    Tag([u8; 32]),
    #[cfg_attr(
        not(feature = "verify"),
        allow(dead_code, reason = "without Ed25519 its signatures are told from others, and never verified")
    )]
    Ed25519([u8; 64]),
}

impl Shown {
    /// Reads `Signature`, whose label must be that of the input.
    pub(super) fn read(field: &[u8], input: &Input<'_>) -> Result<Self, SignatureReason> {
        let of_label = field.strip_prefix(input.label).and_then(|rest| rest.strip_prefix(b"=:")).ok_or(SignatureReason::Malformed)?;
        let (text, rest) = parted(of_label, b':').ok_or(SignatureReason::Malformed)?;
        match rest.first() {
            None => {}
            Some(b',') => return Err(SignatureReason::Several),
            Some(_) => return Err(SignatureReason::Malformed),
        }
        Self::decode(text).ok_or(SignatureReason::Malformed)
    }

    fn decode(text: &[u8]) -> Option<Self> {
        let mut room = [0; 64];
        let bytes = Base64::decode(text, &mut room).ok()?;
        match <[u8; 32]>::try_from(bytes) {
            Ok(tag) => Some(Self::Tag(tag)),
            Err(_) => Some(Self::Ed25519(bytes.try_into().ok()?)),
        }
    }
}
