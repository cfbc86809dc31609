//! What a new policy changes is told rule by rule, with who is better off, and for the requests of the rows.

use caltrop_control::diagnostic::Source;
use caltrop_control::policy::{Diff, Effect, SignerError, Written, diff};
use ed25519_dalek::SigningKey;

const POLICY: &str = r#"[policy]
name = "acme-api"

[network]
zones = { vpn = ["10.8.0.0/16"], bad = ["192.0.2.0/24"] }
deny = ["bad"]

[feed]
keys = { kind = "keyring", signer = "keys.pub" }

[auth.key]
from = "feed:keys"
in = ["x-api-key"]

[auth.corp]
issuer = "https://id.acme.example"
audience = ["acme-api"]
algorithms = ["EdDSA"]
keys = [{ kty = "OKP", crv = "Ed25519", kid = "k1", x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }]
leeway = "30s"
max-age = "1h"

[quota]
requests = { by = "principal", limit = "60/minute", burst = 10 }
pool = { by = "tenant", limit = "plan" }

[plan]
default = { pool = "9/minute" }
pro = { pool = ["9/second", "900/day"] }

[route]
health = { match = "GET /healthz", auth = "none", tls = "off" }
orders = { match = "GET /v1/orders", scopes = ["read"], charge = { requests = 1 } }
admin = { match = "GET /admin", zones = ["vpn"], where = ["principal.plan in ['pro']"], charge = {} }

[[expect]]
request = { line = "GET /v1/orders", from = "203.0.113.9", auth = "key", scopes = ["read"] }
answer = { status = 200 }
"#;

fn read(name: &str, text: &str) -> Written {
    let signer = |_: &str| Ok::<_, SignerError>(*SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes());
    Written::read(Source::new(name, text), &signer).unwrap_or_else(|report| panic!("{report}"))
}

