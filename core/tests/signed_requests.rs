//! Signed requests: whatever the server acts on is covered, whoever signs is known by one key, and nothing else is good.

use caltrop::Now;
use caltrop::mac;
use caltrop::request::Header;
use caltrop::signed::{
    Body, Components, NONCE_MAX, Profile, RequestKey, Scheme, ServerNonces, SignError, SignatureReason, SignedFields, Signer, SigningKey,
    Window, WrongBody, content_digest, request_secret,
};
use caltrop::time::Quality;
use caltrop::verify::PublicKey;
use ed25519_dalek::{Signer as _, SigningKey as Ed25519};

const NOW: Now = at(1_796_000_000);
const BODY: &[u8] = b"{\"amount\":100}";
const ORDER: Components<'static> =
    Components { method: b"POST", scheme: Scheme::Https, authority: b"api.example:8443", target: b"/orders/7?dry=1" };

const fn at(wall_s: u64) -> Now {
    Now { wall_s, mono_ns: 0, quality: Quality::Trusted }
}

fn secret() -> mac::Key {
    mac::Key::new(b"32 bytes of a random generator!!")
}

type Fields = Vec<(String, String)>;

fn fields(signed: &SignedFields, digest: Option<&str>) -> Fields {
    let mut fields =
        vec![("Signature-Input".to_owned(), signed.signature_input().to_owned()), ("Signature".to_owned(), signed.signature().to_owned())];
    fields.extend(digest.map(|value| ("Content-Digest".to_owned(), value.to_owned())));
    fields
}

fn order() -> Fields {
    let (secret, digest) = (secret(), content_digest(BODY));
    let signer = Signer::new(SigningKey::Hmac(&secret), "partner-7").unwrap();
    fields(&signer.sign(&ORDER, Some(&digest), NOW.wall_s, "Zk2vX9qL").unwrap(), Some(digest.as_str()))
}

/// What becomes of a request under a key, with its body.
fn ask(
    profile: Profile<'_>,
    request: &Components<'_>,
    fields: &Fields,
    body: &[u8],
    key: RequestKey<'_>,
    now: Now,
) -> Result<(), SignatureReason> {
    let headers: Vec<Header<'_>> = fields.iter().map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
    let headers = &headers[..];
    let follows = if body.is_empty() { Body::None } else { Body::Follows };
    let verified = profile.read(request, follows, &headers)?.verify(key, now)?;
    verified.body().update(body).finish().map_err(|WrongBody| SignatureReason::Digest)
}

fn with(fields: &Fields) -> Result<(), SignatureReason> {
    ask(Profile::default(), &ORDER, fields, BODY, RequestKey::Hmac(&secret()), NOW)
}

/// The same fields with one of them changed, and signed anew, so that only its form can be what is wrong.
fn resigned(input: &str) -> Fields {
    let params = input.split_once('=').unwrap().1;
    let digest = content_digest(BODY);
    let base = format!(
        "\"@method\": POST\n\"@authority\": api.example:8443\n\"@path\": /orders/7\n\"@query\": ?dry=1\n\"content-digest\": {}\n\"@signature-params\": {params}",
        digest.as_str()
    );
    let label = input.split('=').next().unwrap();
    let signature = format!("{label}=:{}:", base64(secret().sign(base.as_bytes()).as_bytes()));
    vec![
        ("signature-input".into(), input.to_owned()),
        ("signature".into(), signature),
        ("content-digest".into(), digest.as_str().to_owned()),
    ]
}

fn base64(bytes: &[u8]) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode(bytes, &mut [0; 256]).unwrap().to_owned()
}

const COVERED: &str = r#"("@method" "@authority" "@path" "@query" "content-digest")"#;

