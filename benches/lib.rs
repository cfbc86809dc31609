//! Side by side: contenders do the same work in turns, in one process and one run, so that a noisy machine is as noisy to each of them.
//!
//! What is told is the median of the rounds and its ratio to the best peer; the samples are kept in `target/side-by-side/<bench>.json`.
//! Not here: what must be reached. `goals.toml` says that, and `check.py` compares.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

/// Rounds that each contender has.
const ROUNDS: usize = 31;
/// What one round takes at least.
const ROUND_NS: u128 = 4_000_000;

/// One work and those who do it. The first contender is caltrop; the others are its peers.
pub struct Contest<'c> {
    title: String,
    contenders: Vec<Contender<'c>>,
    /// How often the work is done before each round, unmeasured.
    warm_up: u64,
}

struct Contender<'c> {
    name: &'static str,
    /// Does the work so many times.
    work: Box<dyn FnMut(u64) + 'c>,
    times: u64,
    ns: Vec<f64>,
}

impl<'c> Contest<'c> {
    /// A contest of this name, which `goals.toml` may speak of.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), contenders: Vec::new(), warm_up: 0 }
    }

    /// Adds a contender, which does its work as often as it is told.
    #[must_use]
    pub fn with(mut self, name: &'static str, work: impl FnMut(u64) + 'c) -> Self {
        self.contenders.push(Contender { name, work: Box::new(work), times: 1, ns: Vec::new() });
        self
    }

    /// Lets each contender do its work so many times before each round, unmeasured: the one before has taken the caches, and what counts is a
    /// table in use.
    #[must_use]
    pub const fn warmed_up(mut self, times: u64) -> Self {
        self.warm_up = times;
        self
    }

    fn run(&mut self) {
        for contender in &mut self.contenders {
            while contender.measure() < ROUND_NS {
                contender.times *= 2;
            }
        }
        for round in 0..ROUNDS {
            // Nobody is always first.
            let count = self.contenders.len();
            for turn in 0..count {
                let contender = &mut self.contenders[(round + turn) % count];
                (contender.work)(black_box(self.warm_up));
                let ns = contender.measure();
                // Below 2⁵³ ns nothing is lost.
                contender.ns.push(ns as f64 / contender.times as f64);
            }
        }
    }
}

impl Contender<'_> {
    /// By this thread's processor time: what other programs take meanwhile is not counted.
    fn measure(&mut self) -> u128 {
        let start = processor_time();
        (self.work)(black_box(self.times));
        (processor_time() - start).as_nanos()
    }

    fn median(&self) -> f64 {
        let mut sorted = self.ns.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The contests of one bench.
pub struct Bench {
    name: &'static str,
    notes: Vec<String>,
    rows: Vec<Value>,
}

impl Bench {
    /// A bench of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, notes: Vec::new(), rows: Vec::new() }
    }

    /// Runs a contest and prints it.
    pub fn contest(&mut self, mut contest: Contest<'_>) {
        contest.run();
        let own = contest.contenders.first().map_or(f64::NAN, Contender::median);
        println!("{}", contest.title);
        for contender in &contest.contenders {
            let median = contender.median();
            println!("  {:<42} {median:>10.1} ns   {:.2} of caltrop's", contender.name, median / own);
        }
        let rows = contest.contenders.iter().map(|one| json!({ "name": one.name, "median_ns": one.median(), "samples_ns": one.ns }));
        self.rows.push(json!({ "title": contest.title, "contenders": rows.collect::<Vec<_>>() }));
    }

    /// Notes what a reader of all its figures must know.
    pub fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        println!("{text}");
        self.notes.push(text);
    }

    /// Notes a figure that is no contest: bytes, seconds.
    pub fn figure(&mut self, title: &str, value: f64, unit: &str) {
        println!("{title}: {value:.3} {unit}");
        self.rows.push(json!({ "title": title, "value": value, "unit": unit }));
    }

    /// Keeps what was measured.
    ///
    /// # Panics
    /// If the target folder cannot be written.
    pub fn finish(self) {
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
        let folder = target.join("side-by-side");
        std::fs::create_dir_all(&folder).expect("the target folder can be written");
        let text =
            serde_json::to_string(&json!({ "bench": self.name, "notes": self.notes, "contests": self.rows })).expect("numbers and texts");
        std::fs::write(folder.join(self.name).with_extension("json"), text).expect("the target folder can be written");
    }
}

/// Numbers that look random, the same in every run: a 64-bit linear congruence, its high half.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// The next 32 bits.
    pub const fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }
}
