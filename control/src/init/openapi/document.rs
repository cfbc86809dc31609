//! The description as a whole: its version, its references, and what has the wrong shape.

use std::fmt;

use serde_json::{Map, Value};

/// A description of a version that is known.
pub(super) struct Document<'d> {
    pub(super) root: &'d Value,
}

/// References that lead to references: more is a circle.
const STEPS_MAX: usize = 16;

impl<'d> Document<'d> {
    pub(super) fn new(root: &'d Value) -> Result<Self, DocumentError> {
        let object = object(root, "#")?;
        match object.get("openapi").and_then(Value::as_str) {
            Some(version) if ["3.0", "3.1"].iter().any(|known| version == *known || version.starts_with(&format!("{known}."))) => {}
            Some(version) => return Err(DocumentError::Version { given: format!("OpenAPI {version}") }),
            None => match object.get("swagger").and_then(Value::as_str) {
                Some(version) => return Err(DocumentError::Version { given: format!("Swagger {version}") }),
                None => return Err(DocumentError::NotOpenApi),
            },
        }
        Ok(Self { root })
    }

    /// What a value means: itself, or what its `$ref` leads to; otherwise where that does not lead.
    pub(super) fn resolve<'v>(&self, value: &'v Value) -> Result<&'v Value, String>
    where
        'd: 'v,
    {
        let mut found = value;
        for _ in 0..STEPS_MAX {
            let Some(to) = found.get("$ref") else { return Ok(found) };
            let there = to.as_str().and_then(|to| to.strip_prefix('#')).and_then(|pointer| self.root.pointer(&decoded(pointer)?));
            found = there.ok_or_else(|| plain(to))?;
        }
        Err(value.get("$ref").map(plain).unwrap_or_default())
    }
}

/// A text as it is, and anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A fragment without its escapes (RFC 6901 §6).
fn decoded(fragment: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = fragment.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let escaped = match after {
            [high, low, ..] if *first == b'%' => digit(*high).zip(digit(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                bytes.push(u8::try_from(high << 4 | low).ok()?);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

pub(super) fn object<'v>(value: &'v Value, at: &str) -> Result<&'v Map<String, Value>, DocumentError> {
    value.as_object().ok_or_else(|| DocumentError::Shape { at: at.to_owned(), wanted: "an object" })
}

/// Where a key of an object is, for messages: a JSON pointer (RFC 6901).
pub(super) fn below(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Why a text is no description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentError {
    /// It is no JSON, and may be YAML.
    Yaml,
    /// It is no JSON.
    Json {
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// It is JSON, and says nowhere that it is an OpenAPI description.
    NotOpenApi,
    /// It is a description of another version.
    Version {
        /// What it says it is.
        given: String,
    },
    /// Something has the wrong shape.
    Shape {
        /// Where, as a JSON pointer.
        at: String,
        /// What it must be.
        wanted: &'static str,
    },
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yaml => f.write_str("line 1: this is no JSON; YAML is not read: convert it, `yq -o=json . openapi.yaml > openapi.json`"),
            Self::Json { line, column, what } => write!(f, "line {line}, column {column}: this is no JSON: {what}"),
            Self::NotOpenApi => f.write_str("#/openapi: this is JSON, and no OpenAPI description: it has no \"openapi\": \"3.1.0\""),
            Self::Version { given } => write!(f, "#: this is {given}: convert it to OpenAPI 3.0 or 3.1"),
            Self::Shape { at, wanted } => write!(f, "{at}: this is no OpenAPI description: make it {wanted}"),
        }
    }
}

impl std::error::Error for DocumentError {}
