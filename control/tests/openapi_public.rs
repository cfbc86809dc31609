//! Public descriptions become policies, GitHub's, Stripe's and Kubernetes', and the guard answers one request for every operation of them.

mod description;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

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
use caltrop_control::init::{Access, Options, policy_text};
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
fn astray(name: &str, text: &str, asked: &[Landing]) -> Vec<String> {
    let signer = SigningKey::from_bytes(&[7; 32]);
    let public = *signer.verifying_key().as_bytes();
    let written = Written::read(Source::new("policy.toml", text), &|_| Ok(public)).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(written.warnings.to_string(), "");
    for row in run(&written).unwrap() {
        assert!(row.mismatches.is_empty(), "{row}");
    }
    let image = written.image().unwrap().finish(&signer, STAMP);
    let trust = Trust::new(name, &[PublicKey::from_bytes(&public).unwrap()]);
    let policy = Policy::open(&image, &trust, Floor::NONE).unwrap();
    let scopes: BTreeSet<String> = written.policy.routes.iter().flat_map(|route| route.scopes.iter().cloned()).collect();
    let keys = build(&format!("{name}/keys"), &[key(scopes)], &signer, STAMP).unwrap();
    let (_, feed) = policy.keyring_feed().unwrap();
    let keyring = Some(Keyring::open(&keys, &feed, Floor::NONE).unwrap());
    let words: Vec<Word> = (0..State::words(policy.geometry()).unwrap()).map(|_| Word::new(0)).collect();
    let state = State::format(&words, policy.geometry(), [5; 16]).unwrap();
    let secrets = Secrets::new().with_pepper(1, &PEPPER).unwrap();
    let guard = Guard::new(&policy, &Feeds { keyring, ..Feeds::default() }, &state, &secrets).unwrap();
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

/// A description; `None` if it is not there, which is told past the test harness, and never passes in CI.
fn description(name: &str) -> Option<String> {
    let folder =
        std::env::var_os("CALTROP_DESCRIPTIONS").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let path = folder.join(format!("{name}-description.json"));
    if let Ok(text) = std::fs::read_to_string(&path) {
        return Some(text);
    }
    let said = format!("openapi_public: SKIPPED, NOTHING TESTED: {} is not there: run ci/descriptions.sh", path.display());
    std::io::stderr().write_all(format!("\n{said}\n\n").as_bytes()).unwrap();
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{said}");
    None
}

/// Past the test harness too: a figure that nobody sees is none.
fn tell(said: &str) {
    std::io::stdout().write_all(format!("\n{said}\n").as_bytes()).unwrap();
}

/// A policy's text as an image; how long that took, and how many bytes it has.
fn compiled(text: &str) -> (f64, usize) {
    let public = *SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes();
    let began = Instant::now();
    let written = Written::read(Source::new("policy.toml", text), &|_| Ok(public)).unwrap_or_else(|report| panic!("{report}"));
    let image = written.image().unwrap().finish(&SigningKey::from_bytes(&[7; 32]), STAMP);
    let took_s = began.elapsed().as_secs_f64();
    // A second is promised of an optimised build; one that is not takes its time.
    let most_s = if cfg!(debug_assertions) { 5.0 } else { 1.0 };
    assert!(took_s < most_s, "{took_s} s");
    (took_s, image.len())
}

#[test]
fn every_operation_is_allowed_on_its_own_route_or_refused_by_name() {
    let Some(text) = description("github") else { return };
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
    let lost = astray("github", &policy, &landings);
    let (described, shaped) = kept.iter().fold((0, 0), |(described, shaped), one| (described + one.described, shaped + one.shaped));
    let said = format!(
        "github: {} operations, {} on their own route, {} refused; {} take what is left, {narrowed} take one segment of several; \
         parameters: {described} of the description's values, {shaped} of its types",
        asked.len(),
        kept.len() - lost.len(),
        REFUSED.len(),
        deeper.len()
    );
    tell(&said);
    assert_eq!(lost, Vec::<String>::new());
    assert_eq!((landings.len(), deeper.len(), narrowed, described, shaped), (1222, 21, 45, 48, 2370), "{said}");

    assert_eq!(astray("github", &policy, &deeper), Vec::<String>::new());

    // The check sees a fault: without its route, an operation is not allowed; under another's name, it is not on its own.
    let without: Vec<&str> = policy.lines().filter(|line| !line.starts_with("\"repos/get\" = ")).collect();
    let planted = without.join("\n").replace("\"gists/get\" = ", "\"gists/got\" = ");
    let lost = astray("github", &planted, &landings);
    assert_eq!(
        lost,
        ["gists/get: GET /gists/a%20value: 200 on route gists/got", "repos/get: GET /repos/a%20value/a%20value: 404 on route none"]
    );
}

#[test]
fn stripes_and_kubernetes_operations_are_allowed_each_on_its_own_route() {
    for (name, operations_of_it) in [("stripe", 452), ("kubernetes", 845)] {
        let Some(text) = description(name) else { continue };
        let asked = operations(&serde_json::from_str(&text).unwrap());
        let began = Instant::now();
        let opened = open(&text).unwrap();
        let policy = policy_text(&Options { routes: opened.routes.clone(), ..Options::new(name) });
        let read_s = began.elapsed().as_secs_f64();
        let (compiled_s, bytes) = compiled(&policy);
        let landings: Vec<Landing> =
            asked.iter().map(|one| Landing { own: one.id.clone(), line: format!("{} {}", one.method, one.target) }).collect();
        assert_eq!((asked.len(), opened.routes.len(), opened.refused.len()), (operations_of_it, operations_of_it, 0), "{name}");
        // Names that are too long are cut, so a request is known by its place among the routes.
        let landings: Vec<Landing> =
            landings.into_iter().zip(&opened.routes).map(|(landing, route)| Landing { own: route.name.clone(), ..landing }).collect();
        let lost = astray(name, &policy, &landings);
        tell(&format!(
            "{name}: {operations_of_it} operations, {} on their own route, 0 refused; read in {read_s:.3} s, compiled in {compiled_s:.3} s to {bytes} bytes",
            landings.len() - lost.len()
        ));
        assert_eq!(lost, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn githubs_description_with_scopes_and_plans_compiles_within_a_second() {
    let Some(text) = description("github") else { return };
    let mut routes = open(&text).unwrap().routes;
    for route in &mut routes {
        // A scope for each group of operations: "repos" of "repos/get".
        let group = route.name.split('/').next().unwrap_or_default();
        route.access = Access::Key { scopes: vec![format!("{group}:use")] };
    }
    let text = policy_text(&Options { routes, ..Options::new("github") });
    let by_plan = "requests = { by = \"principal\", limit = \"600/minute\" }";
    assert!(text.contains(by_plan));
    let plans = "requests = { by = \"principal\", limit = \"plan\" }\n\n[plan]\n\
                 default = { requests = \"60/minute\" }\npro = { requests = [\"50/second\", \"100000/day\"] }\n";
    let (took_s, bytes) = compiled(&text.replace(by_plan, plans));
    tell(&format!("github with scopes and two plans: compiled in {took_s:.3} s to {bytes} bytes"));
}
