//! The examples of RFC 9421 and RFC 9530: those of the profile are good, and of the others it is said which are refused and why.

use base64ct::{Base64, Encoding};
use caltrop::Now;
use caltrop::mac;
use caltrop::request::Header;
use caltrop::signed::{Body, Components, Profile, RequestKey, Scheme, SignatureReason, WrongBody};
use caltrop::time::Quality;
use caltrop::verify::PublicKey;

/// RFC 9421 §B.1.5.
const SECRET: &str = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
/// RFC 9421 §B.1.4: the public key.
const ED25519: &str = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=";
/// RFC 9421 §B.2: when all of it was signed, and the request.
const CREATED: u64 = 1_618_884_473;
const BODY: &[u8] = br#"{"hello": "world"}"#;
const SHA_512: &str = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
const SHA_256: &str = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";

fn decoded(text: &str) -> Vec<u8> {
    let mut room = vec![0; text.len()];
    Base64::decode(text, &mut room).unwrap().to_vec()
}

fn public() -> PublicKey {
    PublicKey::from_bytes(&decoded(ED25519).try_into().unwrap()).unwrap()
}

const fn request(method: &'static str, target: &'static str) -> Components<'static> {
    Components { method: method.as_bytes(), scheme: Scheme::Https, authority: b"example.com", target: target.as_bytes() }
}

fn read(request: &Components<'_>, input: &str, signature: &str, digest: &str, key: RequestKey<'_>, body: &[u8]) -> Result<(), String> {
    let headers = [("Signature-Input", input), ("Signature", signature), ("Content-Digest", digest)];
    let headers = headers.map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() });
    let follows = if body.is_empty() { Body::None } else { Body::Follows };
    let word = |reason: SignatureReason| reason.word().to_owned();
    let signed = Profile::default().read(request, follows, &headers).map_err(word)?;
    let verified = signed.verify(key, Now { wall_s: CREATED, mono_ns: 0, quality: Quality::Trusted }).map_err(word)?;
    verified.body().update(body).finish().map_err(|WrongBody| "body".to_owned())
}

