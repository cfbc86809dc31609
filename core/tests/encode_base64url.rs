//! Base64url is read as `base64ct` reads it: the same bytes, and the same texts refused.

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::encode::base64url;
use proptest::prelude::*;

fn theirs(text: &[u8]) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode(text, &mut vec![0; text.len()]).ok().map(<[u8]>::to_vec)
}

fn ours(text: &[u8]) -> Option<Vec<u8>> {
    base64url(text, &mut vec![0; text.len()]).map(<[u8]>::to_vec)
}

#[test]
fn every_byte_is_a_digit_or_none_in_every_place() {
    for place in 0..36 {
        for byte in 0..=u8::MAX {
            let mut text = [b'x'; 36];
            text[place] = byte;
            assert_eq!(ours(&text), theirs(&text), "{byte} at {place}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn what_was_written_is_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut room = vec![0; bytes.len() * 2 + 4];
        let text = Base64UrlUnpadded::encode(&bytes, &mut room).unwrap();
        prop_assert_eq!(ours(text.as_bytes()), Some(bytes.clone()));
        // A buffer that is one byte too short is none.
        let mut short = vec![0; bytes.len().saturating_sub(1)];
        prop_assert_eq!(base64url(text.as_bytes(), &mut short).is_some(), bytes.is_empty());
    }

    #[test]
    fn any_text_is_judged_alike(text in "[A-Za-z0-9_-]{0,100}", other in any::<u8>(), at in any::<prop::sample::Index>()) {
        prop_assert_eq!(ours(text.as_bytes()), theirs(text.as_bytes()));
        if !text.is_empty() {
            let mut changed = text.into_bytes();
            let at = at.index(changed.len());
            changed[at] = other;
            prop_assert_eq!(ours(&changed), theirs(&changed));
        }
    }
}
