//! Base62, hexadecimal and the reading of base64url, on fixed buffers.
//!
//! Promises: widths are constants, the most significant digit comes first, and one value has one text.
//! Costs: no table that a secret indexes, no branch on what a digit is worth; base62 of 256 bits is 43 short divisions, done once when a key is issued.
//! Not here: base64, and the writing of base64url, which the crate `base64ct` does, in constant time too: tokens are read for each request, so here
//! the same sums are made of 32 digits at a time.

/// The digits of base62 in the order of their values.
pub const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The digit of a value below 62. The steps over what lies between `9` and `A` and between `Z` and `a` are made of the borrow of a subtraction:
/// a comparison may become a branch, and the digit may be of a secret.
fn digit62(value: u32) -> u8 {
    let past = |last: u32| (last.wrapping_sub(value) >> 8) & 0xFF;
    let [digit, ..] = (value.wrapping_add(u32::from(b'0')))
        .wrapping_add(past(9) & u32::from(b'A' - b'9' - 1))
        .wrapping_add(past(35) & u32::from(b'a' - b'Z' - 1))
        .to_le_bytes();
    digit
}

/// The value of a base62 digit, or `None`.
///
/// ```
/// use caltrop::encode::value62;
/// assert_eq!((value62(b'0'), value62(b'Z'), value62(b'z'), value62(b'-')), (Some(0), Some(35), Some(61), None));
/// ```
#[must_use]
pub const fn value62(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit.wrapping_sub(b'0')),
        b'A'..=b'Z' => Some(digit.wrapping_sub(b'A' - 10)),
        b'a'..=b'z' => Some(digit.wrapping_sub(b'a' - 36)),
        _ => None,
    }
}

/// Writes `value` as exactly `N` base62 digits; higher digits than `N` are dropped.
///
/// ```
/// assert_eq!(&caltrop::encode::base62_u64::<4>(62 * 62 + 1), b"0101");
/// ```
#[must_use]
pub fn base62_u64<const N: usize>(mut value: u64) -> [u8; N] {
    let mut out = [b'0'; N];
    for slot in out.iter_mut().rev() {
        *slot = digit62(u32::try_from(value % 62).unwrap_or(0));
        value /= 62;
    }
    out
}

/// Reads base64url without padding (RFC 4648 §5), in the one way that these bytes are written: bits behind the last byte are 0. `None` for anything
/// else, and where the buffer is too short.
///
/// ```
/// use caltrop::encode::base64url;
/// let mut buffer = [0; 8];
/// assert_eq!(base64url(b"-_8", &mut buffer), Some(&[0xFB, 0xFF][..]));
/// assert!([&b"-_9"[..], b"+/8", b"-_8="].iter().all(|other| base64url(other, &mut buffer).is_none()));
/// ```
#[must_use]
pub fn base64url<'b>(text: &[u8], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    if text.len() % 4 == 1 {
        return None;
    }
    let bytes = buffer.get_mut(..text.len().checked_mul(3)? / 4)?;
    let ((blocks, rest), (rooms, last)) = (text.as_chunks(), bytes.as_chunks_mut());
    let mut worth = 0;
    for (block, room) in blocks.iter().zip(rooms) {
        worth |= read64(block, room);
    }
    // What is left, filled up with digits that are worth nothing.
    let (mut block, mut room) = ([b'A'; 32], [0; 24]);
    block.iter_mut().zip(rest).for_each(|(slot, digit)| *slot = *digit);
    worth |= read64(&block, &mut room);
    let mut read = room.iter();
    last.iter_mut().zip(&mut read).for_each(|(slot, byte)| *slot = *byte);
    let behind = read.fold(0, |all, byte| all | byte);
    if worth >= 0 && behind == 0 { Some(bytes) } else { None }
}

/// 32 digits; below 0 if one of them is none.
fn read64(digits: &[u8; 32], bytes: &mut [u8; 24]) -> i16 {
    let values = digits.map(value64);
    let (quads, triples) = (values.as_chunks::<4>().0, bytes.as_chunks_mut::<3>().0);
    for (quad, triple) in quads.iter().zip(triples) {
        let [a, b, c, d] = quad.map(|value| u32::from(value.cast_unsigned()));
        let [_, first, second, third] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
        *triple = [first, second, third];
    }
    values.iter().fold(0, |all, value| all | value)
}

