//! The two-line table answers as a map without a bound would, with GCRA in 128 bits, over random quotas, clients and times.

use std::collections::HashMap;

use caltrop::Now;
use caltrop::rate::{Charge, Limiter, Quota, Refused};
use caltrop::table::{TableSize, Word};
use proptest::prelude::*;

const DAY_NS: u64 = 86_400 * 1_000_000_000;

#[derive(Debug, Clone, Copy)]
struct Limit {
    count: u32,
    period_s: u32,
    burst: u32,
}

impl Limit {
    fn inc(self, cost: u32) -> u128 {
        let unit = (u128::from(self.period_s) << 32).div_ceil(u128::from(self.count));
        (u128::from(cost) * unit).div_ceil(1 << 16)
    }

    fn tau(self) -> u128 {
        u128::from(self.burst) * self.inc(1)
    }
}

/// When each client of each quota has used its share, in ticks that never wrap.
#[derive(Default)]
struct Oracle(HashMap<(u8, usize), u128>);

impl Oracle {
    fn take(&mut self, client: u8, quota: usize, limit: Limit, cost: u32, tick: u128) -> Result<u128, u128> {
        let tat = self.0.entry((client, quota)).or_insert(0);
        let debt = tat.saturating_sub(tick).min(limit.tau()) + limit.inc(cost);
        if debt > limit.tau() {
            return Err(debt - limit.tau());
        }
        *tat = tick + debt;
        Ok(debt)
    }

    fn refund(&mut self, client: u8, quota: usize, limit: Limit, cost: u32, tick: u128) {
        let tat = self.0.entry((client, quota)).or_insert(0);
        let debt = tat.saturating_sub(tick);
        *tat -= debt.min(limit.inc(cost));
    }
}

fn limits() -> impl Strategy<Value = Vec<Limit>> {
    let limit = (1u32..2000, prop_oneof![Just(1u32), Just(60), Just(3600), Just(86_400)], 1u32..200)
        .prop_map(|(count, period_s, burst)| Limit { count, period_s, burst })
        .prop_filter("48 days at most", |limit| limit.tau() <= 1 << 38);
    prop::collection::vec(limit, 1..4)
}

/// Mostly short steps, sometimes days: many runs pass the wrap of 194 days, none leaves the table alone for 48 at once.
fn steps() -> impl Strategy<Value = Vec<(u64, u8, usize, u32, bool)>> {
    let gap = prop_oneof![6 => 0..2_000_000_000u64, 2 => 0..600_000_000_000u64, 1 => 0..40 * DAY_NS];
    prop::collection::vec((gap, 0u8..6, 0usize..4, 1u32..12, prop::bool::weighted(0.1)), 1..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_table_answers_as_an_unbounded_map_would(limits in limits(), steps in steps(), key: [u8; 16], start in 0..300 * DAY_NS) {
        let size = TableSize { lines: 512, overflow_log2: 6 };
        let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
        let limiter = Limiter::format(&words, size, key).unwrap();
        let quotas: Vec<Quota> = limits.iter().enumerate()
            .map(|(index, limit)| Quota::per(&format!("quota {index}"), limit.count, limit.period_s, limit.burst).unwrap())
            .collect();
        let mut oracle = Oracle::default();
        let mut mono_ns = start;
        for (gap, client, which, cost, is_refund) in steps {
            mono_ns += gap;
            let index = which % quotas.len();
            let now = Now { mono_ns, ..Now::default() };
            let charge = Charge { partition: limiter.client(&[client]), quota: quotas[index], cost };
            let tick = u128::from(now.tick());
            if is_refund {
                limiter.refund(&charge, now);
                oracle.refund(client, index, limits[index], cost, tick);
                continue;
            }
            let peeked = limiter.peek(&charge, now);
            let taken = limiter.take(&charge, now);
            prop_assert_eq!(peeked, taken, "peek says what take does");
            let expected = oracle.take(client, index, limits[index], cost, tick);
            match (taken, expected) {
                (Ok(taken), Ok(debt)) => prop_assert_eq!(u128::from(taken.debt_ticks), debt),
                (Err(Refused::Wait { ticks }), Err(wait)) => prop_assert_eq!(u128::from(ticks), wait),
                (ours, theirs) => prop_assert!(false, "{:?} where the map says {:?}", ours, theirs),
            }
        }
        prop_assert_eq!(limiter.table().overflowed(), 0);
    }
}

#[test]
fn an_oracle_that_forgets_would_be_noticed() {
    // The planted fault: the same walk against a map that loses its entries must disagree.
    let size = TableSize { lines: 8, overflow_log2: 6 };
    let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
    let limiter = Limiter::format(&words, size, [1; 16]).unwrap();
    let limit = Limit { count: 1, period_s: 60, burst: 2 };
    let quota = Quota::per("q", 1, 60, 2).unwrap();
    let charge = Charge { partition: limiter.client(b"c"), quota, cost: 1 };
    let differs = (0..3).any(|_| {
        let forgetful = Oracle::default().take(0, 0, limit, 1, 0);
        limiter.take(&charge, Now::default()).is_ok() != forgetful.is_ok()
    });
    assert!(differs);
}

#[test]
fn who_only_settles_or_refunds_is_not_forgotten_nor_remembered_for_ever() {
    let size = TableSize { lines: 8, overflow_log2: 6 };
    let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
    let limiter = Limiter::format(&words, size, [1; 16]).unwrap();
    let quota = Quota::per("q", 1, 86_400, 40).unwrap(); // one a day, forty at once
    let charge = |cost| Charge { partition: limiter.client(b"c"), quota, cost };
    let at = |day: u64| Now { mono_ns: day * DAY_NS, ..Now::default() };
    assert!(limiter.take(&charge(1), at(1)).is_ok());
    limiter.settle(&charge(40), at(31));
    // 49 days after the take, 19 after the settlement, of which 21 days are still owed.
    assert_eq!(limiter.take(&charge(30), at(50)).unwrap_err().retry_after_s(), 11 * 86_400);
    // And a debt whose end lies more than half the circle back is none.
    (80..=200).step_by(30).for_each(|day| limiter.refund(&charge(1), at(day)));
    assert_eq!(limiter.peek(&charge(40), at(201)).unwrap().remaining, 0);
}
