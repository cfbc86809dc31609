//! Keys of issuers that a feed brings: rotated while requests come, asked for when one is missing, and refused when they are not what they should be.

mod house;

use std::net::{IpAddr, Ipv4Addr};

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::audit::Reason;
use caltrop::guard::Feeds;
use caltrop::image::{Floor, Kind, OpenError, Trust};
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::token::KeySet;
use caltrop::token::record::{JWK, JwkRecord, KIND_ED25519, KIND_RSA, MATERIAL};
use caltrop::{Decision, Guard, Now};
use caltrop_control::image::{ImageWriter, Stamp};
use caltrop_control::jwks::{self, Jwk, Material};
use ed25519_dalek::{Signer, SigningKey};
use house::{Fed, STAMP, at, trust};

const POLICY: &str = r#"
[feed]
corp = { kind = "jwks", url = "https://id.acme.example/certs", cooldown = "60s", stale = "1h", on-stale = "STALE" }
other = { kind = "jwks", url = "https://id.other.example/certs" }
[auth.corp]
issuer = "https://id.acme.example"
audience = ["acme-api"]
algorithms = ["EdDSA"]
from = "feed:corp"
[auth.other]
issuer = "https://id.other.example"
audience = ["acme-api"]
algorithms = ["EdDSA"]
from = "feed:other"
[route]
whoami = { match = "GET /whoami" }
"#;

fn rules(on_stale: &str) -> String {
    POLICY.replace("STALE", on_stale)
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn jwk(number: u8) -> Jwk {
    Jwk { kid: Some(format!("k{number}")), algorithm: None, key: Material::Ed25519(*key(number).verifying_key().as_bytes()) }
}

fn image(feed: &str, numbers: &[u8], sequence: u64) -> Vec<u8> {
    let keys: Vec<Jwk> = numbers.iter().map(|&number| jwk(number)).collect();
    jwks::image(&format!("acme-api/{feed}"), &keys).unwrap().finish(&house::signer(), Stamp { sequence, ..STAMP })
}

fn open<'b>(feed: &str, image: &'b [u8]) -> KeySet<'b> {
    KeySet::open(image, &trust(&format!("acme-api/{feed}"), &house::signer()), Floor::NONE).unwrap()
}

fn token(issuer: &str, kid: &str, number: u8) -> String {
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let header = format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}"}}"#);
    let claims = format!(r#"{{"iss":"https://id.{issuer}.example","aud":"acme-api","sub":"ada","exp":1796099999}}"#);
    let signed = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
    let signature = key(number).sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", text(&signature))
}

/// The principal, or the reason and which feed is wanted.
fn show(guard: &Guard<'_>, token: &str, now: Now) -> Result<String, (Reason, Option<String>)> {
    let value = format!("Bearer {token}");
    let headers = [Header { name: b"authorization", value: value.as_bytes() }];
    let headers = &headers[..];
    let peer = Peer::Ip(IpAddr::from(Ipv4Addr::new(203, 0, 113, 9)));
    let transport = Transport::Tls(TlsVersion::V1_3);
    match guard.admit(&Request { method: b"GET", target: b"/whoami", authority: b"localhost", headers: &headers, peer, transport }, now) {
        Decision::Allow(grant) => Ok(grant.principal().unwrap().to_owned()),
        Decision::Deny(denial) => Err((denial.reason(), denial.wants().map(str::to_owned))),
    }
}

