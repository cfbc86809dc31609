//! HMAC against Wycheproof: every valid tag is good, whole or truncated, and every tampered one is not.

use caltrop::mac::{self, InvalidTag, sha384, sha512};
use wycheproof::mac::{TestName, TestSet};

/// How many tests there were, and how many of them must be refused.
fn asked(name: TestName, verify: impl Fn(&[u8], &[u8], &[u8]) -> Result<(), InvalidTag>) -> (usize, usize) {
    let (mut asked, mut refused) = (0, 0);
    for group in TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            assert_eq!(test.tag.len() * 8, group.tag_size, "test {}", test.tc_id);
            let answer = verify(&test.key, &test.msg, &test.tag);
            assert_eq!(answer.is_err(), test.result.must_fail(), "test {}: {}", test.tc_id, test.comment);
            asked += 1;
            refused += usize::from(answer.is_err());
        }
    }
    (asked, refused)
}

#[test]
fn every_test_of_the_three_hashes_is_answered_as_it_says() {
    let counts = [
        asked(TestName::HmacSha256, |key, message, tag| mac::Key::new(key).verify(message, tag)),
        asked(TestName::HmacSha384, |key, message, tag| sha384::Key::new(key).verify(message, tag)),
        asked(TestName::HmacSha512, |key, message, tag| sha512::Key::new(key).verify(message, tag)),
    ];
    println!("wycheproof: (asked, refused) {counts:?}");
    assert_eq!(counts, [(174, 108); 3], "the search has gone blind, or the suite has grown: read what is new");
}

#[test]
fn a_planted_fault_is_caught() {
    let laxer = |_: &[u8], _: &[u8], _: &[u8]| Ok(());
    assert!(std::panic::catch_unwind(|| asked(TestName::HmacSha256, laxer)).is_err());
}
