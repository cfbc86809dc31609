//! HMAC-SHA-256 against RFC 4231 §4, and what `verify` refuses.

use caltrop::mac::{InvalidTag, Key, TAG_MIN};

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn rfc_4231_cases_one_to_seven() {
    let cases: [(Vec<u8>, Vec<u8>, &str); 7] = [
        (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe".to_vec(), b"what do ya want for nothing?".to_vec(), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        ((1..=25).collect(), vec![0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        (vec![0x0c; 20], b"Test With Truncation".to_vec(), "a3b6167473100ee06e0c796c2955552b"),
        (
            vec![0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            vec![0xaa; 131],
            b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.".to_vec(),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        ),
    ];
    for (index, (key, message, tag)) in cases.iter().enumerate() {
        let key = Key::new(key);
        let tag = hex(tag);
        assert_eq!(key.verify(message, &tag), Ok(()), "case {}", index + 1);
        for bit in 0..tag.len() * 8 {
            let mut wrong = tag.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.verify(message, &wrong), Err(InvalidTag), "case {} bit {bit}", index + 1);
        }
    }
}

#[test]
fn only_truncations_to_half_or_more_are_accepted() {
    let key = Key::new(b"key");
    let tag = *key.sign(b"message").as_bytes();
    for length in 0..=tag.len() {
        assert_eq!(key.verify(b"message", &tag[..length]).is_ok(), length >= TAG_MIN, "{length} bytes");
    }
    assert_eq!(key.verify(b"message", &[&tag[..], &[0]].concat()), Err(InvalidTag), "33 bytes");
}
