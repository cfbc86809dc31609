//! Signatures against Wycheproof: every valid one is good, every other one is not, and what is refused beyond that is counted.

use caltrop::verify::{BadSignature, Hash, P256Key, PublicKey, RsaKey};
use wycheproof::{TestResult, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

const BLIND: &str = "the search has gone blind, or the suite has grown: read what is new";

/// How many tests were answered as the suite says, how many of them refused, how many are of keys that are not taken, and how many
/// the suite leaves open.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    asked: usize,
    refused: usize,
    keys: usize,
    open: usize,
}

impl Count {
    fn test(&mut self, id: usize, result: TestResult, answer: Result<(), BadSignature>) {
        match result {
            TestResult::Acceptable => self.open += 1,
            result => assert_eq!(answer.is_err(), result.must_fail(), "test {id}"),
        }
        self.asked += 1;
        self.refused += usize::from(answer.is_err());
    }
}

/// A signature of another length is none.
fn of_64_bytes(signature: &[u8], verify: impl FnOnce(&[u8; 64]) -> Result<(), BadSignature>) -> Result<(), BadSignature> {
    signature.try_into().map_err(|_| BadSignature).and_then(verify)
}

fn exponent(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte))
}

fn modulus(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.iter().position(|&byte| byte != 0).unwrap()..]
}

fn pkcs1(name: rsa_pkcs1_verify::TestName, hash: Hash) -> Count {
    let mut count = Count::default();
    for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
        let Ok(key) = RsaKey::new(modulus(&group.key.n), exponent(&group.key.e)) else {
            assert_eq!(exponent(&group.key.e), 3, "the only keys of the suite that are not taken");
            count.keys += group.tests.len();
            continue;
        };
        for test in group.tests {
            count.test(test.tc_id, test.result, key.verify_pkcs1(hash, &test.msg, &test.sig));
        }
    }
    count
}

fn pss(name: rsa_pss_verify::TestName) -> Count {
    let mut count = Count::default();
    for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
        let key = RsaKey::new(modulus(&group.key.n), exponent(&group.key.e)).unwrap();
        for test in group.tests {
            count.test(test.tc_id, test.result, key.verify_pss(&test.msg, &test.sig));
        }
    }
    count
}

#[test]
fn rsa_is_answered_as_the_suite_says() {
    use rsa_pkcs1_verify::TestName as Pkcs1;
    use rsa_pss_verify::TestName as Pss;
    let counts = [
        pkcs1(Pkcs1::Rsa2048Sha256, Hash::Sha256),
        pkcs1(Pkcs1::Rsa2048Sha384, Hash::Sha384),
        pkcs1(Pkcs1::Rsa2048Sha512, Hash::Sha512),
        pkcs1(Pkcs1::Rsa3072Sha256, Hash::Sha256),
        pkcs1(Pkcs1::Rsa3072Sha384, Hash::Sha384),
        pkcs1(Pkcs1::Rsa3072Sha512, Hash::Sha512),
        pkcs1(Pkcs1::Rsa4096Sha256, Hash::Sha256),
        pkcs1(Pkcs1::Rsa4096Sha384, Hash::Sha384),
        pkcs1(Pkcs1::Rsa4096Sha512, Hash::Sha512),
        pss(Pss::RsaPss2048Sha256Mgf1SaltLen32),
        pss(Pss::RsaPss3072Sha256Mgf1SaltLen32),
        pss(Pss::RsaPss4096Sha256Mgf1SaltLen32),
    ];
    let sum = |of: fn(&Count) -> usize| counts.iter().map(of).sum::<usize>();
    let all = Count { asked: sum(|one| one.asked), refused: sum(|one| one.refused), keys: sum(|one| one.keys), open: sum(|one| one.open) };
    println!("wycheproof: RSA {all:?}");
    // What the suite leaves open is a digest's name without its NULL: refused here.
    assert_eq!(all, Count { asked: 2649, refused: 2397, keys: 5, open: 9 }, "{BLIND}");
}

#[test]
fn salts_of_another_length_are_refused() {
    let mut count = 0;
    for group in rsa_pss_verify::TestSet::load(rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen0).unwrap().test_groups {
        let key = RsaKey::new(modulus(&group.key.n), exponent(&group.key.e)).unwrap();
        // What the suite refuses here has a salt of another length, some of them ours.
        for test in group.tests.iter().filter(|test| !test.result.must_fail()) {
            assert!(key.verify_pss(&test.msg, &test.sig).is_err(), "test {}", test.tc_id);
            count += 1;
        }
    }
    assert_eq!(count, 61, "{BLIND}");
}

#[test]
fn ecdsa_over_p256_is_answered_as_the_suite_says() {
    let mut count = Count::default();
    for group in ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap().test_groups {
        let [4, point @ ..] = group.key.key.as_slice() else { panic!("compressed") };
        let (x, y) = point.split_at(32);
        let key = P256Key::from_coordinates(x.try_into().unwrap(), y.try_into().unwrap()).unwrap();
        for test in group.tests {
            count.test(test.tc_id, test.result, of_64_bytes(&test.sig, |signature| key.verify(&test.msg, signature)));
        }
    }
    println!("wycheproof: {count:?}");
    assert_eq!(count, Count { asked: 262, refused: 89, keys: 0, open: 0 }, "{BLIND}");
}

#[test]
fn ed25519_is_answered_as_the_suite_says() {
    let mut count = Count::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let key = PublicKey::from_bytes(group.key.pk.as_slice().try_into().unwrap()).unwrap();
        for test in group.tests {
            count.test(test.tc_id, test.result, of_64_bytes(&test.sig, |signature| key.verify(&test.msg, signature)));
        }
    }
    println!("wycheproof: {count:?}");
    assert_eq!(count, Count { asked: 151, refused: 63, keys: 0, open: 0 }, "{BLIND}");
}

#[test]
fn a_planted_fault_is_caught() {
    let laxer = || Count::default().test(1, TestResult::Invalid, Ok(()));
    let stricter = || Count::default().test(1, TestResult::Valid, Err(BadSignature));
    assert!(std::panic::catch_unwind(laxer).is_err() && std::panic::catch_unwind(stricter).is_err());
}
