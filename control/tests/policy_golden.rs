//! What bad policies get: each `golden/NAME.toml` is refused with exactly `golden/NAME.stderr`.
//! `UPDATE_GOLDEN=1` rewrites the answers; read the difference before you keep it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use caltrop_control::diagnostic::Source;
use caltrop_control::policy::{SignerError, Written};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn names(extension: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let chosen = files.filter(|file| file.extension().is_some_and(|given| given == extension));
    chosen.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn answer(name: &str) -> String {
    let text = fs::read_to_string(folder().join(name).with_extension("toml")).unwrap();
    let signer = |file: &str| match file {
        "keys.pub" => Ok(*ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes()),
        _ => Err(SignerError::Unreadable { why: "no such file".into() }),
    };
    let file = |file: &str| fs::read_to_string(folder().join(file)).map_err(|_| "no such file".to_owned());
    match Written::read_with(Source::new("policy.toml", text), &signer, &file, 1_800_000_000) {
        Ok(_) => String::from("accepted"),
        Err(report) => report.to_string(),
    }
}

#[test]
fn each_bad_policy_gets_its_line_column_and_mend() {
    let inputs = names("toml");
    assert!(inputs.len() >= 24, "{} golden files seen: some are missing", inputs.len());
    let is_update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for name in &inputs {
        let answer = answer(name);
        assert_ne!(answer, "accepted", "{name}.toml is good: it belongs elsewhere");
        let path = folder().join(name).with_extension("stderr");
        if is_update {
            fs::write(&path, &answer).unwrap();
        }
        let wanted = fs::read_to_string(&path).unwrap_or_default();
        if wanted != answer {
            wrong.push(format!("{name}:\n--- wanted\n{wanted}--- given\n{answer}"));
        }
    }
    wrong.extend(lonely(&inputs, &names("stderr")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files without their twin.
fn lonely(inputs: &BTreeSet<String>, answers: &BTreeSet<String>) -> Vec<String> {
    let no_answer = inputs.difference(answers).map(|name| format!("{name}.toml has no {name}.stderr"));
    let no_input = answers.difference(inputs).map(|name| format!("{name}.stderr has no {name}.toml"));
    no_answer.chain(no_input).collect()
}

#[test]
fn a_file_without_its_twin_is_told() {
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(lonely(&set(&["a", "b"]), &set(&["b", "c"])), ["a.toml has no a.stderr", "c.stderr has no c.toml"]);
}

#[test]
fn every_message_names_a_place_and_a_mend() {
    for name in names("toml") {
        let answer = answer(&name);
        let heads = answer.lines().filter(|line| line.starts_with("policy.toml:")).count();
        let carets = answer.lines().filter(|line| line.starts_with("      | ") && line.ends_with('^')).count();
        assert!(heads > 0 && heads == carets, "{name}: {heads} messages, {carets} marks\n{answer}");
    }
}
