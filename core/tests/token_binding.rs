//! Bound tokens: good in the hands of whoever has the key and the certificate that they name, and of nobody else.

use std::collections::BTreeSet;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use caltrop::json;
use caltrop::request::Header;
use caltrop::time::{Now, Quality};
use caltrop::token::{
    Binding, BindingReason, ClientCertError, Htu, Presented, Proof, ProofReason, ProofVerifier, ProvenRequest, Thumbprint, client_cert,
};
use ed25519_dalek::{Signer, SigningKey};

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode(bytes, &mut vec![0; bytes.len() * 2 + 4]).unwrap().to_owned()
}

fn bytes(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode(text, &mut vec![0; text.len()]).unwrap().to_owned()
}

/// A proof of a key, read with a token or without.
fn proof(seed: u8, token: Option<&[u8]>) -> Proof {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let header = format!(
        r#"{{"typ":"dpop+jwt","alg":"EdDSA","jwk":{{"kty":"OKP","crv":"Ed25519","x":"{}"}}}}"#,
        text(key.verifying_key().as_bytes())
    );
    // `ath` of the token "t".
    let claims =
        r#"{"htm":"GET","htu":"https://a.example/","iat":1796000000,"jti":"1","ath":"47mKTaMaEn1L3m5DAz9muidMqw636xxw7EFAK_YnPdg"}"#;
    let input = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
    let value = format!("{input}.{}", text(&key.sign(input.as_bytes()).to_bytes()));
    let request = ProvenRequest { method: b"GET", htu: Htu::parse(b"https://a.example/").unwrap(), token };
    let now = Now { wall_s: 1_796_000_000, quality: Quality::Trusted, ..Now::default() };
    ProofVerifier::new().verify(&[Header { name: b"DPoP", value: value.as_bytes() }], &request, &mut [0; 512], now).unwrap()
}

