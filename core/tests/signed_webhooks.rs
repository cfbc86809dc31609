//! Webhooks: each vendor's own example is good, and with any one bit changed it is not.

use caltrop::Now;
use caltrop::request::Header;
use caltrop::signed::{Check, SharedSecrets, WebhookReason, Window, github, slack, standard, stripe};
use caltrop::time::Quality;

type Fields = Vec<(&'static str, Vec<u8>)>;
type Start = for<'s> fn(&'s SharedSecrets, &[Header<'_>], Now) -> Result<Check<'s>, WebhookReason>;

struct Example {
    vendor: &'static str,
    secrets: SharedSecrets,
    /// Also a secret that the vendor has not signed with, in front and behind.
    rolled: SharedSecrets,
    others: SharedSecrets,
    fields: Fields,
    body: &'static [u8],
    signed_s: u64,
    start: Start,
}

impl Example {
    fn ask(&self, secrets: &SharedSecrets, fields: &Fields, body: &[u8], now: Now) -> Result<(), WebhookReason> {
        let headers: Vec<Header<'_>> = fields.iter().map(|(name, value)| Header { name: name.as_bytes(), value }).collect();
        (self.start)(secrets, &headers, now)?.update(body).finish()
    }

    fn with(&self, fields: &Fields, body: &[u8]) -> Result<(), WebhookReason> {
        self.ask(&self.secrets, fields, body, at(self.signed_s))
    }
}

const fn at(wall_s: u64) -> Now {
    Now { wall_s, mono_ns: 0, quality: Quality::Trusted }
}

const SLACK_BODY: &[u8] = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&\
    channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&\
    response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&\
    trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

const STRIPE_NEW: &str = "c137b1b62277d523cf8fed4dfbd0170a9a5b8a380e00cc3711d4bf0652f2ce7a";
const STRIPE_OLD: &str = "52320f930420b8ccb95092a79c17be52d55e34e87d4372a190a34598e3b362fc";
const STANDARD: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn raw(vendor: &'static str, secret: &[u8], fields: Fields, body: &'static [u8], signed_s: u64, start: Start) -> Example {
    let read = |secrets: &[&[u8]]| SharedSecrets::new(secrets).unwrap();
    let (secrets, rolled, others) = (read(&[secret]), read(&[b"next", secret, b"old"]), read(&[b"next", b"old"]));
    Example { vendor, secrets, rolled, others, fields, body, signed_s, start }
}

/// docs.github.com, "Validating webhook deliveries: Testing the webhook payload validation".
fn github_example() -> Example {
    let value = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let fields = vec![("X-Hub-Signature-256", value.to_vec())];
    raw("github", b"It's a Secret to Everybody", fields, b"Hello, World!", 0, |secrets, headers, _| github(secrets, &headers))
}

/// docs.slack.dev, "Verifying requests from Slack".
fn slack_example() -> Example {
    let value = b"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    let fields = vec![("X-Slack-Request-Timestamp", b"1531420618".to_vec()), ("X-Slack-Signature", value.to_vec())];
    let start: Start = |secrets, headers, now| slack(secrets, &headers, Window::default(), now);
    raw("slack", b"8f742231b10e8888abcd99yyyzzz85a5", fields, SLACK_BODY, 1_531_420_618, start)
}

/// Stripe publishes no example with its secret: this one was made by `generate_signature_header` of the Python package `stripe` 16.1.0.
fn stripe_example() -> Example {
    let fields = vec![("Stripe-Signature", format!("t=1492774577,v1={STRIPE_NEW}").into_bytes())];
    let start: Start = |secrets, headers, now| stripe(secrets, &headers, Window::default(), now);
    let body = br#"{"id": "evt_test_webhook", "object": "event"}"#;
    raw("stripe", b"whsec_test_secret", fields, body, 1_492_774_577, start)
}

/// The example of the Standard Webhooks libraries; the Python package `standardwebhooks` 1.1.0 signs it alike.
fn standard_example() -> Example {
    let fields = vec![
        ("webhook-id", b"msg_p5jXN8AQM9LWM0D4loKWxJek".to_vec()),
        ("webhook-timestamp", b"1614265330".to_vec()),
        ("webhook-signature", STANDARD.as_bytes().to_vec()),
    ];
    let (ours, other) = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
    let read = |secrets: &[&str]| SharedSecrets::standard(secrets).unwrap();
    Example {
        vendor: "standard",
        secrets: read(&[ours]),
        rolled: read(&[other, ours]),
        others: read(&[other]),
        fields,
        body: br#"{"test": 2432232314}"#,
        signed_s: 1_614_265_330,
        start: |secrets, headers, now| standard(secrets, &headers, Window::default(), now),
    }
}

fn examples() -> [Example; 4] {
    [github_example(), slack_example(), stripe_example(), standard_example()]
}

fn flipped(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut wrong = bytes.to_vec();
        wrong[bit / 8] ^= 1 << (bit % 8);
        wrong
    })
}

