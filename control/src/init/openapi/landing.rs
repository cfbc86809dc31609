//! Where the requests of a refused operation land: on whatever route matches them, with what that route asks for.
//!
//! `/users/admin` refused and `/users/{name}` written means that the latter's scopes are all that `/users/admin` asks for: the reader must know.

use super::super::Route;
use super::refused::Refused;
use crate::model::{Method, Segment, Template};

/// The names of the routes that take requests of a refused operation, in the order of the text.
pub(super) fn routes(refused: &Refused, bases: &[String], routes: &[Route]) -> Vec<String> {
    let paths: Vec<String> = bases.iter().map(|base| format!("{base}{}", refused.path)).collect();
    let lands =
        |template: &Template| takes_method(template, refused.method.as_deref()) && paths.iter().any(|path| takes(&template.segments, path));
    routes.iter().filter(|route| route.templates.iter().any(lands)).map(|route| route.name.clone()).collect()
}

/// `None` = some method.
fn takes_method(template: &Template, method: Option<&str>) -> bool {
    match &template.method {
        Method::Any => true,
        Method::Exact(name) => method.is_none_or(|method| name == method || (method == "HEAD" && name == "GET")),
    }
}

/// Whether a template takes what a described path means. A literal takes nothing of a parameter: OpenAPI 3.1.0 §4.8.8 has it come first.
fn takes(segments: &[Segment], path: &str) -> bool {
    let described: Vec<&str> = path.split('/').skip(1).collect();
    let has_rest = segments.last() == Some(&Segment::Rest);
    let is_long_enough = if has_rest { described.len() >= segments.len() } else { described.len() == segments.len() };
    let agrees = |(segment, text): (&Segment, &&str)| match segment {
        Segment::Literal(literal) => literal == text,
        Segment::Parameter => !text.is_empty(),
        Segment::Rest => true,
    };
    is_long_enough && segments.iter().zip(&described).all(agrees)
}
