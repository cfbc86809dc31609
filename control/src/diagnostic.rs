//! What is wrong with a text that a person wrote: where, what, and what would do.
//!
//! Promises: all that was found is told at once, in the order of the text; a column counts characters, as editors do.
//!
//! ```text
//! policy.toml:14:9: quota "10/min": write the unit in full: second, minute, hour or day
//!    14 | limit = "10/min"
//!       |         ^^^^^^^^
//! ```

use std::fmt;
use std::ops::Range;
use std::panic::Location;

use serde::Serialize;

/// A text with the name that messages give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl Source {
    /// A text and its name, as a person would type it: `policy.toml`.
    ///
    /// ```
    /// let source = caltrop_control::diagnostic::Source::new("policy.toml", "a = 1\nß = 2\n");
    /// assert_eq!(source.position("a = 1\nß =".len()), (2, 4));
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name: name.into(), text, starts }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    #[must_use]
    pub fn position(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|&start| start <= offset).max(1);
        let before = self.text.get(self.starts[line - 1]..offset.min(self.text.len())).unwrap_or_default();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        (count(line), count(before.chars().count() + 1))
    }

    /// The line, without its end.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        let at = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        let Some(&start) = self.starts.get(at) else { return "" };
        let end = self.starts.get(at + 1).map_or(self.text.len(), |&next| next - 1);
        self.text[start..end].trim_end_matches('\r')
    }
}

/// Whether something stops the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the work.
    pub severity: Severity,
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
    /// What is wrong.
    pub what: String,
    /// What would do.
    pub help: String,
    /// Another place that has to do with it, and how.
    pub other: Option<(Range<usize>, String)>,
    /// Which line of this crate says so: what tests know messages by, so that none is left unseen.
    pub told_at: &'static Location<'static>,
}

/// What was found so far.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    found: Vec<Diagnostic>,
}

impl Findings {
    /// Adds an error.
    #[track_caller]
    pub fn error(&mut self, span: Range<usize>, what: impl Into<String>, help: impl Into<String>) {
        self.add(Severity::Error, span, what.into(), help.into(), None);
    }

    /// Adds an error that two places make together.
    #[track_caller]
    pub fn clash(&mut self, span: Range<usize>, what: impl Into<String>, help: impl Into<String>, other: Range<usize>, how: &str) {
        self.add(Severity::Error, span, what.into(), help.into(), Some((other, how.to_owned())));
    }

    /// Adds a warning.
    #[track_caller]
    pub fn warn(&mut self, span: Range<usize>, what: impl Into<String>, help: impl Into<String>) {
        self.add(Severity::Warning, span, what.into(), help.into(), None);
    }

    /// Whether something stops the work.
    #[must_use]
    pub fn has_error(&self) -> bool {
        self.found.iter().any(|one| one.severity == Severity::Error)
    }

    /// What was found, in the order of the text, with the text's lines.
    #[must_use]
    pub fn report(mut self, source: &Source) -> Report {
        self.found.sort_by_key(|one| (one.span.start, one.span.end));
        let found = self.found.into_iter().map(|one| Located::new(source, one)).collect();
        Report { found }
    }

    #[track_caller]
    fn add(&mut self, severity: Severity, span: Range<usize>, what: String, help: String, other: Option<(Range<usize>, String)>) {
        self.found.push(Diagnostic { severity, span, what, help, other, told_at: Location::caller() });
    }
}

/// A part of one line of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The text's name.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// The line.
    pub text: String,
    /// How many characters of it are meant.
    pub width: usize,
}

impl Place {
    fn new(source: &Source, span: &Range<usize>) -> Self {
        let (line, column) = source.position(span.start);
        let text = source.line(line).to_owned();
        let left = text.chars().count().saturating_sub(usize::try_from(column).unwrap_or(usize::MAX) - 1);
        let meant = source.text().get(span.clone()).unwrap_or_default().chars().count();
        Self { file: source.name().to_owned(), line, column, text, width: meant.min(left).max(1) }
    }

    fn draw(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pad: String =
            self.text.chars().take(usize::try_from(self.column).unwrap_or(1) - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        writeln!(f, "{:5} | {}", self.line, self.text)?;
        writeln!(f, "      | {pad}{}", "^".repeat(self.width))
    }
}

/// One finding with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Located {
    /// Whether it stops the work.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub what: String,
    /// What would do.
    pub help: String,
    /// Another place that has to do with it, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<(Place, String)>,
    /// Which line of this crate says so.
    #[serde(skip)]
    pub told_at: &'static Location<'static>,
}

impl Located {
    fn new(source: &Source, one: Diagnostic) -> Self {
        let other = one.other.map(|(span, how)| (Place::new(source, &span), how));
        Self { severity: one.severity, place: Place::new(source, &one.span), what: one.what, help: one.help, other, told_at: one.told_at }
    }
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, line, column, .. } = &self.place;
        let severity = if self.severity == Severity::Warning { "warning: " } else { "" };
        writeln!(f, "{file}:{line}:{column}: {severity}{}: {}", self.what, self.help)?;
        self.place.draw(f)?;
        if let Some((place, how)) = &self.other {
            writeln!(f, "{}:{}:{}: {how}", place.file, place.line, place.column)?;
            place.draw(f)?;
        }
        Ok(())
    }
}

/// All findings about one text, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// They.
    pub found: Vec<Located>,
}

impl Report {
    /// Whether something stops the work.
    #[must_use]
    pub fn has_error(&self) -> bool {
        self.found.iter().any(|one| one.severity == Severity::Error)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.found.iter().try_for_each(|one| one.fmt(f))
    }
}

impl std::error::Error for Report {}