#[test]
fn each_vendor_s_example_is_good_and_no_bit_of_it_can_change() {
    for example in examples() {
        let vendor = example.vendor;
        assert_eq!(example.with(&example.fields, example.body), Ok(()), "{vendor}");
        let mut changed = 0;
        for wrong in flipped(example.body) {
            assert_eq!(example.with(&example.fields, &wrong), Err(WebhookReason::Forged), "{vendor}");
            changed += 1;
        }
        for index in 0..example.fields.len() {
            let (name, value) = example.fields[index].clone();
            for wrong in flipped(&value) {
                let mut fields = example.fields.clone();
                fields[index].1 = wrong.clone();
                assert!(example.with(&fields, example.body).is_err(), "{vendor}: {name}: {}", String::from_utf8_lossy(&wrong));
                changed += 1;
            }
        }
        for cut in 0..example.body.len() {
            assert_eq!(example.with(&example.fields, &example.body[..cut]), Err(WebhookReason::Forged), "{vendor}");
        }
        println!("{vendor}: {changed} bits changed, none verifies");
    }
}

#[test]
fn the_body_may_come_in_any_pieces() {
    for example in examples() {
        let headers: Vec<Header<'_>> = example.fields.iter().map(|(name, value)| Header { name: name.as_bytes(), value }).collect();
        for size in 1..=example.body.len() {
            let mut check = (example.start)(&example.secrets, &headers, at(example.signed_s)).unwrap();
            example.body.chunks(size).for_each(|piece| check.feed(piece));
            assert_eq!(check.finish(), Ok(()), "{} in pieces of {size}", example.vendor);
        }
    }
}

#[test]
fn several_secrets_live_at_once_and_a_foreign_one_does_not_verify() {
    for example in examples() {
        let ask = |secrets| example.ask(secrets, &example.fields, example.body, at(example.signed_s));
        assert_eq!(ask(&example.rolled), Ok(()), "{}", example.vendor);
        assert_eq!(ask(&example.others), Err(WebhookReason::Forged), "{}", example.vendor);
    }
}

#[test]
fn a_message_is_good_from_its_signing_less_the_leeway_to_the_end_of_the_tolerance() {
    for example in examples().into_iter().skip(1) {
        let ask = |now| example.ask(&example.secrets, &example.fields, example.body, now);
        let signed_s = example.signed_s;
        for (now_s, answer) in [
            (signed_s + 300, Ok(())),
            (signed_s + 301, Err(WebhookReason::Stale)),
            (signed_s - 30, Ok(())),
            (signed_s - 31, Err(WebhookReason::Future)),
            (0, Err(WebhookReason::Future)),
            (u64::MAX, Err(WebhookReason::Stale)),
        ] {
            assert_eq!(ask(at(now_s)), answer, "{} at {now_s}", example.vendor);
        }
        let untrusted = Now { quality: Quality::Untrusted, ..at(signed_s) };
        assert_eq!(ask(untrusted), Err(WebhookReason::Clock), "{}", example.vendor);
    }
}

