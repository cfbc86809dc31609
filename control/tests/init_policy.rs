//! What `init` writes is read without a warning and holds its own rows, whatever description it was made from.

use std::collections::HashSet;

use caltrop::name::is_name;
use caltrop_control::diagnostic::Source;
use caltrop_control::init::openapi::{Opened, open};
use caltrop_control::init::{Access, Options, policy_text};
use caltrop_control::model::Tls;
use caltrop_control::policy::{Written, run};
use ed25519_dalek::SigningKey;
use proptest::prelude::*;

/// Reads the text and runs its rows; how many there are.
fn hold(text: &str) -> (Written, usize) {
    let signer = |file: &str| {
        assert_eq!(file, "feed-keys.pub");
        Ok(*SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes())
    };
    let written = Written::read(Source::new("policy.toml", text), &signer).unwrap_or_else(|report| panic!("{report}\n{text}"));
    assert_eq!(written.warnings.to_string(), "", "{text}");
    let rows = run(&written).unwrap();
    for row in &rows {
        assert!(row.mismatches.is_empty(), "{row}\n{text}");
    }
    (written, rows.len())
}

fn text_of(opened: Opened, tls: Tls) -> String {
    policy_text(&Options { tls, routes: opened.routes, ..Options::new("acme-api") })
}

#[test]
fn the_example_policy_is_read_without_a_warning_and_holds_its_rows() {
    for tls in [Tls::V1_2, Tls::V1_3, Tls::Off] {
        let (written, rows) = hold(&policy_text(&Options { tls, ..Options::new("acme-api") }));
        assert_eq!((written.policy.tls, rows), (tls, 5));
        let names: Vec<&str> = written.policy.routes.iter().map(|route| route.name.as_str()).collect();
        assert_eq!(names, ["health", "api"]);
    }
}

#[test]
fn every_table_and_key_stands_under_a_comment_that_tells_what_it_does() {
    let text = policy_text(&Options::new("acme-api"));
    let lines: Vec<&str> = text.lines().collect();
    for pair in lines.windows(2).filter(|pair| pair[1].contains(" = ") && !pair[1].starts_with('#')) {
        let follows = ["#", "[route]", "[[expect]]", "health = ", "request = "].iter().any(|beginning| pair[0].starts_with(beginning));
        assert!(follows, "{pair:?}");
    }
}

#[test]
fn commented_lines_are_good_once_they_are_uncommented() {
    let text = policy_text(&Options::new("acme-api"));
    let mut found = 0;
    let uncommented: Vec<&str> =
        text.lines()
            .map(|line| {
                match line.strip_prefix("# ").filter(|rest| {
                    ["proxies =", "forwarded =", "zones =", "deny =", "never-deny ="].iter().any(|key| rest.starts_with(key))
                }) {
                    Some(rest) => {
                        found += 1;
                        rest
                    }
                    None => line,
                }
            })
            .collect();
    hold(&uncommented.join("\n"));
    assert_eq!(found, 5);
}

#[test]
fn a_name_that_is_none_is_told_by_reading_the_text() {
    let text = policy_text(&Options::new("two \"words\"\n"));
    let read = Written::read(Source::new("policy.toml", text), &|_| Ok(*SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes()));
    assert!(read.unwrap_err().to_string().contains("a name is 1 to 63"));
}

#[test]
fn what_a_description_says_is_what_the_policy_asks_for() {
    let description = r##"{ "openapi": "3.0.3", "servers": [{ "url": "https://{region}.example/v{major}/", "variables": {
        "region": { "default": "eu" }, "major": { "default": "2", "enum": ["1", "2"] } } }],
      "security": [{ "oauth": ["pets:read"] }],
      "paths": { "x-note": 1,
        "/pets": { "get": { "operationId": "pets/list" }, "parameters": [], "post": { "operationId": "pets/make", "security": [{ "oauth": ["pets:read", "pets:write", "pets:read"] }] } },
        "/status": { "get": { "security": [] }, "head": { "security": [{}] } },
        "/pets/{petId}": { "$ref": "#/components/pathItems/a%20pet" },
        "/docs": { "servers": [{ "url": "//docs.example" }], "get": { "operationId": "docs", "security": [{ "key": [] }, { "key": [], "oauth": [] }] } }
      },
      "components": { "pathItems": { "a pet": { "delete": { "operationId": "löschen" } } },
        "securitySchemes": { "oauth": { "type": "oauth2" }, "key": { "$ref": "#/components/securitySchemes/key2" }, "key2": { "type": "apiKey" } } } }"##;
    let opened = open(description).unwrap();
    assert_eq!(opened.refused, []);
    let key = |scopes: &[&str]| Access::Key { scopes: scopes.iter().map(|&scope| scope.to_owned()).collect() };
    let said: Vec<_> =
        opened.routes.iter().map(|route| (route.name.as_str(), route.templates[0].path.as_str(), route.access.clone())).collect();
    let wanted = [
        ("pets/list", "/v1/pets", key(&["pets:read"])),
        ("pets/make", "/v1/pets", key(&["pets:read", "pets:write"])),
        ("get:/status", "/v1/status", Access::Anyone),
        ("head:/status", "/v1/status", Access::Anyone),
        ("l-schen", "/v1/pets/{petId}", key(&["pets:read"])),
        ("docs", "/docs", key(&[])),
    ];
    assert_eq!(said, wanted);
    assert_eq!(opened.routes[0].templates[1].path, "/v2/pets");
    let (written, rows) = hold(&text_of(opened, Tls::Off));
    assert_eq!((written.policy.routes.len(), rows), (6, 5));
}

