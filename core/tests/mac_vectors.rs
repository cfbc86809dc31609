//! HMAC against RFC 4231 §4, and what `verify` refuses, for each hash.

use caltrop::mac::{self, InvalidTag, TAG_MIN, sha384, sha512};

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Keys and messages of RFC 4231 §4.2 to §4.8.
fn cases() -> [(Vec<u8>, &'static [u8]); 7] {
    let long = b"This is a test using a larger than block-size key and a larger than block-size data. \
        The key needs to be hashed before being used by the HMAC algorithm.";
    [
        (vec![0x0b; 20], b"Hi There"),
        (b"Jefe".to_vec(), b"what do ya want for nothing?"),
        (vec![0xaa; 20], &[0xdd; 50]),
        ((1..=25).collect(), &[0xcd; 50]),
        (vec![0x0c; 20], b"Test With Truncation"), // its tags are cut to 16 bytes
        (vec![0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"),
        (vec![0xaa; 131], long),
    ]
}

/// The tags are good, whole or in pieces, and with any one bit flipped they are not.
fn holds(tags: [&str; 7], verify: impl Fn(&[u8], &[&[u8]], &[u8]) -> Result<(), InvalidTag>) {
    for (index, ((key, message), tag)) in cases().iter().zip(tags).enumerate() {
        let tag = hex(tag);
        for cut in 0..=message.len() {
            let (first, rest) = message.split_at(cut);
            assert_eq!(verify(key, &[first, rest], &tag), Ok(()), "case {} cut at {cut}", index + 1);
        }
        for bit in 0..tag.len() * 8 {
            let mut wrong = tag.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(key, &[message], &wrong), Err(InvalidTag), "case {} bit {bit}", index + 1);
        }
    }
}

#[test]
fn rfc_4231_with_sha_256() {
    let tags = [
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        "a3b6167473100ee06e0c796c2955552b",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ];
    holds(tags, |key, pieces, tag| {
        let key = mac::Key::new(key);
        pieces.iter().fold(key.start(), |mac, piece| mac.update(piece)).finish().matches(tag)
    });
}

#[test]
fn rfc_4231_with_sha_384() {
    let tags = [
        "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
        "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
        "3abf34c3503b2a23a46efc619baef897",
        "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
        "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
    ];
    holds(tags, |key, pieces, tag| {
        let key = sha384::Key::new(key);
        pieces.iter().fold(key.start(), |mac, piece| mac.update(piece)).finish().matches(tag)
    });
}

#[test]
fn rfc_4231_with_sha_512() {
    let tags = [
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
        "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd",
        "415fad6271580a531d4179bc891d87a6",
        "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
        "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
    ];
    holds(tags, |key, pieces, tag| {
        let key = sha512::Key::new(key);
        pieces.iter().fold(key.start(), |mac, piece| mac.update(piece)).finish().matches(tag)
    });
}

#[test]
fn only_truncations_to_16_bytes_or_more_are_accepted() {
    fn refuses(tag: &[u8], verify: impl Fn(&[u8]) -> Result<(), InvalidTag>) {
        for length in 0..=tag.len() {
            assert_eq!(verify(&tag[..length]).is_ok(), length >= TAG_MIN, "{length} bytes");
        }
        assert_eq!(verify(&[tag, &[0]].concat()), Err(InvalidTag), "a byte too many");
    }
    let (short, middle, long) = (mac::Key::new(b"key"), sha384::Key::new(b"key"), sha512::Key::new(b"key"));
    refuses(short.sign(b"message").as_bytes(), |tag| short.verify(b"message", tag));
    refuses(middle.sign(b"message").as_bytes(), |tag| middle.verify(b"message", tag));
    refuses(long.sign(b"message").as_bytes(), |tag| long.verify(b"message", tag));
}

#[test]
fn keys_and_tags_do_not_print_themselves() {
    let key = mac::Key::new(b"hunter2");
    assert_eq!(format!("{key:?} {:?} {:?}", key.start(), key.sign(b"message")), "Key(..) Mac(..) Tag(..)");
}

#[test]
fn a_refusal_says_that_the_tag_is_not_good_and_no_more() {
    assert_eq!(InvalidTag.to_string(), "invalid tag");
}
