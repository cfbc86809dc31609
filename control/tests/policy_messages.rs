//! Every message of the policy's compiler is seen: each call that adds one is reached by a golden file, or by a row here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use caltrop_control::diagnostic::Source;
use caltrop_control::policy::{SignerError, Written, public_key};

/// A line of a file of the crate.
type Site = (String, u32);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Where a text adds a finding: each call whose receiver is called `findings`.
fn sites_of(file: &str, text: &str) -> BTreeSet<Site> {
    let call = |line: &str| ["findings.error(", "findings.clash(", "findings.warn("].iter().any(|call| line.contains(call));
    (1u32..).zip(text.lines()).filter(|(_, line)| call(line)).map(|(number, _)| (file.to_owned(), number)).collect()
}

fn sites() -> BTreeSet<Site> {
    let files = fs::read_dir(root().join("src/policy")).unwrap().map(|entry| entry.unwrap().path());
    files.flat_map(|path| sites_of(&name_of(&path), &fs::read_to_string(&path).unwrap())).collect()
}

/// The lines that say what is wrong with a policy.
fn told(text: &str) -> BTreeSet<Site> {
    let signer = |name: &str| match name {
        "keys.pub" => public_key("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"), // RFC 8032 §7.1, test 1
        _ => Err(SignerError::Unreadable { why: "no such file".into() }),
    };
    let file = |name: &str| fs::read_to_string(root().join("tests/golden").join(name)).map_err(|_| "no such file".to_owned());
    let written = Written::read_with(Source::new("policy.toml", text), &signer, &file, 1_800_000_000);
    let report = written.map_or_else(|report| report, |written| written.warnings);
    report.found.iter().map(|found| (name_of(Path::new(found.told_at.file())), found.told_at.line())).collect()
}

/// Policies with messages of their own: those with warnings alone, and one that is too large to be a file.
fn rows() -> Vec<String> {
    let unused = "[policy]\nname = \"acme\"\nscopes = [\"read\"]\n[network]\nzones = { bad = [\"192.0.2.0/24\"], vpn = [\"10.8.0.0/16\"] }\n\
                  deny = [\"bad\"]\n[quota]\nsome = { by = \"route\", limit = \"9/second\" }\n\
                  [route]\na = { match = \"GET /a\", auth = \"none\", zones = [\"bad\"], charge = {} }\n";
    vec![unused.to_owned(), "[policy]\nname = \"acme\"\n".to_owned(), too_large()]
}

/// Each table is good alone, and together their templates make more states than an image has: each has its literal behind one more parameter.
fn too_large() -> String {
    let holes = |number: u32| (0..number).map(|at| format!("/{{p{at}}}")).collect::<String>();
    let route = |number| format!("r{number} = {{ match = \"GET {}/x/{{rest...}}\", auth = \"none\" }}\n", holes(number));
    "[policy]\nname = \"acme\"\n[route]\n".to_owned() + &(0..28).map(route).collect::<String>()
}

#[test]
fn every_message_is_seen() {
    let golden = fs::read_dir(root().join("tests/golden")).unwrap().map(|entry| entry.unwrap().path());
    let golden = golden.filter(|path| path.extension().is_some_and(|end| end == "toml")).map(|path| fs::read_to_string(path).unwrap());
    let seen: BTreeSet<Site> = golden.chain(rows()).flat_map(|text| told(&text)).collect();
    let sites = sites();
    assert!(sites.len() >= 60, "{} calls seen: some are missing", sites.len());
    let unseen: Vec<&Site> = sites.difference(&seen).collect();
    assert!(unseen.is_empty(), "no policy reaches these messages, so nobody has read them: add a golden file\n{unseen:?}");
    let unknown: Vec<&Site> = seen.difference(&sites).collect();
    assert!(unknown.is_empty(), "messages from calls that this test does not find: {unknown:?}");
}

#[test]
fn a_message_that_nothing_reaches_is_found() {
    let planted = sites_of("planted.rs", "fn f() {\n    findings.error(span, \"what\", \"help\");\n}\n");
    assert_eq!(planted.difference(&BTreeSet::new()).collect::<Vec<_>>(), [&("planted.rs".to_owned(), 2)]);
}
