//! `caltrop import kong`: a deck.yaml becomes a project that compiles; what is in no policy is told with its line, and no route is opened.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use caltrop_control::kong::{DeckError, open};
use serde_json::Value;

fn caltrop(args: &[&str]) -> (i32, String, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_caltrop")).current_dir(data()).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
}

fn data() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data"))
}

fn golden(name: &str, text: &str) {
    let path = data().join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{}: UPDATE_GOLDEN=1 writes it anew", path.display());
}

#[test]
fn a_deck_becomes_a_project_that_compiles_and_decides() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (project, keys) = (at("shop"), at("keys.csv"));
    let (code, out, err) = caltrop(&["import", "kong", "deck.yaml", &project, "--keys", &keys]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("policy shop with 7 routes of deck.yaml, "), "{out}");
    golden("deck.policy", &std::fs::read_to_string(at("shop/policy.toml")).unwrap());
    golden("deck.stderr", &err);
    // Every line that is told is one of the file, and the same stand in the policy.
    let policy = std::fs::read_to_string(at("shop/policy.toml")).unwrap();
    for left in err.lines().filter(|line| !line.contains("warning")) {
        let told = left.strip_prefix("deck.yaml:").unwrap_or_else(|| panic!("{left}"));
        assert!(policy.contains(&format!("#   {told}")), "{left}");
    }
    // No secret is in the policy; the keys have a file of their own, for its owner.
    assert!(!policy.contains("secret-key") && !policy.contains("hunter2") && !err.contains("secret-key"));
    assert_eq!(std::fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);
    let file = at("shop/policy.toml");
    let (code, out, err) = caltrop(&["policy", "compile", &file]);
    assert!(code == 0 && out.contains("is up to date"), "{out}{err}");
    let (code, out, err) = caltrop(&["keys", "import", &keys, "--format", "csv", "--policy", &file]);
    assert_eq!(code, 0, "{out}{err}");

    let ask = |line: &str, from: &str, key: &str| {
        let (method, target) = line.split_once(' ').unwrap();
        let header = format!("x-shop-key: {key}");
        let mut args = vec!["explain", method, target, "--from", from, "--json", "--policy", &file];
        args.extend(["-H", &header].iter().take(if key.is_empty() { 0 } else { 2 }));
        let (code, out, err) = caltrop(&args);
        assert_eq!(code, 0, "{err}");
        let json: Value = serde_json::from_str(&out).unwrap();
        json["reason"].as_str().unwrap_or("passes").to_owned()
    };
    let (alice, bob) = ("alice-secret-key-0123456789abcdef-000001", "bob-secret-key-0123456789abcdef-00000002");
    let home = "203.0.113.9";
    for (line, from, key, answer) in [
        ("GET /healthz", home, "", "passes"),
        ("GET /healthz", "192.0.2.1", "", "denied-zone"),
        ("GET /v1/orders", home, "", "no-credential"),
        ("GET /v1/orders/7/lines", home, alice, "passes"),
        ("POST /v1/orders", home, alice, "passes"),
        ("DELETE /v1/orders", home, alice, "no-route"),
        ("GET /v1/orders", home, bob, "scope"),
        // Any of the groups, and none of those that are denied.
        ("GET /v1/reports/2026", home, alice, "passes"),
        ("GET /v1/reports/2026", home, bob, "scope"),
        ("GET /v1/reports-7", home, "", "no-credential"),
        ("GET /v1/exports", home, bob, "passes"),
        // Kong asks for a login that is not carried: the route asks for a key, and it does so from its networks alone.
        ("GET /admin", "10.8.0.1", "", "no-credential"),
        ("GET /admin", "10.8.0.1", bob, "passes"),
        ("GET /admin", "198.51.100.1", bob, "passes"),
        ("GET /admin/users", home, alice, "zone"),
        ("GET /old", home, alice, "no-route"),
    ] {
        assert_eq!(ask(line, from, key), answer, "{line} from {from}");
    }
    // Nothing is written over.
    let (code, _, err) = caltrop(&["import", "kong", "deck.yaml", &project]);
    assert!(code == 2 && err.contains("is there already"), "{err}");
    let (code, _, err) = caltrop(&["import", "kong", "deck.yaml", &at("other"), "--keys", &keys]);
    assert!(code == 2 && err.contains("is there already") && !Path::new(&at("other")).exists(), "{err}");
}

