//! policy.toml as tables whose keys and values know their place.
//!
//! Promises: what has the wrong shape, or a name that no table has, is told with its place; nothing is passed over.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest;
use crate::diagnostic::{Findings, Source};

/// Bytes of the text.
pub(super) type Span = Range<usize>;

/// Reads the text; with a syntax error there is nothing to go on with.
pub(super) fn parse<'s>(source: &'s Source, findings: &mut Findings) -> Option<Spanned<DeTable<'s>>> {
    let (table, errors) = DeTable::parse_recoverable(source.text());
    for error in &errors {
        let span = error.span().unwrap_or_default();
        let given = source.text().get(span.clone()).unwrap_or_default();
        let (what, help) = syntax(error.message(), given);
        findings.error(span, what, help);
    }
    errors.is_empty().then_some(table)
}

/// The parser's words, and what would do.
fn syntax(message: &str, given: &str) -> (String, &'static str) {
    if message.starts_with("duplicate key") {
        return (format!("duplicate key {given:?}"), "each key stands once in its table: join the two, or rename one");
    }
    let mends = [
        ("missing value", "give a value after ="),
        ("key with no value", "write key = value"),
        ("missing assignment", "write key = value"),
        ("string values must be quoted", "put texts in quotes: \"…\""),
        ("invalid value", "put texts in quotes: \"…\""),
        ("missing comma", "put a comma between them"),
        ("extra comma", "take the comma out"),
        ("unclosed", "close what was opened"),
    ];
    let mend = mends.iter().find(|(beginning, _)| message.starts_with(beginning));
    (message.to_owned(), mend.map_or("this is no TOML: see https://toml.io", |(_, mend)| mend))
}

/// A table: what it is called in messages, where it is opened, and its entries in the order of the text.
pub(super) struct Table<'a> {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) entries: Vec<Entry<'a>>,
}

/// A key and its value.
#[derive(Clone)]
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) key_span: Span,
    pub(super) value: Value<'a>,
}

/// What a table may hold.
#[derive(Clone, Copy)]
pub(super) struct Keys {
    pub(super) known: &'static [&'static str],
    /// Keys of the language that this version cannot keep.
    pub(super) unbuilt: &'static [&'static str],
}

impl<'a> Table<'a> {
    pub(super) fn new(name: impl Into<String>, span: Span, table: &'a DeTable<'_>) -> Self {
        let mut entries: Vec<Entry<'a>> =
            table.iter().map(|(key, value)| Entry { key: key.get_ref(), key_span: key.span(), value: Value(value) }).collect();
        entries.sort_by_key(|entry| entry.key_span.start);
        Self { name: name.into(), span, entries }
    }

    /// Tells every key that the table may not hold.
    pub(super) fn check_keys(&self, keys: Keys, findings: &mut Findings) {
        for entry in &self.entries {
            let (key, span) = (entry.key, entry.key_span.clone());
            if keys.unbuilt.contains(&key) {
                findings.error(span, format!("{key:?} in {} is not supported yet", self.name), "leave it out");
            } else if !keys.known.contains(&key) {
                let all = keys.known.iter().chain(keys.unbuilt).copied();
                let help = match nearest(key, all) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("it has {}", keys.known.join(", ")),
                };
                findings.error(span, format!("unknown key {key:?} in {}", self.name), help);
            }
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Whether a key is there with a slip of the hand, which was told as an unknown key: once is enough.
    pub(super) fn is_misspelt(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| nearest(entry.key, [key]).is_some())
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &str, example: &str, findings: &mut Findings) -> Option<&Entry<'a>> {
        let found = self.get(key);
        if found.is_none() && !self.is_misspelt(key) {
            findings.error(self.span.clone(), format!("{} has no {key:?}", self.name), format!("add {example}"));
        }
        found
    }
}

/// A value with its place.
#[derive(Clone, Copy)]
pub(super) struct Value<'a>(&'a Spanned<DeValue<'a>>);