fn binding(cnf: &str) -> Result<Binding, BindingReason> {
    let claims = format!(r#"{{"sub":"ci"{cnf}}}"#);
    Binding::of_cnf(json::open(claims.as_bytes()).unwrap().as_object().unwrap().get("cnf"))
}

#[test]
fn a_token_is_good_with_all_that_it_is_bound_to_and_never_with_less() {
    let (own, other, loose) = (proof(7, Some(b"t")), proof(8, Some(b"t")), proof(7, None));
    let (cert, wrong) = (Thumbprint::of_certificate(b"own"), Thumbprint::of_certificate(b"other"));
    let (jkt, x5t) = (format!(r#""jkt":"{}""#, own.key()), format!(r#""x5t#S256":"{cert}""#));
    let none = String::new();
    let (key, certificate, both) = (format!(r#","cnf":{{{jkt}}}"#), format!(r#","cnf":{{{x5t}}}"#), format!(r#","cnf":{{{x5t},{jkt}}}"#));
    use BindingReason as Reason;
    let cases = [
        ("unbound, as a bearer token", &none, Presented::Bearer, None, None),
        ("unbound, with a certificate", &none, Presented::Bearer, Some(cert), None),
        ("unbound, under DPoP", &none, Presented::Dpop(&own), None, Some(Reason::NotBound)),
        ("a key, as a bearer token", &key, Presented::Bearer, None, Some(Reason::Bearer)),
        ("a key, as a bearer token with a certificate", &key, Presented::Bearer, Some(cert), Some(Reason::Bearer)),
        ("a key, proven", &key, Presented::Dpop(&own), None, None),
        ("a key, proven, with any certificate", &key, Presented::Dpop(&own), Some(wrong), None),
        ("a key, another one proven", &key, Presented::Dpop(&other), None, Some(Reason::Key)),
        ("a key, proven for no token", &key, Presented::Dpop(&loose), None, Some(Reason::ProofWithoutToken)),
        ("a certificate, there", &certificate, Presented::Bearer, Some(cert), None),
        ("a certificate, another one", &certificate, Presented::Bearer, Some(wrong), Some(Reason::Certificate)),
        ("a certificate, none", &certificate, Presented::Bearer, None, Some(Reason::Certificate)),
        ("a certificate, under DPoP", &certificate, Presented::Dpop(&own), Some(cert), Some(Reason::NotBound)),
        ("both, there", &both, Presented::Dpop(&own), Some(cert), None),
        ("both, no certificate", &both, Presented::Dpop(&own), None, Some(Reason::Certificate)),
        ("both, another certificate", &both, Presented::Dpop(&own), Some(wrong), Some(Reason::Certificate)),
        ("both, another key", &both, Presented::Dpop(&other), Some(cert), Some(Reason::Key)),
        ("both, no proof", &both, Presented::Bearer, Some(cert), Some(Reason::Bearer)),
    ];
    let mut seen = BTreeSet::new();
    for (what, cnf, presented, certificate, expected) in cases {
        assert_eq!(binding(cnf).unwrap().check(presented, certificate).err(), expected, "{what}");
        seen.extend(expected.map(Reason::word));
    }
    for (cnf, expected) in [
        (format!(r#","cnf":{{{jkt},"jwk":{{}}}}"#), Reason::Unknown),
        (r#","cnf":{"kid":"k1"}"#.to_owned(), Reason::Unknown),
        (r#","cnf":{"x5t":"AA"}"#.to_owned(), Reason::Unknown),
        (r#","cnf":{}"#.to_owned(), Reason::Malformed),
        (r#","cnf":null"#.to_owned(), Reason::Malformed),
        (r#","cnf":"jkt""#.to_owned(), Reason::Malformed),
        (r#","cnf":{"jkt":null}"#.to_owned(), Reason::Malformed),
        (r#","cnf":{"jkt":""}"#.to_owned(), Reason::Malformed),
        (format!(r#","cnf":{{"jkt":"{}="}}"#, own.key()), Reason::Malformed),
        (format!(r#","cnf":{{"jkt":"{}"}}"#, &own.key().to_string()[..42]), Reason::Malformed),
        // RFC 8705 §3.1, Figure 2: the last digit has bits that are of no byte, so no certificate has this thumbprint.
        (r#","cnf":{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}"#.to_owned(), Reason::Malformed),
    ] {
        assert_eq!(binding(&cnf), Err(expected), "{cnf}");
        seen.insert(expected.word());
    }
    assert_eq!(seen, Reason::ALL.iter().map(|reason| reason.word()).collect());
}

/// Vectors that others made.
#[test]
fn thumbprints_are_those_of_the_rfcs() {
    let ed25519: [u8; 32] = bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").try_into().unwrap();
    assert_eq!(Thumbprint::of_ed25519(&ed25519).to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "RFC 8037, A.3");
    let coordinate = |text: &str| <[u8; 32]>::try_from(bytes(text)).unwrap();
    let (x, y) = (coordinate("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"), coordinate("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"));
    assert_eq!(Thumbprint::of_p256(&x, &y).to_string(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", "RFC 9449 §6.1");
    let rsa = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let expected = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
    assert_eq!(Thumbprint::of_rsa(&bytes(rsa)).to_string(), expected, "RFC 7638 §3.1");
    let jwk = format!(r#"{{"kty":"RSA","n":"{rsa}","e":"AQAB","alg":"RS256","kid":"2011-04-29"}}"#);
    let of = |jwk: &str| Thumbprint::of_jwk(json::open(jwk.as_bytes()).unwrap().as_object().unwrap()).map(|found| found.to_string());
    assert_eq!(of(&jwk).as_deref(), Ok(expected));
    assert_eq!(of(&jwk.replace("AQAB", "AQA")), Err(ProofReason::Key));
    assert_eq!(of(&jwk.replace("\"e\"", "\"d\":\"\",\"e\"")), Err(ProofReason::PrivateKey));
    assert_eq!(of(r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#), Err(ProofReason::Key));
}

/// RFC 9440, appendix A, Figure 2; its SHA-256 by openssl.
const CERTIFICATE: &str = "MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=";
const X5T: &str = "v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes";

fn shown(value: &str) -> Result<Option<String>, ClientCertError> {
    client_cert(&[Header { name: b"client-cert", value: value.as_bytes() }]).map(|found| found.map(|found| found.to_string()))
}

#[test]
fn a_proxys_certificate_is_its_thumbprint() {
    assert_eq!(shown(&format!(":{CERTIFICATE}:")), Ok(Some(X5T.to_owned())));
    let der = Base64::decode(CERTIFICATE, &mut [0; 1024]).unwrap().to_owned();
    assert_eq!(Thumbprint::of_certificate(&der).to_string(), X5T);
    let field = |name: &'static str| Header { name: name.as_bytes(), value: b":AAAA:" };
    assert_eq!(client_cert(&[field("client-cert-chain")]), Ok(None));
    assert_eq!(client_cert(&[field("Client-Cert"), field("client-cert")]), Err(ClientCertError::Repeated));
}

#[test]
fn of_every_length_the_field_is_read_as_another_reader_does() {
    let all: Vec<u8> = (0..300u16).map(|value| (value * 7 % 256) as u8).collect();
    for len in 1..all.len() {
        let der = &all[..len];
        let value = format!(":{}:", Base64::encode(der, &mut [0; 512]).unwrap());
        assert_eq!(shown(&value), Ok(Some(Thumbprint::of_certificate(der).to_string())), "{len}");
    }
}

#[test]
fn what_is_no_byte_sequence_is_refused() {
    let malformed = Err(ClientCertError::Malformed);
    for wrong in [
        "",
        ":",
        "::",
        ":AAAA",
        "AAAA:",
        "AAAA",
        ":AAA:",
        ":AA:",
        ":A:",
        ":AA=:",
        ":AAA==:",
        ":A===:",
        ":====:",
        ":=AAA:",
        ":AA==AA==:",
        ":AB==:",
        ":AAB=:",
        ":AA A:",
        ": AAAA:",
        ":AAAA: ",
        " :AAAA:",
        ":AAAA:;a=1",
        ":AAAA:, :AAAA:",
        ":AA-A:",
        ":AA_A:",
        ":AA!A:",
        "?1",
        "\"AAAA\"",
        ":AA\u{e9}:",
    ] {
        assert_eq!(shown(wrong), malformed, "{wrong:?}");
    }
    assert!(shown(&format!(":{}:", "A".repeat(8188))).is_ok());
    assert_eq!(shown(&format!(":{}:", "A".repeat(8192))), malformed);
    assert!([ClientCertError::Malformed, ClientCertError::Repeated].iter().all(|error| !error.to_string().is_empty()));
}
