//! Instructions of one decision, counted by callgrind: the best, the typical and the worst input of each function that requests go through.
//!
//! Run by ci/budgets.sh, which holds the counts to benches/budgets.toml. A count does not depend on the machine's speed or load, so a budget can
//! be tight; it does depend on the compiler, and valgrind has no SHA instructions, so the portable SHA-256 is what is counted.
//!
//! Each row must give the answer that it is named for: a row that gives another stops the run.

mod admit;
mod house;
mod rooms;

use crabgrind::{callgrind, valgrind};

/// Counts the instructions of `run` under this name.
pub(crate) fn row<R>(name: &str, run: impl FnOnce() -> R) -> R {
    let label = std::ffi::CString::new(name).expect("no NUL");
    let run = std::hint::black_box(run);
    callgrind::zero_stats();
    callgrind::toggle_collect();
    let answer = std::hint::black_box(run());
    callgrind::toggle_collect();
    callgrind::dump_stats(label.as_c_str());
    answer
}

fn main() {
    if valgrind::running_mode().is_native() {
        eprintln!("budgets: not under valgrind: run ci/budgets.sh");
        std::process::exit(2);
    }
    rooms::rate();
    rooms::leases();
    rooms::replays();
    rooms::networks();
    rooms::keys();
    rooms::macs();
    rooms::paths();
    admit::rows();
}
