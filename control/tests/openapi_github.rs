//! GitHub's own description of its API becomes a policy, and the guard answers one request for every operation of it.

mod description;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use caltrop::guard::{Feeds, Secrets};
use caltrop::image::{Floor, Trust};
use caltrop::key::{Environment, Form, Keyring, digest};
use caltrop::name::NAME_MAX;
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::table::Word;
use caltrop::time::Quality;
use caltrop::verify::PublicKey;
use caltrop::{Guard, Now, Policy, State, mac};
use caltrop_control::diagnostic::Source;
use caltrop_control::image::Stamp;
use caltrop_control::init::openapi::{Why, open};
use caltrop_control::init::{Options, policy_text};
use caltrop_control::keys::{KeyModel, KeyState, build};
use caltrop_control::model::{Method, Segment};
use caltrop_control::policy::{Written, run};
use description::{Asked, operations};
use ed25519_dalek::SigningKey;

const STAMP: Stamp = Stamp { sequence: 1, created_s: 1_796_000_000, not_after_s: 0 };
const PEPPER: [u8; 32] = [9; 32];
const KEY: &str = "github_live_all";

/// Operations of @octokit/openapi 23.0.2, and those of them that no policy can say, each with its reason.
const OPERATIONS: usize = 1223;
const REFUSED: [(&str, &str, &str); 1] =
    // Two parameters in one segment, GitHub's older form; its newer one, /compare/{basehead}, is a route and takes the same requests.
    [("GET", "/repos/{owner}/{repo}/compare/{base}...{head}", "{base}...{head}")];

/// A request line, and the route that it must land on.
struct Landing {
    own: String,
    line: String,
}

/// Requests that the guard did not allow on the operation's own route: who, and what was said.
fn astray(text: &str, asked: &[Landing]) -> Vec<String> {
    let signer = SigningKey::from_bytes(&[7; 32]);
    let public = *signer.verifying_key().as_bytes();
    let written = Written::read(Source::new("policy.toml", text), &|_| Ok(public)).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(written.warnings.to_string(), "");
    for row in run(&written).unwrap() {
        assert!(row.mismatches.is_empty(), "{row}");
    }
    let image = written.image().unwrap().finish(&signer, STAMP);
    let trust = Trust::new("github", &[PublicKey::from_bytes(&public).unwrap()]);
    let policy = Policy::open(&image, &trust, Floor::NONE).unwrap();
    let scopes: BTreeSet<String> = written.policy.routes.iter().flat_map(|route| route.scopes.iter().cloned()).collect();
    let keys = build("github/keys", &[key(scopes)], &signer, STAMP).unwrap();
    let (_, feed) = policy.keyring_feed().unwrap();
    let keyring = Some(Keyring::open(&keys, &feed, Floor::NONE).unwrap());
    let words: Vec<Word> = (0..State::words(policy.geometry()).unwrap()).map(|_| Word::new(0)).collect();
    let state = State::format(&words, policy.geometry(), [5; 16]).unwrap();
    let secrets = Secrets::new().with_pepper(1, &PEPPER).unwrap();
    let guard = Guard::new(&policy, &Feeds { keyring }, &state, &secrets).unwrap();
    let mut astray = Vec::new();
    // A minute lies between two requests, so that no quota runs out.
    for (minute, Landing { own, line }) in (1..).zip(asked) {
        let (method, target) = line.split_once(' ').unwrap();
        let now = Now { wall_s: 1_796_000_000 + 60 * minute, mono_ns: 60_000_000_000 * minute, quality: Quality::Trusted };
        let headers = [Header { name: b"x-api-key", value: KEY.as_bytes() }];
        let request = Request {
            method: method.as_bytes(),
            target: target.as_bytes(),
            authority: b"api.github.com",
            headers: &&headers[..],
            peer: Peer::Ip("203.0.113.9".parse().unwrap()),
            transport: Transport::Tls(TlsVersion::V1_3),
        };
        let decision = guard.admit(&request, now);
        let route = decision.facts().route().unwrap_or("none");
        if !decision.is_allowed() || route != own {
            astray.push(format!("{own}: {line}: {} on route {route}", decision.status()));
        }
    }
    astray
}

