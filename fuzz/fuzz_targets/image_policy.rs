//! Reaches: `Image::open`, `Policy::open` and every check of a record, `Routes::find`, `Ranges`, then `Guard::admit` over what was opened.
//! Holds: bytes that nobody signed are refused; a policy that was opened never answers `corrupt`, which would mean that a check is missing.
#![no_main]

use arbitrary::Unstructured;
use caltrop::audit::Reason;
use caltrop::guard::Feeds;
use caltrop::image::Floor;
use caltrop::key::Keyring;
use caltrop::{Decision, Guard, Policy, State};
use caltrop_fuzz::house::{KEYRING_IMAGE, POLICY_IMAGE, SECRETS, state_words, trust};
use caltrop_fuzz::requests::Asked;
use caltrop_fuzz::{planted, resign};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    planted(data);
    assert!(Policy::open(data, &trust("acme-api"), Floor::NONE).is_err(), "nobody signed this");
    let _ = changed(&mut Unstructured::new(data));
});

fn changed(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let image = resign::changed(&POLICY_IMAGE, input)?;
    let Ok(policy) = Policy::open(&image, &trust("acme-api"), Floor::NONE) else { return Ok(()) };
    let (_, _) = (policy.name(), policy.geometry());
    for index in 0..70 {
        let _ = (
            policy.zone_name(index),
            policy.quota_name(index),
            policy.line(2, 1),
            policy.routes().route(3).map(|route| route.scopes().count()),
        );
    }
    let feed = policy.keyring_feed().map(|(_, trust)| trust);
    let keyring = feed.and_then(|trust| Keyring::open(&KEYRING_IMAGE, &trust, Floor::NONE).ok());
    let words = state_words();
    let state = State::attach(&words).expect("formatted");
    let Ok(guard) = Guard::new(&policy, &Feeds { keyring, ..Feeds::default() }, &state, &SECRETS) else { return Ok(()) };
    for _ in 0..4 {
        let asked = Asked::read(input)?;
        let decision = asked.ask(|request, now| guard.admit(request, now));
        if let Decision::Deny(denial) = &decision {
            assert_ne!(denial.reason(), Reason::Corrupt, "{asked:?}");
            assert!(denial.body().as_str().ends_with('}') || denial.status() == 204);
        }
        for field in decision.fields() {
            assert!(field.to_string().bytes().all(|byte| matches!(byte, b' '..=b'~')), "{asked:?}");
        }
    }
    Ok(())
}
