//! Reaches: `ReplayCache::first_seen`, the sweep, the clock that never goes back.
//! Compares: with a `HashMap` that forgets nobody, and in a cache too small for all, that what was first is never first again.
#![no_main]

use std::collections::HashMap;

use arbitrary::Unstructured;
use caltrop::Now;
use caltrop::replay::{LIFE_MAX_S, Message, NotFirst, ReplayCache};
use caltrop::table::Word;
use caltrop::time::Quality;
use caltrop_fuzz::planted;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    planted(data);
    let _ = walked(&mut Unstructured::new(data));
});

fn walked(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    // 64 lines hold all of 64 messages; 2 lines do not, and say so.
    let lines = *input.choose(&[64, 2])?;
    let words: Vec<Word> = (0..ReplayCache::words(lines).expect("in bounds")).map(|_| Word::new(0)).collect();
    let since_s = u64::from(input.arbitrary::<u16>()?);
    let cache = ReplayCache::format(&words, lines, since_s, input.arbitrary()?).expect("as many as it takes");
    let mut remembered: HashMap<[u8; 2], u64> = HashMap::new();
    let (mut wall_s, mut clock_s) = (u64::from(input.arbitrary::<u32>()?), 0);
    while !input.is_empty() {
        wall_s = match input.int_in_range(0..=7u8)? {
            0 => wall_s.saturating_sub(u64::from(input.arbitrary::<u16>()?)),
            // At most two years at once: after three of silence a word would seem to live again.
            1 => wall_s.saturating_add(u64::from(input.arbitrary::<u32>()?) >> 6),
            _ => wall_s.saturating_add(u64::from(input.arbitrary::<u8>()? >> 4)),
        };
        clock_s = wall_s.max(clock_s);
        let pair = [input.int_in_range(0..=3u8)?, input.int_in_range(0..=15u8)?];
        let issued_s = wall_s.saturating_sub(u64::from(input.arbitrary::<u8>()?));
        let life_s = u64::from(input.arbitrary::<u32>()?) >> input.int_in_range(5..=26u32)?;
        let until_s = issued_s.saturating_add(life_s);
        let message = Message { sender: &pair[..1], id: &pair[1..], issued_s, until_s };
        let answer = cache.first_seen(&message, Now { wall_s, mono_ns: 0, quality: Quality::Trusted });
        let expected = if until_s < clock_s {
            Err(NotFirst::Expired)
        } else if until_s - clock_s > LIFE_MAX_S {
            Err(NotFirst::TooLong)
        } else if since_s != 0 && issued_s <= since_s {
            Err(NotFirst::Forgotten)
        } else if remembered.get(&pair).is_some_and(|until_s| *until_s >= clock_s) {
            Err(NotFirst::Replayed)
        } else {
            Ok(())
        };
        if answer == Err(NotFirst::Full) {
            assert!(lines == 2 && expected.is_ok(), "full where the map says {expected:?}");
            let live = remembered.values().filter(|until_s| **until_s >= clock_s).count();
            assert_eq!(live, 16, "full, and not all words live");
            continue;
        }
        assert_eq!(answer, expected);
        if answer.is_ok() {
            remembered.insert(pair, until_s);
        }
    }
    Ok(())
}
