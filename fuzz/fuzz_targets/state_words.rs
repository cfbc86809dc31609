//! Reaches: `Table::attach`, `State::attach`, and all that reads or writes an attached state: take, peek, refund, settle, sweep, leases, the journal.
//! Holds: random words are never read past their end, and a table of random words still answers within its quota.
#![no_main]

use std::num::NonZero;

use arbitrary::Unstructured;
use caltrop::audit::Verdict;
use caltrop::guard::Geometry;
use caltrop::rate::{Charge, LeaseQuota, Limiter, Quota};
use caltrop::table::{Table, TableSize, Word};
use caltrop::{Now, State};
use caltrop_fuzz::planted;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    planted(data);
    let (chunks, _) = data.as_chunks::<8>();
    let words: Vec<Word> = chunks.iter().map(|chunk| Word::new(u64::from_le_bytes(*chunk))).collect();
    let _ = (Table::attach(&words).is_ok(), State::attach(&words).is_ok());
    let _ = with_head(&mut Unstructured::new(data));
});

/// Words as random as they come, behind a head that says how many they are.
fn with_head(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let rate = TableSize { lines: input.int_in_range(2..=9)?, overflow_log2: 3 };
    let lease_s = NonZero::new(input.int_in_range(1..=100)?).unwrap_or(NonZero::<u32>::MIN);
    let geometry = Geometry { rate, lease_lines: input.int_in_range(2..=4)?, lease_s, audit_slots: 1 << input.int_in_range(0..=4u32)? };
    let Some(count) = State::words(geometry) else { return Ok(()) };
    let words: Vec<Word> = (0..count).map(|_| Word::new(0)).collect();
    State::format(&words, geometry, [1; 16]).expect("as many as it takes");
    // All but the magic, the layout and the sizes, of the state and of its tables.
    let leases = 8 + rate.words().expect("it is in bounds");
    for (at, word) in words.iter().enumerate() {
        if !matches!(at, 0..5 | 8) && at != leases {
            word.store(input.arbitrary()?, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let state = State::attach(&words).expect("its head is whole");
    let limiter: &Limiter<'_> = state.limiter();
    let mut now = Now { mono_ns: input.arbitrary()?, ..Now::default() };
    let mut from = input.arbitrary()?;
    while !input.is_empty() {
        now.mono_ns = now.mono_ns.wrapping_add(input.arbitrary()?);
        let (count, burst) = (input.int_in_range(1..=100)?, input.int_in_range(1..=100)?);
        let Ok(quota) = Quota::per("q", count, input.int_in_range(1..=3600)?, burst) else { continue };
        let charge = Charge { partition: limiter.client(&[input.arbitrary()?]), quota, cost: input.int_in_range(1..=200)? };
        let most = NonZero::new(input.int_in_range(1..=255u8)?).unwrap_or(NonZero::<u8>::MIN);
        match input.int_in_range(0..=6u8)? {
            0 | 1 => {
                if let Ok(taken) = limiter.take(&charge, now) {
                    assert!(taken.debt_ticks <= quota.tau_ticks() && taken.remaining < burst);
                }
            }
            2 => limiter.refund(&charge, now),
            3 => limiter.settle(&charge, now),
            4 => {
                let _ = limiter.take_all(&[charge, Charge { cost: 1, ..charge }], now);
            }
            5 => {
                let (leases, client, quota) = (state.leases(), charge.partition, LeaseQuota::new("at once", most));
                if let Ok(lease) = leases.acquire(client, quota, now) {
                    assert!(leases.held(client, quota, now) <= quota.most());
                    assert!(leases.renew(lease, now).is_ok_and(|lease| leases.release(lease, now).is_ok()));
                }
            }
            _ => {
                let mut seen = 0;
                let drained = state.journal().drain(from, |_, _| seen += 1);
                assert!(seen <= u64::from(geometry.audit_slots));
                from = drained.next;
            }
        }
        state.journal().count(Verdict::Pass);
    }
    Ok(())
}
