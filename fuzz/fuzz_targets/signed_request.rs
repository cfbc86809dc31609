//! Reaches: `Profile::read` (`Signature-Input`, `Signature`, `Content-Digest`, method, authority, target), `SignedRequest::verify`, `DigestCheck`.
//! Compares: what is read is one that `sfv` reads too, and writes again as it came: never laxer. And what verifies is what the key makes of a base
//! that is put together here, by other means, from what `sfv` read.
#![no_main]

use arbitrary::Unstructured;
use base64ct::{Base64, Encoding};
use caltrop::Now;
use caltrop::mac;
use caltrop::request::Header;
use caltrop::signed::{Body, Components, Profile, RequestKey, Scheme, SignedRequest, Window};
use caltrop::time::Quality;
use caltrop_fuzz::{change, planted};
use libfuzzer_sys::fuzz_target;
use sfv::{BareItem, Dictionary, FieldType, ListEntry, Parser};

const NOW: Now = Now { wall_s: 1_796_000_000, mono_ns: 0, quality: Quality::Trusted };

fuzz_target!(|data: &[u8]| {
    planted(data);
    let _ = judged(&mut Unstructured::new(data));
});

/// What inputs and targets are made of, so that most of them are right most of the time.
const LABELS: [&str; 4] = ["sig1", "*", "Sig", ""];
const COVERED: [&str; 4] = [
    r#"("@method" "@authority" "@path" "@query")"#,
    r#"("@method" "@authority" "@path" "@query" "content-digest")"#,
    r#"("@method" "@authority" "@path" "@query" "date")"#,
    r#"("@method" "@authority" "@path")"#,
];
const PARAMETERS: [&str; 12] = [
    ";created=1796000000",
    r#";nonce="Zk2v""#,
    r#";keyid="k""#,
    ";created=1796000000",
    r#";nonce="a""#,
    r#";keyid="https://a.example/k#1""#,
    ";expires=1796000010",
    ";expires=1795999999",
    r#";alg="hmac-sha256""#,
    r#";alg="ed25519""#,
    r#";tag="t""#,
    ";created=1.5",
];
const TARGETS: [&str; 5] = ["/", "/orders?page=2", "/a?b?c", "*", "https://a.example/"];
const AUTHORITIES: [&str; 5] = ["a.example", "A.Example:443", "[::1]:8443", "a:80", ""];
const DIGESTS: [&str; 4] = [
    "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
    "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
    "sha-512=:AAAA:",
    "sha-256=:47DE:",
];

fn judged(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let mut field = format!("{}={}", input.choose(&LABELS)?, input.choose(&COVERED)?);
    // The three that must be there, mostly; and others.
    for parameter in &PARAMETERS[..3] {
        if input.ratio(9, 10)? {
            field.push_str(parameter);
        }
    }
    for _ in 0..input.int_in_range(0..=2u8)? {
        field.push_str(input.choose(&PARAMETERS)?);
    }
    let mut field = field.into_bytes();
    let mut target = input.choose(&TARGETS)?.as_bytes().to_vec();
    let mut authority = input.choose(&AUTHORITIES)?.as_bytes().to_vec();
    let mut digest = input.choose(&DIGESTS)?.as_bytes().to_vec();
    for text in [&mut field, &mut target, &mut authority, &mut digest] {
        change(text, input)?;
    }
    let key = mac::Key::new(b"32 bytes of a random generator!!");
    let request = Components { method: b"GET", scheme: Scheme::Https, authority: &authority, target: &target };
    let expected = base(&request, &field, &digest);
    let is_forged = input.ratio(1, 4)?;
    let mut tag = *key.sign(expected.as_deref().unwrap_or_default()).as_bytes();
    tag[0] ^= u8::from(is_forged);
    let label = field.split(|byte| *byte == b'=').next().unwrap_or_default();
    let mut signature = made(label, &tag);
    change(&mut signature, input)?;

    let headers = [("signature-input", &field), ("signature", &signature), ("content-digest", &digest)];
    let headers = headers.map(|(name, value)| Header { name: name.as_bytes(), value });
    let tagged = Profile { window: Window::default(), tag: Some("t") };
    let body = if input.arbitrary()? { Body::Follows } else { Body::None };
    for profile in [Profile::default(), tagged] {
        let Ok(read) = profile.read(&request, body, &headers) else { continue };
        same(&read, &field, &signature, &digest);
        let base = expected.as_deref().expect("what is read has a base");
        let Ok(verified) = read.verify(RequestKey::Hmac(&key), NOW) else { continue };
        assert_eq!(signature, made(label, key.sign(base).as_bytes()), "{}", String::from_utf8_lossy(base));
        assert!(verified.created_s.abs_diff(NOW.wall_s) <= 300 && (NOW.wall_s..=NOW.wall_s + 330).contains(&verified.until_s));
        assert!(verified.body().update(b"x").finish().is_err(), "all digests here are of nothing");
    }
    Ok(())
}

/// The field that a signature of these bytes has.
fn made(label: &[u8], tag: &[u8]) -> Vec<u8> {
    let mut room = [0; 44];
    [label, b"=:", Base64::encode(tag, &mut room).expect("32 bytes").as_bytes(), b":"].concat()
}

/// The base of RFC 9421 §2.5, from what `sfv` reads of the input.
fn base(request: &Components<'_>, field: &[u8], digest: &[u8]) -> Option<Vec<u8>> {
    let dictionary: Dictionary = Parser::new(field).parse().ok()?;
    let ListEntry::InnerList(list) = dictionary.values().next()? else { return None };
    let target = std::str::from_utf8(request.target).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let authority = std::str::from_utf8(request.authority).ok()?.to_lowercase();
    let authority = authority.strip_suffix(":443").unwrap_or(&authority);
    let mut lines = String::new();
    for item in &list.items {
        let BareItem::String(name) = &item.bare_item else { return None };
        let value = match name.as_str() {
            "@method" => "GET",
            "@authority" => authority,
            "@path" => path,
            "@query" => &format!("?{query}"),
            "content-digest" => std::str::from_utf8(digest).ok()?,
            _ => return None,
        };
        lines.push_str(&format!("\"{}\": {value}\n", name.as_str()));
    }
    let text = dictionary.serialize()?;
    lines.push_str(&format!("\"@signature-params\": {}", text.split_once('=')?.1));
    Some(lines.into_bytes())
}

/// `sfv` reads the same, and writes it as it came.
fn same(read: &SignedRequest<'_>, field: &[u8], signature: &[u8], digest: &[u8]) {
    let dictionary: Dictionary = Parser::new(field).parse().expect("who reads the stricter subset reads this");
    assert_eq!((dictionary.len(), dictionary.serialize().map(String::into_bytes).as_deref()), (1, Some(field)));
    let Some(ListEntry::InnerList(list)) = dictionary.values().next() else { panic!("no list of components") };
    let text = |name: &str| list.params.get(name).and_then(BareItem::as_string).map(|text| text.as_str());
    assert_eq!((text("keyid"), text("nonce")), (Some(read.keyid()), Some(read.nonce())));
    let created = list.params.get("created").and_then(BareItem::as_integer).map(i64::from);
    assert_eq!(created, i64::try_from(read.created_s()).ok());
    let signatures: Dictionary = Parser::new(signature).parse().expect("as above");
    assert_eq!((signatures.len(), signatures.keys().next()), (1, dictionary.keys().next()));
    if list.items.len() == 5 {
        let digests: Dictionary = Parser::new(digest).parse().expect("as above");
        assert!(digests.contains_key("sha-256"));
    }
}
