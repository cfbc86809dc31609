//! Access tokens verified, issuer, audience and end checked, beside what Rust servers do it with.
//!
//! Every contender has its key and its rules prepared; the tokens are good, and looked at in turns.
#![allow(missing_docs, reason = "a program: nobody links it")]

use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::mac;
use caltrop::time::{Now, Quality};
use caltrop::token::{Key, Verifier};
use caltrop::verify::{P256Key, PublicKey, RsaKey};
use caltrop_benches::{Bench, Contest};
use ed25519_dalek::{Signature, Signer, SigningKey};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

const SECRET: &[u8] = b"a secret of at least 32 bytes, shared with the issuer";
const ISSUER: &str = "https://id.acme.example/realms/api";
const AUDIENCES: &[&str] = &["acme-api"];
/// Tokens that are taken in turns: as many as stay in the nearest cache.
const TOKENS: usize = 16;

fn main() {
    let mut bench = Bench::new("token");
    let secret: &'static mac::Key = Box::leak(Box::new(mac::Key::new(SECRET)));
    let tokens = signed("HS256", |input| secret.sign(input).as_bytes().to_vec());
    let contest = Contest::new("HS256 access token, with iss, aud and exp")
        .with("caltrop", each(&tokens, ours(vec![Key::hs256(Some("k1"), secret)])))
        .with("jsonwebtoken", each(&tokens, theirs(Algorithm::HS256, DecodingKey::from_secret(SECRET))))
        .with(
            "the HMAC alone",
            each(&tokens, |token| {
                token.rsplit_once('.').is_some_and(|(input, _)| std::hint::black_box(secret.sign(input.as_bytes())).as_bytes().len() == 32)
            }),
        );
    bench.contest(contest);

    bench.contest(ed25519());
    bench.contest(p256());
    bench.contest(rsa());
    bench.finish();
}

fn ed25519() -> Contest<'static> {
    let signer = SigningKey::from_bytes(&[7; 32]);
    let public = signer.verifying_key();
    let tokens = signed("EdDSA", |input| signer.sign(input).to_bytes().to_vec());
    let key = Key::ed25519(Some("k1"), PublicKey::from_bytes(public.as_bytes()).expect("a key"));
    let theirs = theirs(Algorithm::EdDSA, DecodingKey::from_ed_components(&text(public.as_bytes())).expect("a key"));
    let bare =
        move |input: &[u8], signature: &[u8]| Signature::from_slice(signature).is_ok_and(|tag| public.verify_strict(input, &tag).is_ok());
    Contest::new("EdDSA access token, with iss, aud and exp")
        .with("caltrop", each(&tokens, ours(vec![key])))
        .with("ed25519-dalek, the signature alone", each(&tokens, alone(&tokens, bare)))
        .with("jsonwebtoken", each(&tokens, theirs))
}

fn p256() -> Contest<'static> {
    use p256::ecdsa::signature::{Signer, Verifier};
    let signer = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key");
    let public = *signer.verifying_key();
    let tokens = signed("ES256", |input| Signer::<p256::ecdsa::Signature>::sign(&signer, input).to_bytes().to_vec());
    let point = public.to_sec1_point(false).as_bytes().to_vec();
    let (x, y) = point[1..].split_at(32);
    let key = P256Key::from_coordinates(x.try_into().expect("32"), y.try_into().expect("32")).expect("a key");
    let theirs = theirs(Algorithm::ES256, DecodingKey::from_ec_components(&text(x), &text(y)).expect("a key"));
    let ring = ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, point.clone());
    let aws = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED, point);
    let bare = move |input: &[u8], signature: &[u8]| {
        p256::ecdsa::Signature::from_slice(signature).is_ok_and(|tag| public.verify(input, &tag).is_ok())
    };
    Contest::new("ES256 access token, with iss, aud and exp")
        .with("caltrop", each(&tokens, ours(vec![Key::es256(Some("k1"), key)])))
        .with("p256, the signature alone", each(&tokens, alone(&tokens, bare)))
        .with("jsonwebtoken", each(&tokens, theirs))
        .with("ring, the signature alone", each(&tokens, alone(&tokens, move |input, tag| ring.verify(input, tag).is_ok())))
        .with("aws-lc-rs, the signature alone", each(&tokens, alone(&tokens, move |input, tag| aws.verify(input, tag).is_ok())))
}

