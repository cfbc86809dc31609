//! A key's text is the one that the format says, what is no such text is refused by its own reason, and digests are those of HMAC.

use std::collections::BTreeSet;
use std::mem::{MaybeUninit, size_of};

use caltrop::key::{Environment, Form, FormatError, KEY_MAX, KeyText, crc32, digest, issue};
use caltrop::mac;

/// Prefix, entropy, id and text, made with Python's integers and its `zlib.crc32`.
fn known() -> [(&'static str, [u8; 40], u64, &'static str); 3] {
    let from = |first: u8, step: u8| std::array::from_fn(|at| first.wrapping_add(step.wrapping_mul(u8::try_from(at).unwrap())));
    [
        ("acme_live", from(0, 1), 506_097_522_914_230_528, "acme_live_bNvmhTXJJo1u8QmlquE1rQpeqoulx6MZVGVGgufeog3UsDEHmrG2p14whG7"),
        ("ab", from(0xFF, 0), 821_457_390_474_406_911, "ab_ygHa16AHYFyhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp10ZzQTE"),
        (
            "abcdefghijklmno_test", // the longest prefix
            from(200, 1),
            706_042_870_767_781_320,
            "abcdefghijklmno_test_q9gOfuFqXInW5W2vMpzavnd6HZdw3CLX8dJywLxLbcDo23EpvzAxr1lORIw",
        ),
    ]
}

#[test]
fn a_key_is_its_entropy_written_as_the_format_says() {
    for ((prefix, entropy, id, text), environment) in known().into_iter().zip([Environment::Live, Environment::None, Environment::Test]) {
        let key = issue(prefix, entropy).unwrap();
        assert_eq!((key.text(), key.id(), key.environment()), (text, id, environment));
        assert_eq!(KeyText::parse(text), Ok(KeyText { prefix, environment, id }));
    }
    assert_eq!([Environment::None, Environment::Live, Environment::Test].map(Environment::code), [0, 1, 2]);
}

#[test]
fn a_typo_is_told_from_a_text_that_is_no_key() {
    let [(_, _, _, text), ..] = known();
    for at in 0..text.len() {
        let mut typo = text.as_bytes().to_vec();
        typo[at] = if typo[at] == b'0' { b'1' } else { b'0' };
        let expected = match at {
            0 | 5..=8 => FormatError::Prefix, // it begins with a digit, or ends neither in _live nor in _test
            9 => FormatError::Shape,          // the last underscore
            _ => FormatError::Checksum,
        };
        assert_eq!(KeyText::parse(std::str::from_utf8(&typo).unwrap()), Err(expected), "{at}");
    }
    let tail = "0".repeat(59);
    for shape in [String::new(), tail.clone(), format!("acme_{}", &tail[1..]), format!("acme_0{tail}"), format!("acme_-{}", &tail[1..])] {
        assert_eq!(KeyText::parse(&shape), Err(FormatError::Shape), "{shape:?}");
    }
    assert_eq!(KeyText::parse(&format!("acme_{tail}")), Err(FormatError::Checksum));
}

#[test]
fn a_prefix_is_letters_and_digits_and_perhaps_an_environment() {
    for good in ["ab", "a1", "acme", "abcdefghijklmno", "acme_live", "acme_test", "live_live", "test"] {
        assert!(issue(good, [1; 40]).is_ok(), "{good}");
    }
    let bad =
        ["", "a", "abcdefghijklmnop", "1a", "Acme", "aCme", "ac-me", "ac me", "acme_", "acme_prod", "acme_live_test", "_live", "a_live"];
    for bad in bad {
        assert_eq!(issue(bad, [1; 40]).err(), Some(FormatError::Prefix), "{bad}");
        assert_eq!(KeyText::parse(&format!("{bad}_{}", "0".repeat(59))), Err(FormatError::Prefix), "{bad}");
    }
}

