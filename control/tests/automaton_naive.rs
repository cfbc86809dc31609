//! The automaton finds what a scan over all templates finds: the most specific that matches path and method.

use caltrop::access::{Path, Routes};
use caltrop::image::{Floor, Kind};
use caltrop::name::NAME_MAX;
use caltrop_control::image::Stamp;
use caltrop_control::model::{Auth, CompileError, ForwardedBy, Method, Mode, Policy, Route, Segment, Template, Tls, compile};
use proptest::prelude::*;

mod house;

/// Too simple to be wrong: each template is tried, and the least by (literal, parameter, rest) segment by segment wins.
fn scan(templates: &[Template], method: &str, segments: &[&str]) -> Option<usize> {
    let matches = |template: &Template| {
        let mut left = segments;
        for segment in &template.segments {
            match (segment, left) {
                (Segment::Rest, [_, ..]) => return true,
                (Segment::Literal(text), [first, rest @ ..]) if text == first => left = rest,
                (Segment::Parameter, [first, rest @ ..]) if !first.is_empty() => left = rest,
                _ => return false,
            }
        }
        left.is_empty()
    };
    let takes = |template: &Template| match &template.method {
        Method::Any => Some(2),
        Method::Exact(name) if name == method => Some(0),
        Method::Exact(name) if method == "HEAD" && name == "GET" => Some(1),
        Method::Exact(_) => None,
    };
    let rank = |template: &Template| -> Vec<u8> {
        template
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(_) => 0,
                Segment::Parameter => 1,
                Segment::Rest => 2,
            })
            .collect()
    };
    let candidates = templates.iter().enumerate().filter(|(_, template)| matches(template) && takes(template).is_some());
    candidates.min_by_key(|(_, template)| (rank(template), takes(template))).map(|(index, _)| index)
}

fn template() -> impl Strategy<Value = Template> {
    let segment = prop_oneof![4 => "[ab]".prop_map(|text| text), 2 => Just("{p}".to_owned())];
    let end = prop_oneof![6 => Just(String::new()), 1 => Just("/".to_owned()), 2 => Just("/{r...}".to_owned())];
    let method = prop_oneof![3 => Just("GET"), 1 => Just("HEAD"), 1 => Just("POST"), 1 => Just("*")];
    (method, prop::collection::vec(segment, 1..4), end).prop_map(|(method, segments, end)| {
        let named: Vec<String> = segments.iter().enumerate().map(|(at, segment)| segment.replace("{p}", &format!("{{p{at}}}"))).collect();
        format!("{method} /{}{end}", named.join("/")).parse().unwrap()
    })
}

fn policy(templates: &[Template]) -> Policy {
    let route = |(index, template): (usize, &Template)| Route {
        name: format!("r{index}"),
        templates: vec![template.clone()],
        auth: Auth::Nobody,
        roles: vec![],
        scopes: vec![],
        zones: vec![],
        charge: None,
        tls: None,
        conditions: vec![],
        hide: false,
        mode: Mode::Enforce,
    };
    Policy {
        name: "p".repeat(NAME_MAX),
        mode: Mode::Enforce,
        slots: 16,
        allow_every: 0,
        deny_expired: false,
        proxies: vec![],
        unix_is_proxy: false,
        forwarded: ForwardedBy::Nothing,
        tls: Tls::Off,
        zones: vec![],
        deny: vec![],
        never_deny: vec![],
        cors: vec![],
        fields: vec![],
        strip: false,
        feeds: vec![],
        keyring: None,
        issuers: vec![],
        credentials: vec![],
        quotas: vec![],
        plans: vec![],
        routes: templates.iter().enumerate().map(route).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_automaton_finds_what_a_scan_finds(templates in prop::collection::vec(template(), 1..12), paths in prop::collection::vec(prop::collection::vec("[abc]", 1..5), 1..20), slash: bool) {
        let model = policy(&templates);
        let writer = match compile(&model) {
            Ok(writer) => writer,
            Err(CompileError::Overlap { .. }) => {
                let is_twice = |a: &Template, b: &Template| a.segments == b.segments && a.method == b.method;
                prop_assert!((1..templates.len()).any(|at| templates[..at].iter().any(|other| is_twice(other, &templates[at]))));
                return Ok(());
            }
            Err(error) => panic!("{error}"),
        };
        let bytes = writer.finish(&house::signer(), Stamp { sequence: 1, created_s: 0, not_after_s: 0 });
        let trust = house::trust(&model.name, &house::signer());
        let image = caltrop::Policy::open(&bytes, &trust, Floor::NONE).unwrap();
        prop_assert_eq!(image.image().header().kind, Kind::Policy.code());
        let routes: &Routes<'_> = image.routes();
        for mut segments in paths {
            if slash {
                segments.push(String::new());
            }
            let borrowed: Vec<&str> = segments.iter().map(String::as_str).collect();
            let target = format!("/{}", segments.join("/"));
            let path = Path::parse(target.as_bytes()).unwrap();
            for method in ["GET", "HEAD", "POST", "PUT"] {
                let found = routes.find(method.as_bytes(), &path).map(|found| usize::from(found.route));
                prop_assert_eq!(found, scan(&templates, method, &borrowed), "{} {}", method, target);
            }
        }
    }
}
