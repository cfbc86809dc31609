//! What a route asks of the caller and the moment besides zones and scopes.

use super::template::Template;

/// A value of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// `path.NAME`: the segment that a template's parameter stands for.
    Path(String),
    /// `principal.name`.
    Principal,
    /// `principal.tenant`.
    Tenant,
    /// `principal.plan`.
    Plan,
}

/// What must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Two values are equal; the right one is the caller's.
    Equal(Operand, Operand),
    /// A value is one of some names.
    OneOf(Operand, Vec<String>),
    /// The request comes within a window of the week.
    Time(Hours),
}

/// Some hours of some days, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// The days on which it begins; Monday is bit 0.
    pub days: u8,
    /// Its first minute of the day.
    pub from: u16,
    /// The first minute after it, of the next day if it is below `from`; at most 1,440.
    pub to: u16,
}

/// A condition and how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The text.
    pub text: String,
    /// What it says.
    pub test: Test,
}

impl Test {
    /// Whether it speaks of the caller.
    #[must_use]
    pub const fn needs_caller(&self) -> bool {
        match self {
            Self::Equal(..) => true,
            Self::OneOf(operand, _) => !matches!(operand, Operand::Path(_)),
            Self::Time(_) => false,
        }
    }

    /// The parameter that it speaks of.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Equal(Operand::Path(name), _) | Self::OneOf(Operand::Path(name), _) => Some(name),
            _ => None,
        }
    }
}

/// The segment that a parameter has in all templates; `None` if one lacks it, or has it elsewhere.
#[must_use]
pub fn segment_of(parameter: &str, templates: &[Template]) -> Option<usize> {
    let mut segments =
        templates.iter().map(|template| template.parameters.iter().find(|(name, _)| name == parameter).map(|&(_, segment)| segment));
    let first = segments.next()??;
    segments.all(|segment| segment == Some(first)).then_some(first)
}