fn changed(edits: &[(&str, &str)]) -> Diff {
    let new = edits.iter().fold(POLICY.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    diff(&read("old", POLICY), &read("new", &new)).unwrap()
}

#[test]
fn two_that_say_the_same_differ_in_nothing() {
    let same = changed(&[]);
    assert_eq!((same.changes.len(), same.asked, same.answered.len()), (0, 2, 0));
    assert_eq!(same.to_string(), "both say the same\nof 2 requests of both policies' rows, 0 are answered otherwise\n");
}

#[test]
fn every_change_is_told_with_who_is_better_off() {
    use Effect::{Looser, Other, Tighter};
    let cases: &[(&str, &str, Effect, &str)] = &[
        (
            "name = \"acme-api\"",
            "name = \"acme-api\"\nslots = 1_024",
            Other,
            "policy 65536 slots → 1024: the state is made anew, and all limits begin again",
        ),
        ("name = \"acme-api\"", "name = \"acme-api\"\nmode = \"report\"", Looser, "policy only reports instead of enforces"),
        (
            "burst = 10 }",
            "burst = 10, mode = \"report\", share = \"10%\" }",
            Looser,
            "quota \"requests\" only reports for 10% of callers instead of enforces",
        ),
        (
            "[route]\n",
            "[audit]\nallow = \"none\"\n\n[route]\n",
            Other,
            "audit no allowed request is in the audit log instead: one in 100 allowed requests is in the audit log",
        ),
        ("name = \"acme-api\"", "name = \"acme-api\"\non-expired = \"deny\"", Tighter, "policy denies all past its end"),
        (
            "\"keys.pub\" }",
            "\"keys.pub\", stale = \"5m\", on-stale = \"deny\" }",
            Tighter,
            "feed \"keys\" is stale after 300 s and then denies instead of is never stale",
        ),
        (
            "\"keys.pub\" }",
            "\"keys.pub\", stale = \"5m\" }",
            Other,
            "feed \"keys\" is stale after 300 s and then goes on instead of is never stale",
        ),
        (
            "bad = [\"192.0.2.0/24\"] }\ndeny = [\"bad\"]\n\n[feed]",
            "bad = \"feed:list\" }\ndeny = [\"bad\"]\n\n[feed]\nlist = { kind = \"prefixes\", signer = \"keys.pub\" }",
            Tighter,
            "zone \"bad\" now holds \"feed:list\"",
        ),
        ("\"keys.pub\" }", "[\"keys.pub\", \"next.pub\"] }", Other, "feed \"keys\" is signed by others: its image must be theirs"),
        ("deny = [\"bad\"]", "deny = [\"bad\"]\nnever-deny = [\"vpn\"]", Looser, "network never denies zone \"vpn\""),
        ("deny = [\"bad\"]", "deny = []", Looser, "network no longer denies zone \"bad\""),
        (
            "in = [\"x-api-key\"]",
            "in = [\"x-api-key\", \"authorization: Bearer\"]",
            Looser,
            "auth.key also reads \"authorization: Bearer\"",
        ),
        ("[\"acme-api\"]", "[\"acme-api\", \"b\"]", Looser, "issuer \"corp\" now takes \"audience b\""),
        ("[\"EdDSA\"]", "[\"EdDSA\"]\ntyp = [\"JWT\"]", Tighter, "issuer \"corp\" no longer takes \"type at+jwt\""),
        ("[\"EdDSA\"]", "[\"EdDSA\", \"ES256\"]", Looser, "issuer \"corp\" now takes \"ES256\""),
        ("kid = \"k1\"", "kid = \"k2\"", Tighter, "issuer \"corp\" no longer has \"Ed25519 key k1 (21fe31df)\""),
        ("id.acme.example", "id.example", Other, "issuer \"corp\" is \"https://id.example\" instead of \"https://id.acme.example\""),
        ("leeway = \"30s\"", "leeway = \"60s\"", Looser, "issuer \"corp\" leeway 30 s → 60 s"),
        ("max-age = \"1h\"\n", "", Looser, "issuer \"corp\" max-age 3600 s → none"),
        ("max-age = \"1h\"", "max-age = \"5m\"", Tighter, "issuer \"corp\" max-age 3600 s → 300 s"),
        ("max-age", "claims = { roles = \"r\" }\nmax-age", Other, "issuer \"corp\" roles by claim \"r\" instead of \"none\""),
        ("[auth.corp]", "[auth.staff]", Tighter, "issuer \"corp\" is gone: tokens of \"https://id.acme.example\""),
        ("[auth.corp]", "[auth.staff]", Looser, "issuer \"staff\" is new: tokens of \"https://id.acme.example\""),
        (
            "scopes = [\"read\"], charge",
            "auth = \"key\", scopes = [\"read\"], charge",
            Tighter,
            "route \"orders\" no longer takes auth \"corp\"",
        ),
        ("scopes = [\"read\"], charge", "roles = [\"ops\"], charge", Tighter, "route \"orders\" is for role ops only"),
        ("192.0.2.0/24", "192.0.2.0/25", Tighter, "zone \"bad\" now holds \"192.0.2.0/25\""),
        ("192.0.2.0/24", "192.0.2.0/25", Looser, "zone \"bad\" no longer holds \"192.0.2.0/24\""),
        ("10.8.0.0/16", "10.9.0.0/16", Other, "zone \"vpn\" now holds \"10.9.0.0/16\""),
        ("60/minute\"", "30/minute\"", Tighter, "quota \"requests\" 60 per 60 s, burst 10 → 30 per 60 s, burst 10"),
        ("burst = 10", "burst = 11", Looser, "quota \"requests\" 60 per 60 s, burst 10 → 60 per 60 s, burst 11"),
        ("\"60/minute\", burst = 10", "\"1/second\", burst = 10", Other, "quota \"requests\" 60 per 60 s, burst 10 → 1 per 1 s, burst 10"),
        (
            "\"60/minute\", burst = 10",
            "[\"1/second\", \"9/day\"]",
            Tighter,
            "quota \"requests\" 60 per 60 s, burst 10 → 1 per 1 s, burst 1 and 9 per 86400 s, burst 9",
        ),
        ("by = \"principal\"", "by = \"tenant\"", Other, "quota \"requests\" counts by tenant instead of by principal"),
        (
            "pool = [\"9/second\", \"900/day\"]",
            "pool = \"9/second\"",
            Looser,
            "plan \"pro\" quota \"pool\" 9 per 1 s, burst 9 and 900 per 86400 s, burst 900 → 9 per 1 s, burst 9",
        ),
        (
            "pro = { pool = [\"9/second\", \"900/day\"] }",
            "",
            Tighter,
            "plan \"pro\" is gone: its callers get 403 where a quota is limited by plan",
        ),
        ("tls = \"off\"", "tls = \"1.3\"", Tighter, "route \"health\" plaintext → TLS 1.3"),
        ("auth = \"none\", tls = \"off\"", "charge = {}", Tighter, "route \"health\" needs a credential"),
        ("\"GET /v1/orders\"", "[\"GET /v1/orders\", \"HEAD /v2/orders\"]", Looser, "route \"orders\" also serves \"HEAD /v2/orders\""),
        ("scopes = [\"read\"]", "scopes = [\"write\"]", Tighter, "route \"orders\" also needs scope \"write\""),
        ("scopes = [\"read\"]", "scopes = [\"write\"]", Looser, "route \"orders\" no longer needs scope \"read\""),
        ("requests = 1 }", "requests = 2, pool = 1 }", Tighter, "route \"orders\" costs 2 of quota \"requests\" instead of 1"),
        ("requests = 1 }", "requests = 2, pool = 1 }", Tighter, "route \"orders\" costs 1 of quota \"pool\" instead of 0"),
        (", charge = { requests = 1 }", ", zones = [\"vpn\"]", Tighter, "route \"orders\" is served to vpn only"),
        ("zones = [\"vpn\"], where", "where", Looser, "route \"admin\" is served to every address"),
        ("['pro']", "['pro', 'team']", Tighter, "route \"admin\" holds only where \"principal.plan in ['pro', 'team']\""),
        ("admin = {", "console = {", Tighter, "route \"admin\" is gone: GET /admin"),
        ("admin = {", "console = {", Looser, "route \"console\" is new: GET /admin"),
    ];
    for (from, to, effect, wanted) in cases {
        let diff = changed(&[(from, to)]);
        let found = diff.changes.iter().find(|change| format!("{} {}", change.what, change.how) == **wanted);
        assert_eq!(found.map(|change| change.effect), Some(*effect), "{wanted}\n{diff}");
    }
}

#[test]
fn the_rows_of_both_are_asked_of_both() {
    let row = "\n[[expect]]\nrequest = { line = \"GET /healthz\", from = \"203.0.113.9\", tls = \"off\" }\nanswer = { status = 403, reason = \"transport\" }\n";
    let new = POLICY
        .replace(", tls = \"off\"", "")
        .replace("scopes = [\"read\"], charge", "scopes = [\"read\", \"orders\"], charge")
        .replace("status = 200", "status = 403")
        + row;
    let diff = diff(&read("old", POLICY), &read("new", &new)).unwrap();
    let told: Vec<String> = diff.answered.iter().map(|one| format!("{}: {} → {}", one.row, one.before, one.after)).collect();
    assert_eq!(
        (diff.asked, &told[..]),
        (3, &["old:36: 200 → 403 scope".into(), "new:36: 200 → 403 scope".into(), "new:40: 200 → 403 transport".into()][..])
    );
    assert!(diff.to_string().ends_with("new:40: GET /healthz from 203.0.113.9: 200 → 403 transport\n"), "{diff}");
}
