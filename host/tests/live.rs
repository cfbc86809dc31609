//! A guard whose files change while it is asked: what is good is taken, what is bad is told once, and balances stay.
#![allow(missing_docs, reason = "tests speak by their names")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use caltrop::Now;
use caltrop::guard::Secrets;
use caltrop::time::Quality;
use caltrop_control::image::Stamp;
use caltrop_control::keys::build;
use caltrop_control::model::{self, Feed, FeedKind, Stale};
use caltrop_host::floors::Floors;
use caltrop_host::live::{LOOK_NS, LiveGuard, News};
use caltrop_host::{HostGuard, Options, StateAt};
use ed25519_dalek::SigningKey;

mod folder;
use folder::{Folder, ask, house, revoked, stamp};
use house::{ALICE, NOW, PEPPER};

fn alice(live: &LiveGuard) -> u16 {
    ask(&live.current(), ALICE, "203.0.113.9", NOW)
}

/// What was told, as the operator reads it, by the files' names alone.
fn said(news: &[News]) -> Vec<String> {
    news.iter()
        .map(|news| news.to_string().split_whitespace().map(|word| word.rsplit('/').next().unwrap()).collect::<Vec<_>>().join(" "))
        .collect()
}

const fn at(mono_ns: u64) -> Now {
    Now { mono_ns, ..NOW }
}

#[test]
fn a_revocation_decides_from_the_next_poll_on() {
    let folder = Folder::new();
    let live = folder.load(Floors::Beside);
    assert_eq!(live.poll(at(1_000)), []);
    assert_eq!(alice(&live), 200);
    let before = live.current();
    folder.revoked(4);
    // Within a fifth of a second of the last look nothing is looked at.
    assert_eq!(live.poll(at(1_000 + LOOK_NS - 1)), []);
    assert_eq!(alice(&live), 200);
    assert_eq!(said(&live.poll(at(1_000 + LOOK_NS))), ["keys.cltp: sequence 4 decides from now on"]);
    assert_eq!(alice(&live), 401);
    // A request that began before ends by what it began with, and then that is gone.
    assert_eq!(ask(&before, ALICE, "203.0.113.9", NOW), 200);
    let old = Arc::downgrade(&before);
    drop(before);
    assert!(old.upgrade().is_none());
    assert_eq!(live.poll(at(1_000 + 2 * LOOK_NS)), []);
}

#[test]
fn balances_stay_when_the_policy_changes() {
    let folder = Folder::new();
    let live = folder.load(Floors::Beside);
    let answers: Vec<u16> = (0..11).map(|_| alice(&live)).collect();
    assert_eq!((answers[9], answers[10]), (200, 429));
    for sequence in 4..14 {
        folder.policy(sequence);
        folder.keyring(sequence);
        assert_eq!(live.look().len(), 2, "policy and keyring {sequence}");
        assert_eq!(alice(&live), 429);
    }
    // Planted: a guard that was loaded anew, with a state of its own, forgets.
    assert_eq!(alice(&folder.load(Floors::Beside)), 200);
}

