//! Reaches: `KeyText::parse`, `issue`, `crc32`, `key::digest`, `encode`.
//! Holds: what is issued is read again, one character changed is not; what can be a key is 1 to 256 visible characters, and nothing else.
#![no_main]

use arbitrary::Unstructured;
use caltrop::encode::{base62_256, base62_u64, u64_base62};
use caltrop::key::{Form, KeyText, digest, issue};
use caltrop::mac;
use caltrop_fuzz::planted;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    planted(data);
    let pepper = mac::Key::new(b"pepper");
    let can_be_key = (1..=256).contains(&data.len()) && data.iter().all(|byte| (0x21..0x7F).contains(byte));
    assert_eq!(digest(&pepper, Form::Key, data).is_some(), can_be_key);
    assert_eq!(digest(&pepper, Form::Sha256, data).is_some(), can_be_key);
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(parts) = KeyText::parse(text)
    {
        assert!(text.starts_with(parts.prefix) && text.len() == parts.prefix.len() + 60);
        assert_eq!(base62_u64::<10>(parts.id), text.as_bytes()[parts.prefix.len() + 1..][..10]);
    }
    let _ = issued(&mut Unstructured::new(data));
});

fn issued(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let entropy: [u8; 40] = input.arbitrary()?;
    let secret: [u8; 32] = entropy[8..].try_into().expect("32 of 40");
    let text = base62_256(&secret);
    // Digit by digit, with numbers that are long enough: the remainder of a long division by 62.
    let mut number = secret.to_vec();
    for &digit in text.iter().rev() {
        let mut rest = 0u32;
        for byte in &mut number {
            let part = rest << 8 | u32::from(*byte);
            (*byte, rest) = ((part / 62) as u8, part % 62);
        }
        assert_eq!(u64_base62(&[digit]), Some(u64::from(rest)));
    }
    let prefix = std::str::from_utf8(input.bytes(input.len().min(16))?).unwrap_or("acme_live");
    let Ok(key) = issue(prefix, entropy).or_else(|_| issue("acme_live", entropy)) else { panic!("a good prefix") };
    let parts = KeyText::parse(key.text()).expect("issued here");
    assert_eq!((parts.id, parts.environment), (key.id(), key.environment()));
    let mut typo = key.text().as_bytes().to_vec();
    let at = usize::from(entropy[0]) % typo.len();
    typo[at] = if typo[at] == b'7' { b'8' } else { b'7' };
    assert!(KeyText::parse(std::str::from_utf8(&typo).expect("ASCII")).is_err());
    Ok(())
}
