//! Does any branch or address depend on a secret? Memcheck knows: secrets are marked undefined, and it reports every jump and every address that
//! depends on undefined bits. Run by ci/constant-time.sh, which builds this at opt-level 3, s and z; natively it proves nothing and fails.
//!
//! What may depend on a secret is declassified, and nothing else is:
//! - results: hit or miss, once the call has returned (here, by marking the result defined);
//! - what stands in declassified.supp, by the name of the function: each with its reason.
//!
//! Known limits: a division takes its time whatever memcheck says; valgrind has no SHA instructions, so the portable SHA-256 is what is checked.

mod cases;
mod planted;
mod secret;

use crabgrind::valgrind;

/// One question to the core, asked with secrets.
struct Case {
    name: &'static str,
    run: fn(),
}

fn main() {
    if valgrind::running_mode().is_native() {
        eprintln!("constant-time: not under valgrind: run ci/constant-time.sh");
        std::process::exit(2);
    }
    let errors = |case: &Case| {
        let before = valgrind::count_errors();
        (case.run)();
        valgrind::count_errors() - before
    };
    let mut clean = 0;
    for case in cases::ALL {
        match errors(case) {
            0 => clean += 1,
            count => println!("  {}: {count} jumps or addresses depend on a secret", case.name),
        }
    }
    let mut caught = 0;
    for case in planted::ALL {
        match errors(case) {
            0 => println!("  planted {}: not caught", case.name),
            _ => caught += 1,
        }
    }
    println!("{clean} of {} clean, {caught} of {} planted faults caught", cases::ALL.len(), planted::ALL.len());
    if clean != cases::ALL.len() || caught != planted::ALL.len() {
        std::process::exit(1);
    }
}
