//! The situations, each as small as it can be: what takes part in a race, and nothing else.

use caltrop::Now;
use caltrop::rate::Quota;
use loom::thread;

use crate::Scenario;
use crate::table::{DAY_S, Shared, at, slow};

pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "two newcomers of one name, one unit", run: newcomers },
    Scenario { name: "two takes each of a burst of two", run: takes },
    Scenario { name: "newcomers of two names for one word", run: two_names },
    Scenario { name: "take against refund", run: refund },
    Scenario { name: "take against settle", run: settle },
    Scenario { name: "take all of two quotas against take", run: take_all },
    Scenario { name: "take while a sweep clears the client's idle word", run: sweep },
    Scenario { name: "the first calls after 50 days of silence", run: silence },
];

/// What the core promises, for two workers and no time between them.
fn bound(burst: u64) -> u64 {
    burst + 2 * 2
}

/// Runs two workers and gives what both answered.
fn both(shared: &Shared, first: impl Fn(&Shared) -> u64 + Send + 'static, second: impl Fn(&Shared) -> u64 + Send + 'static) -> [u64; 2] {
    let (one, other) = (shared.clone(), shared.clone());
    let worker = thread::spawn(move || first(&one));
    let answered = second(&other);
    [worker.join().expect("a worker does not panic"), answered]
}

/// Admitted within burst and bound, all of it owed, every word whole.
fn hold(shared: &Shared, quota: Quota, clients: usize, admitted: u64, given_back: u64, now: Now) {
    let burst = u64::from(quota.burst()) * clients as u64;
    assert!(admitted <= bound(burst), "{admitted} admitted of {burst}");
    assert!(admitted - given_back <= burst, "{admitted} admitted and {given_back} given back of {burst}: no twin can arise here");
    let unit = quota.cost_ticks(1);
    let entries = shared.entries(now);
    assert!(entries.iter().all(|(_, debt)| debt % unit == 0 && *debt <= quota.tau_ticks()), "torn: {entries:?}");
    let owed: u64 = entries.iter().map(|(_, debt)| debt).sum();
    assert!(owed >= (admitted - given_back) * unit, "lost: {admitted} admitted, {given_back} given back, {owed} of {unit} owed");
    let mut names: Vec<u64> = entries.iter().map(|(of, _)| *of).collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() <= clients, "a fingerprint of nobody: {entries:?}");
}

fn newcomers() {
    let (shared, quota, now) = (Shared::new(), slow(1), at(100));
    let take = move |shared: &Shared| shared.take("alice", quota, now);
    let admitted = both(&shared, take, take);
    assert_eq!(admitted.iter().sum::<u64>(), 1);
    hold(&shared, quota, 1, 1, 0, now);
}

fn takes() {
    let (shared, quota, now) = (Shared::new(), slow(2), at(100));
    let twice = move |shared: &Shared| shared.take("alice", quota, now) + shared.take("alice", quota, now);
    let admitted: u64 = both(&shared, twice, twice).iter().sum();
    assert_eq!(admitted, 2);
    hold(&shared, quota, 1, admitted, 0, now);
}

fn two_names() {
    let (shared, quota, now) = (Shared::new(), slow(1), at(100));
    let admitted = both(&shared, move |shared| shared.take("alice", quota, now), move |shared| shared.take("bob", quota, now));
    assert_eq!(admitted, [1, 1]);
    hold(&shared, quota, 2, 2, 0, now);
}

fn refund() {
    let (shared, quota, now) = (Shared::new(), slow(2), at(100));
    let before = shared.take("alice", quota, now);
    let give_back = move |shared: &Shared| {
        shared.limiter().refund(&shared.charge("alice", quota), now);
        0
    };
    let twice = move |shared: &Shared| shared.take("alice", quota, now) + shared.take("alice", quota, now);
    let admitted: u64 = before + both(&shared, give_back, twice).iter().sum::<u64>();
    assert!((2..=3).contains(&admitted));
    hold(&shared, quota, 1, admitted, 1, now);
}

fn settle() {
    let (shared, quota, now) = (Shared::new(), slow(2), at(100));
    let incur = move |shared: &Shared| {
        shared.limiter().settle(&shared.charge("alice", quota), now);
        1
    };
    let admitted: u64 = both(&shared, incur, move |shared| shared.take("alice", quota, now)).iter().sum();
    assert_eq!(admitted, 2);
    hold(&shared, quota, 1, admitted, 0, now);
}

fn take_all() {
    let (shared, quota, now) = (Shared::new(), slow(1), at(100));
    let all = move |shared: &Shared| {
        let charges = [shared.charge("alice", quota), shared.charge("bob", quota)];
        u64::from(shared.limiter().take_all(&charges, now).is_ok())
    };
    let [all, one] = both(&shared, all, move |shared| shared.take("bob", quota, now));
    assert!(all + one <= 1, "bob has one unit");
    // Who was refused after a part was taken gave it back.
    let owed: u64 = shared.entries(now).iter().map(|(_, debt)| debt).sum();
    assert_eq!(owed, (2 * all + one) * quota.cost_ticks(1));
}

fn sweep() {
    let (shared, quota, before) = (Shared::new(), slow(1), at(DAY_S));
    assert_eq!(shared.take("alice", quota, before), 1);
    // Alice owes nothing now, and one of the two workers wins the sweep of every line.
    let now = at(DAY_S * 26);
    let admitted = both(&shared, move |shared| shared.take("alice", quota, now), move |shared| shared.take("bob", quota, now));
    assert_eq!(admitted, [1, 1]);
    hold(&shared, quota, 2, 2, 0, now);
}

fn silence() {
    let (shared, quota, before) = (Shared::new(), slow(1), at(DAY_S));
    assert_eq!(shared.take("bob", quota, before), 1);
    let now = at(DAY_S * 51);
    let take = move |shared: &Shared| shared.take("alice", quota, now);
    let admitted: u64 = both(&shared, take, take).iter().sum();
    assert_eq!(admitted, 1);
    hold(&shared, quota, 2, admitted, 0, now);
}