fn key(scopes: BTreeSet<String>) -> KeyModel {
    KeyModel {
        digest: *digest(&mac::Key::new(&PEPPER), Form::Key, KEY.as_bytes()).unwrap().as_bytes(),
        key_id: 1,
        principal: "all".into(),
        tenant: None,
        not_before_s: 0,
        expires_s: 0,
        generation: 1,
        scopes,
        zones: BTreeSet::new(),
        plan: None,
        environment: Environment::Live,
        state: KeyState::Active,
        pepper: 1,
        form: Form::Key,
    }
}

/// The description; `None` if it is not there, which is told past the test harness, and never passes in CI.
fn description() -> Option<String> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/github-description.json");
    let path = std::env::var_os("CALTROP_GITHUB_DESCRIPTION").map_or_else(default, PathBuf::from);
    if let Ok(text) = std::fs::read_to_string(&path) {
        return Some(text);
    }
    let said = format!("openapi_github: SKIPPED, NOTHING TESTED: {} is not there: run ci/github-description.sh", path.display());
    std::io::stderr().write_all(format!("\n{said}\n\n").as_bytes()).unwrap();
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{said}");
    None
}

#[test]
fn every_operation_is_allowed_on_its_own_route_or_refused_by_name() {
    let Some(text) = description() else { return };
    let opened = open(&text).unwrap();
    let asked = operations(&serde_json::from_str(&text).unwrap());
    assert_eq!(asked.len(), OPERATIONS);

    let refused: Vec<_> = opened.refused.iter().map(|one| (one.method.as_deref(), one.path.as_str(), &one.why)).collect();
    let reasons = REFUSED.map(|(_, _, segment)| Why::PartOfSegment { segment: segment.to_owned() });
    let wanted: Vec<_> = REFUSED.iter().zip(&reasons).map(|((method, path, _), why)| (Some(*method), *path, why)).collect();
    assert_eq!(refused, wanted);
    assert_eq!(opened.refused[0].lands_on, ["repos/compare-commits-with-basehead"]);

    let kept: Vec<&Asked> = asked
        .iter()
        .filter(|one| !REFUSED.iter().any(|(method, path, _)| (one.method.as_str(), one.path.as_str()) == (*method, *path)))
        .collect();
    assert_eq!(opened.routes.len(), kept.len());
    let (mut landings, mut deeper) = (Vec::new(), Vec::new());
    for (route, one) in opened.routes.iter().zip(&kept) {
        let [template] = route.templates.as_slice() else { panic!("{}: one server, one template", one.id) };
        assert_eq!(
            (&template.method, template.path.replace("...}", "}")),
            (&Method::Exact(one.method.clone()), one.path.clone()),
            "{}",
            one.id
        );
        assert!(route.name == one.id || one.id.len() > NAME_MAX, "{}: {}", one.id, route.name);
        let line = format!("{} {}", one.method, one.target);
        if template.segments.ends_with(&[Segment::Rest]) {
            deeper.push(Landing { own: route.name.clone(), line: format!("{line}/and/more") });
        }
        landings.push(Landing { own: route.name.clone(), line });
    }
    let narrowed = opened.routes.iter().filter(|route| !route.one_segment.is_empty()).count();
    let policy = policy_text(&Options { routes: opened.routes, ..Options::new("github") });
    let lost = astray(&policy, &landings);
    let (described, shaped) = kept.iter().fold((0, 0), |(described, shaped), one| (described + one.described, shaped + one.shaped));
    let said = format!(
        "github: {} operations, {} on their own route, {} refused; {} take what is left, {narrowed} take one segment of several; \
         parameters: {described} of the description's values, {shaped} of its types",
        asked.len(),
        kept.len() - lost.len(),
        REFUSED.len(),
        deeper.len()
    );
    // Past the test harness too: a figure that nobody sees is none.
    std::io::stdout().write_all(format!("\n{said}\n").as_bytes()).unwrap();
    assert_eq!(lost, Vec::<String>::new());
    assert_eq!((landings.len(), deeper.len(), narrowed, described, shaped), (1222, 21, 45, 48, 2370), "{said}");

    assert_eq!(astray(&policy, &deeper), Vec::<String>::new());

    // The check sees a fault: without its route, an operation is not allowed; under another's name, it is not on its own.
    let without: Vec<&str> = policy.lines().filter(|line| !line.starts_with("\"repos/get\" = ")).collect();
    let planted = without.join("\n").replace("\"gists/get\" = ", "\"gists/got\" = ");
    let lost = astray(&planted, &landings);
    assert_eq!(
        lost,
        ["gists/get: GET /gists/a%20value: 200 on route gists/got", "repos/get: GET /repos/a%20value/a%20value: 404 on route none"]
    );
}