/// What a digit of base64url is worth, or -1: of the five ranges the one that it is in adds to it, made of the borrows of subtractions.
fn value64(digit: u8) -> i16 {
    let digit = i16::from(digit);
    let within = |first: u8, last: u8, value: i16| {
        let (first, last) = (i16::from(first), i16::from(last));
        let is_within = (first.wrapping_sub(1).wrapping_sub(digit) & digit.wrapping_sub(last).wrapping_sub(1)) >> 8;
        is_within & digit.wrapping_sub(first).wrapping_add(value).wrapping_add(1)
    };
    let letters = within(b'A', b'Z', 0).wrapping_add(within(b'a', b'z', 26));
    let others = within(b'0', b'9', 52).wrapping_add(within(b'-', b'-', 62)).wrapping_add(within(b'_', b'_', 63));
    letters.wrapping_add(others).wrapping_sub(1)
}

/// Reads base62 digits as a `u64`; `None` for a foreign digit or a value past 64 bits.
///
/// ```
/// use caltrop::encode::u64_base62;
/// assert_eq!(u64_base62(b"0101"), Some(62 * 62 + 1));
/// assert_eq!(u64_base62(b"no!"), None);
/// ```
#[must_use]
pub fn u64_base62(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |sum, &digit| sum.checked_mul(62)?.checked_add(u64::from(value62(digit)?)))
}

/// Writes 256 bits as 43 base62 digits, the shortest text that holds them: 43 × log2(62) = 256.03.
///
/// ```
/// assert_eq!(&caltrop::encode::base62_256(&[0; 32]), &[b'0'; 43]);
/// assert_eq!(&caltrop::encode::base62_256(&[0xff; 32]), b"yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1");
/// ```
#[must_use]
pub fn base62_256(bytes: &[u8; 32]) -> [u8; 43] {
    let mut limbs = [0u32; 8];
    let (chunks, _) = bytes.as_chunks::<4>();
    for (limb, chunk) in limbs.iter_mut().zip(chunks) {
        *limb = u32::from_be_bytes(*chunk);
    }
    let mut out = [b'0'; 43];
    for slot in out.iter_mut().rev() {
        let mut rest = 0u64;
        for limb in &mut limbs {
            let part = (rest << 32) | u64::from(*limb);
            *limb = low32(part / 62); // part < 62 · 2³², so the quotient has 32 bits
            rest = part % 62;
        }
        *slot = digit62(low32(rest));
    }
    #[cfg(feature = "mac")]
    zeroize::Zeroize::zeroize(&mut limbs);
    out
}

/// Lower-case hexadecimal of 16 bytes: how a decision id is shown.
///
/// ```
/// assert_eq!(&caltrop::encode::hex16(&[0xab; 16]), b"abababababababababababababababab");
/// ```
#[must_use]
pub fn hex16(bytes: &[u8; 16]) -> [u8; 32] {
    let mut out = [0u8; 32];
    let (pairs, _) = out.as_chunks_mut::<2>();
    for (pair, &byte) in pairs.iter_mut().zip(bytes) {
        *pair = [nibble(byte >> 4), nibble(byte & 15)];
    }
    out
}

/// As [`digit62`], for half a byte: a product, since compilers that save bytes make a jump of a mask.
fn nibble(value: u8) -> u8 {
    let past_9 = value.wrapping_add(6) >> 4; // 1 from 10 on
    value.wrapping_add(b'0').wrapping_add(past_9.wrapping_mul(b'a' - b'9' - 1))
}

/// The lower half: no comparison, as a checked conversion would be.
fn low32(value: u64) -> u32 {
    let [a, b, c, d, ..] = value.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Reads `2 N` lower-case hexadecimal digits; `None` for another length, an upper-case or a foreign digit: one value has one text.
///
/// ```
/// use caltrop::encode::bytes_hex;
/// assert_eq!(bytes_hex(b"00ff"), Some([0x00, 0xff]));
/// assert_eq!((bytes_hex::<2>(b"00fF"), bytes_hex::<2>(b"00f"), bytes_hex::<2>(b"00ff0")), (None, None, None));
/// ```
#[must_use]
pub fn bytes_hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut out = [0u8; N];
    for (slot, [high, low]) in out.iter_mut().zip(pairs) {
        *slot = value16(*high)? << 4 | value16(*low)?;
    }
    Some(out)
}

const fn value16(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(digit.wrapping_sub(b'a' - 10)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{BASE62, digit62, nibble};

    #[test]
    fn every_digit_is_the_one_of_its_value() {
        for (value, &digit) in (0u32..).zip(BASE62) {
            assert_eq!(digit62(value), digit);
        }
        for (value, &digit) in (0u8..).zip(b"0123456789abcdef") {
            assert_eq!(nibble(value), digit);
        }
    }
}
