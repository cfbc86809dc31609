//! Reads a well-formed network in one pass over its bytes. What is not, is left to `cidr`, which says why.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address and the length behind its `/`, if there is one; `None` for all that is not written plainly.
pub(super) fn network(text: &[u8]) -> Option<(IpAddr, Option<u8>)> {
    // The first byte that is no digit of an octet tells the families apart: at most the fourth.
    let dotted = text.iter().take(4).find(|byte| !byte.is_ascii_digit()) == Some(&b'.');
    let (address, rest) = if dotted {
        v4(text).map(|(bits, rest)| (IpAddr::V4(Ipv4Addr::from_bits(bits)), rest))?
    } else {
        v6(text).map(|(bits, rest)| (IpAddr::V6(Ipv6Addr::from_bits(bits)), rest))?
    };
    match rest {
        [] => Some((address, None)),
        [b'/', digits @ ..] => Some((address, Some(length(digits)?))),
        _ => None,
    }
}

/// Four decimal octets, and what follows them.
fn v4(text: &[u8]) -> Option<(u32, &[u8])> {
    let (a, rest) = octet(text)?;
    let (b, rest) = octet(dot(rest)?)?;
    let (c, rest) = octet(dot(rest)?)?;
    let (d, rest) = octet(dot(rest)?)?;
    Some((u32::from_be_bytes([a, b, c, d]), rest))
}

fn dot(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b".")
}

/// One to three digits without a zero before them.
#[inline]
fn octet(text: &[u8]) -> Option<(u8, &[u8])> {
    let (first, rest) = digit(text)?;
    let Some((second, rest)) = digit(rest) else { return u8::try_from(first).ok().map(|octet| (octet, rest)) };
    let two = first.wrapping_mul(10).wrapping_add(second);
    let Some((third, rest)) = digit(rest) else { return (first != 0).then(|| u8::try_from(two).ok().map(|octet| (octet, rest)))? };
    let three = two.wrapping_mul(10).wrapping_add(third);
    // A fourth digit is found by who expects a dot, a slash or the end.
    u8::try_from(three).ok().filter(|_| first != 0).map(|octet| (octet, rest))
}

#[inline]
fn digit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (&byte, rest) = text.split_first()?;
    let digit = byte.wrapping_sub(b'0');
    (digit < 10).then_some((u32::from(digit), rest))
}

/// A length: it has the form of an octet.
fn length(text: &[u8]) -> Option<u8> {
    octet(text).filter(|(_, rest)| rest.is_empty()).map(|(length, _)| length)
}

/// Up to eight groups, `::` for those left out, and what follows them.
fn v6(text: &[u8]) -> Option<(u128, &[u8])> {
    // All groups read, side by side; how many; and how many of them stood before the `::`.
    let (mut bits, mut groups, mut gap) = (0u128, 0u32, None);
    let mut rest = text;
    if let Some(behind) = rest.strip_prefix(b"::") {
        (gap, rest) = (Some(0), behind);
    }
    // Behind a `::` the text may end; behind a single colon it may not.
    while let Some((group, behind)) = group(rest) {
        bits = bits.wrapping_shl(16) | u128::from(group);
        groups = groups.wrapping_add(1);
        rest = behind;
        let Some(behind) = rest.strip_prefix(b":") else { break };
        if groups > 7 {
            return None;
        }
        rest = match behind.strip_prefix(b":") {
            Some(behind) if gap.is_none() => {
                gap = Some(groups);
                behind
            }
            Some(_) => return None,
            None if behind.first().is_some_and(u8::is_ascii_hexdigit) => behind,
            None => return None,
        };
    }
    match gap {
        None => (groups == 8).then_some((bits, rest)),
        Some(before) if groups <= 7 => {
            let behind = groups.wrapping_sub(before).wrapping_mul(16);
            let low = bits & !u128::MAX.wrapping_shl(behind);
            let high = bits.wrapping_shr(behind).checked_shl(128u32.wrapping_sub(before.wrapping_mul(16))).unwrap_or(0);
            Some((high | low, rest))
        }
        Some(_) => None,
    }
}

/// One to four hexadecimal digits.
#[inline]
fn group(text: &[u8]) -> Option<(u16, &[u8])> {
    let (mut value, mut rest, mut digits) = (0u16, text, 0u32);
    while let Some((&byte, behind)) = rest.split_first() {
        let digit = match byte {
            b'0'..=b'9' => byte.wrapping_sub(b'0'),
            b'a'..=b'f' | b'A'..=b'F' => (byte | 0x20).wrapping_sub(b'a').wrapping_add(10),
            _ => break,
        };
        if digits == 4 {
            return None;
        }
        value = value.wrapping_shl(4) | u16::from(digit);
        (rest, digits) = (behind, digits.wrapping_add(1));
    }
    (digits > 0).then_some((value, rest))
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::{IpAddr, network};

    /// What the standard library reads.
    fn theirs(address: &str) -> Option<(IpAddr, Option<u8>)> {
        address.parse().ok().map(|address| (address, None))
    }

    #[test]
    fn what_is_written_plainly_is_read_here_and_not_left_to_the_slower_way() {
        for octet in 0..=255 {
            for text in [format!("{octet}.2.3.4"), format!("1.{octet}.3.4"), format!("1.2.{octet}.4"), format!("1.2.3.{octet}")] {
                assert!(network(text.as_bytes()).is_some() && network(text.as_bytes()) == theirs(&text), "{text}");
            }
            assert_eq!(network(format!("::/{octet}").as_bytes()).map(|(_, length)| length), Some(Some(octet)), "/{octet}");
        }
        let groups = ["1", "23", "abc", "DEF0", "0", "ffff", "9", "a0"];
        let joined = |from: usize, to: usize| groups.get(from..to).unwrap_or_default().join(":");
        assert!(network(joined(0, 8).as_bytes()).is_some() && network(joined(0, 8).as_bytes()) == theirs(&joined(0, 8)));
        for before in 0..=7 {
            for behind in 0..=7 - before {
                let text = format!("{}::{}", joined(0, before), joined(8 - behind, 8));
                assert!(network(text.as_bytes()).is_some() && network(text.as_bytes()) == theirs(&text), "{text}");
            }
        }
    }

    #[test]
    fn what_is_not_written_plainly_is_left_to_the_slower_way() {
        let v4 = [
            "1",
            "1.2.3",
            "1.2.3.4.",
            "1.2.3.4.5",
            ".1.2.3",
            "01.2.3.4",
            "1.2.3.04",
            "00.2.3.4",
            "1.2.3.256",
            "1.2.3.999",
            "1.2.3.1000",
            "1.2.3.x",
        ];
        let v6 = [
            "",
            ":",
            ":::",
            "1:",
            ":1",
            "::1:",
            "1:::2",
            "1::2::3",
            "::1::",
            "12345::",
            "::12345",
            "g::",
            "::g",
            "::1.2.3.4",
            "1:2:3:4:5:6:7",
            "fe80::1%1",
        ];
        let many =
            ["1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1:2:3:4:5:6:7::8"];
        let lengths =
            ["1.2.3.4/", "1.2.3.4/01", "1.2.3.4/00", "1.2.3.4/256", "1.2.3.4/1x", "1.2.3.4/+1", "::/ 1", "::/1/1", "::x", "::/1000"];
        for text in v4.into_iter().chain(v6).chain(many).chain(lengths) {
            assert_eq!(network(text.as_bytes()), None, "{text}");
        }
    }
}