#[test]
fn what_is_carried_whole_ends_with_0() {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().join("deck.yaml");
    std::fs::write(&deck, "_format_version: '3.0'\nservices:\n- name: a\n  routes:\n  - name: b\n    paths: [/b]\n    strip_path: false\n")
        .unwrap();
    let project = folder.path().join("a");
    let (code, out, err) = caltrop(&["import", "kong", deck.to_str().unwrap(), project.to_str().unwrap(), "--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, err.as_str(), &json["not-carried"], &json["routes"]), (0, "", &serde_json::json!([]), &1.into()));
}

#[test]
fn what_is_no_deck_is_refused_with_its_place() {
    let said = |text: &str| open(text).unwrap_err();
    assert_eq!(said("_format_version: '1.1'\nservices: []\n"), DeckError::Version { given: "1.1".to_owned() });
    assert_eq!(said("services: []\n"), DeckError::Version { given: String::new() });
    assert_eq!(said("- a\n- b\n"), DeckError::Shape);
    assert_eq!(said(""), DeckError::Shape);
    let error = said("_format_version: '3.0'\nservices: [\n  a: {\n").to_string();
    assert!(error.starts_with("no YAML: ") && error.contains("line"), "{error}");
}

/// Every plugin that asks who the caller is closes its routes, wherever it stands, and whether or not it is known.
#[test]
fn no_route_is_opened_by_a_plugin_that_is_not_carried() {
    for name in ["jwt", "basic-auth", "oauth2", "hmac-auth", "openid-connect", "mtls-auth", "ldap-auth-advanced", "acme-auth", "acl"] {
        for (place, deck) in [
            ("route", format!("services:\n- name: a\n  routes:\n  - paths: [/b]\n    plugins:\n    - name: {name}\n")),
            ("service", format!("services:\n- name: a\n  plugins:\n  - name: {name}\n  routes:\n  - paths: [/b]\n")),
            ("all", format!("services:\n- name: a\n  routes:\n  - paths: [/b]\nplugins:\n- name: {name}\n")),
            ("service of the root", format!("services:\n- name: a\n  routes:\n  - paths: [/b]\nplugins:\n- name: {name}\n  service: a\n")),
        ] {
            let carried = open(&format!("_format_version: '3.0'\n{deck}")).unwrap();
            assert!(carried.routes[0].needs_key, "{name} of {place}");
        }
    }
    let off = open("_format_version: '3.0'\nservices:\n- name: a\n  routes:\n  - paths: [/b]\nplugins:\n- name: jwt\n  enabled: false\n")
        .unwrap();
    assert!(!off.routes[0].needs_key && off.left[0].why == "not enabled");
}

/// Origins that are written out are the policy's; patterns, paths and all of them at once are told.
#[test]
fn origins_are_carried_one_by_one() {
    let cors = |config: &str| open(&format!("_format_version: '3.0'\nplugins:\n- name: cors\n{config}")).unwrap();
    let some = cors("  config:\n    origins: ['https://a.example', '*', 'https://b.example/x', 'https://a.example']\n    max_age: 60\n");
    let left: Vec<&str> = some.left.iter().map(|left| left.what.as_str()).collect();
    assert_eq!(some.origins, ["https://a.example"]);
    assert_eq!(left, ["plugin cors origin \"*\"", "plugin cors origin \"https://b.example/x\"", "plugin cors max_age"]);
    assert_eq!(cors("").left[0].what, "plugin cors origins");
}
