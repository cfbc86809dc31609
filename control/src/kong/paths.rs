//! Kong's paths as templates: a plain path is the beginning of what it matches.

use super::Left;
use super::deck::Node;
use crate::model::Template;

/// The templates of a route, and what of it is in none; `regexes` get its regular expressions.
pub(super) fn templates(route: &Node, name: &str, left: &mut Vec<Left>, regexes: &mut Vec<Regex>) -> Vec<Template> {
    let mut leave = |line, what: String, why: String| left.push(Left { line, what: format!("route {name:?}: {what}"), why });
    let methods = route.texts("methods");
    let methods: Vec<&str> = if methods.is_empty() { vec!["*"] } else { methods.into_iter().map(|(method, _)| method).collect() };
    let mut paths = route.texts("paths");
    if paths.is_empty() {
        paths.push(("/", route.line));
    }
    let mut templates: Vec<Template> = Vec::new();
    for (path, line) in paths {
        if let Some(regex) = path.strip_prefix('~') {
            regexes.push(Regex { line, route: name.to_owned(), text: regex.to_owned() });
            continue;
        }
        for method in &methods {
            for shape in shapes(path) {
                match format!("{method} {shape}").parse::<Template>() {
                    Ok(template) if templates.contains(&template) => {}
                    Ok(template) => templates.push(template),
                    Err(error) => leave(line, format!("{method} {path}"), error.to_string()),
                }
            }
        }
    }
    templates
}

/// A path that is a regular expression.
pub(super) struct Regex {
    pub(super) line: usize,
    pub(super) route: String,
    pub(super) text: String,
}

impl Regex {
    /// The folder that all of its paths lie in.
    pub(super) fn folder(&self) -> &str {
        let text = self.text.trim_start_matches('^');
        let literal = text.find(|char: char| !char.is_ascii_alphanumeric() && !"/-_".contains(char)).map_or(text, |at| &text[..at]);
        folder(literal)
    }
}

/// What stands before the last slash.
pub(super) fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// `/orders` is itself and what lies below. What only begins with the same letters, `/orders-old`, Kong takes too, and the template does not.
fn shapes(path: &str) -> [String; 2] {
    let below = path.trim_end_matches('/');
    [path.to_owned(), format!("{below}/{{rest...}}")]
}
