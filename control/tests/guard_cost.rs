//! Costs that the application says: nothing passes while nothing is left, what was reckoned is set right, and whoever is refused is told.

use caltrop::audit::{Reason, Verdict};
use caltrop::guard::{ChargeError, Feeds, NotCharged, Payer};
use caltrop::image::Floor;
use caltrop::key::Keyring;
use caltrop::table::Word;
use caltrop::time::Now;
use caltrop::{Decision, Guard, Policy, Secrets, State};
use caltrop_control::model::Mode;

mod house;

use house::{at, post as ask, with_guard};

fn granted<'g>(guard: &Guard<'g>, now: Now) -> Decision<'g> {
    let decision = ask(guard, b"/chat", now);
    assert!(decision.is_allowed(), "{:?}", decision.answer());
    decision
}

const CHAT: &str = "[quota]\ntokens = { by = \"route\", limit = [\"1000/minute\", \"5000/day\"], cost = \"app\" }\n\
                    [route]\nchat = { match = \"POST /chat\", auth = \"none\" }\nfree = { match = \"POST /free\", auth = \"none\", charge = {} }\n";

#[test]
fn what_was_reckoned_is_taken_at_once_and_set_right_at_the_end() {
    with_guard(CHAT, |guard| {
        // 1,000 asks cost nothing while nothing is charged.
        (0..1000).for_each(|_| assert!(ask(guard, b"/chat", at(0)).is_allowed()));
        let granted = granted(guard, at(0));
        let payer = granted.facts().payer();
        guard.charge(&payer, "tokens", 900, at(0)).unwrap();
        let Err(ChargeError::Refused(refusal)) = guard.charge(&payer, "tokens", 200, at(0)) else { panic!("100 are left") };
        // 100 of 200 come back in 6 s.
        assert_eq!((refusal.reason, refusal.retry_after_s, refusal.limit.unwrap().burst), (Reason::Quota, 6, 1000));
        assert_eq!(guard.state().journal().counted(Verdict::Deny(Reason::Quota)), 1);
        // It came to 300.
        guard.settle_cost(&payer, "tokens", 900, 300, at(0)).unwrap();
        guard.charge(&payer, "tokens", 700, at(0)).unwrap();
        assert!(guard.charge(&payer, "tokens", 1, at(0)).is_err());
    });
}

#[test]
fn a_cost_that_nobody_reckoned_is_owed_and_waited_for() {
    with_guard(CHAT, |guard| {
        let granted = granted(guard, at(0));
        let payer = granted.facts().payer();
        guard.settle_cost(&payer, "tokens", 0, 2000, at(0)).unwrap();
        // 1,000 more than the quota holds: a minute until the bucket is just full, and a unit more until one is left.
        let Decision::Deny(denial) = ask(guard, b"/chat", at(0)) else { panic!("nothing is left") };
        assert_eq!((denial.reason(), denial.status()), (Reason::Quota, 429));
        assert!(!ask(guard, b"/chat", at(59)).is_allowed());
        assert!(ask(guard, b"/chat", at(61)).is_allowed());
        // The route beside it does not charge it.
        assert!(ask(guard, b"/free", at(0)).is_allowed());
    });
}

#[test]
fn the_request_passes_while_one_unit_is_left() {
    with_guard(CHAT, |guard| {
        let granted = granted(guard, at(0));
        let payer = granted.facts().payer();
        guard.charge(&payer, "tokens", 999, at(0)).unwrap();
        assert!(ask(guard, b"/chat", at(0)).is_allowed());
        guard.charge(&payer, "tokens", 1, at(0)).unwrap();
        let Decision::Deny(denial) = ask(guard, b"/chat", at(0)) else { panic!("nothing is left") };
        let fields: Vec<String> = denial.fields().map(|field| field.to_string()).collect();
        assert!(fields.contains(&"retry-after: 1".to_owned()), "{fields:?}");
        assert!(fields.contains(&"ratelimit: \"tokens\";r=0;t=1".to_owned()), "{fields:?}");
    });
}

#[test]
fn all_windows_are_charged_or_none_and_too_much_is_never_waited_for() {
    with_guard(CHAT, |guard| {
        let of = |seconds| granted(guard, at(seconds));
        (0..5u64).for_each(|round| guard.charge(&of(60 * round).facts().payer(), "tokens", 1000, at(60 * round)).unwrap());
        // The minute is there again, the day is not.
        let refused = guard.charge(&of(300).facts().payer(), "tokens", 1000, at(300));
        let Err(ChargeError::Refused(refusal)) = refused else { panic!("the day's are used") };
        assert_eq!(guard.policy().quota_name(usize::from(refusal.limit.unwrap().quota)), Some("tokens#2"));
        assert!(refusal.retry_after_s > 3600);
        // Nothing of the minute was taken.
        assert!(
            matches!(guard.charge(&of(300).facts().payer(), "tokens", 1001, at(300)), Err(ChargeError::Refused(refusal)) if refusal.retry_after_s == 0)
        );
    });
}

