// Read first: OpenAPI 3.1.0 §4.8.5 (servers), §4.8.8 and §4.8.9 (paths), §4.8.30 (security).
//! Routes from an OpenAPI 3.0 or 3.1 description, in JSON.
//!
//! Promises: each operation becomes a route, or is refused with its reason; never both, never neither. Where a description leaves room, the route
//! is the narrower one.
//! Not here: hosts (a policy is of the path alone), what proves who a caller is (every scheme becomes the policy's `[auth.key]`), bodies, and
//! webhooks, which are requests that the API sends.

mod document;
mod json;
mod landing;
mod names;
mod operation;
mod refused;
mod security;
mod servers;
mod width;

pub use document::DocumentError;
pub(crate) use names::Names;
pub use refused::{Refused, Why};

use std::collections::HashMap;

use self::document::Document;
use self::operation::{Found, Operation};
use super::{Access, Route};
use crate::model::{Method, Segment, Template};

/// What became of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// One route an operation, in the order of the text.
    pub routes: Vec<Route>,
    /// The operations that no policy can say, in the order of the text. Their requests get 404, unless
    /// [`Refused::lands_on`] names routes that match them too.
    pub refused: Vec<Refused>,
}

/// Reads a description.
///
/// # Example: one route, one refusal, one document that is none
/// ```
/// use caltrop_control::init::{Access, openapi};
/// let text = r#"{ "openapi": "3.1.0", "paths": {
///     "/orders/{id}": { "get": { "operationId": "orders/get" } },
///     "/files/{name}.{type}": { "get": {} }
/// } }"#;
/// let opened = openapi::open(text).unwrap();
/// assert_eq!(opened.routes[0].name, "orders/get");
/// assert_eq!(opened.routes[0].templates[0].path, "/orders/{id}");
/// assert_eq!(opened.routes[0].access, Access::Key { scopes: vec![] });
/// assert!(opened.refused[0].to_string().starts_with("/files/{name}.{type} GET: "));
/// assert!(openapi::open("openapi: 3.1.0").unwrap_err().to_string().contains("YAML"));
/// ```
/// # Errors
/// [`DocumentError`]: this is no description, and where that shows.
pub fn open(text: &str) -> Result<Opened, DocumentError> {
    let root = json::read(text)?;
    let document = Document::new(&root)?;
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    for (order, found) in operation::all(&document)?.into_iter().enumerate() {
        match found {
            Found::Refused(one) => refused.push((order, one, document.root.get("servers"))),
            Found::Operation(operation) => match meaning(&document, &operation) {
                Ok((templates, access)) => kept.push(Kept { order, operation, templates, access }),
                Err(why) => refused.push((order, operation.refuse(why), operation.servers)),
            },
        }
    }
    let one_segment = width::widen(&mut kept);
    let (mut names, mut taken, mut routes) = (Names::default(), Taken::new(), Vec::new());
    for (Kept { order, operation, templates, access }, one_segment) in kept.into_iter().zip(one_segment) {
        if let Some(by) = templates.iter().find_map(|template| taken.get(&key(template))) {
            refused.push((order, operation.refuse(Why::Taken { by: by.clone() }), operation.servers));
            continue;
        }
        let name = names.give(operation.id, operation.method, operation.path);
        taken.extend(templates.iter().map(|template| (key(template), name.clone())));
        routes.push(Route { name, templates, access, one_segment });
    }
    refused.sort_by_key(|(order, ..)| *order);
    let landed = refused.into_iter().map(|(_, one, servers)| {
        let bases = servers::bases(servers).unwrap_or_else(|_| vec![String::new()]);
        Refused { lands_on: landing::routes(&one, &bases, &routes), ..one }
    });
    Ok(Opened { refused: landed.collect(), routes })
}

/// An operation that a policy can say, as long as no other says the same.
struct Kept<'d> {
    /// Its place in the text.
    order: usize,
    operation: Operation<'d>,
    templates: Vec<Template>,
    access: Access,
}

/// What each method and path was first taken by.
type Taken = HashMap<(Method, Vec<Segment>), String>;

fn key(template: &Template) -> (Method, Vec<Segment>) {
    (template.method.clone(), template.segments.clone())
}

fn meaning(document: &Document<'_>, operation: &Operation<'_>) -> Result<(Vec<Template>, Access), Why> {
    let part = |text: &str| text.contains(['{', '}']) && (!text.starts_with('{') || text.find('}') != Some(text.len() - 1));
    if let Some(segment) = operation.path.split('/').find(|text| part(text) || text.ends_with("...}")) {
        return Err(Why::PartOfSegment { segment: segment.to_owned() });
    }
    let bases = servers::bases(operation.servers)?;
    let template = |base: String| format!("{} {base}{}", operation.method, operation.path).parse().map_err(Why::Template);
    let templates = bases.into_iter().map(template).collect::<Result<_, _>>()?;
    Ok((templates, security::access(document, operation.security)?))
}
