//! The README's policy is one.
#![allow(missing_docs, reason = "tests speak by their names")]

use caltrop_control::diagnostic::Source;
use caltrop_control::policy::{Written, public_key, run};

#[test]
fn the_readme_s_policy_is_read_without_a_warning_and_its_rows_pass() {
    let readme = include_str!("../../README.md");
    let text = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a policy in the README");
    let signer = |_: &str| public_key("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"); // RFC 8032 §7.1, test 1
    let written = Written::read(Source::new("README.md", text), &signer).unwrap_or_else(|report| panic!("{report}"));
    assert!(written.warnings.found.is_empty(), "{}", written.warnings);
    let rows = run(&written).unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.mismatches.is_empty()), "{rows:?}");
}
