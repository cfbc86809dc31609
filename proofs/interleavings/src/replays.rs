//! Copies of one message over a cache of two lines: every message may live in both.

use std::sync::Arc;

use caltrop::Now;
use caltrop::replay::{Message, ReplayCache};
use caltrop::table::Word;
use caltrop::time::Quality;
use loom::thread;

use crate::Scenario;

pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "two copies of one message", run: copies },
    Scenario { name: "two copies whose workers find unlike words free", run: unlike_words },
    Scenario { name: "two messages for one word", run: two_messages },
    Scenario { name: "a copy in its last second, while its word is taken for another", run: last_second },
    Scenario { name: "a new message while a sweep clears dead words", run: sweep },
];

/// Words that workers share.
#[derive(Clone)]
struct Shared(Arc<Vec<Word>>);

impl Shared {
    fn new() -> Self {
        let words: Vec<Word> = (0..ReplayCache::words(2).expect("in bounds")).map(|_| Word::new(0)).collect();
        ReplayCache::format(&words, 2, 0, [7; 16]).expect("as many as it takes");
        Self(Arc::new(words))
    }

    /// Whether this copy was the first.
    fn show(&self, id: u8, until_s: u64, wall_s: u64) -> bool {
        let cache = ReplayCache::attach(&self.0).expect("formatted");
        let message = Message { sender: b"s", id: &[id], issued_s: 1, until_s };
        cache.first_seen(&message, Now { wall_s, mono_ns: 0, quality: Quality::Trusted }).is_ok()
    }
}

/// Runs two workers and gives what both answered.
fn both(shared: &Shared, first: impl Fn(&Shared) -> bool + Send + 'static, second: impl Fn(&Shared) -> bool + Send + 'static) -> [bool; 2] {
    let (one, other) = (shared.clone(), shared.clone());
    let worker = thread::spawn(move || first(&one));
    let answered = second(&other);
    [worker.join().expect("a worker does not panic"), answered]
}

fn copies() {
    let shared = Shared::new();
    assert!(shared.show(9, 100, 100), "the clock stands there already");
    let answers = both(&shared, |shared| shared.show(1, 200, 100), |shared| shared.show(1, 200, 100));
    assert_eq!(answers.iter().filter(|is_first| **is_first).count(), 1, "first: {answers:?}");
    assert!(!shared.show(1, 200, 100), "a third copy was first");
}

/// What lives at 100 and not at 101 makes one worker choose the other line, so that both write a claim.
fn unlike_words() {
    let shared = Shared::new();
    assert!(shared.show(9, 100, 100));
    let answers = both(&shared, |shared| shared.show(1, 200, 100), |shared| shared.show(1, 200, 101));
    assert_eq!(answers.iter().filter(|is_first| **is_first).count(), 1, "first: {answers:?}");
    assert!(!shared.show(1, 200, 101), "a third copy was first");
}

fn two_messages() {
    let shared = Shared::new();
    assert!(shared.show(9, 100, 100));
    let answers = both(&shared, |shared| shared.show(1, 200, 101), |shared| shared.show(2, 200, 101));
    assert_eq!(answers, [true, true]);
    assert!(!shared.show(1, 200, 101) && !shared.show(2, 200, 101), "a second copy was first");
}

fn last_second() {
    let shared = Shared::new();
    assert!(shared.show(1, 100, 100));
    let answers = both(&shared, |shared| shared.show(1, 100, 100), |shared| shared.show(2, 200, 101));
    assert_eq!(answers, [false, true], "first: the second copy came in its last second, or the other was lost");
}

/// Twenty-five days later one of the two clears the lines while the other writes.
fn sweep() {
    let shared = Shared::new();
    assert!(shared.show(9, 100, 100));
    let later = 100 + 25 * 86_400;
    let answers = both(&shared, move |shared| shared.show(1, later + 9, later), move |shared| shared.show(1, later + 9, later));
    assert_eq!(answers.iter().filter(|is_first| **is_first).count(), 1, "first: {answers:?}");
    assert!(!shared.show(1, later + 9, later), "a third copy was first");
}
