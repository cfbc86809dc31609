//! Policies at the edge of what one image holds.

use std::fmt::Write as _;

use caltrop_control::diagnostic::{Report, Source};
use caltrop_control::policy::Written;

fn read(text: String) -> Result<Written, Report> {
    Written::read(Source::new("policy.toml", text), &|_| unreachable!("no signer is named"))
}

/// Template `i` has its literal behind `i` parameters, and any end: every set of them is a state.
fn thorny(count: usize) -> String {
    let mut text = String::from("[policy]\nname = \"acme\"\n[route]\n");
    for at in 0..count {
        let holes: String = (0..at).map(|hole| format!("/{{p{hole}}}")).collect();
        writeln!(text, "r{at} = {{ match = \"GET {holes}/x/{{rest...}}\", auth = \"none\" }}").unwrap();
    }
    text
}

#[test]
fn templates_that_multiply_are_refused_with_a_mend() {
    assert!(read(thorny(8)).is_ok());
    let report = read(thorny(28)).unwrap_err().to_string();
    assert!(report.starts_with("policy.toml:3:2: this policy makes no image: the templates make over 65536 states: "), "{report}");
}

#[test]
fn sixty_four_zones_and_no_more() {
    let text = |count: usize| {
        let zones: Vec<String> = (0..count).map(|at| format!("z{at} = [\"10.0.{at}.0/24\"]")).collect();
        format!("[policy]\nname = \"acme\"\n[network]\nzones = {{ {} }}\n", zones.join(", "))
    };
    assert!(read(text(64)).is_ok());
    let report = read(text(65)).unwrap_err().to_string();
    assert!(report.starts_with("policy.toml:3:2: 65 zones: a policy has at most 64"), "{report}");
}

#[test]
fn a_thousand_routes_are_read() {
    let mut text = String::from("[policy]\nname = \"acme\"\n[route]\n");
    for at in 0..1000 {
        writeln!(text, "r{at} = {{ match = [\"GET /v1/things-{at}/{{id}}\", \"* /v1/things-{at}\"], auth = \"none\" }}").unwrap();
    }
    assert_eq!(read(text).unwrap().policy.routes.len(), 1000);
}

#[test]
fn a_policy_without_routes_is_read_with_a_warning() {
    let written = read("[policy]\nname = \"acme\"\n".into()).unwrap();
    assert!(written.warnings.to_string().starts_with("policy.toml:1:1: warning: no routes: "), "{}", written.warnings);
}
