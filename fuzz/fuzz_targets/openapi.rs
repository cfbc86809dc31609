//! Reaches: `openapi::open` (JSON, references, paths, security), `policy_text`.
//! Holds: a policy made from whatever description is read without an error, names each route once, and opens.
#![no_main]

use std::collections::HashSet;

use caltrop_control::diagnostic::Source;
use caltrop_control::init::{Options, openapi, policy_text};
use caltrop_control::policy::Written;
use caltrop_fuzz::house::signer;
use caltrop_fuzz::planted;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    planted(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(opened) = openapi::open(text) else { return };
    opened.refused.iter().for_each(|refused| assert!(!refused.to_string().is_empty()));
    let names: HashSet<&str> = opened.routes.iter().map(|route| route.name.as_str()).collect();
    assert_eq!(names.len(), opened.routes.len());
    let policy = policy_text(&Options { routes: opened.routes, ..Options::new("acme-api") });
    let public = *signer().verifying_key().as_bytes();
    if let Err(report) = Written::read(Source::new("policy.toml", policy.as_str()), &|_| Ok(public)) {
        panic!("{report}\n{policy}");
    }
});
