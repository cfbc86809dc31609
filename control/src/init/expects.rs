//! The rows that a first policy is held to: few, and true of any routes.
//!
//! A row's path fills each parameter with a segment that is no template's literal, so nothing is more specific than the route it is made for.
//! A rest has no such filling (a parameter beside it is more specific), so no row is made for a route of rests alone.

use super::text::{list, push, quoted};
use super::{Access, Route};
use crate::model::{Method, Segment, Template};

/// `[[expect]]` rows, as text.
pub(super) fn rows(routes: &[Route]) -> String {
    let fresh = fresh(routes);
    let mut text = String::from("\n# What this policy is held to: each row is asked of the real guard whenever the policy is checked.\n");
    let mut row = |what: &str, line: &str, more: &str, answer: &str| {
        let request = format!("{{ line = {}, from = \"203.0.113.9\"{more} }}", quoted(line));
        push(&mut text, format_args!("\n# {what}\n[[expect]]\nrequest = {request}\nanswer = {{ {answer} }}\n"));
    };
    if !takes_any(routes) {
        row("What no route matches.", &format!("GET /{fresh}"), "", "status = 404, reason = \"no-route\"");
    }
    let first = |wanted: &dyn Fn(&Route) -> bool| {
        routes.iter().filter(|route| wanted(route)).find_map(|route| Some((route, line(route.templates.iter(), &fresh)?)))
    };
    if let Some((route, line)) = first(&|route| route.access == Access::Anyone) {
        row("Everybody may.", &line, "", &format!("status = 200, route = {}", quoted(&route.name)));
    }
    if let Some((route, line)) = first(&|route| matches!(route.access, Access::Key { .. })) {
        row("Not without a key.", &line, "", "status = 401, reason = \"no-credential\"");
        if let Access::Key { scopes } = &route.access {
            let held = if scopes.is_empty() { String::new() } else { format!(", scopes = {}", list(scopes, usize::MAX)) };
            let answer = format!("status = 200, route = {}", quoted(&route.name));
            row("With a key that holds what the route asks for.", &line, &format!(", auth = \"key\"{held}"), &answer);
        }
    }
    if let Some((_, line)) = first(&|route| matches!(&route.access, Access::Key { scopes } if !scopes.is_empty())) {
        row("Not with a key that holds less.", &line, ", auth = \"key\"", "status = 403, reason = \"scope\"");
    }
    text
}

/// A segment that is no template's literal.
fn fresh(routes: &[Route]) -> String {
    let mut fresh = "nowhere".to_owned();
    let segments = || routes.iter().flat_map(|route| &route.templates).flat_map(|template| &template.segments);
    while segments().any(|segment| matches!(segment, Segment::Literal(text) if *text == fresh)) {
        fresh.push('-');
    }
    fresh
}

/// Whether some route takes a path of one segment, whatever it is.
fn takes_any(routes: &[Route]) -> bool {
    let mut templates = routes.iter().flat_map(|route| &route.templates);
    templates.any(|template| matches!(template.segments.as_slice(), [Segment::Parameter | Segment::Rest]))
}

/// A request line that lands on one of these templates, if one has no rest.
fn line<'t>(mut templates: impl Iterator<Item = &'t Template>, fresh: &str) -> Option<String> {
    let template = templates.find(|template| !template.segments.contains(&Segment::Rest))?;
    let method = match &template.method {
        Method::Exact(name) => name,
        Method::Any => "GET",
    };
    let segments: Vec<&str> = template.path.split('/').map(|text| if text.starts_with('{') { fresh } else { text }).collect();
    Some(format!("{method} {}", segments.join("/")))
}
