//! Whatever a text says, it is read or refused: no panic, and every mistake has a place in it.

use caltrop_control::diagnostic::Source;
use caltrop_control::policy::Written;
use proptest::prelude::*;

const TEXT: &str = include_str!("../../examples/reference/policy.toml");

/// Whether it was good; what was found must lie in the text.
fn is_read(text: &str) -> bool {
    let key = |_: &str| Ok(*ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes());
    match Written::read(Source::new("policy.toml", text), &key) {
        Ok(written) => {
            written.image().unwrap();
            true
        }
        Err(report) => {
            assert!(report.has_error());
            let lines: Vec<&str> = text.split('\n').collect();
            for one in &report.found {
                let line = lines[usize::try_from(one.place.line).unwrap() - 1].trim_end_matches('\r');
                assert_eq!(one.place.text, line);
                assert!(usize::try_from(one.place.column).unwrap() <= line.chars().count() + 1, "{report}");
            }
            let shown = report.to_string();
            assert!(shown.lines().count() >= 3 * report.found.len(), "{shown}");
            false
        }
    }
}

#[test]
fn every_line_may_be_missing() {
    let lines: Vec<&str> = TEXT.lines().collect();
    let read = (0..lines.len()).filter(|&gone| is_read(&[&lines[..gone], &lines[gone + 1..]].concat().join("\n"))).count();
    // Comments, blank lines, rows and what has a default may go; what others lean on may not.
    assert!(read > 20 && read < lines.len() - 10, "{read} of {}", lines.len());
}

#[test]
fn every_prefix_of_the_text_is_read_or_refused() {
    for (at, _) in TEXT.char_indices() {
        is_read(&TEXT[..at]);
    }
    assert!(is_read(TEXT) && is_read(&TEXT.replace('\n', "\r\n")));
}

proptest! {
    #[test]
    fn a_changed_character_is_read_or_refused(at in 0..TEXT.len(), given in prop_oneof![any::<char>(), prop::char::range(' ', '~'), Just('\n'), Just('\t')], drop: bool) {
        let (before, after) = TEXT.split_at(at);
        let mut text = before.to_owned();
        text.push(given);
        text.extend(after.chars().skip(usize::from(drop)));
        is_read(&text);
    }

    #[test]
    fn a_swapped_value_is_read_or_refused(at in 0..TEXT.lines().count(), value in prop_oneof![Just("7"), Just("true"), Just("[]"), Just("{}"), Just("''"), Just("[[1]]"), Just("{ a = { b = [] } }"), Just("-0x7"), Just("2030-06-30")]) {
        let mut lines: Vec<String> = TEXT.lines().map(str::to_owned).collect();
        if let Some((key, _)) = lines[at].split_once('=') {
            lines[at] = format!("{key}= {value}");
        }
        is_read(&lines.join("\n"));
    }
}