#[test]
fn a_bad_file_changes_nothing_and_is_told_once() {
    let folder = Folder::new();
    let live = folder.load(Floors::Nowhere);
    live.look();
    let good = std::fs::read(folder.path("policy.cltp")).unwrap();
    let stranger = model::compile(&house::model()).unwrap().finish(&SigningKey::from_bytes(&[8; 32]), stamp(9));
    let older = model::compile(&house::model()).unwrap().finish(&house::signer(), stamp(2));
    let mut torn = model::compile(&house::model()).unwrap().finish(&house::signer(), stamp(9));
    torn.truncate(torn.len() - 7);
    let bad: [(&[u8], &str); 5] = [
        (b"", "0 bytes are too few"),
        (&[0xAA; 4096], "not a caltrop image"),
        (&torn, "copied incompletely?"),
        (&stranger, "no trusted key signed this image"),
        (&older, "sequence 2 where 3 was accepted before"),
    ];
    for (bytes, says) in bad {
        // The same bytes in another file are another file.
        for _ in 0..2 {
            folder.put("policy.cltp", bytes);
            let news = said(&live.look());
            assert!(news.len() == 1 && news[0].starts_with("refused, and what decided before still does: policy.cltp: "), "{news:?}");
            assert!(news[0].contains(says), "{news:?}");
            assert_eq!((live.look(), live.look()), (vec![], vec![]), "{says}: told once");
            assert_eq!(live.current().guard().policy().floor().sequence, 3);
        }
    }
    std::fs::remove_file(folder.path("policy.cltp")).unwrap();
    assert!(said(&live.look())[0].contains("policy.cltp: No such file"));
    assert_eq!(live.look(), []);
    folder.put("policy.cltp", &good);
    assert_eq!(live.look(), []);
    folder.policy(4);
    assert_eq!(said(&live.look()), ["policy.cltp: sequence 4 decides from now on"]);
}

#[test]
fn a_bad_policy_does_not_keep_a_revocation_out_nor_a_bad_keyring_a_policy() {
    let folder = Folder::new();
    let live = folder.load(Floors::Beside);
    folder.put("policy.cltp", b"garbage");
    folder.revoked(4);
    let news = said(&live.look());
    assert!(
        news.len() == 2 && news[0] == "keys.cltp: sequence 4 decides from now on" && news[1].contains("policy.cltp: 7 bytes"),
        "{news:?}"
    );
    assert_eq!(alice(&live), 401);
    folder.keyring(5);
    // The policy is as bad as before, and that was told.
    assert_eq!(said(&live.look()), ["keys.cltp: sequence 5 decides from now on"]);
    assert_eq!(alice(&live), 200);
    folder.put("keys.cltp", b"garbage");
    folder.policy(4);
    let news = said(&live.look());
    assert!(
        news.len() == 2 && news[0] == "policy.cltp: sequence 4 decides from now on" && news[1].contains("keys.cltp: 7 bytes"),
        "{news:?}"
    );
    assert_eq!(alice(&live), 200);
}

#[test]
fn a_sequence_is_never_taken_back_and_what_is_taken_raises_its_floor() {
    let folder = Folder::new();
    let live = folder.load(Floors::Nowhere);
    folder.revoked(5);
    assert_eq!(live.look().len(), 1);
    folder.keyring(4);
    assert!(said(&live.look())[0].contains("keys.cltp: sequence 4 where 5 was accepted before"));
    assert_eq!(alice(&live), 401);
    // With floors on disk another process knows it too.
    let (one, folder) = (live, Folder::new());
    drop(one);
    let live = folder.load(Floors::Beside);
    folder.policy(6);
    live.look();
    assert!(std::fs::read_to_string(folder.path("policy.floor")).unwrap().starts_with("6 "));
    folder.policy(5);
    let options = Options::new("acme-api", folder.path("policy.cltp"), Secrets::new().with_pepper(1, &PEPPER).unwrap());
    assert!(HostGuard::load(Options { state: StateAt::Process, ..options }).unwrap_err().to_string().contains("sequence 5 where 6"));
}

