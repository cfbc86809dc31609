//! docs/policy.md names every key that a policy may have, and its policy is one.

use caltrop_control::diagnostic::Source;
use caltrop_control::policy::{Written, public_key, run};

const PAGE: &str = include_str!("../../docs/policy.md");

fn read(text: &str) -> Result<Written, String> {
    let signer = |_: &str| public_key("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"); // RFC 8032 §7.1, test 1
    Written::read(Source::new("policy.toml", text), &signer).map_err(|report| report.to_string())
}

/// The keys of a table: what is told to whoever writes one that there is not.
fn keys(text: &str) -> Vec<String> {
    let report = read(text).unwrap_err();
    let told = report.lines().find_map(|line| line.split_once("unknown key \"zzzzzzzz\" in ")).unwrap_or_else(|| panic!("{report}"));
    let (_, keys) = told.1.split_once(": it has ").unwrap();
    keys.split(", ").map(str::to_owned).collect()
}

fn missing(page: &str) -> Vec<String> {
    let tables = [
        "zzzzzzzz = 1\n[policy]\nname = \"a\"\n",
        "[policy]\nname = \"a\"\nzzzzzzzz = 1\n",
        "[network]\nzzzzzzzz = 1\n",
        "[feed]\nkeys = { zzzzzzzz = 1 }\n",
        "[auth.key]\nzzzzzzzz = 1\n",
        "[auth.corp]\nissuer = \"a\"\nzzzzzzzz = 1\n",
        "[auth.corp]\nissuer = \"a\"\nclaims = { zzzzzzzz = 1 }\n",
        "[quota]\na = { zzzzzzzz = 1 }\n",
        "[quota]\na = { by = \"principal\", limit = { zzzzzzzz = 1 } }\n",
        "[route]\na = { zzzzzzzz = 1 }\n",
        "[audit]\nzzzzzzzz = 1\n",
        "[[expect]]\nzzzzzzzz = 1\n",
        "[[expect]]\nrequest = { zzzzzzzz = 1 }\n",
        "[[expect]]\nanswer = { zzzzzzzz = 1 }\n",
    ];
    let is_named = |key: &String| {
        let ways = [format!("`{key}`"), format!("`[{key}]`"), format!("`[[{key}]]`"), format!("[{key}."), format!(", {key} }}`")];
        ways.iter().any(|way| page.contains(way.as_str()))
    };
    tables.iter().flat_map(|table| keys(table)).filter(|key| !is_named(key)).collect()
}

#[test]
fn every_key_is_on_the_page() {
    assert_eq!(missing(PAGE), Vec::<String>::new());
    // And the look would notice.
    assert_eq!(missing(&PAGE.replace("`slots`", "")), ["slots"]);
    assert_eq!(missing(&PAGE.replace("`retry-after`", "")), ["retry-after"]);
}

#[test]
fn its_issuer_is_read_beside_its_policy() {
    let blocks: Vec<&str> = PAGE.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let issuer = blocks.iter().find(|block| block.starts_with("[auth.corp]")).unwrap();
    let written = read(&format!("{}{issuer}", blocks[0])).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(written.policy.issuers[0].name, "corp");
}

#[test]
fn its_policy_is_read_without_a_warning_and_its_rows_pass() {
    let text = PAGE.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let written = read(text).unwrap_or_else(|report| panic!("{report}"));
    assert!(written.warnings.found.is_empty(), "{}", written.warnings);
    let rows = run(&written).unwrap();
    assert!(rows.len() == 2 && rows.iter().all(|row| row.mismatches.is_empty()), "{rows:?}");
}
