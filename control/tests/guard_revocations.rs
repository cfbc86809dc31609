//! What was taken back before its time: tokens by `jti`, principal, client and signing key, and API keys by id.

mod house;

use std::net::{IpAddr, Ipv4Addr};

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::access::record::{REVOKED, RevokedRecord, what};
use caltrop::access::{Revocable, Revocations};
use caltrop::audit::Reason;
use caltrop::guard::Feeds;
use caltrop::image::{Floor, Kind, OpenError, TEXT};
use caltrop::key::Keyring;
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::time::Quality;
use caltrop::{Decision, Guard, Now};
use caltrop_control::image::{ImageWriter, Stamp};
use caltrop_control::revocations::{Entry, image, read};
use ed25519_dalek::{Signer, SigningKey};
use house::{Fed, STAMP, at, trust};

const POLICY: &str = r#"
[feed]
gone = { kind = "revocations", stale = "1h", on-stale = "STALE" }
[auth.corp]
issuer = "https://id.acme.example"
audience = ["acme-api"]
algorithms = ["EdDSA"]
keys = [{ kty = "OKP", crv = "Ed25519", kid = "k1", x = "KEY" }]
[auth.other]
issuer = "https://id.other.example"
audience = ["acme-api"]
algorithms = ["EdDSA"]
keys = [{ kty = "OKP", crv = "Ed25519", kid = "k1", x = "KEY" }]
[route]
whoami = { match = "GET /whoami" }
health = { match = "GET /healthz", auth = "none" }
"#;
/// When all tokens here are issued.
const ISSUED_S: u32 = 1_796_000_050;

