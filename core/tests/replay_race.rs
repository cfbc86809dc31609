//! Of all copies of one message that workers see at once, exactly one is first.

use std::sync::Barrier;
use std::thread;

use caltrop::Now;
use caltrop::replay::{Message, NotFirst, ReplayCache};
use caltrop::table::Word;
use caltrop::time::Quality;

const WORKERS: u32 = 8;
const COPIES: u32 = 1_000;

fn at(wall_s: u64) -> Now {
    Now { wall_s, mono_ns: 0, quality: Quality::Trusted }
}

/// How many of all workers' copies of each message `ask` calls the first.
fn firsts(messages: u32, copies: u32, ask: impl Fn(u32, u32) -> bool + Sync) -> Vec<u32> {
    let barrier = Barrier::new(WORKERS as usize);
    let counts: Vec<Vec<u32>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (barrier, ask) = (&barrier, &ask);
                scope.spawn(move || {
                    (0..messages)
                        .map(|message| {
                            barrier.wait();
                            (0..copies).map(|copy| u32::from(ask(message, worker + copy))).sum()
                        })
                        .collect()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    (0..messages as usize).map(|message| counts.iter().map(|of| of[message]).sum()).collect()
}

#[test]
fn of_8_threads_with_1_000_copies_each_exactly_one_is_first() {
    let words: Vec<Word> = (0..ReplayCache::words(1024).unwrap()).map(|_| Word::new(0)).collect();
    let cache = ReplayCache::format(&words, 1024, 0, [7; 16]).unwrap();
    let counts = firsts(200, COPIES, |message, _| {
        let answer = cache.first_seen(&Message { sender: b"s", id: &message.to_le_bytes(), issued_s: 1000, until_s: 1300 }, at(1000));
        assert!(matches!(answer, Ok(()) | Err(NotFirst::Replayed)), "{answer:?}");
        answer.is_ok()
    });
    assert!(counts.iter().all(|count| *count == 1), "{counts:?}");
}

#[test]
fn exactly_one_is_first_while_the_words_around_it_expire() {
    // Two lines that are mostly full of others, which end second by second: workers of unlike clocks find unlike words free.
    let words: Vec<Word> = (0..ReplayCache::words(2).unwrap()).map(|_| Word::new(0)).collect();
    let cache = ReplayCache::format(&words, 2, 0, [7; 16]).unwrap();
    let counts = firsts(20_000, 2, |message, spread| {
        let wall_s = 1_000 + u64::from(message) * 4 + u64::from(spread % 3);
        let until_s = 1_000 + u64::from(message) * 4 + 3 + u64::from(message % 5) * 4;
        let answer = cache.first_seen(&Message { sender: b"s", id: &message.to_le_bytes(), issued_s: 1_000, until_s }, at(wall_s));
        assert!(matches!(answer, Ok(()) | Err(NotFirst::Replayed)), "{answer:?}");
        answer.is_ok()
    });
    assert!(counts.iter().all(|count| *count == 1), "{:?}", counts.iter().enumerate().find(|(_, count)| **count != 1));
}

#[test]
fn a_cache_that_looks_first_and_writes_later_would_be_noticed() {
    // The planted fault: two steps where there must be one.
    let seen: Vec<std::sync::atomic::AtomicBool> = (0..50).map(|_| false.into()).collect();
    let counts = firsts(50, 4, |message, _| {
        let is_seen = seen[message as usize].load(std::sync::atomic::Ordering::SeqCst);
        thread::yield_now();
        seen[message as usize].store(true, std::sync::atomic::Ordering::SeqCst);
        !is_seen
    });
    assert!(counts.iter().any(|count| *count > 1), "{counts:?}");
}
