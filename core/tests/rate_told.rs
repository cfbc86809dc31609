//! What a client is told of its quotas, and what an operator is told of a quota that cannot be kept.

use std::collections::BTreeSet;

use caltrop::Now;
use caltrop::rate::{AllRefused, Charge, Left, LimitItem, Limiter, PolicyItem, Quota, QuotaError, Refused, Taken, XRateLimit};
use caltrop::table::{TableSize, Word};

#[test]
fn what_is_left_is_told_in_the_draft_s_words() {
    let quota = Quota::per("requests", 600, 60, 100).unwrap();
    let name = "requests";
    assert_eq!(PolicyItem::of(name, &quota).to_string(), r#""requests";q=100;w=10"#);
    let told = |left| LimitItem { name, left }.to_string();
    assert_eq!(told(Left::of(&quota, &Ok(Taken { debt_ticks: quota.cost_ticks(40), remaining: 60 }))), r#""requests";r=60;t=4"#);
    assert_eq!(told(Left::of(&quota, &Err(Refused::Wait { ticks: 65_537 }))), r#""requests";r=0;t=2"#);
    assert_eq!(told(Left::of(&quota, &Err(Refused::Contended))), r#""requests";r=0;t=1"#);
}

#[test]
fn what_is_left_is_told_in_the_older_words_too() {
    let quota = Quota::per("requests", 600, 60, 100).unwrap();
    let told = |answer| XRateLimit::of(&quota, Left::of(&quota, &answer)).fields();
    let names = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    let expected = |values: [u32; 3]| [0, 1, 2].map(|at| (names[at], values[at]));
    assert_eq!(told(Ok(Taken { debt_ticks: quota.cost_ticks(40), remaining: 60 })), expected([100, 60, 4]));
    assert_eq!(told(Ok(Taken { debt_ticks: quota.cost_ticks(100), remaining: 0 })), expected([100, 0, 10]));
    assert_eq!(told(Err(Refused::Wait { ticks: 65_537 })), expected([100, 0, 2]));
    assert_eq!(told(Err(Refused::Contended)), expected([100, 0, 1]));
}

#[test]
fn a_refusal_says_how_long_to_wait_and_for_which_charge() {
    let wait = Refused::Wait { ticks: 90 * 65_536 };
    assert_eq!(wait.to_string(), "over its quota: wait 90 s");
    assert_eq!(Refused::Contended.to_string(), "too many workers want the same bucket: try again");
    assert_eq!(AllRefused { index: 3, refused: wait }.to_string(), "charge 3: over its quota: wait 90 s");
}

#[test]
fn a_quota_that_cannot_be_kept_is_refused_by_what_is_wrong() {
    let per = |count, period_s, burst| Quota::per("q", count, period_s, burst).err();
    assert_eq!([per(0, 1, 1), per(1, 0, 1), per(1, 1, 0)], [QuotaError::Count, QuotaError::Period, QuotaError::Burst].map(Some));
    // 2³⁸ ticks of 2⁻¹⁶ s are 4,194,304 s.
    assert_eq!([per(1, 4_194_304, 1), per(1, 4_194_305, 1)], [None, Some(QuotaError::TooSlow)]);
    assert_eq!([per(1, 1, 4_194_304), per(1, 1, 4_194_305)], [None, Some(QuotaError::TooSlow)]);
    assert_eq!(Quota::from_unit(1, 0, 1), Err(QuotaError::Period));
    let all = [QuotaError::Count, QuotaError::Period, QuotaError::Burst, QuotaError::TooSlow].map(|error| error.to_string());
    assert!(
        BTreeSet::from(all.clone()).len() == 4 && all.iter().all(|text| text.contains(": ")),
        "what is wrong and what would do: {all:?}"
    );
}

#[test]
fn a_quota_tells_what_it_was_made_of() {
    let quota = Quota::per("q", 3, 60, 7).unwrap();
    assert_eq!((quota.burst(), quota.cost_ticks(1), quota.tau_ticks(), quota.window_s()), (7, 20 * 65_536, 140 * 65_536, 140));
    assert_eq!(quota.name64(), caltrop::name::name64("q"));
    assert_eq!([0, 1, 140 * 65_536 - 1, 140 * 65_536].map(|debt| quota.remaining(debt)), [7, 6, 0, 0]);
}

#[test]
fn as_many_charges_as_are_said_may_be_taken_at_once_and_no_more() {
    let size = TableSize { lines: 64, overflow_log2: 6 };
    let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
    let limiter = Limiter::format(&words, size, [7; 16]).unwrap();
    let quota = |at: usize| Quota::per(&format!("q{at}"), 10, 60, 10).unwrap();
    let charges: Vec<Charge> = (0..9).map(|at| Charge { partition: limiter.client(b"c"), quota: quota(at), cost: 1 }).collect();
    assert_eq!(limiter.take_all(&charges, Now::default()), Err(AllRefused { index: 8, refused: Refused::Contended }));
    assert!(limiter.take_all(&charges[..8], Now::default()).is_ok());
    let left: Vec<u32> = charges.iter().map(|charge| limiter.peek(charge, Now::default()).unwrap().remaining).collect();
    assert_eq!(left, [8, 8, 8, 8, 8, 8, 8, 8, 9], "the nine took nothing, and the eight one each");
    assert_eq!(limiter.take_all(&[], Now::default()), Ok(None));
}

#[test]
fn of_several_that_are_refused_the_longest_wait_is_told() {
    let size = TableSize { lines: 64, overflow_log2: 6 };
    let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
    let limiter = Limiter::format(&words, size, [7; 16]).unwrap();
    let charge =
        |name: &str, period_s| Charge { partition: limiter.client(b"c"), quota: Quota::per(name, 1, period_s, 1).unwrap(), cost: 1 };
    let charges = [charge("minute", 60), charge("hour", 3600), charge("second", 1)];
    assert!(limiter.take_all(&charges, Now::default()).is_ok());
    let refused = limiter.take_all(&charges, Now::default()).unwrap_err();
    assert_eq!((refused.index, refused.refused.retry_after_s()), (1, 3600));
}

#[test]
fn of_several_that_are_taken_the_one_with_the_least_left_is_told() {
    let size = TableSize { lines: 64, overflow_log2: 6 };
    let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
    let limiter = Limiter::format(&words, size, [7; 16]).unwrap();
    let charge =
        |name: &str, burst, cost| Charge { partition: limiter.client(b"c"), quota: Quota::per(name, 60, 60, burst).unwrap(), cost };
    let charges = [charge("wide", 60, 1), charge("narrow", 3, 1), charge("costly", 10, 8)];
    let told =
        |charges: &[Charge]| limiter.take_all(charges, Now::default()).map(|least| least.map(|least| (least.index, least.taken.remaining)));
    assert_eq!(told(&charges), Ok(Some((1, 2))), "the first of two with as little");
    assert_eq!(told(&charges[..1]), Ok(Some((0, 58))));
    assert_eq!(told(&charges[..2]), Ok(Some((1, 1))));
}

#[test]
fn each_kind_of_caller_has_buckets_of_its_own() {
    let size = TableSize { lines: 64, overflow_log2: 6 };
    let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
    let limiter = Limiter::format(&words, size, [7; 16]).unwrap();
    let quota = Quota::per("q", 1, 60, 1).unwrap();
    let once = |partition| limiter.take(&Charge { partition, quota, cost: 1 }, Now::default()).is_ok();
    for partition in
        [limiter.client(b"name"), limiter.principal("name"), limiter.tenant("name"), limiter.route("name"), limiter.client(b"nam")]
    {
        assert!(once(partition), "nobody of this kind was here");
        assert!(!once(partition), "and now somebody was");
    }
}

/// One tier's charges are taken for an address; `true` if all were.
fn address(limiter: &Limiter<'_>, text: &str, quota: Quota) -> bool {
    let tiers = limiter.address(text.parse().ok());
    limiter.take_all(&tiers.charges(quota, 1).collect::<Vec<_>>(), Now::default()).is_ok()
}

#[test]
fn an_ipv6_subscriber_has_no_more_than_its_three_groups_allow() {
    let size = TableSize { lines: 512, overflow_log2: 6 };
    let words: Vec<Word> = (0..size.words().unwrap()).map(|_| Word::new(0)).collect();
    let limiter = Limiter::format(&words, size, [7; 16]).unwrap();
    let quota = Quota::per("address", 1, 3600, 1).unwrap();
    let taken = |addresses: &mut dyn Iterator<Item = String>| addresses.filter(|text| address(&limiter, text, quota)).count();
    assert_eq!(taken(&mut (0..100).map(|host| format!("2001:db8::{host:x}"))), 1, "a /64 has the quota");
    assert_eq!(taken(&mut (0..100).map(|net| format!("2001:db8:1:{net:x}::1"))), 4, "its /56 four times as much");
    assert_eq!(taken(&mut (0..256).map(|net| format!("2001:db8:2:{net:02x}00::1"))), 16, "its /48 sixteen times");
    assert_eq!(taken(&mut (0..100).map(|net| format!("2001:db8:{:x}::1", 0x100 + net))), 100, "and others theirs");
    assert_eq!(
        taken(&mut ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"].map(String::from).into_iter()),
        2,
        "mapped IPv4 is the IPv4 client"
    );
    assert_eq!(taken(&mut ["unknown", "not told"].map(String::from).into_iter()), 1, "who cannot be told shares one bucket");
}