#[test]
fn a_rotated_key_is_asked_for_once_and_good_when_it_has_come_while_the_old_one_stays() {
    let fed = Fed::new(&rules("keep"));
    let (old, new, other) = (image("corp", &[1], 1), image("corp", &[1, 2], 2), image("other", &[3], 1));
    let (old, new, other) = (open("corp", &old), open("corp", &new), open("other", &other));
    let before = [old, other];
    let guard = fed.guard(&Feeds { key_sets: &before, ..Feeds::default() }).unwrap();
    let of = |number: u8| token("acme", &format!("k{number}"), number);
    let missing = |wants: Option<&str>| Err((Reason::TokenKey, wants.map(str::to_owned)));
    assert_eq!(show(&guard, &of(1), at(0)).as_deref(), Ok("corp:ada"));
    assert_eq!(show(&guard, &token("other", "k3", 3), at(0)).as_deref(), Ok("other:ada"), "each feed is of its own issuer");
    assert_eq!(show(&guard, &token("acme", "k3", 3), at(0)), missing(Some("corp")), "another issuer's key");
    assert_eq!(guard.asked(at(0)).collect::<Vec<_>>(), [("corp", 0)]);
    assert_eq!(show(&guard, &of(2), at(1)), missing(None), "asked for a second ago");
    assert_eq!(show(&guard, &token("other", "k2", 2), at(1)), missing(Some("other")), "another feed has a cooldown of its own");
    assert_eq!(show(&guard, &of(1), at(1)).as_deref(), Ok("corp:ada"), "what is held is good all the while");
    let after = [new, other];
    let guard = fed.guard(&Feeds { key_sets: &after, ..Feeds::default() }).unwrap();
    assert_eq!([show(&guard, &of(1), at(2)), show(&guard, &of(2), at(2))], [Ok("corp:ada".into()), Ok("corp:ada".into())]);
    assert_eq!(guard.feed_image("corp").unwrap().header().sequence, 2);
    assert_eq!(guard.asked(at(3)).collect::<Vec<_>>(), [("corp", 3_000), ("other", 2_000)]);
    assert_eq!(guard.asked(at(61)).count(), 0);
}

#[test]
fn a_flood_of_unknown_keys_asks_once_in_a_cooldown() {
    let fed = Fed::new(&rules("keep"));
    let (corp, other) = (image("corp", &[1], 1), image("other", &[3], 1));
    let sets = [open("corp", &corp), open("other", &other)];
    let guard = fed.guard(&Feeds { key_sets: &sets, ..Feeds::default() }).unwrap();
    // 100,000 names within 250 s, from as many guards of one state as there may be workers.
    let (mut asks, signed) = (Vec::new(), token("acme", "k1", 1));
    let rest = &signed[signed.find('.').unwrap()..];
    for count in 0..100_000u64 {
        let header = format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"random-{count}"}}"#);
        let (seconds, random) = (count / 400, Base64UrlUnpadded::encode_string(header.as_bytes()) + rest);
        if let Err((_, Some(feed))) = show(&guard, &random, at(seconds)) {
            asks.push((feed, seconds));
        }
    }
    let corp = |seconds| ("corp".to_owned(), seconds);
    assert_eq!(asks, [corp(0), corp(60), corp(120), corp(180), corp(240)]);
}

#[test]
fn an_outage_of_an_hour_refuses_nothing_unless_the_policy_says_so() {
    let (corp, other) = (image("corp", &[1], 1), image("other", &[3], 1));
    let sets = [open("corp", &corp), open("other", &other)];
    let good = token("acme", "k1", 1);
    for (on_stale, late) in [("keep", Ok("corp:ada".to_owned())), ("deny", Err((Reason::Stale, None)))] {
        let fed = Fed::new(&rules(on_stale));
        let guard = fed.guard(&Feeds { key_sets: &sets, ..Feeds::default() }).unwrap();
        let created_s = at(0).wall_s - STAMP.created_s;
        let (fresh, stale) = (at(3_600 - created_s), at(3_601 - created_s));
        assert_eq!(show(&guard, &good, fresh).as_deref(), Ok("corp:ada"));
        assert_eq!(guard.stale(fresh).count(), 0);
        assert_eq!(show(&guard, &good, stale), late);
        assert_eq!(guard.stale(stale).map(|stale| stale.feed).collect::<Vec<_>>(), ["corp"], "an alarm all the same");
        assert_eq!(show(&guard, &token("other", "k3", 3), stale).as_deref(), Ok("other:ada"), "of one issuer alone");
    }
}

