//! How many at once: a place is held as long as its request runs, and nobody holds more than is counted.

use caltrop::audit::{Reason, Verdict};
use caltrop::guard::{ChargeError, Grant, Held, Outcome};
use caltrop::time::Now;
use caltrop::{Decision, Guard};

mod house;

use house::{at, post as ask, with_guard};

fn granted<'g>(guard: &Guard<'g>, target: &[u8], now: Now) -> Grant<'g> {
    match ask(guard, target, now) {
        Decision::Allow(grant) => grant,
        Decision::Deny(denial) => panic!("{:?}", denial.reason()),
    }
}

fn reason(guard: &Guard<'_>, target: &[u8], now: Now) -> Option<Reason> {
    match ask(guard, target, now) {
        Decision::Allow(_) => None,
        Decision::Deny(denial) => Some(denial.reason()),
    }
}

const STREAMS: &str = "[quota]\nstreams = { by = \"route\", limit = 2, kind = \"concurrent\", lease = \"1m\" }\n\
                       tokens = { by = \"route\", limit = \"100/minute\", cost = \"app\" }\n\
                       [route]\nchat = { match = \"POST /chat\", auth = \"none\" }\nfree = { match = \"POST /free\", auth = \"none\", charge = {} }\n";

#[test]
fn a_request_that_ends_gives_its_place_back_whatever_came_of_it() {
    with_guard(STREAMS, |guard| {
        let (first, second) = (granted(guard, b"/chat", at(0)), granted(guard, b"/chat", at(0)));
        assert_eq!(reason(guard, b"/chat", at(1)), Some(Reason::Busy));
        guard.settle(first, Outcome::Served, at(1));
        guard.settle(second, Outcome::AuthFailed, at(1));
        // Two that nobody settles.
        (0..2).for_each(|_| assert_eq!(reason(guard, b"/chat", at(1)), None));
        assert_eq!(reason(guard, b"/chat", at(2)), Some(Reason::Busy));
        assert_eq!(guard.state().journal().counted(Verdict::Deny(Reason::Busy)), 2);
        // Their places are back when their time is over.
        assert_eq!(reason(guard, b"/chat", at(59)), Some(Reason::Busy));
        assert_eq!(reason(guard, b"/chat", at(93)), None);
    });
}

#[test]
fn a_caller_is_told_how_many_and_not_when() {
    with_guard(STREAMS, |guard| {
        let _running = [granted(guard, b"/chat", at(0)), granted(guard, b"/chat", at(0))];
        let Decision::Deny(denial) = ask(guard, b"/chat", at(0)) else { panic!("two run") };
        let fields: Vec<String> = denial.fields().map(|field| field.to_string()).collect();
        assert_eq!((denial.status(), denial.retry_after_s()), (429, 0));
        assert!(fields.contains(&"ratelimit-policy: \"streams\";q=2;qu=\"concurrent-requests\"".to_owned()), "{fields:?}");
        assert!(fields.contains(&"ratelimit: \"streams\";r=0".to_owned()), "{fields:?}");
        assert!(!fields.iter().any(|field| field.starts_with("retry-after")), "{fields:?}");
    });
}

#[test]
fn a_host_may_keep_places_as_bytes_and_give_each_back_once() {
    with_guard(STREAMS, |guard| {
        let mut first = granted(guard, b"/chat", at(0));
        let _second = granted(guard, b"/chat", at(0));
        let kept = std::mem::take(first.held()).into_bytes();
        // Settled without them, it still runs.
        guard.settle(first, Outcome::Served, at(0));
        assert_eq!(reason(guard, b"/chat", at(0)), Some(Reason::Busy));
        guard.release(Held::from_bytes(kept), at(0)).unwrap();
        let _third = granted(guard, b"/chat", at(0));
        assert_eq!(reason(guard, b"/chat", at(0)), Some(Reason::Busy));
        let mut none = granted(guard, b"/free", at(0));
        assert!(none.held().is_empty());
        assert_eq!(std::mem::take(none.held()).into_bytes(), [0; Held::BYTES]);
    });
}

#[test]
fn who_runs_longer_renews_and_who_does_not_is_told() {
    with_guard(STREAMS, |guard| {
        let (mut long, mut forgotten) = (granted(guard, b"/chat", at(0)), granted(guard, b"/chat", at(0)));
        guard.renew(long.held(), at(50)).unwrap();
        assert_eq!(reason(guard, b"/chat", at(100)), None, "one has lapsed");
        assert_eq!(reason(guard, b"/chat", at(100)), Some(Reason::Busy));
        assert!(guard.renew(forgotten.held(), at(100)).is_err());
        assert!(forgotten.held().is_empty());
        // A lapsed one takes nobody else's place away.
        guard.settle(forgotten, Outcome::Served, at(100));
        assert_eq!(reason(guard, b"/chat", at(101)), Some(Reason::Busy));
        guard.settle(long, Outcome::Served, at(101));
        assert_eq!(reason(guard, b"/chat", at(101)), None);
    });
}

#[test]
fn a_grant_that_becomes_a_denial_gives_its_place_back() {
    with_guard(STREAMS, |guard| {
        let (first, _second) = (granted(guard, b"/chat", at(0)), granted(guard, b"/chat", at(0)));
        let Err(ChargeError::Refused(refusal)) = guard.charge(&first.facts().payer(), "tokens", 101, at(0)) else { panic!("100 are left") };
        let denial = guard.refused(first, &refusal, at(0));
        assert_eq!((denial.reason(), denial.status()), (Reason::Quota, 429));
        assert_eq!(reason(guard, b"/chat", at(0)), None);
        assert_eq!(reason(guard, b"/chat", at(0)), Some(Reason::Busy));
    });
}

#[test]
fn a_quota_in_report_mode_counts_beside_and_refuses_nobody() {
    let rules = "[quota]\nquiet = { by = \"route\", limit = 1, kind = \"concurrent\", mode = \"report\" }\n\
                 [route]\nchat = { match = \"POST /chat\", auth = \"none\" }\n";
    with_guard(rules, |guard| {
        let first = granted(guard, b"/chat", at(0));
        assert_eq!(first.reported().count(), 0);
        let second = granted(guard, b"/chat", at(0));
        assert_eq!(second.reported().collect::<Vec<_>>(), [(Reason::Busy, Some("quiet"))]);
        assert_eq!(guard.state().journal().counted(Verdict::WouldDeny(Reason::Busy)), 1);
        guard.settle(first, Outcome::Served, at(1));
        assert_eq!(granted(guard, b"/chat", at(1)).reported().count(), 0);
        guard.settle(second, Outcome::Served, at(1));
    });
}

/// Threads that hold what they were granted, and count themselves: never more than the quota says, and each ends with its place free.
#[test]
fn no_more_run_at_once_than_the_quota_says() {
    use std::sync::atomic::{AtomicU32, Ordering};
    with_guard(STREAMS, |guard| {
        let (running, most, served) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..20_000u32 {
                        let Decision::Allow(grant) = ask(guard, b"/chat", at(0)) else { continue };
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        if round % 64 == 0 {
                            std::thread::yield_now();
                        }
                        running.fetch_sub(1, Ordering::SeqCst);
                        served.fetch_add(1, Ordering::SeqCst);
                        guard.settle(grant, Outcome::Served, at(0));
                    }
                });
            }
        });
        assert!((1..=2).contains(&most.load(Ordering::SeqCst)), "{most:?}");
        assert!(served.load(Ordering::SeqCst) > 0);
        let _both = [granted(guard, b"/chat", at(0)), granted(guard, b"/chat", at(0))];
    });
}