#[test]
fn values_with_slashes_take_what_is_left_unless_that_is_another_operations() {
    let multi = |path: &str, name: &str| {
        format!(r#""{path}": {{ "get": {{ "parameters": [{{ "in": "path", "name": "{name}", "x-multi-segment": true }}] }} }}"#)
    };
    let paths = [
        multi("/contents/{path}", "path"),
        multi("/commits/{ref}", "ref"),
        multi("/commits/{ref}/status", "ref"),
        r#""/{any}/{other}": { "get": {} }"#.to_owned(),
    ];
    let opened = open(&format!(r#"{{ "openapi": "3.1.0", "paths": {{ {} }} }}"#, paths.join(", "))).unwrap();
    let said: Vec<_> = opened.routes.iter().map(|route| (route.templates[0].path.as_str(), route.one_segment.join(" "))).collect();
    let wanted = [("/contents/{path...}", ""), ("/commits/{ref}", "ref"), ("/commits/{ref}/status", "ref"), ("/{any}/{other}", "")];
    assert_eq!(said, wanted.map(|(path, kept)| (path, kept.to_owned())));
    let text = text_of(opened, Tls::V1_2);
    assert_eq!(text.matches("# {ref} takes one segment here").count(), 2);
    hold(&text);
}

#[test]
fn many_scopes_stand_on_lines_of_their_own_and_are_read() {
    let scopes: Vec<String> = (0..40).map(|number| format!("area-{number}:read")).collect();
    let mut options = Options::new("acme-api");
    options.routes[1].access = Access::Key { scopes: scopes.clone() };
    let (written, _) = hold(&policy_text(&options));
    assert_eq!(written.policy.routes[1].scopes, scopes);
}

proptest! {
    #[test]
    fn any_description_gives_names_that_are_good_and_unique_and_rows_that_hold(
        operations in prop::collection::vec((
            prop::collection::vec(prop_oneof![Just("a"), Just("b"), Just("nowhere"), Just("{x}"), Just("{y}"), Just("{m}")], 1..4),
            prop_oneof![Just("get"), Just("head"), Just("post"), Just("trace")],
            prop_oneof![Just(None), "[ab/é \"\\\\]{0,3}".prop_map(Some), "[a-c]{60,70}".prop_map(Some)],
            prop_oneof![Just(None), Just(Some("[]")), Just(Some("[{ \"o\": [\"s\"] }]"))],
        ), 0..12),
    ) {
        let mut paths = serde_json::Map::new();
        for (segments, method, id, security) in &operations {
            let item = paths.entry(format!("/{}", segments.join("/"))).or_insert_with(|| serde_json::json!({}));
            let mut operation = serde_json::json!({ "parameters": [{ "in": "path", "name": "m", "x-multi-segment": true }] });
            if let Some(id) = id { operation["operationId"] = id.as_str().into(); }
            if let Some(security) = security { operation["security"] = serde_json::from_str(security).unwrap(); }
            item[*method] = operation;
        }
        let count: usize = paths.values().map(|item| item.as_object().unwrap().len()).sum();
        let description = serde_json::json!({ "openapi": "3.1.0", "paths": paths, "components": { "securitySchemes": { "o": { "type": "oauth2" } } } });
        let opened = open(&description.to_string()).unwrap();
        prop_assert_eq!(opened.routes.len() + opened.refused.len(), count);
        let names: HashSet<&str> = opened.routes.iter().map(|route| route.name.as_str()).collect();
        prop_assert_eq!(names.len(), opened.routes.len());
        prop_assert!(names.iter().all(|name| is_name(name)));
        if !opened.routes.is_empty() {
            hold(&text_of(opened, Tls::V1_2));
        }
    }
}