#[test]
fn no_bit_of_a_request_can_change() {
    assert_eq!(with(&order()), Ok(()));
    let flips = |bytes: &[u8]| -> Vec<Vec<u8>> {
        (0..bytes.len() * 8)
            .map(|bit| {
                let mut wrong = bytes.to_vec();
                wrong[bit / 8] ^= 1 << (bit % 8);
                wrong
            })
            .collect()
    };
    let key = secret();
    let refused = |request: &Components<'_>, fields: &Fields, body: &[u8]| {
        assert!(ask(Profile::default(), request, fields, body, RequestKey::Hmac(&key), NOW).is_err(), "{request:?} {fields:?}");
    };
    let mut changed = 0;
    for method in flips(ORDER.method) {
        refused(&Components { method: &method, ..ORDER }, &order(), BODY);
        changed += 1;
    }
    for target in flips(ORDER.target) {
        refused(&Components { target: &target, ..ORDER }, &order(), BODY);
        changed += 1;
    }
    // A host has no case.
    for authority in flips(ORDER.authority).into_iter().filter(|wrong| !wrong.eq_ignore_ascii_case(ORDER.authority)) {
        refused(&Components { authority: &authority, ..ORDER }, &order(), BODY);
        changed += 1;
    }
    for body in flips(BODY) {
        refused(&ORDER, &order(), &body);
        changed += 1;
    }
    let fields = order();
    for (index, (_, good)) in fields.iter().enumerate() {
        for value in flips(good.as_bytes()) {
            let mut headers: Vec<Header<'_>> =
                fields.iter().map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
            headers[index].value = &value;
            let headers = &headers[..];
            let read = Profile::default().read(&ORDER, Body::Follows, &headers);
            // A digest that is another one is signed no more; so nothing is left for the body to say.
            assert!(read.and_then(|read| read.verify(RequestKey::Hmac(&key), NOW)).is_err(), "{}", String::from_utf8_lossy(&value));
            changed += 1;
        }
    }
    println!("signed request: {changed} changes of a bit, none verifies");
    let bytes = [ORDER.method, ORDER.target, ORDER.authority, BODY].iter().map(|part| part.len()).sum::<usize>()
        + fields.iter().map(|(_, value)| value.len()).sum::<usize>();
    let letters = ORDER.authority.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    assert_eq!(changed, bytes * 8 - letters);
}

#[test]
fn a_field_that_is_missing_or_twice_or_too_long_is_refused() {
    for index in 0..3 {
        let (mut missing, mut twice, mut long) = (order(), order(), order());
        missing.remove(index);
        let (name, value) = twice[index].clone();
        twice.push((name.to_uppercase(), value));
        long[index].1.push_str(&"x".repeat(1025));
        let answers = [missing, twice, long].map(|fields| with(&fields));
        let expect = [SignatureReason::Missing, SignatureReason::Repeated, SignatureReason::Malformed].map(Err);
        assert_eq!(answers, expect, "{}", order()[index].0);
    }
}

