//! A proof and a replay cache together: of all copies of one proof that workers see at once, exactly one passes.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::replay::{Message, NotFirst, ReplayCache};
use caltrop::request::Header;
use caltrop::table::Word;
use caltrop::time::{Now, Quality};
use caltrop::token::{Htu, Proof, ProofReason, ProofVerifier, ProvenRequest};
use ed25519_dalek::{Signer, SigningKey};

const WORKERS: usize = 8;
const COPIES: usize = 1_000;
const NOW_S: u64 = 1_796_000_000;

fn at(wall_s: u64) -> Now {
    Now { wall_s, quality: Quality::Trusted, ..Now::default() }
}

fn signed(seed: u8, jti: &str) -> String {
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode(bytes, &mut [0; 1024]).unwrap().to_owned();
    let key = SigningKey::from_bytes(&[seed; 32]);
    let header = format!(
        r#"{{"typ":"dpop+jwt","alg":"EdDSA","jwk":{{"kty":"OKP","crv":"Ed25519","x":"{}"}}}}"#,
        text(key.verifying_key().as_bytes())
    );
    let claims = format!(r#"{{"htm":"GET","htu":"https://a.example/","iat":{NOW_S},"jti":"{jti}"}}"#);
    let input = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
    format!("{input}.{}", text(&key.sign(input.as_bytes()).to_bytes()))
}

fn read(proof: &str, now: Now) -> Result<Proof, ProofReason> {
    let request = ProvenRequest { method: b"GET", htu: Htu::parse(b"https://a.example/").unwrap(), token: None };
    ProofVerifier::new().verify(&[Header { name: b"DPoP", value: proof.as_bytes() }], &request, &mut [0; 512], now)
}

/// As a host asks: the key is the sender, so nobody uses up the ids of another.
fn first_seen(cache: &ReplayCache<'_>, proof: &Proof, now: Now) -> Result<(), NotFirst> {
    let key = proof.key();
    let message = Message { sender: key.as_bytes(), id: proof.jti().as_bytes(), issued_s: proof.issued_s(), until_s: proof.until_s() };
    cache.first_seen(&message, now)
}

#[test]
fn of_1_000_copies_on_8_threads_exactly_one_passes() {
    let words: Vec<Word> = (0..ReplayCache::words(64).unwrap()).map(|_| Word::new(0)).collect();
    let cache = ReplayCache::format(&words, 64, 0, [7; 16]).unwrap();
    let (proof, barrier) = (signed(7, "once"), Barrier::new(WORKERS));
    let (passed, replayed) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                barrier.wait();
                for _ in 0..COPIES / WORKERS {
                    let proof = read(&proof, at(NOW_S)).unwrap();
                    match first_seen(&cache, &proof, at(NOW_S)) {
                        Ok(()) => passed.fetch_add(1, Ordering::Relaxed),
                        Err(NotFirst::Replayed) => replayed.fetch_add(1, Ordering::Relaxed),
                        Err(other) => panic!("{other}"),
                    };
                }
            });
        }
    });
    assert_eq!((passed.into_inner(), replayed.into_inner()), (1, 999));
}

#[test]
fn a_proof_is_remembered_for_as_long_as_it_is_accepted_and_for_its_key_alone() {
    let words: Vec<Word> = (0..ReplayCache::words(64).unwrap()).map(|_| Word::new(0)).collect();
    let cache = ReplayCache::format(&words, 64, 0, [7; 16]).unwrap();
    let (mine, yours) = (signed(7, "1"), signed(8, "1"));
    let ask = |text: &str, now| first_seen(&cache, &read(text, now).unwrap(), now);
    assert_eq!((ask(&mine, at(NOW_S)), ask(&yours, at(NOW_S))), (Ok(()), Ok(())));
    let last = at(read(&mine, at(NOW_S)).unwrap().until_s());
    assert_eq!(ask(&mine, last), Err(NotFirst::Replayed));
    assert_eq!(read(&mine, at(last.wall_s + 1)).unwrap_err(), ProofReason::TooOld);
}