#[test]
fn each_refusal_tells_its_own_reason() {
    let told: BTreeSet<String> = [FormatError::Shape, FormatError::Prefix, FormatError::Checksum].map(|error| error.to_string()).into();
    assert!(told.len() == 3 && told.iter().all(|text| text.len() > 20), "{told:?}");
}

#[test]
fn the_checksum_is_the_catalogue_s() {
    // CRC-32/ISO-HDLC, of Python's `zlib.crc32`.
    for (text, expected) in [("", 0), ("a", 0xE8B7_BE43), ("123456789", 0xCBF4_3926), ("acme_live", 0x8925_3E74)] {
        assert_eq!(crc32(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn a_digest_is_the_half_of_an_hmac_and_a_form_says_of_what() {
    let pepper = mac::Key::new(&std::array::from_fn::<u8, 32, _>(|at| u8::try_from(at).unwrap()));
    let hex = |form| {
        let digest = digest(&pepper, form, b"acme_live_1").unwrap();
        digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    // Python: hmac.digest(bytes(range(32)), b"acme_live_1", "sha256")[:16], and of the text's SHA-256.
    assert_eq!(hex(Form::Key), "2206caf997df693a717ed6bb4f4a77ff");
    assert_eq!(hex(Form::Sha256), "b28bdb276f278be2e911ff788960d6f1");
    assert_eq!([0, 1, 2, 255].map(Form::from_code), [Some(Form::Key), Some(Form::Sha256), None, None]);
}

#[test]
fn what_can_be_no_key_has_no_digest() {
    let pepper = mac::Key::new(&[7; 32]);
    for form in [Form::Key, Form::Sha256] {
        for good in [&b"!"[..], b"~", &[b'k'; KEY_MAX]] {
            assert!(digest(&pepper, form, good).is_some());
        }
        for bad in [&b""[..], &[b'k'; KEY_MAX + 1], b"two words", b"k\x7f", b"k\x80", b"\0"] {
            assert!(digest(&pepper, form, bad).is_none(), "{bad:?}");
        }
    }
}

#[test]
fn a_digest_is_equal_to_itself_alone() {
    let pepper = mac::Key::new(&[7; 32]);
    let digest = digest(&pepper, Form::Key, b"acme_live_1").unwrap();
    let stored = *digest.as_bytes();
    assert!(bool::from(digest.ct_eq(&stored)));
    for bit in 0..128 {
        let mut other = stored;
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(!bool::from(digest.ct_eq(&other)), "bit {bit}");
        // The same bit of both halves: differences that a sum would take for none.
        other[(bit / 8 + 8) % 16] ^= 1 << (bit % 8);
        assert!(!bool::from(digest.ct_eq(&other)), "bit {bit} twice");
    }
}

#[test]
fn a_key_s_text_is_gone_with_it() {
    let [(prefix, entropy, _, text), ..] = known();
    let mut slot = Box::new(MaybeUninit::zeroed());
    slot.write(issue(prefix, entropy).unwrap());
    let memory = |slot: &MaybeUninit<caltrop::key::IssuedKey>| {
        let start = slot.as_ptr().cast::<u8>();
        let places = (0..size_of::<caltrop::key::IssuedKey>()).map(|at| start.wrapping_add(at));
        // SAFETY: `read_volatile` asks for readable memory: each place is one of the bytes that `slot` owns, and zeroed before it was written.
        places.map(|place| unsafe { place.read_volatile() }).collect::<Vec<u8>>()
    };
    let holds = |memory: &[u8]| memory.windows(4).filter(|window| text.as_bytes().windows(4).any(|part| part == *window)).count();
    assert!(holds(&memory(&slot)) >= text.len() - 3, "the text is not where it is looked for: the test has gone blind");
    // SAFETY: `assume_init_drop` asks for an initialised value that is not used again: written above, and only its bytes are read below.
    unsafe { slot.assume_init_drop() };
    assert_eq!(holds(&memory(&slot)), 0);
}
