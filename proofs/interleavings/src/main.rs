//! Two workers over one table, in every order that the memory model allows: take, refund, settle, sweep, and the first call after a long silence;
//! copies of one message over a replay cache; leases of one client.
//!
//! Each scenario ends with the same questions:
//! - admitted never above the stated bound, and never above the burst where no twin can arise;
//! - nothing lost: what the client's words owe is what was admitted and not given back;
//! - nothing torn: every word is empty or a whole debt of a client that is there;
//! - of the copies of one message exactly one was first, and none once another had been;
//! - never more leases at once than may be held.
//!
//! `--planted` runs them over a compare-and-swap that is none, and must see a scenario fail. Run by ci/interleavings.sh.

mod leases;
mod replays;
mod scenarios;
mod table;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loom::model::Builder;

/// One situation and what two workers do in it.
struct Scenario {
    name: &'static str,
    run: fn(),
}

/// Runs all orders of a scenario; how many there were.
fn explore(scenario: &Scenario) -> usize {
    let orders = Arc::new(AtomicUsize::new(0));
    let mut builder = Builder::new();
    // As often as there are steps: all orders.
    builder.preemption_bound = None;
    builder.max_branches = 20_000;
    let (run, counted) = (scenario.run, Arc::clone(&orders));
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        run();
    });
    orders.load(Ordering::Relaxed)
}

fn main() {
    let planted = std::env::args().any(|argument| argument == "--planted");
    portable_atomic::PLANTED.store(planted, Ordering::Relaxed);
    if planted {
        std::panic::set_hook(Box::new(|_| {}));
        let mut caught = 0;
        for scenario in scenarios::ALL.iter().chain(replays::ALL).chain(leases::ALL) {
            // Only a promise that does not hold counts: it says what was lost or torn.
            let Err(panic) = catch_unwind(AssertUnwindSafe(|| explore(scenario))) else { continue };
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let said = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            println!("  {}: {}", scenario.name, said.replace('\n', " "));
            caught +=
                usize::from(["admitted", "lost", "torn", "left == right", "one unit", "first"].iter().any(|word| said.contains(word)));
        }
        println!(
            "interleavings, planted: a torn compare-and-swap is caught by {caught} of {} scenarios",
            scenarios::ALL.len() + replays::ALL.len() + leases::ALL.len()
        );
        std::process::exit(i32::from(caught == 0));
    }
    let mut all = 0;
    for scenario in scenarios::ALL.iter().chain(replays::ALL).chain(leases::ALL) {
        let orders = explore(scenario);
        println!("  {}: {orders} orders", scenario.name);
        assert!(orders > 1, "one order is no interleaving");
        all += orders;
    }
    println!(
        "interleavings: {all} orders of {} scenarios, two workers each",
        scenarios::ALL.len() + replays::ALL.len() + leases::ALL.len()
    );
}