#[test]
fn a_policy_waits_for_the_keyring_that_it_trusts() {
    let folder = Folder::new();
    let live = folder.load(Floors::Beside);
    let other = SigningKey::from_bytes(&[11; 32]);
    let feed = |name: &str| Feed {
        name: name.into(),
        kind: FeedKind::Keyring,
        signers: vec![*other.verifying_key().as_bytes()],
        stale: None,
        fetch: None,
    };
    // Another signer of the same feed, then another feed.
    folder.policy_of(&model::Policy { feeds: vec![feed("keys")], ..house::model() }, 4);
    let news = said(&live.look());
    assert!(news.len() == 1 && news[0].contains("keys.cltp: no trusted key signed"), "{news:?}");
    assert_eq!(alice(&live), 200);
    folder.put("keys.cltp", &revoked("acme-api/keys", &other, 4));
    assert_eq!(said(&live.look()), ["policy.cltp: sequence 4 decides from now on", "keys.cltp: sequence 4 decides from now on"]);
    assert_eq!(alice(&live), 401);
    folder.policy_of(&model::Policy { feeds: vec![feed("team")], keyring: Some("team".into()), ..house::model() }, 5);
    let news = said(&live.look());
    assert!(news.len() == 1 && news[0].contains("team.cltp: No such file"), "{news:?}");
    assert_eq!(live.look(), []);
    folder.put("team.cltp", &revoked("acme-api/team", &other, 1));
    assert_eq!(said(&live.look()), ["policy.cltp: sequence 5 decides from now on", "team.cltp: sequence 1 decides from now on"]);
}

#[test]
fn a_feed_that_goes_stale_is_told_once_and_refused_if_the_policy_says_so() {
    let folder = Folder::new();
    let stale = |deny| {
        let feeds = house::model().feeds.into_iter();
        feeds.map(|feed| Feed { stale: Some(Stale { after_s: 300, deny }), ..feed }).collect::<Vec<_>>()
    };
    folder.policy_of(&model::Policy { feeds: stale(false), ..house::model() }, 4);
    let live = folder.load(Floors::Beside);
    let later = |age_s: u64, looks: u64| Now { wall_s: house::STAMP.created_s + age_s, mono_ns: looks * LOOK_NS, ..NOW };
    let ask_at = |now| ask(&live.current(), ALICE, "203.0.113.9", now);
    assert_eq!((live.poll(later(300, 1)), ask_at(later(300, 1))), (vec![], 200));
    assert_eq!(said(&live.poll(later(301, 2))), ["feed \"keys\" is 301 s old and stale after 300 s: it goes on deciding"]);
    assert_eq!((live.poll(later(302, 3)), live.poll(later(900, 4)), ask_at(later(900, 4))), (vec![], vec![], 200));
    // The same keyring under a policy that refuses it: told with the policy, since nothing of the feed has changed.
    folder.policy_of(&model::Policy { feeds: stale(true), ..house::model() }, 5);
    assert_eq!(said(&live.poll(later(900, 5))), ["policy.cltp: sequence 5 decides from now on"]);
    assert_eq!((ask_at(later(900, 5)), ask_at(later(300, 5))), (503, 200));
    assert_eq!(ask_at(Now { quality: Quality::Untrusted, ..later(300, 5) }), 503);
    // A newer one ends it, and then it may go stale again.
    let renewed = build("acme-api/keys", &house::keys(), &house::signer(), Stamp { created_s: house::STAMP.created_s + 800, ..stamp(6) });
    folder.put("keys.cltp", &renewed.unwrap());
    assert_eq!(said(&live.poll(later(900, 6))), ["keys.cltp: sequence 6 decides from now on"]);
    assert_eq!(ask_at(later(900, 6)), 200);
    assert_eq!(said(&live.poll(later(1_101, 7))), ["feed \"keys\" is 301 s old and stale after 300 s: what hangs on it is refused"]);
}

/// The house's policy, in which a feed fills the zone `bad`, which is denied.
fn listed() -> model::Policy {
    let mut policy = house::model();
    policy.feeds.push(Feed { name: "known-bad".into(), kind: FeedKind::Prefixes, ..policy.feeds[0].clone() });
    let bad = policy.zones.iter_mut().find(|zone| zone.name == "bad").unwrap();
    (bad.networks, bad.feed) = (vec![], Some("known-bad".into()));
    policy
}

fn list(folder: &Folder, networks: &[&str], sequence: u64) {
    folder.put("known-bad.cltp", &house::list_image("acme-api/known-bad", networks, stamp(sequence)));
}

