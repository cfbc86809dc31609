//! Strings, in which a character may be written in several ways.

use core::fmt;

use super::check::Wrong;

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
        let plain = at.bytes().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1F)).count();
        let behind = at.get(plain..).ok_or(Wrong::Syntax)?;
        let mut characters = behind.chars();
        match characters.next() {
            Some('"') => {
                let length = inside.len().saturating_sub(behind.len());
                let raw = inside.get(..length).ok_or(Wrong::Syntax)?;
                return Ok((Text { raw, has_escapes }, characters.as_str()));
            }
            Some('\\') => {
                has_escapes = true;
                escape(&mut characters).ok_or_else(|| broken(behind))?;
                at = characters.as_str();
            }
            Some(_) => return Err(Wrong::Syntax),
            None => return Err(Wrong::End),
        }
    }
}

/// Why an escape is none: half of a character, or no JSON at all.
fn broken(escape: &str) -> Wrong {
    let mut digits = escape.chars();
    let is_half = digits.next() == Some('\\') && digits.next() == Some('u') && unit(&mut digits).is_some();
    if is_half { Wrong::Character } else { Wrong::Syntax }
}
