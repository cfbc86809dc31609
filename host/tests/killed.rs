//! Eight processes on one shared state, killed at random by SIGKILL and started again: limits hold, and nothing is torn.
//!
//! Promises checked: a client is never admitted above the stated bound; every process that is started again attaches; events are whole; words that
//! nobody owes are all that is left. `CALTROP_SOAK_SECONDS` says how long (ci/soak.sh); 5 s without it.
#![allow(missing_docs, reason = "tests speak by their names")]

use std::num::NonZero;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use caltrop::State;
use caltrop::audit::{Event, Reason, Verdict};
use caltrop::guard::Geometry;
use caltrop::rate::{Charge, Quota};
use caltrop::table::TableSize;
use caltrop_host::clock;
use caltrop_host::shared::{SharedWords, path_of};

const GEOMETRY: Geometry =
    Geometry { rate: TableSize { lines: 64, overflow_log2: 6 }, lease_lines: 2, lease_s: NonZero::<u32>::MIN, audit_slots: 256 };
const WORKERS: u64 = 8;
const CLIENTS: usize = 4;
/// Units a second, and at once.
const RATE: u64 = 500;
const BURST: u64 = 50;

/// The journal counts exactly and outlives whoever counts: "allowed" counts all calls, and the reason of a client's number its admissions.
fn admitted_of(client: usize) -> Verdict {
    Verdict::Deny(Reason::ALL[client])
}

/// An event whose words all follow from its number.
fn event(number: u64) -> Event {
    Event { id: u128::from(number), wall_s: !number, key_id: number, principal: number ^ 7, route: number << 1, ..Event::default() }
}

/// What each process does until it is killed.
#[test]
fn worker() {
    let Ok(name) = std::env::var("CALTROP_TEST_KILLED") else { return };
    let words = SharedWords::open(&name, GEOMETRY).unwrap();
    let state = State::attach(words.words()).unwrap();
    let quota = Quota::per("requests", RATE as u32, 1, BURST as u32).unwrap();
    // The planted fault: buckets of one's own. Whoever counts admissions must notice.
    let own: Vec<_> = (0..State::words(GEOMETRY).unwrap()).map(|_| caltrop::table::Word::new(0)).collect();
    let private = State::format(&own, GEOMETRY, [1; 16]).unwrap();
    let limiter = *if std::env::var_os("CALTROP_TEST_PRIVATE").is_some() { private.limiter() } else { state.limiter() };
    loop {
        for client in 0..CLIENTS {
            let charge = Charge { partition: limiter.client(&[client as u8]), quota, cost: 1 };
            if limiter.take(&charge, clock::now()).is_ok() {
                state.journal().count(admitted_of(client));
                state.journal().write(event(state.journal().next_decision()));
            }
            state.journal().count(Verdict::Pass);
        }
    }
}

struct Run {
    calls: u64,
    kills: u64,
    events: u64,
    lost: u64,
    admitted: [u64; CLIENTS],
    bound: u64,
}

/// Starts the workers, kills one after another, and counts.
fn run(name: &str, length: Duration, planted: bool) -> Run {
    let name = format!("test-{}-{name}", std::process::id());
    let path: PathBuf = path_of(&name).unwrap();
    let start = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "worker", "--nocapture"]).env("CALTROP_TEST_KILLED", &name).stdout(Stdio::null());
        if planted {
            command.env("CALTROP_TEST_PRIVATE", "1");
        }
        command.spawn().unwrap()
    };
    let begun = Instant::now();
    let mut workers: Vec<Child> = (0..WORKERS).map(|_| start()).collect();
    let mut random = u64::from(std::process::id()) | 1;
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let (mut kills, mut from, mut events, mut lost) = (0, 0, 0, 0);
    let words = SharedWords::open(&name, GEOMETRY).unwrap();
    let state = State::attach(words.words()).unwrap();
    while begun.elapsed() < length {
        std::thread::sleep(Duration::from_micros(500 + next(40_000)));
        let at = next(WORKERS) as usize;
        assert!(workers[at].try_wait().unwrap().is_none(), "a worker ended by itself: it could not attach, or it panicked");
        workers[at].kill().unwrap();
        workers[at].wait().unwrap();
        kills += 1;
        workers[at] = start();
        let drained = state.journal().drain(from, |_, found| {
            assert_eq!(found, event(found.key_id), "torn");
            events += 1;
        });
        (from, lost) = (drained.next, lost + drained.lost);
    }
    for mut worker in workers {
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
    let again = SharedWords::open(&name, GEOMETRY).unwrap();
    let state = State::attach(again.words()).unwrap();
    let admitted: [u64; CLIENTS] = std::array::from_fn(|client| state.journal().counted(admitted_of(client)));
    let calls = state.journal().counted(Verdict::Pass);
    // docs/formats.md §3: burst · (1 + tick/T) + rate · t + 2 · workers.
    let bound = BURST + 1 + (RATE as f64 * begun.elapsed().as_secs_f64()).ceil() as u64 + 2 * WORKERS;
    std::fs::remove_file(path).unwrap();
    Run { calls, kills, events, lost, admitted, bound }
}

#[test]
fn limits_hold_while_processes_are_killed() {
    let seconds = std::env::var("CALTROP_SOAK_SECONDS").map_or(5, |text| text.parse().expect("CALTROP_SOAK_SECONDS is a number"));
    let Run { calls, kills, events, lost, admitted, bound } = run("killed", Duration::from_secs(seconds), false);
    println!(
        "killed: {calls} calls, {kills} kills, {events} whole events ({lost} lost), admitted {admitted:?} of at most {bound} a client"
    );
    assert!(admitted.iter().all(|&admitted| admitted <= bound), "{admitted:?} of {bound}");
    // A run that hardly admits anything proves nothing.
    assert!(
        admitted.iter().all(|&admitted| 2 * admitted > bound) && events > 100 && kills > seconds,
        "{admitted:?} of {bound}, {kills} kills"
    );
}

#[test]
fn buckets_of_one_s_own_would_be_noticed() {
    let Run { admitted, bound, .. } = run("planted", Duration::from_secs(1), true);
    assert!(admitted.iter().all(|&admitted| admitted > bound), "{admitted:?} of {bound}");
}