fn rules(on_stale: &str) -> String {
    POLICY.replace("STALE", on_stale).replace("KEY", &Base64UrlUnpadded::encode_string(key().verifying_key().as_bytes()))
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

/// A token of an issuer for Ada, with more claims.
fn token(issuer: &str, more: &str) -> String {
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let claims = format!(r#"{{"iss":"https://id.{issuer}.example","aud":"acme-api","sub":"ada","exp":1796099999{more}}}"#);
    let signed = format!("{}.{}", text(br#"{"alg":"EdDSA","typ":"at+jwt"}"#), text(claims.as_bytes()));
    format!("{signed}.{}", text(&key().sign(signed.as_bytes()).to_bytes()))
}

fn get(guard: &Guard<'_>, target: &str, token: &str, now: Now) -> Result<(), Reason> {
    let value = format!("Bearer {token}");
    let headers = [Header { name: b"authorization", value: value.as_bytes() }];
    let headers = &headers[..];
    let peer = Peer::Ip(IpAddr::from(Ipv4Addr::new(203, 0, 113, 9)));
    let transport = Transport::Tls(TlsVersion::V1_3);
    match guard
        .admit(&Request { method: b"GET", target: target.as_bytes(), authority: b"localhost", headers: &headers, peer, transport }, now)
    {
        Decision::Allow(_) => Ok(()),
        Decision::Deny(denial) => Err(denial.reason()),
    }
}

fn list(entries: &[Entry]) -> Vec<u8> {
    image("acme-api/gone", entries).unwrap().finish(&house::signer(), STAMP)
}

fn open(bytes: &[u8]) -> Result<Revocations<'_>, OpenError> {
    Revocations::open(bytes, &trust("acme-api/gone", &house::signer()), Floor::NONE)
}

fn entry(named: Revocable<'_>) -> Entry {
    Entry::new(&named, "for people", 0, 0)
}

/// What comes of a token while these entries are on the list.
fn with(entries: &[Entry], token: &str, now: Now) -> Result<(), Reason> {
    let (fed, bytes) = (Fed::new(&rules("keep")), list(entries));
    let guard = fed.guard(&Feeds { revocations: Some(open(&bytes).unwrap()), ..Feeds::default() }).unwrap();
    get(&guard, "/whoami", token, now)
}

#[test]
fn each_way_to_take_a_token_back_meets_that_token_alone() {
    let full = r#","iat":1796000050,"jti":"t/1","client_id":"app""#;
    let (good, gone) = (Ok(()), Err(Reason::TokenRevoked));
    let token_of = |id| entry(Revocable::Token { issuer: "corp", id });
    let client_of = |id| entry(Revocable::Client { issuer: "corp", id });
    let signed_by = |issuer, id| entry(Revocable::SigningKey { issuer, id });
    let principal = |name| entry(Revocable::Principal { name });
    let rows: [(Entry, &str, &str, Result<(), Reason>); 16] = [
        (token_of("t/1"), "acme", full, gone),
        (token_of("t/1"), "acme", r#","jti":"t\/1""#, gone),
        (token_of("t/1"), "acme", r#","jti":"\u0074/1""#, gone),
        (token_of("t/1"), "acme", r#","jti":"t/2""#, good),
        (token_of("t/1"), "acme", "", good),
        (token_of("t/1"), "other", full, good),
        (principal("corp:ada"), "acme", full, gone),
        (principal("corp:ada"), "other", full, good),
        (principal("corp:bob"), "acme", full, good),
        (client_of("app"), "acme", full, gone),
        (client_of("app"), "acme", r#","azp":"app""#, gone),
        (client_of("app"), "acme", r#","client_id":"other","azp":"app""#, gone),
        (client_of("other"), "acme", full, good),
        // The token names no key: the one that has signed it is meant.
        (signed_by("corp", "k1"), "acme", full, gone),
        (signed_by("corp", "k1"), "other", full, good),
        (signed_by("corp", "k2"), "acme", full, good),
    ];
    for (entry, issuer, more, wanted) in rows {
        assert_eq!(with(std::slice::from_ref(&entry), &token(issuer, more), at(0)), wanted, "{entry:?} {issuer} {more}");
    }
    let many: Vec<Entry> = (0..1_000).map(|number: u32| entry(Revocable::Token { issuer: "corp", id: &number.to_string() })).collect();
    for (id, wanted) in [("0", gone), ("999", gone), ("500", gone), ("1000", good)] {
        assert_eq!(with(&many, &token("acme", &format!(r#","jti":"{id}""#)), at(0)), wanted, "{id}");
    }
}

#[test]
fn a_principal_loses_what_was_issued_before_and_entries_die_at_their_end() {
    let named = Revocable::Principal { name: "corp:ada" };
    let issued = |seconds: u32| token("acme", &format!(r#","iat":{seconds}"#));
    let before = |before_s| [Entry::new(&named, "", before_s, 0)];
    assert_eq!(with(&before(ISSUED_S), &issued(ISSUED_S - 1), at(0)), Err(Reason::TokenRevoked));
    assert_eq!(with(&before(ISSUED_S), &issued(ISSUED_S), at(0)), Ok(()), "a new login");
    assert_eq!(with(&before(ISSUED_S), &token("acme", ""), at(0)), Err(Reason::TokenRevoked), "it does not say when it was issued");
    let end = u32::try_from(at(60).wall_s).unwrap();
    let until = [Entry::new(&named, "", 0, end)];
    assert_eq!(with(&until, &issued(ISSUED_S), at(59)), Err(Reason::TokenRevoked));
    assert_eq!(with(&until, &issued(ISSUED_S), at(60)), Ok(()));
    let list = list(&until);
    let untrusted = Now { quality: Quality::Untrusted, ..at(60) };
    assert!(open(&list).unwrap().has(&named, None, untrusted), "who knows what time it is");
}

#[test]
fn a_token_that_was_taken_back_costs_its_address_and_not_its_budget_of_signatures() {
    let (fed, bytes) = (
        Fed::new(&(rules("keep") + "[quota]\nfailures = { by = \"address\", limit = \"3/hour\", on = \"auth-failure\" }\n")),
        list(&[entry(Revocable::Principal { name: "corp:ada" })]),
    );
    let guard = fed.guard(&Feeds { revocations: Some(open(&bytes).unwrap()), ..Feeds::default() }).unwrap();
    let bad = token("acme", "");
    let shown: Vec<_> = (0..4).map(|_| get(&guard, "/whoami", &bad, at(0)).unwrap_err()).collect();
    assert_eq!(shown, [Reason::TokenRevoked, Reason::TokenRevoked, Reason::TokenRevoked, Reason::Failures]);
    assert_eq!(get(&guard, "/whoami", &token("other", ""), at(0)), Ok(()));
}

#[test]
fn a_stale_list_refuses_credentials_and_nothing_else_if_the_policy_says_so() {
    let bytes = list(&[]);
    let (fed, kept) = (Fed::new(&rules("deny")), Fed::new(&rules("keep")));
    let stale = at(3_601);
    let feeds = Feeds { revocations: Some(open(&bytes).unwrap()), ..Feeds::default() };
    let guard = fed.guard(&feeds).unwrap();
    assert_eq!(get(&guard, "/whoami", &token("acme", ""), at(0)), Ok(()));
    assert_eq!(get(&guard, "/whoami", &token("acme", ""), stale), Err(Reason::Stale));
    assert_eq!(get(&guard, "/healthz", "", stale), Ok(()));
    assert_eq!(guard.stale(stale).map(|stale| stale.feed).collect::<Vec<_>>(), ["gone"]);
    assert_eq!(get(&kept.guard(&feeds).unwrap(), "/whoami", &token("acme", ""), stale), Ok(()));
    assert!(fed.guard(&Feeds::default()).unwrap_err().to_string().contains("has the feed \"gone\", whose image was not given"));
}

#[test]
fn an_api_key_is_taken_back_by_its_id() {
    let keys = "[feed]\ngone = { kind = \"revocations\" }\nkeys = { kind = \"keyring\" }\n\
                [auth.key]\nfrom = \"feed:keys\"\nin = [\"authorization: Bearer\"]\n[route]\nwhoami = { match = \"GET /whoami\" }\n";
    let fed = Fed::new(keys);
    let (ring, alice) = (house::keyring_image(), house::keys()[0].key_id);
    let keyring = Keyring::open(&ring, &trust("acme-api/keys", &house::signer()), Floor::NONE).unwrap();
    for (id, wanted) in [(alice + 1, Ok(())), (alice, Err(Reason::KeyRevoked))] {
        let bytes = list(&[entry(Revocable::Key { id })]);
        let feeds = Feeds { keyring: Some(keyring), revocations: Some(open(&bytes).unwrap()), ..Feeds::default() };
        assert_eq!(get(&fed.guard(&feeds).unwrap(), "/whoami", house::ALICE, at(0)), wanted);
    }
}

type Change = fn(&mut [RevokedRecord; 2]);

#[test]
fn an_image_that_is_no_list_is_refused_at_open() {
    let one = |first: u8| RevokedRecord {
        digest: [first; 16],
        name: 0.into(),
        before_s: 0.into(),
        until_s: 0.into(),
        what: what::TOKEN,
        zero: [0; 3],
    };
    let opened = |change: Change| {
        let mut records = [one(1), one(2)];
        change(&mut records);
        let writer = ImageWriter::new(Kind::Revocations, "acme-api/gone").records(REVOKED, &records).raw(TEXT, 1, b"\x02hi");
        open(&writer.finish(&house::signer(), STAMP)).map(|list| list.iter().map(|(_, name)| name.to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(opened(|_| {}), Ok(vec!["hi".to_owned(), "hi".to_owned()]));
    let changes: [(&str, Change); 6] = [
        ("not ascending", |records| records.swap(0, 1)),
        ("one twice", |records| records[1] = records[0]),
        ("nothing", |records| records[0].what = 0),
        ("something unknown", |records| records[1].what = what::KEY + 1),
        ("a reserved byte", |records| records[1].zero[2] = 1),
        ("a name that is not there", |records| records[0].name = 1.into()),
    ];
    for (what, change) in changes {
        assert!(matches!(opened(change), Err(OpenError::Content { .. })), "{what}");
    }
    let bytes = list(&[entry(Revocable::Key { id: 1 }), Entry::new(&Revocable::Key { id: 1 }, "later", 0, 9)]);
    assert_eq!(read(&open(&bytes).unwrap()).iter().map(|entry| (entry.name.as_str(), entry.until_s)).collect::<Vec<_>>(), [("later", 9)]);
    let other = image("acme-api/other", &[]).unwrap().finish(&house::signer(), Stamp { sequence: 2, ..STAMP });
    assert_eq!(open(&other).map(drop), Err(OpenError::Scope));
}