#[test]
fn the_input_is_read_strictly_whoever_signed_it() {
    let rest = format!(r#"created={};nonce="n";keyid="k""#, NOW.wall_s);
    let created = NOW.wall_s;
    for good in [
        format!("sig1={COVERED};{rest}"),
        format!("*a-b_c.9={COVERED};{rest}"),
        format!(r#"s={COVERED};keyid="k";alg="hmac-sha256";created={created};expires={};nonce="n""#, created + 1),
    ] {
        assert_eq!(with(&resigned(&good)), Ok(()), "{good}");
    }
    use SignatureReason::{Algorithm, Components, Malformed, Several, Tag};
    for (wrong, reason) in [
        (format!("Sig1={COVERED};{rest}"), Malformed),
        (format!("={COVERED};{rest}"), Malformed),
        (format!("1={COVERED};{rest}"), Malformed),
        (format!("{}={COVERED};{rest}", "s".repeat(65)), Malformed),
        (format!(" s={COVERED};{rest}"), Malformed),
        (format!("s={COVERED};{rest} "), Malformed),
        (format!("s={COVERED}; {rest}"), Malformed),
        (format!("s={COVERED};{rest};"), Malformed),
        (format!("s={COVERED};{rest};x=1"), Malformed),
        (format!("s={COVERED};{rest};created={created}"), Malformed),
        (format!("s={COVERED};{rest};nonce=\"n\""), Malformed),
        (format!("s={COVERED};{rest};keyid=\"k\""), Malformed),
        (format!("s={COVERED};created={created}.0;nonce=\"n\";keyid=\"k\""), Malformed),
        (format!("s={COVERED};created=0{created};nonce=\"n\";keyid=\"k\""), Malformed),
        (format!("s={COVERED};created=-1;nonce=\"n\";keyid=\"k\""), Malformed),
        (format!("s={COVERED};created;nonce=\"n\";keyid=\"k\""), Malformed),
        (format!("s={COVERED};created={created};nonce=n;keyid=\"k\""), Malformed),
        (format!("s={COVERED};created={created};nonce=\"\";keyid=\"k\""), Malformed),
        (format!("s={COVERED};created={created};nonce=\"a b\";keyid=\"k\""), Malformed),
        (format!("s={COVERED};created={created};nonce=\"a\\\"b\";keyid=\"k\""), Malformed),
        (format!("s={COVERED};created={created};nonce=\"\u{e9}\";keyid=\"k\""), Malformed),
        (format!("s={COVERED};created={created};nonce=\"{}\";keyid=\"k\"", "n".repeat(NONCE_MAX + 1)), Malformed),
        (format!("s={COVERED};created={created};nonce=\"n\";keyid=\"{}\"", "k".repeat(256)), Malformed),
        (format!("s={COVERED};created={created};nonce=\"n\""), Malformed),
        (format!("s={COVERED};created={created};keyid=\"k\""), Malformed),
        (format!("s={COVERED};nonce=\"n\";keyid=\"k\""), Malformed),
        (format!("s={COVERED};{rest}, t={COVERED};{rest}"), Several),
        (format!("s={COVERED};{rest},s={COVERED};{rest}"), Several),
        (format!("s={COVERED};{rest};alg=\"ed25519\""), Algorithm),
        (format!("s={COVERED};{rest};alg=\"none\""), Algorithm),
        (format!("s={COVERED};{rest};tag=\"other\""), Tag),
        (format!("s=;{rest}"), Malformed),
        (format!("s=1;{rest}"), Malformed),
        (format!(r#"s=();{rest}"#), Components),
        (format!(r#"s=("@method"  "@authority" "@path" "@query" "content-digest");{rest}"#), Components),
        (format!(r#"s=( "@method" "@authority" "@path" "@query" "content-digest");{rest}"#), Components),
        (format!(r#"s=("@authority" "@method" "@path" "@query" "content-digest");{rest}"#), Components),
        (format!(r#"s=("@method" "@authority" "@path" "@query" "content-digest" "date");{rest}"#), Components),
        (format!(r#"s=("@method" "@authority" "@path" "@query";req "content-digest");{rest}"#), Components),
        (format!(r#"s=("@method" "@authority" "@path" "content-digest");{rest}"#), Components),
    ] {
        assert_eq!(with(&resigned(&wrong)), Err(reason), "{wrong}");
    }
}

#[test]
fn the_signature_is_read_strictly() {
    let value = order()[1].1.clone();
    let inner = value.trim_start_matches("sig1=:").trim_end_matches(':').to_owned();
    for wrong in [
        format!("sig2=:{inner}:"),
        format!("sig1=:{}:", inner.trim_end_matches('=')),
        format!("sig1=:{inner}"),
        format!("sig1={inner}"),
        format!("sig1=:{inner}:;x=1"),
        format!(" sig1=:{inner}:"),
        format!("sig1=:{inner}: "),
        "sig1=::".into(),
        format!("sig1=:{}:", base64(&[7; 31])),
        format!("sig1=:{}:", base64(&[7; 33])),
        format!("sig1=:{}:", base64(&[7; 65])),
    ] {
        let mut fields = order();
        fields[1].1 = wrong.clone();
        assert_eq!(with(&fields), Err(SignatureReason::Malformed), "{wrong:?}");
    }
    let mut two = order();
    two[1].1 = format!("{value}, sig2=:{inner}:");
    assert_eq!(with(&two), Err(SignatureReason::Several));
    for length in [32, 64] {
        let mut forged = order();
        forged[1].1 = format!("sig1=:{}:", base64(&vec![7; length]));
        assert_eq!(with(&forged), Err(SignatureReason::Forged), "{length} bytes");
    }
}

#[test]
fn a_body_is_covered_or_there_is_none() {
    let key = secret();
    let signer = Signer::new(SigningKey::Hmac(&key), "partner-7").unwrap();
    let bare = fields(&signer.sign(&ORDER, None, NOW.wall_s, "n").unwrap(), None);
    let ask = |fields: &Fields, body: &[u8]| ask(Profile::default(), &ORDER, fields, body, RequestKey::Hmac(&key), NOW);
    assert_eq!(ask(&bare, b""), Ok(()));
    assert_eq!(ask(&bare, BODY), Err(SignatureReason::Uncovered));
    // A digest that nobody signed is not looked at: it does not cover anything.
    let mut added = bare.clone();
    added.push(("content-digest".into(), content_digest(BODY).as_str().into()));
    assert_eq!(ask(&added, BODY), Err(SignatureReason::Uncovered));
    // A host that announces no body, and then has one.
    let headers: Vec<Header<'_>> = bare.iter().map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
    let headers = &headers[..];
    let verified = Profile::default().read(&ORDER, Body::None, &headers).unwrap().verify(RequestKey::Hmac(&key), NOW).unwrap();
    assert_eq!(verified.body().update(b"x").finish(), Err(WrongBody));
    assert_eq!(verified.body().update(b"").finish(), Ok(()));
    assert_eq!((verified.keyid, verified.nonce, verified.created_s, verified.until_s), ("partner-7", "n", NOW.wall_s, NOW.wall_s + 300));
    // A body that was signed and did not come.
    assert_eq!(ask(&order(), b""), Err(SignatureReason::Digest));
    // A body without a byte may be covered, or not.
    let nothing = content_digest(b"");
    let empty = fields(&signer.sign(&ORDER, Some(&nothing), NOW.wall_s, "n").unwrap(), Some(nothing.as_str()));
    assert_eq!(ask(&empty, b""), Ok(()));
    assert_eq!(ask(&empty, BODY), Err(SignatureReason::Digest));
}

#[test]
fn a_body_may_come_in_any_pieces() {
    let (key, body) = (secret(), (0..=255).cycle().take(1000).collect::<Vec<u8>>());
    let digest = content_digest(&body);
    let signer = Signer::new(SigningKey::Hmac(&key), "p").unwrap();
    let signed = fields(&signer.sign(&ORDER, Some(&digest), NOW.wall_s, "n").unwrap(), Some(digest.as_str()));
    let headers: Vec<Header<'_>> = signed.iter().map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
    let headers = &headers[..];
    let verified = Profile::default().read(&ORDER, Body::Follows, &headers).unwrap().verify(RequestKey::Hmac(&key), NOW).unwrap();
    for piece in [1, 2, 63, 64, 65, 999, 1000] {
        let mut check = verified.body();
        body.chunks(piece).for_each(|piece| check.feed(piece));
        assert_eq!(check.clone().finish(), Ok(()), "{piece}");
        assert_eq!(check.update(b"\0").finish(), Err(WrongBody), "{piece}");
    }
}

#[test]
fn a_request_is_good_in_its_window_and_before_it_expires() {
    let key = secret();
    let signer = Signer::new(SigningKey::Hmac(&key), "p").unwrap();
    let plain = fields(&signer.sign(&ORDER, None, NOW.wall_s, "n").unwrap(), None);
    let short = fields(&signer.expiring(10).sign(&ORDER, None, NOW.wall_s, "n").unwrap(), None);
    let narrow = Profile { window: Window { tolerance_s: 60, leeway_s: 5 }, tag: None };
    let ask = |profile, fields: &Fields, now| ask(profile, &ORDER, fields, b"", RequestKey::Hmac(&key), now).err();
    use SignatureReason::{Clock, Expired, Future, Stale};
    for (profile, request, offset, expect) in [
        (Profile::default(), &plain, -31, Some(Future)),
        (Profile::default(), &plain, -30, None),
        (Profile::default(), &plain, 300, None),
        (Profile::default(), &plain, 301, Some(Stale)),
        (narrow, &plain, -6, Some(Future)),
        (narrow, &plain, 60, None),
        (narrow, &plain, 61, Some(Stale)),
        (Profile::default(), &short, 9, None),
        (Profile::default(), &short, 10, Some(Expired)),
        (Profile::default(), &short, 301, Some(Stale)),
    ] {
        assert_eq!(ask(profile, request, at(NOW.wall_s.checked_add_signed(offset).unwrap())), expect, "{offset}");
    }
    assert_eq!(ask(Profile::default(), &plain, Now { quality: Quality::Untrusted, ..NOW }), Some(Clock));
    // So long its nonce must be remembered, and no longer.
    for (fields, until_s) in [(&plain, 300), (&short, 9)] {
        let headers: Vec<Header<'_>> =
            fields.iter().map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
        let headers = &headers[..];
        let read = Profile::default().read(&ORDER, Body::None, &headers).unwrap();
        assert_eq!(read.created_s(), NOW.wall_s);
        assert_eq!(read.verify(RequestKey::Hmac(&key), NOW).unwrap().until_s, NOW.wall_s + until_s);
        assert_eq!(ask(Profile::default(), fields, at(NOW.wall_s + until_s)), None);
        assert!(ask(Profile::default(), fields, at(NOW.wall_s + until_s + 1)).is_some());
    }
}

#[test]
fn a_signature_is_for_the_use_that_is_asked_for() {
    let key = secret();
    let signer = Signer::new(SigningKey::Hmac(&key), "p").unwrap();
    let of = |tag: Option<&'static str>| {
        let signer = tag.map_or(signer, |tag| signer.tagged(tag).unwrap());
        fields(&signer.sign(&ORDER, None, NOW.wall_s, "n").unwrap(), None)
    };
    let tags = [None, Some("orders"), Some("order")];
    for signed in tags {
        for asked in tags {
            let answer = ask(Profile { tag: asked, ..Profile::default() }, &ORDER, &of(signed), b"", RequestKey::Hmac(&key), NOW);
            assert_eq!(answer, if signed == asked { Ok(()) } else { Err(SignatureReason::Tag) }, "{signed:?} {asked:?}");
        }
    }
}

#[test]
fn a_key_is_good_for_its_own_algorithm_only() {
    let (secret, ed25519) = (secret(), Ed25519::from_bytes(&[9; 32]));
    let public = PublicKey::from_bytes(ed25519.verifying_key().as_bytes()).unwrap();
    let sign = |base: &[u8]| ed25519.sign(base).to_bytes();
    let of = |key| fields(&Signer::new(key, "p").unwrap().sign(&ORDER, None, NOW.wall_s, "n").unwrap(), None);
    let (by_hmac, by_ed25519) = (of(SigningKey::Hmac(&secret)), of(SigningKey::Ed25519(&sign)));
    // The oldest trick: the public key taken for a secret.
    let public_as_secret = mac::Key::new(public.as_bytes());
    let by_public = of(SigningKey::Hmac(&public_as_secret));
    let other = PublicKey::from_bytes(Ed25519::from_bytes(&[8; 32]).verifying_key().as_bytes()).unwrap();
    for (fields, key, expect) in [
        (&by_hmac, RequestKey::Hmac(&secret), Ok(())),
        (&by_ed25519, RequestKey::Ed25519(public), Ok(())),
        (&by_hmac, RequestKey::Ed25519(public), Err(SignatureReason::Forged)),
        (&by_ed25519, RequestKey::Hmac(&secret), Err(SignatureReason::Forged)),
        (&by_public, RequestKey::Ed25519(public), Err(SignatureReason::Forged)),
        (&by_ed25519, RequestKey::Ed25519(other), Err(SignatureReason::Forged)),
        (&by_hmac, RequestKey::Hmac(&public_as_secret), Err(SignatureReason::Forged)),
    ] {
        assert_eq!(ask(Profile::default(), &ORDER, fields, b"", key, NOW), expect);
    }
    assert!(!format!("{:?} {:?}", SigningKey::Hmac(&secret), SigningKey::Ed25519(&sign)).contains("32 bytes"));
}

#[test]
fn the_longest_of_all_fits_and_what_is_longer_is_not_signed() {
    let (key, digest) = (secret(), content_digest(BODY));
    let ed25519 = Ed25519::from_bytes(&[9; 32]);
    let public = PublicKey::from_bytes(ed25519.verifying_key().as_bytes()).unwrap();
    let sign = |base: &[u8]| ed25519.sign(base).to_bytes();
    let (keyid, tag, nonce) = ("k".repeat(255), "t".repeat(63), "n".repeat(128));
    let (method, authority, target) = ("M".repeat(32), "a".repeat(255), format!("/{}", "t".repeat(2047)));
    let longest =
        Components { method: method.as_bytes(), scheme: Scheme::Https, authority: authority.as_bytes(), target: target.as_bytes() };
    let profile = Profile { tag: Some(&tag), ..Profile::default() };
    let keys = [(SigningKey::Hmac(&key), RequestKey::Hmac(&key)), (SigningKey::Ed25519(&sign), RequestKey::Ed25519(public))];
    for (signing, verifying) in keys {
        let signer = Signer::new(signing, &keyid).unwrap().tagged(&tag).unwrap().expiring(10);
        let signed = signer.sign(&longest, Some(&digest), NOW.wall_s, &nonce).unwrap();
        // A peer's field may have more digests, up to the bound.
        let fields = fields(&signed, Some(digest.as_str()));
        assert_eq!(ask(profile, &longest, &fields, BODY, verifying, NOW), Ok(()));
        for (request, nonce, created_s, error) in [
            (Components { target: format!("{target}t").as_bytes(), ..longest }, &nonce, NOW.wall_s, SignError::Request),
            (Components { method: b"", ..longest }, &nonce, NOW.wall_s, SignError::Request),
            (longest, &format!("{nonce}n"), NOW.wall_s, SignError::Nonce),
            (longest, &String::new(), NOW.wall_s, SignError::Nonce),
            (longest, &"a\"b".to_owned(), NOW.wall_s, SignError::Nonce),
            (longest, &nonce, 0, SignError::Created),
            (longest, &nonce, 9_999_999_999, SignError::Created), // its `expires` has eleven digits
        ] {
            assert_eq!(signer.sign(&request, None, created_s, nonce).err(), Some(error));
        }
        assert_eq!(Signer::new(signing, "").err(), Some(SignError::Keyid));
        assert_eq!(Signer::new(signing, &format!("{keyid}k")).err(), Some(SignError::Keyid));
        assert_eq!(Signer::new(signing, "p").unwrap().tagged("two words").err(), Some(SignError::Tag));
    }
}

#[test]
fn the_secret_of_a_key_is_that_of_the_format() {
    let root = mac::Key::new(&std::array::from_fn::<u8, 32, _>(|at| u8::try_from(at).unwrap()));
    let secret = request_secret(&root, 0x0123_4567_89ab_cdef, 7);
    // Made by `createHmac` of Node.js 20 from docs/formats.md §9.
    let hex: String = secret.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "d0542ed38ccfcf7a080f359b937af93d141141c9305f6fc966e30de19080ccad");
    assert_eq!(format!("{secret:?}"), "RequestSecret(Tag(..))");
    let fields = {
        let key = secret.key();
        fields(&Signer::new(SigningKey::Hmac(&key), "p").unwrap().sign(&ORDER, None, NOW.wall_s, "n").unwrap(), None)
    };
    for (key_id, generation, expect) in [
        (0x0123_4567_89ab_cdef, 7, Ok(())),
        (0x0123_4567_89ab_cdef, 8, Err(SignatureReason::Forged)),
        (0x0123_4567_89ab_cdee, 7, Err(SignatureReason::Forged)),
    ] {
        let key = request_secret(&root, key_id, generation).key();
        assert_eq!(ask(Profile::default(), &ORDER, &fields, b"", RequestKey::Hmac(&key), NOW), expect);
    }
}

#[test]
fn a_server_nonce_is_known_in_its_boot_for_two_steps() {
    let key = mac::Key::new(&std::array::from_fn::<u8, 32, _>(|at| u8::try_from(at).unwrap()));
    let nonces = ServerNonces::new(&key, [1; 16], 60).unwrap();
    let after = |second: u64| Now { mono_ns: second * 1_000_000_000, ..Now::default() };
    let given = nonces.give(after(1200)); // step 20
    assert_eq!(given.as_str(), "2xiu4paRUDsht3KqGeDb5cQE"); // made by `createHmac` of Node.js 20
    let shown = format!("{}mine", given.as_str());
    for (second, expect) in [(1199, false), (1200, true), (1259, true), (1260, true), (1319, true), (1320, false), (0, false)] {
        assert_eq!(nonces.check(&shown, after(second)).is_ok(), expect, "{second}");
    }
    for at in 0..24 {
        let mut wrong = shown.clone().into_bytes();
        wrong[at] ^= 1;
        assert!(nonces.check(&String::from_utf8(wrong).unwrap(), after(1200)).is_err());
    }
    for wrong in ["", "mine", given.as_str(), &shown[1..]] {
        assert!(nonces.check(wrong, after(1200)).is_err(), "{wrong:?}");
    }
    assert!(ServerNonces::new(&key, [2; 16], 60).unwrap().check(&shown, after(1200)).is_err(), "another boot");
    assert!(ServerNonces::new(&mac::Key::new(&[1; 32]), [1; 16], 60).unwrap().check(&shown, after(1200)).is_err(), "another host");
    assert!(ServerNonces::new(&key, [1; 16], 0).is_none());
}

#[test]
fn every_reason_is_reached_and_has_a_word_of_its_own() {
    let key = secret();
    let input = |text: &str| resigned(&text.replace("CREATED", &NOW.wall_s.to_string()));
    let good = r#"s=("@method" "@authority" "@path" "@query" "content-digest");created=CREATED;nonce="n";keyid="k""#;
    let bare = {
        let signer = Signer::new(SigningKey::Hmac(&key), "p").unwrap();
        fields(&signer.sign(&ORDER, None, NOW.wall_s, "n").unwrap(), None)
    };
    let (mut twice, mut sha_512) = (order(), order());
    twice.push(twice[0].clone());
    sha_512[2].1 = "sha-512=:AAAA:".into();
    let star = Components { target: b"*", ..ORDER };
    let put = Components { method: b"PUT", ..ORDER };
    let cases: [(&Components<'_>, Fields, Now); 15] = [
        (&ORDER, vec![], NOW),
        (&ORDER, twice, NOW),
        (&ORDER, input(&format!("{good};x=1")), NOW),
        (&ORDER, input(&format!("{good}, t=()")), NOW),
        (&ORDER, input(&good.replace(r#" "@query""#, "")), NOW),
        (&ORDER, bare, NOW),
        (&ORDER, sha_512, NOW),
        (&star, order(), NOW),
        (&ORDER, input(&format!(r#"{good};alg="ed25519""#)), NOW),
        (&ORDER, input(&format!(r#"{good};tag="x""#)), NOW),
        (&ORDER, order(), at(NOW.wall_s + 301)),
        (&ORDER, order(), at(NOW.wall_s - 31)),
        (&ORDER, input(&format!("{good};expires=CREATED")), NOW),
        (&ORDER, order(), Now { quality: Quality::Untrusted, ..NOW }),
        (&put, order(), NOW),
    ];
    let reached =
        cases.map(|(request, fields, now)| ask(Profile::default(), request, &fields, BODY, RequestKey::Hmac(&key), now).unwrap_err());
    assert_eq!(reached, SignatureReason::ALL);
    let mut words: Vec<&str> = SignatureReason::ALL.iter().map(|reason| reason.word()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), SignatureReason::ALL.len());
}
