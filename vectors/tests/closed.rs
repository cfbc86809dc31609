//! The vectors are decided as they say, there are enough of them, and they reach every reason but those that need a broken image or a race.

use std::collections::BTreeSet;
use std::path::Path;

use caltrop::audit::Reason;

/// Reasons that no request alone can bring about.
const OUT_OF_REACH: [(Reason, &str); 2] =
    [(Reason::Contended, "64 lost races in a row need as many workers"), (Reason::Corrupt, "an image that opened is not corrupt")];

fn packed(change: impl FnOnce(&mut Vec<caltrop_vectors::Written>)) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/vectors");
    let mut files = caltrop_vectors::load(&folder).unwrap();
    change(&mut files);
    caltrop_vectors::pack(&files).unwrap()
}

#[test]
fn every_vector_is_decided_as_it_says_and_every_reason_is_reached() {
    let score = caltrop_vectors::run(&packed(|_| {})).unwrap();
    assert_eq!(score.failures, Vec::<String>::new());
    assert!(score.cases >= 80, "{score}");
    let reached: BTreeSet<&str> = score.reasons.into_iter().filter(|reason| !reason.is_empty()).collect();
    let unreached = OUT_OF_REACH.map(|(reason, _)| reason.word());
    let expected: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.word()).filter(|word| !unreached.contains(word)).collect();
    assert_eq!(reached, expected);
}

#[test]
fn a_planted_fault_fails_its_case_and_no_other() {
    let score = caltrop_vectors::run(&packed(|files| files[0].case[0].status = 201)).unwrap();
    assert_eq!(score.failures.len(), 1);
    assert_eq!(score.passed + 1, score.cases);
    let packed = packed(|_| {});
    assert_eq!(caltrop_vectors::run(&packed[..packed.len() - 1]), None, "a cut file is none");
}