#[test]
fn a_quota_that_the_route_does_not_charge_so_is_an_error_of_the_application() {
    let rules = "[quota]\ntokens = { by = \"route\", limit = \"9/minute\", cost = \"app\" }\nrequests = { by = \"route\", limit = \"9/minute\" }\n\
                 [route]\nchat = { match = \"POST /chat\", auth = \"none\" }\nfixed = { match = \"POST /fixed\", auth = \"none\", charge = { tokens = 3 } }\n";
    with_guard(rules, |guard| {
        let granted = granted(guard, at(0));
        let payer = granted.facts().payer();
        for unknown in ["requests", "token", "tokens#1", ""] {
            assert_eq!(guard.charge(&payer, unknown, 1, at(0)), Err(ChargeError::NotCharged(NotCharged)), "{unknown:?}");
        }
        let fixed = ask(guard, b"/fixed", at(0));
        assert_eq!(guard.settle_cost(&fixed.facts().payer(), "tokens", 0, 1, at(0)), Err(NotCharged));
        assert_eq!(guard.charge(&Payer::default(), "tokens", 1, at(0)), Err(ChargeError::NotCharged(NotCharged)));
        // Another policy may have another route at the index: the name decides.
        let moved = Payer { route_index: Some(9), ..payer };
        guard.charge(&moved, "tokens", 1, at(0)).unwrap();
    });
}

#[test]
fn a_quota_in_report_mode_refuses_no_cost_and_tells() {
    let rules = "[quota]\ntokens = { by = \"route\", limit = \"100/minute\", cost = \"app\", mode = \"report\" }\n\
                 [route]\nchat = { match = \"POST /chat\", auth = \"none\" }\n";
    with_guard(rules, |guard| {
        let granted = granted(guard, at(0));
        let payer = granted.facts().payer();
        guard.charge(&payer, "tokens", 100, at(0)).unwrap();
        guard.charge(&payer, "tokens", 100, at(0)).unwrap();
        let reported: Vec<_> = ask(guard, b"/chat", at(0)).reported().collect();
        assert_eq!(reported, [(Reason::Quota, Some("tokens"))]);
        assert_eq!(guard.state().journal().counted(Verdict::WouldDeny(Reason::Quota)), 2);
    });
}

/// Without a credential, on no route, in no plan: report mode lets all of them pass, and so does what they are charged.
#[test]
fn whom_report_mode_lets_pass_owes_nothing() {
    let model = caltrop_control::model::Policy { mode: Mode::Report { percent: 100 }, ..house::model() };
    let image = caltrop_control::model::compile(&model).unwrap().finish(&house::signer(), house::STAMP);
    let policy = Policy::open(&image, &house::trust("acme-api", &house::signer()), Floor::NONE).unwrap();
    let keys = house::keyring_image();
    let keyring = Keyring::open(&keys, &policy.keyring_feed().unwrap().1, Floor::NONE).unwrap();
    let words: Vec<Word> = (0..State::words(policy.geometry()).unwrap()).map(|_| Word::new(0)).collect();
    let state = State::format(&words, policy.geometry(), [5; 16]).unwrap();
    let secrets = Secrets::new().with_pepper(1, &house::PEPPER).unwrap();
    let guard = Guard::new(&policy, &Feeds { keyring: Some(keyring), ..Feeds::default() }, &state, &secrets).unwrap();
    for target in [&b"/admin/x"[..], b"/nowhere"] {
        let passed = ask(&guard, target, at(0));
        let payer = passed.facts().payer();
        assert_eq!(payer.principal, None);
        assert_eq!(guard.charge(&payer, "tokens", 5000, at(0)), Ok(()));
        assert_eq!(guard.settle_cost(&payer, "tokens", 0, 5000, at(0)), Ok(()));
    }
    let enforced = house::House::new();
    let payer = Payer { route: Some("admin"), ..Payer::default() };
    assert_eq!(enforced.guard().charge(&payer, "tokens", 1, at(0)), Err(ChargeError::NotCharged(NotCharged)));
}