#[test]
fn a_set_that_is_missing_or_out_of_place_is_named() {
    let fed = Fed::new(&rules("keep"));
    let (corp, other) = (image("corp", &[1], 1), image("other", &[3], 1));
    let (corp, other) = (open("corp", &corp), open("other", &other));
    let refused = |sets: &[KeySet<'_>]| fed.guard(&Feeds { key_sets: sets, ..Feeds::default() }).map(drop).unwrap_err().to_string();
    for (sets, feed) in [(&[][..], "corp"), (&[corp], "other"), (&[other, corp], "corp")] {
        assert!(refused(sets).contains(&format!("has the feed {feed:?}, whose image was not given")), "{}", refused(sets));
    }
    assert_eq!(fed.policy().key_set_feeds().map(|(name, _)| name).collect::<Vec<_>>(), ["corp", "other"]);
}

type Change = fn(&mut JwkRecord);

#[test]
fn an_image_that_is_no_set_of_keys_is_refused_at_open() {
    let finish = |writer: ImageWriter| writer.finish(&house::signer(), STAMP);
    let opened = |image: &[u8], trust: &Trust| KeySet::open(image, trust, Floor::NONE).map(|set| set.kids().count());
    let ours = trust("acme-api/corp", &house::signer());
    assert_eq!(opened(&image("corp", &[1, 2, 3, 4, 5, 6, 7, 8], 1), &ours), Ok(8));
    let of_keys = Err(OpenError::Content { tag: JWK });
    assert_eq!(opened(&image("corp", &[1, 2, 3, 4, 5, 6, 7, 8, 9], 1), &ours), of_keys);
    assert_eq!(opened(&finish(ImageWriter::new(Kind::Jwks, "acme-api/corp").raw(MATERIAL, 1, &[1])), &ours), of_keys);
    assert_eq!(opened(&image("other", &[1], 1), &ours), Err(OpenError::Scope));
    assert_eq!(opened(&image("corp", &[1], 1), &trust("acme-api/corp", &key(5))), Err(OpenError::Signature));
    assert!(matches!(
        opened(&finish(ImageWriter::new(Kind::Keyring, "acme-api/corp").raw(MATERIAL, 1, &[1])), &ours),
        Err(OpenError::Kind { .. })
    ));
    let unknown = ImageWriter::new(Kind::Jwks, "acme-api/corp").raw(*b"ISSR", 56, &[0; 56]);
    assert!(opened(&finish(unknown), &ours).is_err(), "an issuer is the policy's to name");
    let point = *key(1).verifying_key().as_bytes();
    let whole = JwkRecord {
        kid: caltrop::image::NO_TEXT.into(),
        first: 0.into(),
        exponent: 0.into(),
        length: 32.into(),
        kind: KIND_ED25519,
        algorithm: 0,
    };
    let changes: [(&str, Change); 7] = [
        ("longer than its bytes", |key| key.length = 33.into()),
        ("shorter", |key| key.length = 31.into()),
        ("beyond its bytes", |key| key.first = 1.into()),
        ("an exponent of a point", |key| key.exponent = 65_537.into()),
        ("a name that is not there", |key| key.kid = 7.into()),
        ("another kind", |key| key.kind = KIND_RSA),
        ("an algorithm of another kind", |key| key.algorithm = caltrop::token::Algorithm::Es256.code()),
    ];
    let with = |key: JwkRecord| finish(ImageWriter::new(Kind::Jwks, "acme-api/corp").records(JWK, &[key]).raw(MATERIAL, 1, &point));
    assert_eq!(opened(&with(whole), &ours), Ok(1));
    for (what, change) in changes {
        let mut key = whole;
        change(&mut key);
        assert!(opened(&with(key), &ours).is_err(), "{what}");
    }
}
