//! Many charges at once are answered, and leave the table, as the same charges one after the other.

use std::sync::atomic::Ordering::Relaxed;

use caltrop::Now;
use caltrop::rate::{Charge, Limiter, Quota, Refused, Taken, Uneven};
use caltrop::table::{TableSize, Word};
use proptest::prelude::*;

type Answer = Result<Taken, Refused>;

/// So small that its overflow words decide too.
const SIZE: TableSize = TableSize { lines: 3, overflow_log2: 3 };

fn words() -> Vec<Word> {
    (0..SIZE.words().unwrap()).map(|_| Word::new(0)).collect()
}

fn one_by_one(limiter: &Limiter<'_>, charges: &[Charge], now: Now) -> Vec<Answer> {
    charges.iter().map(|charge| limiter.take(charge, now)).collect()
}

fn at_once(limiter: &Limiter<'_>, charges: &[Charge], now: Now) -> Vec<Answer> {
    let mut answers = vec![Err(Refused::Contended); charges.len()];
    limiter.take_many(charges, now, &mut answers).unwrap();
    answers
}

/// The planted fault: decides for all before it charges any, so that a client's second charge does not see its first.
fn decided_too_early(limiter: &Limiter<'_>, charges: &[Charge], now: Now) -> Vec<Answer> {
    let answers = charges.iter().map(|charge| limiter.peek(charge, now)).collect();
    let _ = one_by_one(limiter, charges, now);
    answers
}

/// Rounds of charges (client, quota, cost), and the time that goes by before each.
type Rounds = Vec<(u64, Vec<(u8, usize, u32)>)>;

/// Runs the rounds on two tables; whether answers and words stayed the same.
fn are_same(rounds: &Rounds, key: [u8; 16], many: fn(&Limiter<'_>, &[Charge], Now) -> Vec<Answer>) -> bool {
    let (ours, theirs) = (words(), words());
    let (left, right) = (Limiter::format(&ours, SIZE, key).unwrap(), Limiter::format(&theirs, SIZE, key).unwrap());
    let quotas = [("slow", 3, 60, 3), ("quick", 100, 1, 20), ("daily", 5, 86_400, 5)];
    let quotas = quotas.map(|(name, count, period_s, burst)| Quota::per(name, count, period_s, burst).unwrap());
    let mut mono_ns = 0;
    rounds.iter().all(|(gap, round)| {
        mono_ns += gap;
        let now = Now { mono_ns, ..Now::default() };
        let charge = |&(client, quota, cost): &(u8, usize, u32)| Charge { partition: left.client(&[client]), quota: quotas[quota], cost };
        let charges: Vec<Charge> = round.iter().map(charge).collect();
        many(&left, &charges, now) == one_by_one(&right, &charges, now)
            && ours.iter().zip(&theirs).all(|(our, their)| our.load(Relaxed) == their.load(Relaxed))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn many_at_once_are_as_one_by_one(
        rounds in prop::collection::vec((0..30_000_000_000u64, prop::collection::vec((0u8..40, 0usize..3, 0u32..4), 0..70)), 1..6),
        key: [u8; 16],
    ) {
        prop_assert!(are_same(&rounds, key, at_once));
    }
}

#[test]
fn a_decision_before_the_charges_of_the_same_call_would_be_noticed() {
    let rounds = vec![(0, vec![(1, 0, 2), (1, 0, 2)])];
    assert!(are_same(&rounds, [1; 16], at_once));
    assert!(!are_same(&rounds, [1; 16], decided_too_early));
}

#[test]
fn not_as_many_answers_take_nothing() {
    let words = words();
    let limiter = Limiter::format(&words, SIZE, [2; 16]).unwrap();
    let quota = Quota::per("q", 1, 60, 1).unwrap();
    let charge = Charge { partition: limiter.client(b"c"), quota, cost: 1 };
    for places in [0, 1, 3] {
        let mut answers = vec![Err(Refused::Contended); places];
        assert_eq!(limiter.take_many(&[charge; 2], Now::default(), &mut answers), Err(Uneven { charges: 2, answers: places }));
        assert!(answers.iter().all(Result::is_err));
    }
    assert!(limiter.take(&charge, Now::default()).is_ok());
    let told = Uneven { charges: 2, answers: 3 }.to_string();
    assert_eq!(told, "2 charges and places for 3 answers: give as many of both");
}
