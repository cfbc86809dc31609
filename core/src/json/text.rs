//! Strings, in which a character may be written in several ways.

use core::fmt;

use super::check::Wrong;
use super::past_one;

/// A string, as it stands between its quotes. Two are equal if they say the same, however they are written.
#[derive(Clone, Copy)]
pub struct Text<'t> {
    raw: &'t str,
    has_escapes: bool,
}

impl<'t> Text<'t> {
    /// The string, if it is written without an escape, as nearly all are.
    #[must_use]
    pub const fn as_str(&self) -> Option<&'t str> {
        if self.has_escapes { None } else { Some(self.raw) }
    }

    /// Its characters.
    #[must_use]
    pub fn chars(&self) -> Chars<'t> {
        Chars { rest: self.raw }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.raw)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars().try_for_each(|character| fmt::Write::write_char(f, character))
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        if self.has_escapes || other.has_escapes { self.chars().eq(other.chars()) } else { self.raw == other.raw }
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        if self.has_escapes { self.chars().eq(other.chars()) } else { self.raw == other }
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

/// The characters of a [`Text`].
#[derive(Debug, Clone)]
pub struct Chars<'t> {
    rest: &'t str,
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let mut rest = self.rest.chars();
        let character = match rest.next()? {
            '\\' => escape(&mut rest)?,
            plain => plain,
        };
        self.rest = rest.as_str();
        Some(character)
    }
}

/// The character of an escape, whose `\` was read; `None` for what is none.
fn escape(rest: &mut core::str::Chars<'_>) -> Option<char> {
    Some(match rest.next()? {
        plain @ ('"' | '\\' | '/') => plain,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let first = unit(rest)?;
            match char::from_u32(first) {
                Some(whole) => whole,
                // The first half of a character beyond 16 bits; a second half alone is none.
                None if first < 0xDC00 && rest.next() == Some('\\') && rest.next() == Some('u') => {
                    let second = unit(rest).filter(|second| (0xDC00..0xE000).contains(second))?;
                    char::from_u32(((first & 0x3FF) << 10 | (second & 0x3FF)).wrapping_add(0x1_0000))?
                }
                None => return None,
            }
        }
        _ => return None,
    })
}

/// Four hexadecimal digits.
fn unit(rest: &mut core::str::Chars<'_>) -> Option<u32> {
    let mut value = 0u32;
    for _ in 0..4 {
        value = value << 4 | rest.next()?.to_digit(16)?;
    }
    Some(value)
}

/// The string that a text begins with, and what stands behind it.
pub(super) fn text(rest: &str) -> Result<(Text<'_>, &str), Wrong> {
    let inside = rest.strip_prefix('"').ok_or(Wrong::Syntax)?;
    let mut has_escapes = false;
    let mut at = inside;
    loop {
        let behind = at.get(plain(at.as_bytes())..).ok_or(Wrong::Syntax)?;
        match behind.bytes().next() {
            Some(b'"') => {
                let length = inside.len().saturating_sub(behind.len());
                let raw = inside.get(..length).ok_or(Wrong::Syntax)?;
                return Ok((Text { raw, has_escapes }, past_one(behind)));
            }
            Some(b'\\') => {
                has_escapes = true;
                let mut characters = past_one(behind).chars();
                escape(&mut characters).ok_or_else(|| broken(behind))?;
                at = characters.as_str();
            }
            Some(_) => return Err(Wrong::Syntax),
            None => return Err(Wrong::End),
        }
    }
}

/// How many bytes stand before the first that ends a string, begins an escape or may not stand in one; eight at a time.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES << 7;
    let (words, rest) = bytes.as_chunks();
    let mut before = 0usize;
    for word in words {
        let word = u64::from_le_bytes(*word);
        // The top bit of a byte that is below n, if no byte under it is: only the lowest is looked at.
        let below = |word: u64, n: u64| word.wrapping_sub(ONES.wrapping_mul(n)) & !word & TOPS;
        let is = |byte: u8| below(word ^ ONES.wrapping_mul(u64::from(byte)), 1);
        let found = below(word, 0x20) | is(b'"') | is(b'\\');
        if found != 0 {
            return before.saturating_add(usize::try_from(found.trailing_zeros() / 8).unwrap_or(0));
        }
        before = before.saturating_add(8);
    }
    before.saturating_add(rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1F)).count())
}

/// Why an escape is none: half of a character, or no JSON at all.
fn broken(escape: &str) -> Wrong {
    let mut digits = escape.chars();
    let is_half = digits.next() == Some('\\') && digits.next() == Some('u') && unit(&mut digits).is_some();
    if is_half { Wrong::Character } else { Wrong::Syntax }
}
