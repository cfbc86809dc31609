//! What no row tries is told, and nothing else is.

use caltrop::audit::Reason;
use caltrop_control::diagnostic::Source;
use caltrop_control::policy::{Cover, SignerError, Written, run};
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

[quota]
requests = { by = "principal", limit = ["2/second", "3/day"] }

[route]
health = { match = "GET /healthz", auth = "none" }
hours = { match = "GET /hours", auth = "none", where = "time in mon-fri 08:00-18:00" }
admin = { match = "GET /admin", scopes = ["admin"], zones = ["vpn"], charge = { requests = 1 } }
"#;

/// Rows that try every rule.
const ROWS: [(&str, &str); 11] = [
    (r#"line = "GET /healthz", from = "203.0.113.9""#, r#"status = 200, route = "health""#),
    (r#"line = "GET /healthz", from = "192.0.2.9""#, r#"status = 403, reason = "denied-zone""#),
    (r#"line = "GET /hours", from = "203.0.113.9", at = 2027-01-15T12:00:00Z"#, r#"status = 200, route = "hours""#),
    (r#"line = "GET /hours", from = "203.0.113.9", at = 2027-01-16T12:00:00Z"#, r#"status = 403, reason = "where""#),
    (r#"line = "GET /admin", from = "10.8.0.1""#, r#"status = 401, reason = "no-credential""#),
    (r#"line = "GET /admin", from = "203.0.113.9", auth = "key", scopes = ["admin"]"#, r#"status = 403, reason = "zone""#),
    (r#"line = "GET /admin", from = "10.8.0.1", auth = "key""#, r#"status = 403, reason = "scope""#),
    (r#"line = "GET /admin", from = "10.8.0.1", auth = "key", scopes = ["admin"]"#, r#"status = 200, route = "admin""#),
    (r#"line = "GET /admin", from = "10.8.0.1", auth = "key", scopes = ["admin"], repeat = 3"#, r#"status = 429, reason = "quota""#),
    (r#"line = "GET /admin", from = "10.8.0.1", auth = "key", scopes = ["admin"], headers = ["x-api-key: other"]"#, r#"status = 400"#),
    (r#"line = "GET /admin", from = "10.8.0.1", headers = ["x-api-key: nobody's"]"#, r#"status = 401, reason = "key-unknown""#),
];

fn cover(without: Option<usize>) -> Cover {
    let rows = ROWS.iter().enumerate().filter(|(at, _)| Some(*at) != without);
    let rows: String =
        rows.map(|(_, (request, answer))| format!("\n[[expect]]\nrequest = {{ {request} }}\nanswer = {{ {answer} }}\n")).collect();
    let signer = |_: &str| Ok::<_, SignerError>(*SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes());
    let written = Written::read(Source::new("policy.toml", POLICY.to_owned() + &rows), &signer).unwrap_or_else(|report| panic!("{report}"));
    let results = run(&written).unwrap();
    for row in &results {
        assert!(row.mismatches.is_empty(), "{row}");
    }
    Cover::of(&written, &results)
}

#[test]
fn rows_that_try_everything_leave_the_second_window_and_the_shapes() {
    let cover = cover(None);
    let untried: Vec<&str> = cover.untried.iter().map(|rule| rule.what.as_str()).collect();
    // Nobody gets to the day's limit within the second's.
    assert_eq!(untried, ["quota \"requests#2\": no row is refused by it"]);
    assert_eq!((cover.untried[0].line, cover.rules), (16, 10));
    let shapes = [Reason::Method, Reason::TargetLength, Reason::Path, Reason::HeaderCount, Reason::HeaderSize, Reason::Transport];
    let wanted: Vec<&str> = shapes.into_iter().chain([Reason::NoRoute, Reason::KeyMalformed]).map(|reason| reason.word()).collect();
    assert_eq!(cover.reasons, wanted);
    assert!(cover.to_string().starts_with("9 of 10 rules tried\nline 16: quota"), "{cover}");
}

#[test]
fn whichever_row_is_taken_away_its_rule_is_missed() {
    let missed = [
        Some("route \"health\": no row passes it"),
        Some("deny: no row comes from a denied zone"),
        Some("route \"hours\": no row passes it"),
        Some("route \"hours\": no row is refused for a condition"),
        Some("route \"admin\": no row is refused for want of a credential"),
        Some("route \"admin\": no row is refused for its zone"),
        Some("route \"admin\": no row is refused for want of a scope"),
        Some("route \"admin\": no row passes it"),
        Some("quota \"requests\": no row is refused by it"),
        None,
        None,
    ];
    let all = cover(None);
    for (at, rule) in missed.into_iter().enumerate() {
        let cover = cover(Some(at));
        match rule {
            Some(rule) => assert!(cover.untried.iter().any(|untried| untried.what == rule), "row {at}: {cover}"),
            // No rule of a line asks for these; their reasons are missed.
            None => assert!(cover.reasons.len() > all.reasons.len() && cover.untried == all.untried, "row {at}: {cover}"),
        }
    }
}

#[test]
fn what_a_rule_in_report_mode_would_refuse_is_tried() {
    let text = r#"[policy]
name = "acme-api"
[network]
zones = { vpn = ["10.8.0.0/16"] }
[route]
old = { match = "GET /old", auth = "none", zones = ["vpn"], mode = "report" }
[[expect]]
request = { line = "GET /old", from = "203.0.113.9" }
answer = { status = 200 }
"#;
    let written = Written::read(Source::new("policy.toml", text), &|_| unreachable!()).unwrap();
    let rows = run(&written).unwrap();
    assert_eq!((rows[0].answered.as_str(), &rows[0].reported[..]), ("200, would deny zone", &[Reason::Zone][..]));
    assert!(Cover::of(&written, &rows).untried.is_empty());
}