impl<'a> Value<'a> {
    pub(super) fn span(self) -> Span {
        self.0.span()
    }

    pub(super) fn as_text(self) -> Option<&'a str> {
        self.0.get_ref().as_str()
    }

    pub(super) fn is_table(self) -> bool {
        self.0.get_ref().is_table()
    }

    /// Whether it is a table that has this key.
    pub(super) fn is_table_with(self, key: &str) -> bool {
        self.0.get_ref().as_table().is_some_and(|table| table.contains_key(key))
    }

    pub(super) fn as_list(self) -> Option<Vec<Value<'a>>> {
        self.0.get_ref().as_array().map(|array| array.iter().map(Value).collect())
    }

    /// A date without a time is its first second in UTC; a time without an offset is no instant.
    pub(super) fn as_unix_s(self) -> Option<u64> {
        let given = self.0.get_ref().as_datetime().filter(|given| given.offset.is_some() || given.time.is_none())?;
        let text = given.to_string();
        let first_second = |date: jiff::civil::Date| jiff::tz::TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok();
        let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| text.parse().ok().and_then(first_second))?;
        let seconds = instant.as_second();
        u64::try_from(seconds).ok()
    }

    pub(super) fn text(self, what: &str, example: &str, findings: &mut Findings) -> Option<&'a str> {
        self.as_text().or_else(|| self.refuse(what, "a text", example, findings))
    }

    /// Yes or no.
    pub(super) fn flag(self, what: &str, findings: &mut Findings) -> Option<bool> {
        self.0.get_ref().as_bool().or_else(|| self.refuse(what, "true or false", "true", findings))
    }

    pub(super) fn as_number(self) -> Option<u64> {
        let integer = self.0.get_ref().as_integer()?;
        u64::from_str_radix(integer.as_str(), integer.radix()).ok()
    }

    /// A whole number within bounds.
    pub(super) fn number(self, what: &str, bounds: RangeInclusive<u64>, findings: &mut Findings) -> Option<u64> {
        let integer = match self.0.get_ref().as_integer() {
            Some(integer) => integer,
            None => return self.refuse(what, "a whole number", &bounds.end().min(&100).to_string(), findings),
        };
        let number = self.as_number().filter(|number| bounds.contains(number));
        if number.is_none() {
            let (least, most) = bounds.into_inner();
            findings.error(self.span(), format!("{what} {} is out of bounds", integer.as_str()), format!("give {least} to {most}"));
        }
        number
    }

    pub(super) fn list(self, what: &str, example: &str, findings: &mut Findings) -> Option<Vec<Value<'a>>> {
        self.as_list().or_else(|| self.refuse(what, "a list", example, findings))
    }

    /// Texts with their places.
    pub(super) fn texts(self, what: &str, example: &str, findings: &mut Findings) -> Vec<(&'a str, Span)> {
        let list = self.list(what, example, findings).unwrap_or_default();
        list.into_iter().filter_map(|value| Some((value.text(what, example, findings)?, value.span()))).collect()
    }

    /// One text, or a list of them.
    pub(super) fn text_or_texts(self, what: &str, example: &str, findings: &mut Findings) -> Vec<(&'a str, Span)> {
        match self.as_text() {
            Some(text) => vec![(text, self.span())],
            None => self.texts(what, example, findings),
        }
    }

    /// A table; `span` is the key that opens it.
    pub(super) fn table(self, name: &str, span: Span, example: &str, findings: &mut Findings) -> Option<Table<'a>> {
        match self.0.get_ref().as_table() {
            Some(table) => Some(Table::new(name, span, table)),
            None => self.refuse(name, "a table", example, findings),
        }
    }

    fn refuse<T>(self, what: &str, wanted: &str, example: &str, findings: &mut Findings) -> Option<T> {
        let given = self.0.get_ref().type_str();
        findings.error(self.span(), format!("{what} is {wanted}, and this is of type {given}"), format!("write {example}"));
        None
    }
}
