//! Two processes that charge the clients of one state at the same time, beside one of them alone.
//!
//! By the wall clock, since what each waits for the other is what is asked for. A round counts only if the processes had a core each from its first
//! check to its last, which their processor times tell: on a busy machine it takes more rounds. There the figure flatters, since other programs are
//! at the second core, its memory and caches, while one process is said to be alone: what counts is measured on a quiet one.

use std::io::{BufRead, BufReader, Write};
use std::num::NonZero;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use caltrop::guard::Geometry;
use caltrop::rate::{Charge, Limiter};
use caltrop::{Now, State};
use caltrop_host::shared::SharedWords;
use rustix::time::{ClockId, clock_gettime};

use crate::{CLIENTS, Names, quota, size, step_ns};

/// Names the state to the second process.
const STATE: &str = "CALTROP_BENCH_STATE";
/// Pairs of rounds, of one process and of both, that count.
const ROUNDS: usize = 101;
/// Pairs after which the machine is too busy to tell.
const TRIES: usize = 40_000;
/// Checks of a process in a round.
const CHECKS: u32 = 1 << 12;
/// Of a round's time, what a process may have been without its core.
const STOLEN_MAX: f64 = 0.02;
/// From the word to start until the start.
const AHEAD_NS: u64 = 200_000;

/// If this process is the second one: serves rounds until the first one ends.
pub(crate) fn served() -> bool {
    let Ok(name) = std::env::var(STATE) else { return false };
    let shared = SharedWords::open(&name, geometry()).expect("the first process made it");
    let mut worker = Worker::of(&shared, 2);
    println!("ready");
    for line in std::io::stdin().lines() {
        let round = worker.run(Start::read(&line.expect("a line")));
        println!("{} {}", round.ended_ns, round.busy_ns);
    }
    true
}

/// How many times the checks of one process two of them make.
pub(crate) fn gain() -> f64 {
    let name = format!("bench-{}", std::process::id());
    let shared = SharedWords::open(&name, geometry()).expect("a new state");
    let mut second = Second::start(&name);
    // Both hold it, and whatever comes, nothing stays.
    std::fs::remove_file(shared.path()).expect("it is ours");
    let mut worker = Worker::of(&shared, 1);
    let mut mono_ns = 0;
    let mut start = |processes: u64| {
        let start = Start { at_ns: clock(ClockId::Monotonic) + AHEAD_NS, mono_ns, step_ns: processes * step_ns(CLIENTS) };
        mono_ns += u64::from(CHECKS) * start.step_ns;
        start
    };
    // Every client was there before anything counts.
    for _ in 0..8 * CLIENTS / CHECKS {
        worker.run(start(1));
    }
    let mut gains = Vec::new();
    for _ in 0..TRIES {
        let one = start(1);
        let round = worker.run(one);
        let both = start(2);
        second.begin(both);
        let rounds = [worker.run(both), second.ended()];
        if round.had_core(one) && rounds.iter().all(|round| round.had_core(both)) {
            // What both make in a second is the sum of what each makes, beside what the first made alone just before.
            gains.push(rounds.iter().map(|together| round.ns(one) / together.ns(both)).sum());
        }
        if gains.len() == ROUNDS {
            return median(gains);
        }
    }
    panic!("{} of {TRIES} rounds had their cores: the machine is too busy", gains.len());
}

fn geometry() -> Geometry {
    Geometry { rate: size(1), lease_lines: 2, lease_s: NonZero::<u32>::MIN, audit_slots: 16 }
}

fn clock(id: ClockId) -> u64 {
    let time = clock_gettime(id);
    u64::try_from(time.tv_sec).expect("after 1970") * 1_000_000_000 + u64::try_from(time.tv_nsec).expect("below 10⁹")
}

fn median(mut sorted: Vec<f64>) -> f64 {
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// When a round begins, by the machine's clock and by the limiter's, and the time between two checks.
#[derive(Clone, Copy)]
struct Start {
    at_ns: u64,
    mono_ns: u64,
    step_ns: u64,
}

impl Start {
    fn read(line: &str) -> Self {
        let [at_ns, mono_ns, step_ns] = numbers(line);
        Self { at_ns, mono_ns, step_ns }
    }
}

fn numbers<const N: usize>(line: &str) -> [u64; N] {
    let numbers: Vec<u64> = line.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    numbers.try_into().expect("as many numbers as the other process writes")
}

/// When a process had made its checks, and how long it was on a core from the start.
struct Round {
    ended_ns: u64,
    busy_ns: u64,
}

impl Round {
    fn ns(&self, start: Start) -> f64 {
        (self.ended_ns - start.at_ns) as f64
    }

    fn had_core(&self, start: Start) -> bool {
        self.busy_ns as f64 >= (1.0 - STOLEN_MAX) * self.ns(start)
    }
}

/// One process at its checks.
struct Worker<'s> {
    limiter: Limiter<'s>,
    names: Names,
}

impl<'s> Worker<'s> {
    fn of(shared: &'s SharedWords, seed: u64) -> Self {
        let limiter = *State::attach(shared.words()).expect("a whole state").limiter();
        Self { limiter, names: Names { dice: caltrop_benches::Dice(seed), clients: CLIENTS } }
    }

    fn run(&mut self, start: Start) -> Round {
        let quota = quota("requests");
        let mut now = Now { mono_ns: start.mono_ns, ..Now::default() };
        while clock(ClockId::Monotonic) < start.at_ns {}
        let before = clock(ClockId::ThreadCPUTime);
        for _ in 0..CHECKS {
            now.mono_ns += start.step_ns;
            let charge = Charge { partition: self.limiter.client(&self.names.next()), quota, cost: 1 };
            assert!(self.limiter.take(&charge, now).is_ok(), "every check of this bench is allowed");
        }
        Round { ended_ns: clock(ClockId::Monotonic), busy_ns: clock(ClockId::ThreadCPUTime) - before }
    }
}

/// The second process, as the first one sees it; it ends with its input.
struct Second {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Second {
    fn start(name: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child =
            Command::new(program).env(STATE, name).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("this program starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut second = Self { input: child.stdin.take(), output, child };
        assert_eq!(second.line(), "ready\n");
        second
    }

    fn begin(&mut self, start: Start) {
        let input = self.input.as_mut().expect("open until the end");
        writeln!(input, "{} {} {}", start.at_ns, start.mono_ns, start.step_ns).expect("the second process reads");
    }

    fn ended(&mut self) -> Round {
        let [ended_ns, busy_ns] = numbers(&self.line());
        Round { ended_ns, busy_ns }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the second process answers");
        line
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
