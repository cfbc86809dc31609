//! What a policy defines and does not use is told, as a warning at its place; what is used is not.

use caltrop_control::diagnostic::Source;
use caltrop_control::policy::{SignerError, Written};
use ed25519_dalek::SigningKey;

const USED: &str = r#"[policy]
name = "acme-api"
scopes = ["read", "write"]

[network]
zones = { vpn = ["10.8.0.0/16"], bad = ["192.0.2.0/24"], office = ["198.51.100.0/24"] }
deny = ["bad"]

[feed]
keys = { kind = "keyring", signer = "keys.pub" }

[auth.key]
from = "feed:keys"
in = ["x-api-key"]

[quota]
address = { by = "address", limit = "9/second", in-zone.office = "99/second" }
requests = { by = "principal", limit = "9/second" }
exports = { by = "route", limit = "9/second" }

[route]
read = { match = "GET /a", scopes = ["read"], zones = ["vpn"], charge = { requests = 1 } }
write = { match = "POST /a", scopes = ["write"], charge = { exports = 1 } }
"#;

/// The warnings' first lines, without their mends.
fn warnings(text: &str) -> Vec<String> {
    let signer = |_: &str| Ok::<_, SignerError>(*SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes());
    let written = Written::read(Source::new("p", text), &signer).unwrap_or_else(|report| panic!("{report}"));
    let told = written.warnings.to_string();
    told.lines().filter(|line| line.starts_with("p:")).map(|line| line.rsplit_once(": ").unwrap().0.to_owned()).collect()
}

#[test]
fn nothing_is_told_of_what_is_used() {
    assert_eq!(warnings(USED), Vec::<String>::new());
    // Without `charge`, a route is charged to all that it can be.
    assert_eq!(warnings(&USED.replace(", charge = { requests = 1 }", "").replace(", charge = { exports = 1 }", "")), Vec::<String>::new());
}

#[test]
fn each_use_taken_away_is_told_at_its_definition() {
    let cases = [
        (", zones = [\"vpn\"]", "", "p:6:11: warning: nothing here uses zone \"vpn\""),
        ("deny = [\"bad\"]", "", "p:6:34: warning: nothing here uses zone \"bad\""),
        (", in-zone.office = \"99/second\"", "", "p:6:58: warning: nothing here uses zone \"office\""),
        ("scopes = [\"read\"], ", "", "p:3:11: warning: no route asks for scope \"read\""),
        ("charge = { requests = 1 }", "charge = {}", "p:18:1: warning: no route charges quota \"requests\""),
        ("charge = { exports = 1 }", "charge = {}", "p:19:1: warning: no route charges quota \"exports\""),
        ("zones = [\"vpn\"]", "zones = [\"bad\"]", "p:22:1: warning: route \"read\" is served to nobody: its zones are all denied"),
    ];
    for (from, to, wanted) in cases {
        assert!(USED.contains(from), "{from}");
        let told = warnings(&USED.replacen(from, to, 1));
        assert!(told.iter().any(|line| line == wanted), "{from}: {told:#?}");
    }
}
