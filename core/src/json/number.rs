//! Numbers up to 2⁵³: those that every reader holds alike.

use super::check::Wrong;
use super::past_one;

const MAX: u64 = 1 << 53;

/// A number, as far as it matters here: its whole part, and whether there is more.
///
/// ```
/// use caltrop::json;
/// let number = |text: &'static [u8]| json::open(text).unwrap().as_number().unwrap();
/// assert_eq!((number(b"17").as_u64(), number(b"17.5").as_u64(), number(b"-1").as_u64()), (Some(17), None, None));
/// assert_eq!((number(b"1.75e1").ceil(), number(b"-17.5").ceil()), (18, -17));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    is_negative: bool,
    whole: u64,
    has_more: bool,
}

impl Number {
    /// A whole number that is not below 0.
    #[must_use]
    pub const fn as_u64(self) -> Option<u64> {
        if self.has_more || (self.is_negative && self.whole > 0) { None } else { Some(self.whole) }
    }

    /// The least whole number that is not below it: a moment has come when a clock of whole seconds says so.
    #[must_use]
    pub fn ceil(self) -> i64 {
        let whole = i64::try_from(self.whole).unwrap_or(i64::MAX);
        if self.is_negative { whole.saturating_neg() } else { whole.saturating_add(i64::from(self.has_more)) }
    }
}

/// The number that a text begins with, and what stands behind it.
pub(super) fn number(rest: &str) -> Result<(Number, &str), Wrong> {
    let (is_negative, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (whole, rest) = digits(rest)?;
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(Wrong::Syntax);
    }
    let (more, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest)?,
        None => ("", rest),
    };
    let (moved, rest) = match rest.bytes().next() {
        Some(b'e' | b'E') => exponent(past_one(rest))?,
        _ => (0, rest),
    };
    let (whole, has_more) = value(whole, more, moved)?;
    Ok((Number { is_negative, whole, has_more }, rest))
}

/// At least one digit, and what stands behind them.
fn digits(rest: &str) -> Result<(&str, &str), Wrong> {
    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, behind) = rest.split_at_checked(count).ok_or(Wrong::Syntax)?;
    match (digits, behind) {
        ("", "") => Err(Wrong::End),
        ("", _) => Err(Wrong::Syntax),
        both => Ok(both),
    }
}

fn exponent(rest: &str) -> Result<(i64, &str), Wrong> {
    let (is_negative, rest) = match rest.bytes().next() {
        Some(b'-') => (true, past_one(rest)),
        Some(b'+') => (false, past_one(rest)),
        _ => (false, rest),
    };
    let (digits, rest) = digits(rest)?;
    let moved = digits.bytes().fold(0i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit.wrapping_sub(b'0'))));
    Ok((if is_negative { moved.saturating_neg() } else { moved }, rest))
}

/// The whole part, and whether a digit that is not 0 stands behind it, once the point has moved.
fn value(whole: &str, more: &str, moved: i64) -> Result<(u64, bool), Wrong> {
    let point = i64::try_from(whole.len()).unwrap_or(i64::MAX).saturating_add(moved);
    let mut digits = whole.bytes().chain(more.bytes()).map(|digit| u64::from(digit.wrapping_sub(b'0')));
    let mut value = 0u64;
    let mut at = 0i64;
    while at < point {
        let digit = match digits.next() {
            Some(digit) => digit,
            // Zeros that nobody wrote.
            None if value == 0 => break,
            None => 0,
        };
        value = value.saturating_mul(10).saturating_add(digit);
        if value > MAX {
            return Err(Wrong::Number);
        }
        at = at.saturating_add(1);
    }
    let has_more = digits.any(|digit| digit != 0);
    if value == MAX && has_more { Err(Wrong::Number) } else { Ok((value, has_more)) }
}
