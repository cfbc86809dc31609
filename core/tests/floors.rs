//! The plan of the house is a test: a room stands only on the floors below it, and rooms of one floor never import each other.

use std::fs;
use std::path::{Path, PathBuf};

const GROUND: &[&str] = &["encode", "image", "json", "mac", "name", "request", "table", "time", "verify"];
const ROOMS: &[&str] = &["access", "audit", "key", "net", "rate", "replay", "signed", "token"];
const ROOF: &[&str] = &["guard"];

fn floor(module: &str) -> Option<usize> {
    [GROUND, ROOMS, ROOF].iter().position(|floor| floor.contains(&module))
}

/// What a file of `module` says about other modules, as (line, faults); `seen` counts the imports looked at.
fn faults(file: &str, module: &str, source: &str, seen: &mut usize) -> Vec<String> {
    let own = floor(module).unwrap_or_else(|| panic!("{file}: {module} is on no floor: name it in core/tests/floors.rs"));
    let mut faults = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for rest in code.split("crate::").skip(1) {
            let other: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let at = format!("{file}:{}", index + 1);
            let Some(theirs) = floor(&other) else {
                faults.push(format!("{at}: {module} imports {other}, which is on no floor: import it by its module"));
                continue;
            };
            *seen += 1;
            if other == module || theirs < own || (own == 0 && theirs == 0) {
                continue;
            }
            let relation = if theirs == own { "same floor" } else { "a floor above" };
            faults.push(format!("{at}: {module} leans on {other} ({relation}): move the shared part to the ground"));
        }
    }
    faults
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn rooms_stand_only_on_the_floors_below_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut files, mut seen, mut all, mut modules) = (Vec::new(), 0, Vec::new(), Vec::new());
    sources(&root, &mut files);
    for file in files.iter().filter(|file| !file.ends_with("lib.rs")) {
        let inside = file.strip_prefix(&root).unwrap();
        let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        all.extend(faults(&format!("core/src/{}", inside.display()), &module, &fs::read_to_string(file).unwrap(), &mut seen));
        modules.push(module);
    }
    modules.sort();
    modules.dedup();
    let mut named: Vec<&str> = [GROUND, ROOMS, ROOF].concat();
    named.sort_unstable();
    assert_eq!(modules, named, "a module is missing from the plan, or the plan names one that is gone");
    assert!(seen > 60, "only {seen} imports seen: the search has gone blind");
    assert!(all.is_empty(), "{}", all.join("\n"));
    println!("floors: {seen} imports in {} files", files.len());
}

#[test]
fn planted_faults_are_caught() {
    let mut seen = 0;
    let same = faults("core/src/key/x.rs", "key", "use crate::mac;\nuse crate::net::Cidr;\n", &mut seen);
    assert_eq!(same, ["core/src/key/x.rs:2: key leans on net (same floor): move the shared part to the ground"]);
    let above = faults("core/src/image.rs", "image", "fn f(_: crate::guard::Policy) {}\n", &mut seen);
    assert_eq!(above, ["core/src/image.rs:1: image leans on guard (a floor above): move the shared part to the ground"]);
    assert_eq!(seen, 3);
}
