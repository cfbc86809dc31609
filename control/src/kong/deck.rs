//! A YAML document whose values know their lines.

use std::fmt;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

/// Why a file is no declarative configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeckError {
    /// Not YAML.
    Yaml {
        /// What the reader said, with its place.
        why: String,
    },
    /// Not one document that is a mapping.
    Shape,
    /// Another version, or none.
    Version {
        /// What it says.
        given: String,
    },
}

impl fmt::Display for DeckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yaml { why } => write!(f, "no YAML: {why}"),
            Self::Shape => f.write_str("no configuration: give one document, as `deck gateway dump` writes it"),
            Self::Version { given } => {
                write!(f, "_format_version is {given:?}, and \"3.0\" is read: convert it with `deck file convert`, or dump it anew")
            }
        }
    }
}

impl std::error::Error for DeckError {}

/// A value and its line.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) line: usize,
    value: Value,
}

#[derive(Debug, Clone)]
enum Value {
    Nothing,
    Text(String),
    List(Vec<Node>),
    /// In the order of the text; the line is the key's.
    Map(Vec<(String, usize, Node)>),
}

/// Reads a file, and its version.
pub(super) fn read(text: &str) -> Result<Node, DeckError> {
    let documents = MarkedYaml::load_from_str(text).map_err(|error| DeckError::Yaml { why: error.to_string() })?;
    let [document] = documents.as_slice() else { return Err(DeckError::Shape) };
    let root = node(document);
    if !matches!(root.value, Value::Map(_)) {
        return Err(DeckError::Shape);
    }
    match root.text("_format_version").unwrap_or_default() {
        "3.0" | "3" => Ok(root),
        given => Err(DeckError::Version { given: given.to_owned() }),
    }
}

fn node(yaml: &MarkedYaml<'_>) -> Node {
    let value = match &yaml.data {
        YamlData::Value(scalar) => scalar_text(scalar).map_or(Value::Nothing, Value::Text),
        YamlData::Representation(text, ..) => Value::Text(text.to_string()),
        YamlData::Sequence(list) => Value::List(list.iter().map(node).collect()),
        YamlData::Mapping(map) => Value::Map(map.iter().map(|(key, value)| (key_text(key), key.span.start.line(), node(value))).collect()),
        YamlData::Tagged(_, inner) => return node(inner),
        YamlData::Alias(_) | YamlData::BadValue => Value::Nothing,
    };
    Node { line: yaml.span.start.line(), value }
}

fn key_text(yaml: &MarkedYaml<'_>) -> String {
    match node(yaml).value {
        Value::Text(text) => text,
        _ => String::new(),
    }
}

fn scalar_text(scalar: &Scalar<'_>) -> Option<String> {
    match scalar {
        Scalar::Null => None,
        Scalar::Boolean(value) => Some(value.to_string()),
        Scalar::Integer(number) => Some(number.to_string()),
        Scalar::FloatingPoint(number) => Some(format!("{:?}", number.into_inner())),
        Scalar::String(text) => Some(text.to_string()),
    }
}

impl Node {
    /// The entries of a mapping: key, the key's line, value.
    pub(super) fn entries(&self) -> &[(String, usize, Self)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, ..)| name == key).map(|(.., value)| value)
    }

    /// The items of a list; none of what is no list.
    pub(super) fn items(&self, key: &str) -> &[Self] {
        if let Some(Self { value: Value::List(items), .. }) = self.get(key) { items } else { &[] }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    /// The texts of a list, each with its line.
    pub(super) fn texts(&self, key: &str) -> Vec<(&str, usize)> {
        self.items(key).iter().filter_map(|item| Some((item.as_text()?, item.line))).collect()
    }

    /// The name of what this refers to: `service: shop`, or `service: { name: shop }`.
    pub(super) fn reference(&self, key: &str) -> Option<&str> {
        let other = self.get(key)?;
        other.as_text().or_else(|| other.text("name")).or_else(|| other.text("username"))
    }

    /// Whether nothing is said: no value, or an empty list or mapping.
    pub(super) fn is_empty(&self) -> bool {
        match &self.value {
            Value::Nothing => true,
            Value::Text(text) => text.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
        }
    }

    pub(super) fn is(&self, key: &str, value: &str) -> bool {
        self.text(key) == Some(value)
    }
}
