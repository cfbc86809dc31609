//! A good policy: read, compiled, opened, and held to its own rows.

use std::collections::BTreeSet;
use std::path::Path;

use caltrop::Policy;
use caltrop::guard::record::line;
use caltrop::image::{Floor, Trust};
use caltrop::name::name64;
use caltrop::verify::PublicKey;
use caltrop_control::diagnostic::Source;
use caltrop_control::image::Stamp;
use caltrop_control::policy::{LoadError, PepperOf, SignerError, Written, cases, run, show};
use ed25519_dalek::SigningKey;

const TEXT: &str = include_str!("../../examples/reference/policy.toml");
const STAMP: Stamp = Stamp { sequence: 3, created_s: 1_796_000_000, not_after_s: 0 };

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn read(text: &str) -> Written {
    let open = |file: &str| match file {
        "feed-keys.pub" | "feed-known-bad.pub" => Ok(*signer().verifying_key().as_bytes()),
        other => Err(SignerError::Unreadable { why: other.into() }),
    };
    Written::read(Source::new("policy.toml", text), &open).unwrap_or_else(|report| panic!("{report}"))
}

fn open(image: &[u8]) -> Policy<'_> {
    let trust = Trust::new("acme-api", &[PublicKey::from_bytes(signer().verifying_key().as_bytes()).unwrap()]);
    Policy::open(image, &trust, Floor::NONE).unwrap()
}

#[test]
fn the_reference_compiles_and_every_row_holds() {
    let written = read(TEXT);
    assert_eq!(written.warnings.to_string(), "");
    assert_eq!(written.expires_s, 1_909_008_000); // 2030-06-30T00:00:00Z
    let rows = run(&written).unwrap();
    assert_eq!(rows.len(), TEXT.matches("[[expect]]").count());
    for row in &rows {
        assert!(row.mismatches.is_empty(), "{row}");
    }
}

#[test]
fn a_row_that_does_not_hold_says_its_line_and_both_answers() {
    let text = TEXT.replacen("answer  = { status = 200, route = \"health\" }", "answer  = { status = 404, reason = \"no-route\" }", 1);
    let rows = run(&read(&text)).unwrap();
    let failed: Vec<String> = rows.iter().filter(|row| !row.mismatches.is_empty()).map(ToString::to_string).collect();
    let at = text.lines().position(|line| line.starts_with("[[expect]]")).unwrap() + 1;
    let wanted = format!("line {at}: GET /healthz from 203.0.113.9: 200; status expected 404, got 200; reason expected no-route, got none");
    assert_eq!(failed, [wanted]);
}

#[test]
fn the_same_text_gives_the_same_bytes() {
    let image = || read(TEXT).image().unwrap().finish(&signer(), STAMP);
    assert_eq!(image(), image());
}

#[test]
fn the_image_knows_the_line_of_everything() {
    let written = read(TEXT);
    let image = written.image().unwrap().finish(&signer(), STAMP);
    let policy = open(&image);
    let line_of = |beginning: &str| u32::try_from(TEXT.lines().position(|line| line.starts_with(beginning)).unwrap() + 1).ok();
    for (index, route) in (0u16..).zip(&written.policy.routes) {
        let shown = if route.name == "orders-write" { "[route.orders-write]".to_owned() } else { format!("{:<11} = ", route.name) };
        assert_eq!(policy.line(line::ROUTE, index), line_of(&shown), "{}", route.name);
    }
    for index in 0..8u16 {
        let name = policy.quota_name(index.into()).unwrap().trim_end_matches("#2");
        assert_eq!(policy.line(line::QUOTA, index), line_of(&format!("{name:<8} = ")), "{name}");
    }
    for index in 0..5u16 {
        let wanted = if policy.zone_name(index.into()) == Some("proxies") { "proxies" } else { "zones" };
        assert_eq!(policy.line(line::ZONE, index), line_of(wanted));
    }
    for (index, key) in (0u16..).zip(["tls", "deny", "never-deny", "proxies", "forwarded"]) {
        assert_eq!(policy.line(line::NETWORK, index), line_of(key), "{key}");
    }
    assert_eq!(policy.line(line::FEED, 0), line_of("keys      = "));
    assert_eq!(policy.line(line::AUTH, 0), line_of("[auth.key]"));
    let templates = u16::try_from(policy.routes().templates.len()).unwrap();
    assert_eq!(policy.line(line::TEMPLATE, templates - 1), line_of("match  = \"POST"));
    assert_eq!(policy.line(line::TEMPLATE, templates), None);
}

#[test]
fn routes_come_in_the_order_of_the_text_and_quotas_by_name64() {
    let written = read(TEXT);
    let names: Vec<&str> = written.policy.routes.iter().map(|route| route.name.as_str()).collect();
    assert_eq!(names, ["health", "docs", "orders-read", "export", "tenant-own", "chat", "secret", "admin", "legacy", "orders-write"]);
    let image = written.image().unwrap().finish(&signer(), STAMP);
    let policy = open(&image);
    let quotas: Vec<u64> = (0..8).map(|index| name64(policy.quota_name(index).unwrap())).collect();
    assert!(quotas.is_sorted());
}

#[test]
fn rows_become_requests_with_a_key_each() {
    let written = read(TEXT);
    let mut count = 0;
    let asked = cases(
        &written,
        PepperOf { id: 1, bytes: &[9; 32] },
        || {
            count += 1;
            [count; 40]
        },
        &SigningKey::from_bytes(&[3; 32]),
        1_800_000_000,
    );
    let callers = || written.expects.iter().filter_map(|row| row.request.caller.as_ref());
    let with_key = callers().filter(|caller| caller.issuer.is_none()).count();
    assert_eq!((asked.cases.len(), asked.keys.len()), (written.expects.len(), with_key));
    assert_eq!(asked.keys.iter().map(|key| key.digest).collect::<BTreeSet<_>>().len(), with_key);
    let (name, value) = asked.cases[1].headers.last().unwrap();
    assert!(name == "authorization" && value.starts_with("Bearer expect_test_"), "{name}: {value}");
    let tokens =
        asked.cases.iter().flat_map(|case| &case.headers).filter(|(_, value)| value.starts_with("Bearer eyJhbGciOiJFZERTQSI")).count();
    assert_eq!((tokens, callers().count()), (5, with_key + 5));
}

#[test]
fn show_names_every_route_quota_and_zone() {
    let written = read(TEXT);
    let shown = show(&written).unwrap();
    let policy = &written.policy;
    let names = policy.routes.iter().map(|route| &route.name).chain(policy.quotas.iter().map(|quota| &quota.name));
    let names = names.chain(policy.plans.iter().map(|plan| &plan.name));
    for name in names.chain(policy.zones.iter().map(|zone| &zone.name)) {
        assert!(shown.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name}\n{shown}");
    }
}

#[test]
fn a_file_that_is_not_there_is_told_with_its_path() {
    let error = Written::load(Path::new("no/such/policy.toml")).unwrap_err();
    assert!(matches!(&error, LoadError::Unreadable { .. }) && error.to_string().starts_with("no/such/policy.toml: "), "{error}");
}
