//! Names that a policy gives, and names that it takes up again.

use caltrop::name::{NAME_MAX, is_name};

use super::document::Span;
use super::nearest;
use crate::diagnostic::Findings;

/// Whether `name` may name a `what`; tells if not.
pub(super) fn check(what: &str, name: &str, span: Span, findings: &mut Findings) -> bool {
    let is_good = is_name(name);
    if !is_good {
        findings.error(
            span,
            format!("{what} {name:?}"),
            format!("a name is 1 to {NAME_MAX} letters, digits and signs of ASCII, without spaces"),
        );
    }
    is_good
}

/// The names that are defined, in the order given; tells of each that is not.
pub(super) fn resolve(what: &str, home: &str, given: Vec<(&str, Span)>, defined: &[&str], findings: &mut Findings) -> Vec<String> {
    let mut resolved: Vec<String> = Vec::new();
    for (name, span) in given {
        if !defined.contains(&name) {
            undefined(what, home, name, span, defined, findings);
        } else if resolved.iter().any(|known| known == name) {
            findings.error(span, format!("{what} {name:?} stands there twice"), "leave one out");
        } else {
            resolved.push(name.to_owned());
        }
    }
    resolved
}

/// Tells of a name that nobody defined.
pub(super) fn undefined(what: &str, home: &str, name: &str, span: Span, defined: &[&str], findings: &mut Findings) {
    let help = match nearest(name, defined.iter().copied()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("add it to {home}"),
    };
    findings.error(span, format!("{what} {name:?} is not defined"), help);
}
