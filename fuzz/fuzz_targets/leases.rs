//! Reaches: `Leases::{acquire, release, renew, held}`, the sweep, `Lease::{into_bytes, from_bytes}`.
//! Compares: with a `HashMap` of when each lease comes back, in a table with room for all and in one without; leases are kept as bytes, and may be
//! released twice.
#![no_main]

use std::collections::HashMap;
use std::num::NonZero;

use arbitrary::Unstructured;
use caltrop::Now;
use caltrop::rate::{Lapsed, Lease, LeaseQuota, LeaseRefused, Leases};
use caltrop::table::Word;
use caltrop_fuzz::planted;
use libfuzzer_sys::fuzz_target;

/// A client of a quota.
type Who = (u8, usize);

/// In which half of its longest time a lease was taken: it comes back when this and the two after it are over.
type Half = u64;

fuzz_target!(|data: &[u8]| {
    planted(data);
    let _ = walked(&mut Unstructured::new(data));
});

fn walked(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    // 64 lines hold all of 40 clients; 2 lines do not, and say so. Few keys: none of theirs gives two clients one fingerprint.
    let lines = *input.choose(&[64, 2])?;
    let words: Vec<Word> = (0..Leases::words(lines).expect("in bounds")).map(|_| Word::new(0)).collect();
    let longest_s = u32::from(input.arbitrary::<u16>()?).saturating_add(1);
    let key = [input.int_in_range(0..=3u8)?; 16];
    let leases = Leases::format(&words, lines, NonZero::new(longest_s).expect("over 0"), key).expect("as many as it takes");
    let mut quotas = [LeaseQuota::new("exports", NonZero::<u8>::MAX); 2];
    for (quota, name) in quotas.iter_mut().zip(["exports", "uploads"]) {
        *quota = LeaseQuota::new(name, NonZero::new(input.int_in_range(1..=4u8)?).expect("over 0"));
    }
    let mut held: HashMap<Who, Vec<Half>> = HashMap::new();
    let mut hand: Vec<([u8; 18], Who, Half)> = Vec::new();
    let mut mono_ns = u64::from(input.arbitrary::<u32>()?) << 20;
    let half_ns = u64::from(longest_s) * 500_000_000;
    while !input.is_empty() {
        // At most 60,000 halves at once: a word can tell 2^16 apart. At most 2^62 ns in all: 146 years.
        let gap_ns = u64::from(input.arbitrary::<u32>()?) << input.int_in_range(0..=20u32)?;
        mono_ns = mono_ns.saturating_add(gap_ns.min(60_000 * half_ns)).min(1 << 62);
        let now = Now { mono_ns, ..Now::default() };
        // In ticks of 2^-16 s, of which half of the longest time has longest_s · 2^15.
        let tick = (u128::from(mono_ns) << 16) / 1_000_000_000;
        let half = u64::try_from(tick / (u128::from(longest_s) << 15)).expect("far below 2^64");
        held.values_mut().for_each(|halves| halves.retain(|taken| half < taken + 3));
        held.retain(|_, halves| !halves.is_empty());
        let who @ (client, which) = (input.int_in_range(0..=19u8)?, input.int_in_range(0..=1usize)?);
        let (partition, quota) = (leases.client(&[client]), quotas[which]);
        let count = |held: &HashMap<Who, Vec<Half>>| held.get(&who).map_or(0, |halves| u32::try_from(halves.len()).expect("few"));
        assert_eq!(leases.held(partition, quota, now), count(&held));
        match input.int_in_range(0..=7u8)? {
            0..=3 => match leases.acquire(partition, quota, now) {
                Ok(lease) => {
                    held.entry(who).or_default().push(half);
                    assert!(count(&held) <= quota.most(), "more at once than {}", quota.most());
                    hand.push((lease.into_bytes(), who, half));
                }
                Err(LeaseRefused::Busy) => assert_eq!(count(&held), quota.most(), "busy"),
                Err(LeaseRefused::Full) => assert!(lines == 2 && count(&held) == 0 && held.len() == 16, "full, and not all words count"),
                Err(LeaseRefused::Contended) => panic!("nobody else is here"),
            },
            what @ 4..=6 if !hand.is_empty() => {
                let at = input.choose_index(hand.len())?;
                let (bytes, who, taken) = hand[at];
                // Mostly what is released leaves the hand; else it is shown again, and may give back another of the same half.
                if input.ratio(7, 8)? {
                    hand.swap_remove(at);
                }
                let halves = held.entry(who).or_default();
                // So may one that was taken 2^16 halves later.
                let counted = halves.iter().position(|other| other & 0xFFFF == taken & 0xFFFF);
                let counted = counted.map(|at| halves.swap_remove(at)).ok_or(Lapsed);
                if what == 6 {
                    let renewed = leases.renew(Lease::from_bytes(bytes), now).map(Lease::into_bytes);
                    assert_eq!(renewed.is_ok(), counted.is_ok(), "renewed");
                    if let Ok(bytes) = renewed {
                        halves.push(half);
                        hand.push((bytes, who, half));
                    }
                } else {
                    assert_eq!(leases.release(Lease::from_bytes(bytes), now), counted.map(|_| ()), "released");
                }
            }
            // All 18 bytes are some lease, and hardly one that is held.
            _ => {
                let _ = leases.release(Lease::from_bytes([input.arbitrary()?; 18]), now);
            }
        }
    }
    Ok(())
}
