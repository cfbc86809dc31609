//! The path of a request, canonical or refused.
//!
//! Raw bytes are RFC 3986 `pchar` without `;`, and `/`. Refused besides: an escape of `/ \ ; %`, of a control byte or DEL; a segment that is
//! `.` or `..`, raw or escaped; an empty segment but the last; a segment that is not UTF-8 once decoded. An escaped unreserved byte (`%7E`)
//! is accepted, since segments compare decoded.

use core::cmp::Ordering;
use core::fmt;

/// The longest path, in bytes as received.
pub const PATH_MAX: usize = 2048;

/// The most segments of a path.
pub const SEGMENTS_MAX: usize = 32;

/// The path and query of a request target in origin form (RFC 9112 §3.2.1).
///
/// # Example: taken apart, then refused
/// ```
/// use caltrop::access::{Path, PathError};
/// let path = Path::parse(b"/v1/caf%C3%A9?page=2").unwrap();
/// let second = path.segments().nth(1).unwrap();
/// assert!(second.decoded().eq("café".bytes()));
/// assert_eq!(path.query(), Some(&b"page=2"[..]));
/// assert_eq!(Path::parse(b"/v1/%2e%2E/admin").err(), Some(PathError::DotSegment));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<'r> {
    path: &'r [u8],
    query: Option<&'r [u8]>,
    /// Whether a `%` may stand in it.
    is_escaped: bool,
}

impl<'r> Path<'r> {
    /// Checks a request target.
    ///
    /// # Errors
    /// [`PathError`] says which rule it breaks.
    /// # Bounds
    /// One look at each byte, and a second one from the first segment on where any needs it.
    pub fn parse(target: &'r [u8]) -> Result<Self, PathError> {
        let look = Look::at(target);
        let (path, query) = (target.get(..look.end).unwrap_or_default(), target.get(look.end.saturating_add(1)..));
        if path.len() > PATH_MAX {
            return Err(PathError::TooLong);
        }
        let [b'/', rest @ ..] = path else { return Err(PathError::NotOriginForm) };
        if query.is_some_and(|query| !query.iter().all(|&byte| byte.is_ascii_graphic() && byte != b'#')) {
            return Err(PathError::Byte);
        }
        let parsed = Self { path: rest, query, is_escaped: !look.is_plain };
        if look.is_plain && look.slashes <= SEGMENTS_MAX {
            return Ok(parsed);
        }
        let mut segments = parsed.segments().enumerate().peekable();
        while let Some((index, segment)) = segments.next() {
            if index >= SEGMENTS_MAX {
                return Err(PathError::TooManySegments);
            }
            if segment.raw.is_empty() && segments.peek().is_some() {
                return Err(PathError::EmptySegment);
            }
            segment.check()?;
        }
        Ok(parsed)
    }

    /// The segments; a path that ends with `/` has an empty one last, and `/` alone has one empty segment.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'r>> + use<'r> {
        let is_escaped = self.is_escaped;
        self.path.split(|&byte| byte == b'/').map(move |raw| Segment { raw, is_escaped })
    }

    /// What stands behind the first `?`, as received.
    #[must_use]
    pub const fn query(&self) -> Option<&'r [u8]> {
        self.query
    }
}

/// One segment, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'r> {
    raw: &'r [u8],
    is_escaped: bool,
}

impl<'r> Segment<'r> {
    /// As it was received.
    #[must_use]
    pub const fn raw(&self) -> &'r [u8] {
        self.raw
    }

    /// Its bytes with escapes decoded.
    pub fn decoded(&self) -> impl Iterator<Item = u8> + use<'r> {
        let mut rest = self.raw;
        core::iter::from_fn(move || {
            let (byte, after) = match rest {
                [b'%', high, low, after @ ..] => (escaped(*high, *low)?, after),
                [byte, after @ ..] => (*byte, after),
                [] => return None,
            };
            rest = after;
            Some(byte)
        })
    }

    /// Compares the decoded bytes with a literal, as slices compare.
    #[must_use]
    pub fn cmp_decoded(&self, literal: &[u8]) -> Ordering {
        if self.is_escaped { self.decoded().cmp(literal.iter().copied()) } else { self.raw.cmp(literal) }
    }

    fn check(self) -> Result<(), PathError> {
        let mut rest = self.raw;
        let mut utf8 = Utf8::default();
        let (mut length, mut dots) = (0usize, 0usize);
        while let [first, after @ ..] = rest {
            let byte = match (first, after) {
                (b'%', [high, low, after @ ..]) => {
                    rest = after;
                    let byte = escaped(*high, *low).ok_or(PathError::Escape)?;
                    if byte.is_ascii_control() || matches!(byte, b'/' | b'\\' | b';' | b'%') {
                        return Err(PathError::EscapedByte);
                    }
                    byte
                }
                (b'%', _) => return Err(PathError::Escape),
                (byte, after) => {
                    rest = after;
                    if !is_pchar(*byte) {
                        return Err(PathError::Byte);
                    }
                    *byte
                }
            };
            utf8.push(byte).ok_or(PathError::NotUtf8)?;
            length = length.saturating_add(1);
            dots = dots.saturating_add(usize::from(byte == b'.'));
        }
        if !utf8.is_complete() {
            return Err(PathError::NotUtf8);
        }
        if matches!(length, 1 | 2) && dots == length { Err(PathError::DotSegment) } else { Ok(()) }
    }
}

