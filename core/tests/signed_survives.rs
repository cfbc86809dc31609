//! Whatever a stranger sends as a header, request or token, it is answered, and never accepted.

use caltrop::Now;
use caltrop::request::Header;
use caltrop::signed::{
    Body, CLAIMS_MAX, Components, Profile, RequestKey, Scheme, SharedSecrets, TokenKey, Tokens, Window, github, slack, standard, stripe,
};
use caltrop::time::Quality;
use proptest::prelude::*;

const NOW: Now = Now { wall_s: 1_614_265_330, mono_ns: 0, quality: Quality::Trusted };

/// Bytes of any kind, and texts that get far: pieces of what vendors write, in any order.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "t=",
        "1614265330",
        ",",
        "v1=",
        "v1,",
        "v0=",
        "sha256=",
        " ",
        "=",
        ".",
        "c1.",
        "AQDKy2cAAAAA",
        "dXNlcj00Mg",
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "11xCa4ECWydAqKe0cvaEzpwdSAQvZ0c0sz6ubF0QXqs",
        "\u{e9}",
        "sig1=",
        r#"("@method" "@authority" "@path" "@query""#,
        r#" "content-digest""#,
        ")",
        ";created=1614265330",
        r#";nonce="n""#,
        r#";keyid="k""#,
        "sha-256=",
        ":",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat().into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_header_is_accepted_that_nobody_signed(id in value(), timestamp in value(), signature in value(), body in value()) {
        let secrets = SharedSecrets::new(&[b"one", b"two"]).unwrap();
        let window = Window { tolerance_s: u32::MAX, leeway_s: u32::MAX };
        let names: [(&[u8], &[u8]); 7] = [
            (b"x-hub-signature-256", &signature),
            (b"stripe-signature", &signature),
            (b"x-slack-request-timestamp", &timestamp),
            (b"x-slack-signature", &signature),
            (b"webhook-id", &id),
            (b"webhook-timestamp", &timestamp),
            (b"webhook-signature", &signature),
        ];
        let headers = names.map(|(name, value)| Header { name, value });
        let checks = [
            github(&secrets, &headers),
            stripe(&secrets, &headers, window, NOW),
            slack(&secrets, &headers, window, NOW),
            standard(&secrets, &headers, window, NOW),
        ];
        for check in checks.into_iter().flatten() {
            prop_assert!(check.update(&body).finish().is_err());
        }
    }

    #[test]
    fn no_token_is_accepted_that_nobody_issued(token in value(), room in 0..CLAIMS_MAX) {
        let keys = [TokenKey::new(1, &[1; 32]).unwrap()];
        let tokens = Tokens::new(&keys, "session").unwrap();
        prop_assert!(tokens.verify(&token, NOW, &mut vec![0; room]).is_err());
    }

    #[test]
    fn no_request_is_accepted_that_nobody_signed(input in value(), signature in value(), digest in value(), target in value(), body in value()) {
        let secret = caltrop::mac::Key::new(b"secret");
        let headers = [("signature-input", &input), ("signature", &signature), ("content-digest", &digest)];
        let headers = headers.map(|(name, value)| Header { name: name.as_bytes(), value });
        let request = Components { method: b"POST", scheme: Scheme::Https, authority: b"api.example", target: &target };
        let profile = Profile { window: Window { tolerance_s: u32::MAX, leeway_s: u32::MAX }, tag: None };
        let follows = if body.is_empty() { Body::None } else { Body::Follows };
        if let Ok(read) = profile.read(&request, follows, &headers) {
            prop_assert!(read.verify(RequestKey::Hmac(&secret), NOW).is_err());
        }
    }
}
