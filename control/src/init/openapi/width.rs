//! Parameters whose values may have slashes.
//!
//! The last segment of a path can take all that is left, `{path...}`; any other takes one segment, and values with a slash get 404.
//!
//! A rest must not take what belongs to an operation that was narrowed so. With `/commits/{ref}/status` narrowed, `/commits/{ref...}` would take
//! `/commits/feature/x/status` with the scopes of another operation. So:
//! ```text
//! narrow: each operation with such a parameter before its end
//! until nothing changes: narrow each operation whose rest could take a request that a narrowed one of the same method means
//! all others get their rest
//! ```

use super::Kept;
use super::operation::Operation;
use crate::model::{Segment, Template};

/// Gives rests to the templates that may have them; for each operation, the parameters that take one segment although they could take more.
pub(super) fn widen(operations: &mut [Kept<'_>]) -> Vec<Vec<String>> {
    let mut shapes: Vec<Shape> = operations.iter().map(|kept| Shape::new(&kept.operation, &kept.templates)).collect();
    while let Some(at) =
        (0..shapes.len()).find(|&at| shapes[at].may_rest && shapes.iter().any(|other| other.is_narrowed() && shapes[at].takes(other)))
    {
        shapes[at].may_rest = false;
    }
    for (kept, shape) in operations.iter_mut().zip(&shapes) {
        for template in kept.templates.iter_mut().filter(|_| shape.may_rest) {
            template.path.truncate(template.path.len() - 1);
            template.path.push_str("...}");
            template.segments.pop();
            template.segments.push(Segment::Rest);
        }
    }
    shapes.into_iter().map(|shape| if shape.may_rest { Vec::new() } else { shape.multi }).collect()
}

/// What matters of an operation here.
struct Shape {
    /// A `HEAD` may land on a `GET`.
    method: &'static str,
    templates: Vec<(Vec<Segment>, Option<usize>)>,
    /// Its parameters with slashes.
    multi: Vec<String>,
    may_rest: bool,
}

impl Shape {
    fn new(operation: &Operation<'_>, templates: &[Template]) -> Self {
        let is_multi = |text: &str| parameter(text).is_some_and(|name| operation.multi_segment.contains(&name));
        let multi: Vec<String> = operation.path.split('/').filter(|text| is_multi(text)).filter_map(parameter).map(str::to_owned).collect();
        let is_last = operation.path.rsplit('/').next().is_some_and(is_multi);
        let first = |template: &Template| template.path.split('/').skip(1).position(is_multi);
        Self {
            method: if operation.method == "HEAD" { "GET" } else { operation.method },
            templates: templates.iter().map(|template| (template.segments.clone(), first(template))).collect(),
            may_rest: is_last && multi.len() == 1,
            multi,
        }
    }

    const fn is_narrowed(&self) -> bool {
        !self.multi.is_empty() && !self.may_rest
    }

    /// Whether the rest of this one could take a request that the other means.
    fn takes(&self, other: &Self) -> bool {
        let agree = |pair: (&Segment, &Segment)| match pair {
            (Segment::Literal(one), Segment::Literal(two)) => one == two,
            _ => true,
        };
        let could = |(mine, _): &(Vec<Segment>, Option<usize>), (theirs, wide): &(Vec<Segment>, Option<usize>)| {
            // From its first parameter with slashes on, the other may be anything.
            let fixed = (mine.len() - 1).min(wide.unwrap_or(theirs.len()));
            mine.iter().zip(theirs).take(fixed).all(agree)
        };
        self.method == other.method && self.templates.iter().any(|mine| other.templates.iter().any(|theirs| could(mine, theirs)))
    }
}

fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}
