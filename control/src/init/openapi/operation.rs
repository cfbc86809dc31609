//! The operations of a description, each with what it inherits.

use serde_json::Value;

use super::document::{Document, DocumentError, below, object};
use super::refused::{Refused, Why};

/// One operation.
pub(super) struct Operation<'d> {
    pub(super) id: Option<&'d str>,
    /// In capitals.
    pub(super) method: &'static str,
    pub(super) path: &'d str,
    /// Its own, its path's or the document's.
    pub(super) servers: Option<&'d Value>,
    /// Its own or the document's.
    pub(super) security: Option<&'d Value>,
    /// Parameters whose values may have slashes.
    pub(super) multi_segment: Vec<&'d str>,
}

impl Operation<'_> {
    pub(super) fn refuse(&self, why: Why) -> Refused {
        Refused {
            operation: self.id.map(str::to_owned),
            method: Some(self.method.to_owned()),
            path: self.path.to_owned(),
            why,
            lands_on: Vec::new(),
        }
    }
}

pub(super) enum Found<'d> {
    Operation(Operation<'d>),
    Refused(Refused),
}

const METHODS: [(&str, &str); 7] =
    [("get", "GET"), ("put", "PUT"), ("post", "POST"), ("delete", "DELETE"), ("options", "OPTIONS"), ("head", "HEAD"), ("patch", "PATCH")];
/// What else a path may say.
const BESIDE: [&str; 5] = ["$ref", "summary", "description", "servers", "parameters"];

/// Whether a key of a path is one of an operation, be its method known or not.
fn is_method(key: &str) -> bool {
    !BESIDE.contains(&key) && !key.starts_with("x-")
}

/// All operations, in the order of the text, of which some can be refused at sight.
pub(super) fn all<'d>(document: &Document<'d>) -> Result<Vec<Found<'d>>, DocumentError> {
    let paths = document.root.get("paths").ok_or(DocumentError::Shape { at: "#/paths".to_owned(), wanted: "an object of paths" })?;
    let mut found = Vec::new();
    for (path, item) in object(paths, "#/paths")?.iter().filter(|(path, _)| !path.starts_with("x-")) {
        let at = below("#/paths", path);
        let refuse = |operation: Option<(&str, &Value)>, why| {
            let id = operation.and_then(|(_, value)| value.get("operationId")?.as_str()).map(str::to_owned);
            let method = operation.map(|(method, _)| method.to_uppercase());
            Found::Refused(Refused { operation: id, method, path: path.clone(), why, lands_on: Vec::new() })
        };
        let beside = object(item, &at)?;
        let item = match document.resolve(item) {
            Ok(_) if beside.contains_key("$ref") && beside.contains_key("servers") => Err(Why::BesideReference),
            Ok(item) => Ok(object(item, &at)?),
            Err(to) => Err(Why::Reference { to }),
        };
        let item = match item {
            Ok(item) => item,
            Err(why) => {
                found.push(refuse(None, why));
                continue;
            }
        };
        if beside.contains_key("$ref") {
            let stray = beside.iter().filter(|(key, _)| is_method(key));
            found.extend(stray.map(|(key, value)| refuse(Some((key, value)), Why::BesideReference)));
        }
        for (key, value) in item.iter().filter(|(key, _)| is_method(key)) {
            let Some((_, method)) = METHODS.iter().find(|(name, _)| name == key) else {
                found.push(refuse(Some((key, value)), Why::Method));
                continue;
            };
            let at = below(&at, key);
            let operation = object(value, &at)?;
            let lists = [item.get("parameters"), operation.get("parameters")];
            found.push(Found::Operation(Operation {
                id: operation.get("operationId").map(|id| text(id, &below(&at, "operationId"))).transpose()?.filter(|id| !id.is_empty()),
                method,
                path,
                servers: operation.get("servers").or_else(|| item.get("servers")).or_else(|| document.root.get("servers")),
                security: operation.get("security").or_else(|| document.root.get("security")),
                multi_segment: lists.into_iter().flatten().flat_map(|list| multi_segment(document, list)).collect(),
            }));
        }
    }
    Ok(found)
}

fn text<'v>(value: &'v Value, at: &str) -> Result<&'v str, DocumentError> {
    value.as_str().ok_or_else(|| DocumentError::Shape { at: at.to_owned(), wanted: "a text" })
}

/// The parameters that say `x-multi-segment`, GitHub's word for values with slashes. One whose `$ref` leads nowhere says nothing.
fn multi_segment<'d>(document: &Document<'d>, parameters: &'d Value) -> Vec<&'d str> {
    let parameters = parameters.as_array().into_iter().flatten().filter_map(|one| document.resolve(one).ok());
    let multi = parameters
        .filter(|one| one.get("in").and_then(Value::as_str) == Some("path") && one.get("x-multi-segment") == Some(&Value::Bool(true)));
    multi.filter_map(|one| one.get("name")?.as_str()).collect()
}