#[test]
fn a_field_that_is_missing_or_there_twice_is_told() {
    for example in examples() {
        for index in 0..example.fields.len() {
            let mut fields = example.fields.clone();
            let again = fields.remove(index);
            assert_eq!(example.with(&fields, example.body), Err(WebhookReason::Missing), "{}", example.vendor);
            fields.extend([again.clone(), again]);
            assert_eq!(example.with(&fields, example.body), Err(WebhookReason::Repeated), "{}", example.vendor);
        }
        let mut fields = example.fields.clone();
        fields.iter_mut().for_each(|(_, value)| value.extend([b' '; 1024]));
        assert_eq!(example.with(&fields, example.body), Err(WebhookReason::Malformed), "{}", example.vendor);
    }
}

#[test]
fn stripe_s_field_may_carry_a_signature_for_each_secret_and_is_read_strictly() {
    let example = stripe_example();
    let ask = |value: &str| example.with(&vec![("stripe-signature", value.as_bytes().to_vec())], example.body);
    let zeros = "0".repeat(64);
    for good in [
        format!("t=1492774577,v1={STRIPE_OLD},v1={STRIPE_NEW},v0=anything"),
        format!("v1={STRIPE_NEW},t=1492774577"),
        format!("t=1492774577,{}v1={STRIPE_NEW}", format!("v1={zeros},").repeat(7)),
    ] {
        assert_eq!(ask(&good), Ok(()), "{good}");
    }
    for (forged, why) in
        [(format!("t=1492774577,v1={STRIPE_OLD}"), "the other secret's"), (format!("t=1492774578,v1={STRIPE_NEW}"), "another second")]
    {
        assert_eq!(ask(&forged), Err(WebhookReason::Forged), "{why}");
    }
    for malformed in [
        format!("t=1492774577,v0={STRIPE_NEW}"),
        format!("t=1492774577,v1={}", STRIPE_NEW.to_uppercase()),
        format!("t=1492774577,v1={STRIPE_NEW}00"),
        format!("t=1492774577,v1={STRIPE_NEW},v1="),
        format!("t=1492774577,t=1492774577,v1={STRIPE_NEW}"),
        format!("t=01492774577,v1={STRIPE_NEW}"),
        format!("t=,v1={STRIPE_NEW}"),
        format!("v1={STRIPE_NEW}"),
        format!("t=1492774577, v1={STRIPE_NEW}"),
        format!("t=1492774577,v1={STRIPE_NEW},"),
        format!("t=1492774577,=x,v1={STRIPE_NEW}"),
        format!("t=1492774577,{}v1={STRIPE_NEW}", format!("v1={zeros},").repeat(8)),
        String::new(),
    ] {
        assert_eq!(ask(&malformed), Err(WebhookReason::Malformed), "{malformed:?}");
    }
}

#[test]
fn standard_webhooks_are_read_strictly() {
    let example = standard_example();
    let ask = |index: usize, value: &str| {
        let mut fields = example.fields.clone();
        fields[index].1 = value.as_bytes().to_vec();
        example.with(&fields, example.body)
    };
    for good in [format!("v1a,anything {STANDARD}"), format!("v1,78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44= {STANDARD} v2,x")] {
        assert_eq!(ask(2, &good), Ok(()), "{good}");
    }
    assert_eq!(ask(2, "v1,78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44="), Err(WebhookReason::Forged));
    for malformed in [
        STANDARD.trim_end_matches('=').to_owned(),
        STANDARD.replace("OE=", "OF="), // the same 32 bytes with a bit behind them
        STANDARD.replace("v1,", "v1a,"),
        STANDARD.replace("v1,", "v1="),
        format!("{STANDARD} "),
        format!("{STANDARD}, {STANDARD}"),
        format!(",x {STANDARD}"),
        String::new(),
    ] {
        assert_eq!(ask(2, &malformed), Err(WebhookReason::Malformed), "{malformed:?}");
    }
    for id in ["", "msg.p5jXN8AQM9LWM0D4loKWxJek", "msg p5", "msg\u{e9}", &"m".repeat(256)] {
        assert_eq!(ask(0, id), Err(WebhookReason::Malformed), "{id:?}");
    }
}
