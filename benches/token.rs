//! Access tokens verified, issuer, audience and end checked, beside what Rust servers do it with.
//!
//! Every contender has its key and its rules prepared; the tokens are good, and looked at in turns.
#![allow(missing_docs, reason = "a program: nobody links it")]

use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::mac;
use caltrop::time::{Now, Quality};
use caltrop::token::{Key, Verifier};
use caltrop::verify::PublicKey;
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
    let secret = mac::Key::new(SECRET);
    let tokens = signed("HS256", |input| secret.sign(input).as_bytes().to_vec());
    let keys = [Key::hs256(Some("k1"), &secret)];
    let contest = Contest::new("HS256 access token, with iss, aud and exp")
        .with("caltrop", each(&tokens, ours(&keys)))
        .with("jsonwebtoken", each(&tokens, theirs(Algorithm::HS256, DecodingKey::from_secret(SECRET))))
        .with(
            "the HMAC alone",
            each(&tokens, |token| {
                token.rsplit_once('.').is_some_and(|(input, _)| std::hint::black_box(secret.sign(input.as_bytes())).as_bytes().len() == 32)
            }),
        );
    bench.contest(contest);

    let signer = SigningKey::from_bytes(&[7; 32]);
    let public = signer.verifying_key();
    let tokens = signed("EdDSA", |input| signer.sign(input).to_bytes().to_vec());
    let keys = [Key::ed25519(Some("k1"), PublicKey::from_bytes(public.as_bytes()).expect("a key"))];
    let components = text(public.as_bytes());
    let bare: Vec<(String, Signature)> = tokens.iter().map(|token| parts(token)).collect();
    let mut at = 0;
    let contest = Contest::new("EdDSA access token, with iss, aud and exp")
        .with("caltrop", each(&tokens, ours(&keys)))
        .with("ed25519-dalek, the signature alone", move |times| {
            for _ in 0..times {
                at = (at + 1) % TOKENS;
                let (input, signature) = std::hint::black_box(&bare[at]);
                assert!(public.verify_strict(input.as_bytes(), signature).is_ok(), "every token of this bench is good");
            }
        })
        .with("jsonwebtoken", each(&tokens, theirs(Algorithm::EdDSA, DecodingKey::from_ed_components(&components).expect("a key"))));
    bench.contest(contest);
    bench.finish();
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

fn parts(token: &str) -> (String, Signature) {
    let (input, signature) = token.rsplit_once('.').expect("three parts");
    let mut bytes = [0; 64];
    Base64UrlUnpadded::decode(signature, &mut bytes).expect("base64url");
    (input.to_owned(), Signature::from_bytes(&bytes))
}

fn ours<'k>(keys: &'k [Key<'k>]) -> impl FnMut(&str) -> bool + 'k {
    let verifier = Verifier::new(ISSUER, AUDIENCES, keys).expect("it has all");
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
fn each<'t>(tokens: &'t [String], mut is_good: impl FnMut(&str) -> bool + 't) -> impl FnMut(u64) + 't {
    let mut at = 0;
    move |times| {
        for _ in 0..times {
            at = (at + 1) % tokens.len();
            assert!(is_good(std::hint::black_box(&tokens[at])), "every token of this bench is good");
        }
    }
}
