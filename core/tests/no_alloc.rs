//! The core needs no heap: no crate under it is built with a feature that brings `alloc` or `std`, and none of its files is unsafe.

use std::process::Command;

/// The features of all crates under a package, without build-time crates, as `cargo tree` prints them.
fn features(package: &str, edges: &str, arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--prefix", "none", "--format", "{p} [{f}]", "-e", edges, "-p", package])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut lines: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect();
    lines.sort();
    lines.dedup();
    lines
}

fn heap_users(lines: &[String]) -> Vec<&String> {
    let has = |line: &str, feature: &str| {
        let listed = line.rsplit_once('[').map_or("", |(_, features)| features.trim_end_matches(']'));
        listed.split(',').any(|given| given == feature)
    };
    lines.iter().filter(|line| has(line, "alloc") || has(line, "std")).collect()
}

#[test]
fn no_crate_under_the_guard_needs_a_heap() {
    let lines = features("caltrop", "normal,no-proc-macro", &["--no-default-features", "--features", "guard,sha512,signed"]);
    assert!(lines.iter().any(|line| line.starts_with("ed25519-dalek ")), "the search has gone blind: {lines:#?}");
    assert_eq!(heap_users(&lines), Vec::<&String>::new());
    println!("no alloc: {} crates", lines.len());
}

#[test]
fn a_planted_heap_user_is_caught() {
    assert!(
        !heap_users(&features("proptest", "normal,dev,no-proc-macro", &[])).is_empty(),
        "the tests' own tool uses the heap, and the check must see it"
    );
}
