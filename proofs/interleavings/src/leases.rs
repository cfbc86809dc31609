//! Leases of one client over a table of two lines.

use std::num::NonZero;
use std::sync::Arc;

use caltrop::Now;
use caltrop::rate::{Lease, LeaseQuota, Leases};
use caltrop::table::Word;
use loom::thread;

use crate::Scenario;
use crate::table::at;

pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "two leases where one may be held", run: one_place },
    Scenario { name: "a lease against a release", run: release },
    Scenario { name: "two leases of one place, whose workers find unlike words idle", run: unlike_words },
];

/// Words that workers share.
#[derive(Clone)]
struct Shared(Arc<Vec<Word>>);

impl Shared {
    fn new() -> Self {
        let words: Vec<Word> = (0..Leases::words(2).expect("in bounds")).map(|_| Word::new(0)).collect();
        Leases::format(&words, 2, NonZero::new(60).expect("not 0"), [7; 16]).expect("as many as it takes");
        Self(Arc::new(words))
    }

    fn leases(&self) -> Leases<'_> {
        Leases::attach(&self.0).expect("formatted")
    }

    fn acquire(&self, client: &str, most: u8, now: Now) -> Option<Lease> {
        self.leases().acquire(self.leases().client(client.as_bytes()), quota(most), now).ok()
    }

    fn release(&self, lease: Lease, now: Now) {
        self.leases().release(lease, now).expect("its time is not over");
    }

    fn held(&self, client: &str, now: Now) -> u32 {
        self.leases().held(self.leases().client(client.as_bytes()), quota(1), now)
    }
}

fn quota(most: u8) -> LeaseQuota {
    LeaseQuota::new("slow", NonZero::new(most).expect("not 0"))
}

fn one_place() {
    let (shared, now) = (Shared::new(), at(100));
    let other = shared.clone();
    let worker = thread::spawn(move || other.acquire("alice", 1, now).is_some());
    let here = shared.acquire("alice", 1, now).is_some();
    let there = worker.join().expect("a worker does not panic");
    assert!(here != there, "admitted: {here} and {there}");
    assert_eq!(shared.held("alice", now), 1, "lost");
}

fn release() {
    let (shared, now) = (Shared::new(), at(100));
    let lease = shared.acquire("alice", 2, now).expect("one of two");
    let other = shared.clone();
    let worker = thread::spawn(move || other.release(lease, now));
    let here = [(); 2].map(|()| shared.acquire("alice", 2, now).is_some());
    worker.join().expect("a worker does not panic");
    assert!(here[0], "admitted: none of two, one of them held");
    assert_eq!(shared.held("alice", now), here.into_iter().map(u32::from).sum(), "lost");
}

/// Bob's word goes idle while both look, so that each may choose another line: then both may be refused, and never both admitted.
fn unlike_words() {
    let (shared, now) = (Shared::new(), at(100));
    let bobs = shared.acquire("bob", 1, now).expect("one of one");
    let other = shared.clone();
    let worker = thread::spawn(move || {
        other.release(bobs, now);
        other.acquire("alice", 1, now).is_some()
    });
    let here = shared.acquire("alice", 1, now).is_some();
    let there = worker.join().expect("a worker does not panic");
    assert!(!(here && there), "admitted: two where one may be held");
    assert_eq!(shared.held("alice", now), u32::from(here) + u32::from(there), "lost");
}