#[test]
fn a_list_decides_from_the_next_look_on_and_neither_it_nor_a_keyring_keeps_the_other_out() {
    let folder = Folder::new();
    folder.policy_of(&listed(), 4);
    list(&folder, &["192.0.2.0/24"], 1);
    let live = folder.load(Floors::Beside);
    let from = |address: &str| ask(&live.current(), ALICE, address, NOW);
    assert_eq!((from("192.0.2.7"), from("203.0.113.9")), (403, 200));
    list(&folder, &["203.0.113.0/24"], 2);
    assert_eq!(said(&live.look()), ["known-bad.cltp: sequence 2 decides from now on"]);
    assert_eq!((from("192.0.2.7"), from("203.0.113.9")), (200, 403));
    assert!(std::fs::read_to_string(folder.path("known-bad.floor")).unwrap().starts_with("2 "));
    // A bad list is told once and keeps no revocation out; the last good one stays.
    folder.put("known-bad.cltp", b"garbage");
    folder.revoked(4);
    let news = said(&live.look());
    assert!(
        news.len() == 2 && news[0] == "keys.cltp: sequence 4 decides from now on" && news[1].contains("known-bad.cltp: 7 bytes"),
        "{news:?}"
    );
    assert_eq!((live.look(), from("192.0.2.7"), from("203.0.113.9")), (vec![], 401, 403));
    // Nor does a bad keyring keep a list out, and no list goes back.
    folder.put("keys.cltp", b"garbage");
    list(&folder, &["192.0.2.0/24"], 3);
    let news = said(&live.look());
    assert!(
        news.len() == 2 && news[0] == "known-bad.cltp: sequence 3 decides from now on" && news[1].contains("keys.cltp: 7 bytes"),
        "{news:?}"
    );
    list(&folder, &[], 2);
    assert!(said(&live.look())[0].contains("known-bad.cltp: sequence 2 where 3 was accepted before"));
    assert_eq!(from("192.0.2.7"), 403);
}

#[test]
fn a_policy_waits_for_the_list_that_it_names_and_lets_go_of_one_that_it_does_not() {
    let folder = Folder::new();
    let live = folder.load(Floors::Beside);
    folder.policy_of(&listed(), 4);
    let news = said(&live.look());
    assert!(news.len() == 1 && news[0].contains("known-bad.cltp: No such file") && news[0].contains("caltrop list compile"), "{news:?}");
    assert_eq!((live.look(), alice(&live)), (vec![], 200));
    list(&folder, &["203.0.113.0/24"], 1);
    assert_eq!(said(&live.look()), ["policy.cltp: sequence 4 decides from now on", "known-bad.cltp: sequence 1 decides from now on"]);
    assert_eq!(alice(&live), 403);
    folder.policy(5);
    assert_eq!(said(&live.look()), ["policy.cltp: sequence 5 decides from now on"]);
    list(&folder, &[], 2);
    assert_eq!((live.look(), alice(&live)), (vec![], 200), "nobody looks at a list that no zone names");
    let secrets = || Secrets::new().with_pepper(1, &PEPPER).unwrap();
    folder.policy_of(&listed(), 6);
    std::fs::remove_file(folder.path("known-bad.cltp")).unwrap();
    let options = Options::new("acme-api", folder.path("policy.cltp"), secrets());
    let error = HostGuard::load(Options { state: StateAt::Process, ..options }).unwrap_err().to_string();
    assert!(error.contains("known-bad.cltp") && error.contains("caltrop list compile"), "{error}");
}

#[test]
fn what_is_stale_at_the_start_is_a_warning_and_no_news() {
    let folder = Folder::new();
    let feeds = house::model().feeds.into_iter().map(|feed| Feed { stale: Some(Stale { after_s: 300, deny: false }), ..feed });
    folder.policy_of(&model::Policy { feeds: feeds.collect(), ..house::model() }, 4);
    let old = build("acme-api/keys", &house::keys(), &house::signer(), Stamp { created_s: 1, ..stamp(4) });
    folder.put("keys.cltp", &old.unwrap());
    let live = folder.load(Floors::Beside);
    let warnings = live.current().warnings().to_vec();
    assert!(warnings.len() == 1 && warnings[0].ends_with("s old and stale after 300 s: it goes on deciding"), "{warnings:?}");
    assert_eq!(live.look(), []);
}

