//! Reaches: `Path::parse`, `Path::segments`, `Segment::decoded`, `Segment::cmp_decoded`.
//! Compares: with a reading that builds strings and asks the standard library what is UTF-8.
#![no_main]

use caltrop::access::Path;
use caltrop_fuzz::planted;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    planted(data);
    let ours = Path::parse(data).ok();
    let theirs = naive(data);
    assert_eq!(ours.is_some(), theirs.is_some(), "{theirs:?}");
    let (Some(ours), Some(theirs)) = (ours, theirs) else { return };
    let segments: Vec<Vec<u8>> = ours.segments().map(|segment| segment.decoded().collect()).collect();
    assert_eq!(segments, theirs);
    for (segment, decoded) in ours.segments().zip(&theirs) {
        for literal in [decoded.as_slice(), b"", b"orders", b"caf\xC3\xA9", b"~"] {
            assert_eq!(segment.cmp_decoded(literal), decoded.as_slice().cmp(literal));
        }
    }
});

/// The decoded segments, or `None` where a rule is broken.
fn naive(target: &[u8]) -> Option<Vec<Vec<u8>>> {
    let text = String::from_utf8(target.to_vec()).ok()?;
    let (path, query) = text.split_once('?').map_or((text.as_str(), None), |(path, query)| (path, Some(query)));
    let raw = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,=:@/%".contains(c);
    let query_good = query.unwrap_or_default().chars().all(|c| c.is_ascii() && c > ' ' && c != '\u{7F}' && c != '#');
    if path.len() > 2048 || !query_good || !path.chars().all(raw) {
        return None;
    }
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let inner_empty = segments[..segments.len() - 1].iter().any(|segment| segment.is_empty());
    if segments.len() > 32 || inner_empty {
        return None;
    }
    segments.into_iter().map(decode).collect()
}

fn decode(segment: &str) -> Option<Vec<u8>> {
    let mut pieces = segment.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let digits = piece.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        let byte = u8::from_str_radix(digits, 16).ok()?;
        if byte < 0x20 || byte == 0x7F || b"/\\;%".contains(&byte) {
            return None;
        }
        bytes.push(byte);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    let text = String::from_utf8(bytes).ok()?;
    (text != "." && text != "..").then(|| text.into_bytes())
}