fn rsa() -> Contest<'static> {
    use aws_lc_rs::signature::KeyPair;
    use rsa::signature::Verifier;
    let signer = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).expect("a key");
    // RFC 8017 §A.1.1: the modulus stands before the five bytes of the exponent.
    let (before, _) = signer.public_key().as_ref().split_last_chunk::<5>().expect("a key");
    let modulus: &'static [u8] = before.last_chunk::<256>().expect("2,048 bits").to_vec().leak();
    let exponent: &'static [u8] = &[1, 0, 1];
    let tokens = signed("RS256", |input| {
        let mut signature = vec![0; signer.public_modulus_len()];
        let random = aws_lc_rs::rand::SystemRandom::new();
        signer.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, input, &mut signature).expect("signed");
        signature
    });
    let key =
        Key::rsa(Some("k1"), caltrop::token::Algorithm::Rs256, RsaKey::new(modulus, 65_537).expect("a key")).expect("an RSA algorithm");
    let theirs = theirs(Algorithm::RS256, DecodingKey::from_rsa_raw_components(modulus, exponent));
    let boxed = |bytes: &[u8]| rsa::BoxedUint::from_be_slice_vartime(bytes);
    let public = rsa::PublicKey::new(boxed(modulus), boxed(exponent)).expect("a key");
    let public = rsa::pkcs1v15::VerifyingKey::<sha2::Sha256>::new(public);
    let bare = move |input: &[u8], signature: &[u8]| {
        rsa::pkcs1v15::Signature::try_from(signature).is_ok_and(|tag| public.verify(input, &tag).is_ok())
    };
    let ring = ring::signature::RsaPublicKeyComponents { n: modulus, e: exponent };
    let aws = aws_lc_rs::signature::RsaPublicKeyComponents { n: modulus, e: exponent };
    let by_ring = move |input: &[u8], tag: &[u8]| ring.verify(&ring::signature::RSA_PKCS1_2048_8192_SHA256, input, tag).is_ok();
    let by_aws = move |input: &[u8], tag: &[u8]| aws.verify(&aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256, input, tag).is_ok();
    Contest::new("RS256-2048 access token, with iss, aud and exp")
        .with("caltrop", each(&tokens, ours(vec![key])))
        .with("rsa, the signature alone", each(&tokens, alone(&tokens, bare)))
        .with("jsonwebtoken", each(&tokens, theirs))
        .with("ring, the signature alone", each(&tokens, alone(&tokens, by_ring)))
        .with("aws-lc-rs, the signature alone", each(&tokens, alone(&tokens, by_aws)))
}

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode(bytes, &mut vec![0; bytes.len() * 2 + 4]).expect("it fits").to_owned()
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Tokens as an authorization server makes them: about 500 bytes.
fn signed(algorithm: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> Vec<String> {
    let token = |number: usize| {
        let header = format!(r#"{{"alg":"{algorithm}","typ":"at+jwt","kid":"k1"}}"#);
        let (iat, exp) = (now_s() - 60, now_s() + 3600);
        let claims = format!(
            r#"{{"iss":"{ISSUER}","sub":"user-{number}","aud":"acme-api","exp":{exp},"iat":{iat},"jti":"5c1f7a7e-6f0f-4b5e-{number:04}","client_id":"web","scope":"orders:read orders:write profile","realm_access":{{"roles":["user","editor"]}}}}"#
        );
        let input = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
        let signature = text(&sign(input.as_bytes()));
        format!("{input}.{signature}")
    };
    (0..TOKENS).map(token).collect()
}

/// The signature and nothing else: decoded before.
fn alone(tokens: &[String], is_good: impl Fn(&[u8], &[u8]) -> bool + 'static) -> impl FnMut(&str) -> bool + 'static {
    let parts = |token: &String| {
        let (input, signature) = token.rsplit_once('.').expect("three parts");
        let mut bytes = [0; 512];
        (input.as_bytes().to_vec(), Base64UrlUnpadded::decode(signature, &mut bytes).expect("base64url").to_vec())
    };
    let parts: Vec<(Vec<u8>, Vec<u8>)> = tokens.iter().map(parts).collect();
    let mut at = 0;
    move |_| {
        at = (at + 1) % TOKENS;
        let (input, signature) = std::hint::black_box(&parts[at]);
        is_good(input, signature)
    }
}

fn ours(keys: Vec<Key<'static>>) -> impl FnMut(&str) -> bool + 'static {
    let verifier = Verifier::new(ISSUER, AUDIENCES, keys.leak()).expect("it has all");
    let mut buffer = [0; 6144];
    let now = Now { wall_s: now_s(), quality: Quality::Trusted, ..Now::default() };
    move |token| verifier.verify(token.as_bytes(), &mut buffer, now).is_ok()
}

fn theirs(algorithm: Algorithm, key: DecodingKey) -> impl FnMut(&str) -> bool {
    let mut rules = Validation::new(algorithm);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(AUDIENCES);
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    move |token| decode::<Value>(token, &key, &rules).is_ok()
}

/// One token after the other; each must be found to be good.
fn each(tokens: &[String], mut is_good: impl FnMut(&str) -> bool + 'static) -> impl FnMut(u64) + 'static {
    let tokens = tokens.to_vec();
    let mut at = 0;
    move |times| {
        for _ in 0..times {
            at = (at + 1) % tokens.len();
            assert!(is_good(std::hint::black_box(&tokens[at])), "every token of this bench is good");
        }
    }
}