#[test]
fn a_floor_that_cannot_be_written_holds_no_revocation_up_and_is_tried_again() {
    let folder = Folder::new();
    let floors = tempfile::tempdir().unwrap();
    let kept = floors.path().join("floors");
    std::fs::create_dir(&kept).unwrap();
    let live = folder.load(Floors::Folder(kept.clone()));
    live.look();
    std::fs::remove_dir_all(&kept).unwrap();
    folder.revoked(4);
    let news = said(&live.look());
    assert!(news.len() == 2 && news[0] == "keys.cltp: sequence 4 decides from now on", "{news:?}");
    assert!(news[1].starts_with("what decides now could be rolled back by a restart: floors: "), "{news:?}");
    assert_eq!((live.look(), live.look(), alice(&live)), (vec![], vec![], 401));
    std::fs::create_dir(&kept).unwrap();
    assert_eq!(live.look(), []);
    assert!(std::fs::read_to_string(kept.join("keys.floor")).unwrap().starts_with("4 "));
}

#[test]
fn what_the_system_refused_is_tried_again_with_the_same_file_and_told_once() {
    let folder = Folder::new();
    let live = folder.load(Floors::Beside);
    live.look();
    let floor = std::fs::read(folder.path("keys.floor")).unwrap();
    std::fs::write(folder.path("keys.floor"), "damaged").unwrap();
    folder.revoked(4);
    let news = said(&live.look());
    assert!(news.len() == 1 && news[0].starts_with("refused, and what decided before still does: keys.floor: not a floor"), "{news:?}");
    assert_eq!((live.look(), live.look(), alice(&live)), (vec![], vec![], 200));
    std::fs::write(folder.path("keys.floor"), floor).unwrap();
    assert_eq!(said(&live.look()), ["keys.cltp: sequence 4 decides from now on"]);
    assert_eq!(alice(&live), 401);
}

#[test]
fn another_size_of_state_is_told_and_the_state_kept() {
    let folder = Folder::new();
    let live = folder.load(Floors::Beside);
    (0..10).for_each(|_| assert_eq!(alice(&live), 200));
    folder.policy_of(&model::Policy { slots: 8192, ..house::model() }, 4);
    let news = said(&live.look());
    assert!(
        news.len() == 2 && news[1].starts_with("the state has 4096 slots and a lease of 60 s, and the policy says 8192 slots"),
        "{news:?}"
    );
    assert_eq!(alice(&live), 429);
    folder.keyring(4);
    assert_eq!(live.look().len(), 1, "told with the policy, not with every keyring after it");
}

#[test]
fn a_watcher_takes_what_is_new_within_a_second_and_ends_with_its_handle() {
    let folder = Folder::new();
    let live = Arc::new(folder.load(Floors::Beside));
    let told = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&told);
    let watcher = live.watch(move |_| _ = count.fetch_add(1, Relaxed)).unwrap();
    let mut slowest = Duration::ZERO;
    for sequence in 4..8 {
        let renamed = {
            folder.revoked(sequence);
            Instant::now()
        };
        while live.current().guard().keyring().unwrap().image().floor().sequence < sequence {
            assert!(renamed.elapsed() < Duration::from_secs(10), "sequence {sequence} was never taken");
            std::thread::yield_now();
        }
        slowest = slowest.max(renamed.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    drop(watcher);
    assert_eq!((told.load(Relaxed), Arc::strong_count(&live)), (4, 1));
    println!("live: a watcher took 4 keyrings, the slowest after {slowest:?}");
}
