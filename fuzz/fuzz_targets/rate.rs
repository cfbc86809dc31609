//! Reaches: `Limiter::{take, take_all, peek, refund, settle}`, the sweep, `Quota::per`.
//! Compares: with GCRA in 128 bits over a `HashMap` that forgets nobody.
#![no_main]

use std::collections::HashMap;

use arbitrary::Unstructured;
use caltrop::Now;
use caltrop::rate::{Charge, Limiter, Quota, Refused};
use caltrop::table::{TableSize, Word};
use caltrop_fuzz::planted;
use libfuzzer_sys::fuzz_target;

/// When each client of each quota has used its share, in ticks that never wrap.
#[derive(Default)]
struct Oracle(HashMap<(u8, usize), u128>);

#[derive(Clone, Copy)]
struct Limit {
    unit: u128,
    burst: u128,
}

impl Limit {
    fn inc(self, cost: u32) -> u128 {
        (u128::from(cost) * self.unit).div_ceil(1 << 16)
    }

    fn tau(self) -> u128 {
        self.burst * self.inc(1)
    }
}

impl Oracle {
    fn take(&mut self, at: (u8, usize), limit: Limit, cost: u32, tick: u128) -> Result<u128, u128> {
        let tat = self.0.entry(at).or_insert(0);
        let debt = tat.saturating_sub(tick).min(limit.tau()) + limit.inc(cost);
        if debt > limit.tau() {
            return Err(debt - limit.tau());
        }
        *tat = tick + debt;
        Ok(debt)
    }

    fn refund(&mut self, at: (u8, usize), limit: Limit, cost: u32, tick: u128) {
        let tat = self.0.entry(at).or_insert(0);
        *tat -= tat.saturating_sub(tick).min(limit.inc(cost));
    }

    fn settle(&mut self, at: (u8, usize), limit: Limit, cost: u32, tick: u128) {
        let tat = self.0.entry(at).or_insert(0);
        *tat = tick + (tat.saturating_sub(tick) + limit.inc(cost)).min(1 << 38);
    }
}

fuzz_target!(|data: &[u8]| {
    planted(data);
    let _ = walked(&mut Unstructured::new(data));
});

fn walked(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    // 64 lines hold all of 8 clients and 3 quotas: nothing overflows, so the answers are exact.
    let size = TableSize { lines: 64, overflow_log2: 3 };
    let words: Vec<Word> = (0..size.words().expect("in bounds")).map(|_| Word::new(0)).collect();
    let limiter = Limiter::format(&words, size, input.arbitrary()?).expect("as many as it takes");
    let (mut quotas, mut limits) = (Vec::new(), Vec::new());
    for name in ["a", "b", "c"] {
        let (count, period, burst) = (input.int_in_range(1..=2000)?, *input.choose(&[1, 60, 3600, 86_400])?, input.int_in_range(1..=200)?);
        let Ok(quota) = Quota::per(name, count, period, burst) else { return Ok(()) };
        quotas.push(quota);
        limits.push(Limit { unit: (u128::from(period) << 32).div_ceil(u128::from(count)), burst: u128::from(burst) });
    }
    let mut oracle = Oracle::default();
    let mut now = Now { mono_ns: input.arbitrary::<u64>()? >> 12, ..Now::default() };
    while !input.is_empty() {
        // Never 48 days at once: after that, nobody owes anything.
        let gap = match input.int_in_range(0..=3u8)? {
            0 => input.int_in_range(0..=40 * 86_400 * 1_000_000_000)?,
            _ => u64::from(input.arbitrary::<u32>()?),
        };
        now.mono_ns = now.mono_ns.saturating_add(gap);
        let tick = u128::from(now.tick());
        let (client, which, cost) = (input.int_in_range(0..=7u8)?, input.int_in_range(0..=2usize)?, input.int_in_range(1..=12u32)?);
        let charge = Charge { partition: limiter.client(&[client]), quota: quotas[which], cost };
        let (at, limit) = ((client, which), limits[which]);
        match input.int_in_range(0..=7u8)? {
            0 => {
                limiter.refund(&charge, now);
                oracle.refund(at, limit, cost, tick);
            }
            1 => {
                limiter.settle(&charge, now);
                oracle.settle(at, limit, cost, tick);
            }
            2 => all(&limiter, &mut oracle, &[0, 1, 2].map(|index| (client, index, quotas[index], limits[index], cost)), now),
            _ => {
                let peeked = limiter.peek(&charge, now);
                let taken = limiter.take(&charge, now);
                assert_eq!(peeked, taken, "peek says what take does");
                match (taken, oracle.take(at, limit, cost, tick)) {
                    (Ok(taken), Ok(debt)) => assert_eq!(u128::from(taken.debt_ticks), debt),
                    (Err(Refused::Wait { ticks }), Err(wait)) => assert_eq!(u128::from(ticks), wait),
                    (ours, theirs) => panic!("{ours:?} where the map says {theirs:?}"),
                }
            }
        }
    }
    assert_eq!(limiter.table().overflowed(), 0);
    Ok(())
}

/// All or none of three charges.
fn all(limiter: &Limiter<'_>, oracle: &mut Oracle, rows: &[(u8, usize, Quota, Limit, u32)], now: Now) {
    let charges: Vec<Charge> =
        rows.iter().map(|&(client, _, quota, _, cost)| Charge { partition: limiter.client(&[client]), quota, cost }).collect();
    let tick = u128::from(now.tick());
    let mut after = Oracle(oracle.0.clone());
    let fits =
        rows.iter().map(|&(client, index, _, limit, cost)| after.take((client, index), limit, cost, tick).is_ok()).fold(true, |a, b| a & b);
    assert_eq!(limiter.take_all(&charges, now).is_ok(), fits);
    if fits {
        *oracle = after;
    }
}
