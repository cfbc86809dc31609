//! The rooms `signed` and `replay` together: of all copies of one signed request that workers see at once, exactly one passes.

use std::sync::Barrier;
use std::thread;

use caltrop::Now;
use caltrop::mac;
use caltrop::replay::{Message, ReplayCache};
use caltrop::request::Header;
use caltrop::signed::{
    Body, Components, Profile, RequestKey, Scheme, ServerNonces, SignedFields, Signer, SigningKey, Verified, content_digest,
};
use caltrop::table::Word;
use caltrop::time::Quality;

const WORKERS: usize = 8;
const COPIES: usize = 1_000;
const NOW: Now = Now { wall_s: 1_796_000_000, mono_ns: 0, quality: Quality::Trusted };
const BODY: &[u8] = b"{\"amount\":100}";
const ORDER: Components<'static> = Components { method: b"POST", scheme: Scheme::Https, authority: b"api.example", target: b"/orders" };

fn signed(secret: &mac::Key, keyid: &str, nonce: &str) -> SignedFields {
    Signer::new(SigningKey::Hmac(secret), keyid).unwrap().sign(&ORDER, Some(&content_digest(BODY)), NOW.wall_s, nonce).unwrap()
}

/// All that a host does with a signed request: read, look the key up, verify, the body, and only then whether it was seen.
fn passes(fields: &SignedFields, secret: &mac::Key, is_first: impl Fn(&Verified<'_>) -> bool) -> bool {
    let digest = content_digest(BODY);
    let headers = [
        Header { name: b"signature-input", value: fields.signature_input().as_bytes() },
        Header { name: b"signature", value: fields.signature().as_bytes() },
        Header { name: b"content-digest", value: digest.as_str().as_bytes() },
    ];
    let Ok(request) = Profile::default().read(&ORDER, Body::Follows, &headers) else { return false };
    let Ok(verified) = request.verify(RequestKey::Hmac(secret), NOW) else { return false };
    verified.body().update(BODY).finish().is_ok() && is_first(&verified)
}

fn message<'m>(verified: &Verified<'m>) -> Message<'m> {
    Message { sender: verified.keyid.as_bytes(), id: verified.nonce.as_bytes(), issued_s: verified.created_s, until_s: verified.until_s }
}

/// How many of `COPIES` of a request, shared out among `WORKERS` that begin together, pass.
fn passed(fields: &SignedFields, secret: &mac::Key, is_first: impl Fn(&Verified<'_>) -> bool + Sync) -> usize {
    let barrier = Barrier::new(WORKERS);
    thread::scope(|scope| {
        let worker = || {
            barrier.wait();
            (0..COPIES / WORKERS).filter(|_| passes(fields, secret, &is_first)).count()
        };
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    })
}

#[test]
fn of_1_000_concurrent_copies_of_one_request_exactly_one_passes() {
    let words: Vec<Word> = (0..ReplayCache::words(64).unwrap()).map(|_| Word::new(0)).collect();
    let cache = ReplayCache::format(&words, 64, 0, [7; 16]).unwrap();
    let secret = mac::Key::new(b"32 bytes of a random generator!!");
    for round in 0..20 {
        let fields = signed(&secret, "partner-7", &format!("nonce-{round}"));
        let counts = passed(&fields, &secret, |verified| cache.first_seen(&message(verified), NOW).is_ok());
        assert_eq!(counts, 1, "round {round}");
    }
    // Another signer's nonce is another one, and one that nobody signed takes no place.
    assert!(passes(&signed(&secret, "partner-8", "nonce-1"), &secret, |verified| cache.first_seen(&message(verified), NOW).is_ok()));
    let forged = signed(&mac::Key::new(b"another secret"), "partner-7", "nonce-20");
    assert!(!passes(&forged, &secret, |_| panic!("what is not verified is not remembered")));
    // The planted fault: without the cache all of them pass.
    assert_eq!(passed(&signed(&secret, "partner-7", "nonce-1"), &secret, |_| true), COPIES);
}

#[test]
fn after_a_restart_no_request_of_before_passes_by_the_date_or_by_the_nonce_of_the_server() {
    let secret = mac::Key::new(b"32 bytes of a random generator!!");
    let words: Vec<Word> = (0..ReplayCache::words(64).unwrap()).map(|_| Word::new(0)).collect();
    // By the date: the new cache refuses what was signed before it began, and those who sign on a fast clock wait for the leeway.
    let before = signed(&secret, "partner-7", "old");
    let cache = ReplayCache::format(&words, 64, NOW.wall_s + 30, [7; 16]).unwrap();
    assert!(!passes(&before, &secret, |verified| cache.first_seen(&message(verified), NOW).is_ok()));
    // By the nonce: the cache begins at 0, nobody waits, and each boot has nonces of its own.
    let [old, new] = [[1; 16], [2; 16]].map(|boot| ServerNonces::new(&secret, boot, 60).unwrap());
    let cache = ReplayCache::format(&words, 64, 0, [8; 16]).unwrap();
    let ask = |nonces: ServerNonces<'_>| {
        let fields = signed(&secret, "partner-7", &format!("{}mine", nonces.give(NOW).as_str()));
        passes(&fields, &secret, |verified| new.check(verified.nonce, NOW).is_ok() && cache.first_seen(&message(verified), NOW).is_ok())
    };
    assert_eq!((ask(old), ask(new), ask(new)), (false, true, false));
}