#[test]
fn the_request_of_b_2_signed_under_the_profile_is_good_under_its_key_alone() {
    let secret = mac::Key::new(&decoded(SECRET));
    let (hmac, ed25519) = (RequestKey::Hmac(&secret), RequestKey::Ed25519(public()));
    // The signatures were made by `createHmac` and `sign` of Node.js 20 over bases that were written by hand.
    let cases: [(RequestKey<'_>, RequestKey<'_>, &str, bool, &str); 4] = [
        (hmac, ed25519, "test-shared-secret", true, "c+YcmP95bOQfpAjt2nd8jTuPVY/U4AtFSyICXKkO/O8="),
        (hmac, ed25519, "test-shared-secret", false, "ZXdiVRW0hUZ4G+pNSjBUKR/VrsXTwHoD97hsDYUOeVs="),
        (
            ed25519,
            hmac,
            "test-key-ed25519",
            true,
            "HqO86+vwLKf9NLDTiO/K8wP0GiICm1uuCZF/vk7hSgRlw64f3dMEhgOarOPfk0SYtlgQ+d+wUTTY00fpDcHLCQ==",
        ),
        (
            ed25519,
            hmac,
            "test-key-ed25519",
            false,
            "b/jEWns8yuEfBAR7QM4+e5wrCIldgVu1RDt4mqX/fUYgwh/zROMGGkgBkl9xDhTkISvXexc4H83nPKMxl792DQ==",
        ),
    ];
    for (key, other, keyid, has_body, signature) in cases {
        let (components, digest, body): (_, _, &[u8]) = match has_body {
            true => (request("POST", "/foo?param=Value&Pet=dog"), r#" "content-digest""#, BODY),
            false => (request("GET", "/foo"), "", b""),
        };
        let input = format!(
            r#"sig1=("@method" "@authority" "@path" "@query"{digest});created={CREATED};nonce="b3k2pp5k7z-50gnwp.yemd";keyid="{keyid}""#
        );
        let signature = format!("sig1=:{signature}:");
        // RFC 9530 §2: of several digests the one that we know is taken.
        assert_eq!(read(&components, &input, &signature, SHA_256, key, body), Ok(()), "{keyid}");
        assert_eq!(read(&components, &input, &signature, SHA_256, other, body), Err("forged".into()), "{keyid}");
        let other_method = Components { method: b"PUT", ..components };
        assert_eq!(read(&other_method, &input, &signature, SHA_256, key, body), Err("forged".into()), "{keyid}");
    }
}

/// The examples that are signed otherwise: section, the fields, and why the profile refuses them.
const OTHERS: [(&str, &str, &str, &str); 8] = [
    (
        "B.2.1",
        r#"sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd""#,
        "components",
        "nothing is covered",
    ),
    (
        "B.2.2",
        r#"sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example""#,
        "components",
        "neither method nor path are covered",
    ),
    (
        "B.2.3",
        r#"sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss""#,
        "components",
        "more is covered, in another order",
    ),
    (
        "B.2.4",
        r#"sig-b24=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256""#,
        "components",
        "it signs a response",
    ),
    (
        "B.2.5",
        r#"sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#,
        "components",
        "neither method nor path are covered",
    ),
    (
        "B.2.6",
        r#"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#,
        "components",
        "neither query nor body are covered",
    ),
    (
        "2.5",
        r#"sig1=("@method" "@authority" "@path" "content-digest" "content-length" "content-type");created=1618884473;keyid="test-key-rsa-pss""#,
        "components",
        "the query is not covered",
    ),
    (
        "4.3",
        r#"sig1=("@method" "@authority" "@path" "@query");created=1618884473;keyid="k";nonce="n", proxy_sig=("signature";key="sig1");created=1618884480;keyid="p""#,
        "several",
        "a proxy has added its own; of its two the client's was changed to be of the profile",
    ),
];

#[test]
fn what_the_rfc_signs_otherwise_is_refused_for_the_reason_that_is_listed() {
    let secret = mac::Key::new(&decoded(SECRET));
    for (section, input, expect, why) in OTHERS {
        let label = input.split('=').next().unwrap();
        let signature = format!("{label}=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:");
        let answer =
            read(&request("POST", "/foo?param=Value&Pet=dog"), input, &signature, SHA_512, RequestKey::Hmac(&secret), BODY).unwrap_err();
        assert_eq!(answer, expect, "{section}: {why}");
        println!("RFC 9421 §{section}: {answer}: {why}");
    }
    assert_eq!(OTHERS.map(|(section, ..)| section), ["B.2.1", "B.2.2", "B.2.3", "B.2.4", "B.2.5", "B.2.6", "2.5", "4.3"]);
}

/// Both of our algorithms make what the RFC says they make, over the bases that it prints.
#[test]
fn the_bases_of_b_2_5_and_b_2_6_have_the_signatures_of_the_rfc() {
    let b25 = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@authority\": example.com\n\"content-type\": application/json\n\
        \"@signature-params\": (\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\"";
    let tag = decoded("pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
    assert!(mac::Key::new(&decoded(SECRET)).verify(b25.as_bytes(), &tag).is_ok());
    let b26 = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\"@authority\": example.com\n\
        \"content-type\": application/json\n\"content-length\": 18\n\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \
        \"content-type\" \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
    let signature = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    let signature: [u8; 64] = decoded(signature).try_into().unwrap();
    assert!(public().verify(b26.as_bytes(), &signature).is_ok());
    assert!(public().verify(b25.as_bytes(), &signature).is_err());
}

/// `Content-Digest` as RFC 9530 and RFC 9421 print it: field, body, expected.
#[test]
fn the_digests_of_rfc_9530_are_read_as_it_says() {
    let secret = mac::Key::new(&decoded(SECRET));
    let ask = |field: &str, body: &[u8]| {
        let components = request("POST", "/foo");
        let params = format!(r#"("@method" "@authority" "@path" "@query" "content-digest");created={CREATED};nonce="n";keyid="k""#);
        let base = format!(
            "\"@method\": POST\n\"@authority\": example.com\n\"@path\": /foo\n\"@query\": ?\n\"content-digest\": {field}\n\"@signature-params\": {params}"
        );
        let mut room = [0; 44];
        let tag = secret.sign(base.as_bytes());
        let signature = format!("s=:{}:", Base64::encode(tag.as_bytes(), &mut room).unwrap());
        read(&components, &format!("s={params}"), &signature, field, RequestKey::Hmac(&secret), body)
    };
    let newline = b"{\"hello\": \"world\"}\n"; // the body of RFC 9530's examples
    let sha_256 = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"; // RFC 9530 §2, Appendix B.1
    let sha_512 = "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:";
    let both = format!("{sha_256}, {sha_512}");
    // Appendix A: deprecated algorithms, and others; they are passed over.
    let others = "md5=:Sd/dVLAcvNLSq16eXua5uQ==:, sha=:07CavjDP4u3/TungoUHJO/Wzr4c=:, unixsum=:GQU=:, unixcksum=:7zsHAA==:";
    for (field, body, expect) in [
        (SHA_256, BODY, Ok(())),
        (sha_256, &newline[..], Ok(())),
        (&both, newline, Ok(())),
        (&format!("{sha_512},{sha_256}"), newline, Ok(())),
        (&format!("{others}, {sha_256}"), newline, Ok(())),
        (sha_256, BODY, Err("body")),
        (sha_512, newline, Err("digest")), // RFC 9530 lets a receiver choose; SHA-256 must be there
        (SHA_512, BODY, Err("digest")),
        (others, newline, Err("digest")),
        (&format!("{sha_256}, {sha_256}"), newline, Err("malformed")),
        (&format!("{sha_256};q=1"), newline, Err("malformed")),
        ("sha-256=RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=", newline, Err("malformed")),
        ("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg:", newline, Err("malformed")), // no padding
        ("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDh=:", newline, Err("malformed")), // bits behind the last byte
        ("SHA-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:", newline, Err("malformed")),
        (&format!("md5=:Sd=dVLAcvNLSq16eXua5uQ==:, {sha_256}"), newline, Err("malformed")), // another's base64 is read too
        (&format!("5md=:Sd/dVLAcvNLSq16eXua5uQ==:, {sha_256}"), newline, Err("malformed")),
        (&format!("{sha_256},"), newline, Err("malformed")),
        (&format!("{sha_256}, \t {sha_512}"), newline, Ok(())),
        (&format!("{sha_256},\n{sha_512}"), newline, Err("malformed")), // it would begin another line of the base
        (&format!("{sha_256} , {sha_512}"), newline, Err("malformed")),
        (&format!(" {sha_256}"), newline, Err("malformed")),
        ("", newline, Err("malformed")),
    ] {
        assert_eq!(ask(field, body), expect.map_err(str::to_owned), "{field}");
    }
}