/// What a first look at a target sees: nearly every path is plain, and needs no second one.
struct Look {
    /// Where the query begins, or the target ends.
    end: usize,
    slashes: usize,
    /// Nothing but slashes, no two in a row, and bytes that mean themselves; no segment begins with a dot.
    is_plain: bool,
}

impl Look {
    fn at(target: &[u8]) -> Self {
        let (mut slashes, mut before) = (0usize, 0);
        for (at, &byte) in target.iter().enumerate() {
            let class = CLASSES.get(usize::from(byte)).copied().unwrap_or(ODD);
            if class & (before | ODD | QUERY) != 0 {
                let is_plain = class == QUERY;
                let query = || target.iter().skip(at).position(|&byte| byte == b'?').and_then(|after| at.checked_add(after));
                return Self { end: if is_plain { at } else { query().unwrap_or(target.len()) }, slashes, is_plain };
            }
            let slash = class & SLASH;
            slashes = slashes.saturating_add(usize::from(slash));
            before = slash.wrapping_mul(SLASH | DOT);
        }
        Self { end: target.len(), slashes, is_plain: true }
    }
}

// Classes of bytes, as bits; 0 is one that means itself.
const SLASH: u8 = 1;
const ODD: u8 = 2;
const QUERY: u8 = 4;
const DOT: u8 = 8;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [ODD; 256];
    let (mut byte, mut rest) = (0u8, classes.as_mut_slice());
    while let Some((class, after)) = rest.split_first_mut() {
        *class = match byte {
            b'/' => SLASH,
            b'?' => QUERY,
            b'.' => DOT,
            _ if is_pchar(byte) => 0,
            _ => ODD,
        };
        byte = byte.wrapping_add(1);
        rest = after;
    }
    classes
}

/// RFC 3986 `pchar` without `%` and `;`.
const fn is_pchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@')
}

fn escaped(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

/// Well-formed UTF-8 (Unicode 15, table 3-7), byte by byte: no buffer holds a segment.
#[derive(Default)]
struct Utf8 {
    /// Continuation bytes that must follow.
    pending: u8,
    /// What the next one may be.
    range: (u8, u8),
}

impl Utf8 {
    fn push(&mut self, byte: u8) -> Option<()> {
        if self.pending > 0 {
            let (least, most) = self.range;
            self.pending = self.pending.wrapping_sub(1);
            self.range = (0x80, 0xBF);
            return (least..=most).contains(&byte).then_some(());
        }
        let (pending, range) = match byte {
            0x00..=0x7F => (0, (0, 0)),
            0xC2..=0xDF => (1, (0x80, 0xBF)),
            0xE0 => (2, (0xA0, 0xBF)),
            0xE1..=0xEC | 0xEE..=0xEF => (2, (0x80, 0xBF)),
            0xED => (2, (0x80, 0x9F)),
            0xF0 => (3, (0x90, 0xBF)),
            0xF1..=0xF3 => (3, (0x80, 0xBF)),
            0xF4 => (3, (0x80, 0x8F)),
            _ => return None,
        };
        (self.pending, self.range) = (pending, range);
        Some(())
    }

    const fn is_complete(&self) -> bool {
        self.pending == 0
    }
}

/// Why a request target has no canonical path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// It does not begin with `/`.
    NotOriginForm,
    /// Over [`PATH_MAX`] bytes.
    TooLong,
    /// Over [`SEGMENTS_MAX`] segments.
    TooManySegments,
    /// An empty segment that is not the last.
    EmptySegment,
    /// `.` or `..`, raw or escaped.
    DotSegment,
    /// A raw byte that may not stand in a path or query.
    Byte,
    /// A `%` without two hexadecimal digits.
    Escape,
    /// An escape of a byte that would mean something else once decoded.
    EscapedByte,
    /// A segment that is not UTF-8 once decoded.
    NotUtf8,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOriginForm => "a path begins with /",
            Self::TooLong => "a path has at most 2048 bytes",
            Self::TooManySegments => "a path has at most 32 segments",
            Self::EmptySegment => "only the last segment may be empty",
            Self::DotSegment => "a segment may not be . or .., nor an escape of them",
            Self::Byte => "a byte that may not stand there raw: escape it",
            Self::Escape => "% is followed by two hexadecimal digits",
            Self::EscapedByte => "an escape of / \\ ; % or of a control byte",
            Self::NotUtf8 => "a segment is UTF-8 once decoded",
        })
    }
}

impl core::error::Error for PathError {}

#[cfg(test)]
mod tests {
    use super::Utf8;
    use std::vec::Vec;

    #[test]
    fn utf8_is_what_the_standard_library_says() {
        // Every pair and, for each first byte of a longer sequence, its edges.
        let edges = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF];
        let mut cases: Vec<Vec<u8>> = (0..=u16::MAX).map(|pair| pair.to_be_bytes().to_vec()).collect();
        for first in 0xC0..=0xFF {
            for a in edges {
                for b in edges {
                    cases.push(std::vec![first, a, b]);
                    cases.extend(edges.map(|c| std::vec![first, a, b, c]));
                }
            }
        }
        for case in cases {
            let mut ours = Utf8::default();
            let accepted = case.iter().all(|&byte| ours.push(byte).is_some()) && ours.is_complete();
            assert_eq!(accepted, core::str::from_utf8(&case).is_ok(), "{case:02x?}");
        }
    }
}
