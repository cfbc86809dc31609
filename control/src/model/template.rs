// Read first: docs/formats.md §6.
//! `METHOD /path/{parameter}/{rest...}`.

use std::fmt;
use std::str::FromStr;

use caltrop::access::{Path, PathError, SEGMENTS_MAX, TEMPLATE_MAX};

/// Which methods a template takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// This one.
    Exact(String),
    /// `*`: any.
    Any,
}

/// One segment of a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// These bytes, decoded.
    Literal(String),
    /// `{name}`: one non-empty segment.
    Parameter,
    /// `{name...}`: all that is left, at least one segment.
    Rest,
}

/// A template and the methods it takes.
///
/// ```
/// use caltrop_control::model::{Segment, Template, TemplateError};
/// let template: Template = "GET /v1/orders/{id}".parse().unwrap();
/// assert_eq!(template.segments[2], Segment::Parameter);
/// assert_eq!("GET /v1/{rest...}/x".parse::<Template>(), Err(TemplateError::RestNotLast));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The method.
    pub method: Method,
    /// The path as it was written.
    pub path: String,
    /// Its segments.
    pub segments: Vec<Segment>,
    /// Its parameters of one segment: the name, and the segment's index.
    pub parameters: Vec<(String, usize)>,
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match &self.method {
            Method::Any => "*",
            Method::Exact(name) => name,
        };
        write!(f, "{method} {}", self.path)
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let (method, path) = text.split_once(' ').ok_or(TemplateError::Shape)?;
        let is_method = (1..=16).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
        let method = match method {
            "*" => Method::Any,
            _ if is_method => Method::Exact(method.to_owned()),
            _ => return Err(TemplateError::Method),
        };
        if path.len() > TEMPLATE_MAX {
            return Err(TemplateError::TooLong { length: path.len() });
        }
        let inner = path.strip_prefix('/').ok_or(TemplateError::Shape)?;
        let (segments, names): (Vec<_>, Vec<_>) = inner.split('/').map(segment).collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        if segments.len() > SEGMENTS_MAX {
            return Err(TemplateError::TooManySegments { count: segments.len() });
        }
        let before = segments.split_last().map(|(_, before)| before).unwrap_or_default();
        if before.contains(&Segment::Rest) {
            return Err(TemplateError::RestNotLast);
        }
        if before.contains(&Segment::Literal(String::new())) {
            return Err(TemplateError::Literal(PathError::EmptySegment));
        }
        if names.iter().enumerate().any(|(at, name)| name.is_some() && names[..at].contains(name)) {
            return Err(TemplateError::ParameterTwice);
        }
        let parameter = |(at, (segment, name)): (usize, (&Segment, &Option<&str>))| {
            let name = name.filter(|_| *segment == Segment::Parameter)?;
            Some((name.to_owned(), at))
        };
        let parameters = segments.iter().zip(&names).enumerate().filter_map(parameter).collect();
        Ok(Self { method, path: path.to_owned(), segments, parameters })
    }
}

/// A segment, and the name of its parameter.
fn segment(text: &str) -> Result<(Segment, Option<&str>), TemplateError> {
    if !text.contains(['{', '}']) {
        return literal(text).map(|literal| (Segment::Literal(literal), None));
    }
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or(TemplateError::Parameter)?;
    let (name, kind) = match inner.strip_suffix("...") {
        Some(name) => (name, Segment::Rest),
        None => (inner, Segment::Parameter),
    };
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    if is_name { Ok((kind, Some(name))) } else { Err(TemplateError::Parameter) }
}

/// What a segment of a canonical path decodes to: the same rules as for requests.
fn literal(text: &str) -> Result<String, TemplateError> {
    let target = format!("/{text}");
    let path = Path::parse(target.as_bytes()).map_err(TemplateError::Literal)?;
    if path.query().is_some() {
        return Err(TemplateError::Query);
    }
    let decoded = path.segments().next().map(|segment| segment.decoded().collect()).unwrap_or_default();
    String::from_utf8(decoded).map_err(|_| TemplateError::Literal(PathError::NotUtf8))
}

/// Why a text is no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateError {
    /// Not a method, a space and a path.
    Shape,
    /// Not an upper-case method of at most 16 letters, nor `*`.
    Method,
    /// Over 255 bytes.
    TooLong {
        /// Its bytes.
        length: usize,
    },
    /// Over 32 segments.
    TooManySegments {
        /// Its segments.
        count: usize,
    },
    /// `{name...}` stands before the end.
    RestNotLast,
    /// A parameter without a name, or with characters that no name has.
    Parameter,
    /// Two parameters of one name.
    ParameterTwice,
    /// A query.
    Query,
    /// A segment that no canonical path has: no request would ever match.
    Literal(PathError),
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape => f.write_str("write a method, a space and a path: GET /v1/orders/{id}"),
            Self::Method => f.write_str("write the method in capitals, or * for any"),
            Self::TooLong { length } => write!(f, "{length} bytes, and a template has at most {TEMPLATE_MAX}"),
            Self::TooManySegments { count } => write!(f, "{count} segments, and a path has at most {SEGMENTS_MAX}"),
            Self::RestNotLast => f.write_str("{rest...} takes all that is left: it can only be the last segment"),
            Self::Parameter => f.write_str("a parameter is a whole segment: {name}, of letters, digits, _ - and ."),
            Self::ParameterTwice => f.write_str("two parameters have one name: rename one"),
            Self::Query => f.write_str("a template is of the path alone: leave the query out"),
            Self::Literal(error) => write!(f, "no request gets here with such a path: {error}"),
        }
    }
}

impl std::error::Error for TemplateError {}
