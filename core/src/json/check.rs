//! The one pass that looks at every byte.

use core::fmt;

use heapless::Vec;

use super::number::number;
use super::text::{Text, text};
use super::value::Value;
use super::{past_one, past_space};

/// How many arrays and objects may stand in each other.
pub const DEPTH_MAX: usize = 16;

/// How many names may stand in all objects together that are open at once: where a name is read, it and those before it in the same object, and in
/// the objects around.
pub const NAMES_MAX: usize = 64;

const LENGTH_MAX: usize = 65_535;

/// What is wrong with a text, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonError {
    /// The byte at which it was seen.
    pub at: usize,
    /// What it is.
    pub wrong: Wrong,
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is no JSON.
    Syntax,
    /// It ends too early.
    End,
    /// Something stands behind it.
    Behind,
    /// It is no UTF-8, or a `\u` escape is half of a character.
    Character,
    /// A number over 2⁵³, which readers do not agree on.
    Number,
    /// An object has a member twice.
    Twice,
    /// Over [`DEPTH_MAX`] arrays and objects in each other.
    Deep,
    /// Over [`NAMES_MAX`] names.
    Names,
    /// Over 65,535 bytes.
    Long,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.wrong {
            Wrong::Syntax => "no JSON",
            Wrong::End => "the text ends too early",
            Wrong::Behind => "something stands behind the text",
            Wrong::Character => "half of a character",
            Wrong::Number => "a number over 2^53",
            Wrong::Twice => "an object has a member twice",
            Wrong::Deep => "too many arrays and objects in each other",
            Wrong::Names => "too many names",
            Wrong::Long => "a text of over 65535 bytes",
        };
        write!(f, "byte {}: {what}", self.at)
    }
}

impl core::error::Error for JsonError {}

/// An array or object that is open.
#[derive(Clone, Copy)]
struct Level {
    is_object: bool,
    /// How many names stand around it.
    around: usize,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// A value, or the end of an array.
    FirstItem,
    Name,
    /// A name, or the end of an object.
    FirstName,
    /// A comma, or the end of what is open.
    Behind,
}

/// Checks a text as a whole.
///
/// # Errors
/// [`JsonError`]: the first thing that is wrong.
///
/// ```
/// use caltrop::json::{self, Wrong};
/// let object = json::open(br#"{ "iss": "https://id.acme.example", "exp": 1796000000 }"#).unwrap().as_object().unwrap();
/// assert!(object.get("iss").unwrap().as_text().unwrap() == "https://id.acme.example");
/// assert_eq!(json::open(br#"{ "a": 1, "\u0061": 2 }"#).unwrap_err().wrong, Wrong::Twice);
/// ```
pub fn open(bytes: &[u8]) -> Result<Value<'_>, JsonError> {
    if bytes.len() > LENGTH_MAX {
        return Err(JsonError { at: LENGTH_MAX, wrong: Wrong::Long });
    }
    let whole = core::str::from_utf8(bytes).map_err(|error| JsonError { at: error.valid_up_to(), wrong: Wrong::Character })?;
    let mut check = Check { rest: whole, levels: Vec::new(), names: Vec::new() };
    match check.run() {
        Ok(()) => Value::first(past_space(whole)).map(|(value, _)| value).ok_or(JsonError { at: 0, wrong: Wrong::Syntax }),
        Err(wrong) => Err(JsonError { at: whole.len().saturating_sub(check.rest.len()), wrong }),
    }
}

struct Check<'t> {
    rest: &'t str,
    levels: Vec<Level, DEPTH_MAX>,
    names: Vec<Text<'t>, NAMES_MAX>,
}

impl<'t> Check<'t> {
    fn run(&mut self) -> Result<(), Wrong> {
        let mut next = Next::Value;
        loop {
            self.rest = past_space(self.rest);
            let first = self.rest.bytes().next();
            next = match (next, first) {
                (Next::Behind, first) => match (self.levels.last(), first) {
                    (None, None) => return Ok(()),
                    (None, Some(_)) => return Err(Wrong::Behind),
                    (Some(_), None) => return Err(Wrong::End),
                    (Some(level), Some(b',')) => {
                        let next = if level.is_object { Next::Name } else { Next::Value };
                        self.rest = past_one(self.rest);
                        next
                    }
                    (Some(level), Some(end)) => self.close(level.is_object, end)?,
                },
                (_, None) => return Err(Wrong::End),
                (Next::FirstItem, Some(b']')) => self.close(false, b']')?,
                (Next::FirstName, Some(b'}')) => self.close(true, b'}')?,
                (Next::Name | Next::FirstName, Some(b'"')) => self.name()?,
                (Next::Name | Next::FirstName, Some(_)) => return Err(Wrong::Syntax),
                (Next::Value | Next::FirstItem, Some(b'{')) => self.open(true)?,
                (Next::Value | Next::FirstItem, Some(b'[')) => self.open(false)?,
                (Next::Value | Next::FirstItem, Some(first)) => {
                    self.rest = scalar(self.rest, first)?;
                    Next::Behind
                }
            };
        }
    }

    fn open(&mut self, is_object: bool) -> Result<Next, Wrong> {
        let around = self.names.len();
        self.levels.push(Level { is_object, around }).map_err(|_| Wrong::Deep)?;
        self.rest = past_one(self.rest);
        Ok(if is_object { Next::FirstName } else { Next::FirstItem })
    }

    fn close(&mut self, is_object: bool, end: u8) -> Result<Next, Wrong> {
        if end != if is_object { b'}' } else { b']' } {
            return Err(Wrong::Syntax);
        }
        if let Some(level) = self.levels.pop() {
            self.names.truncate(level.around);
        }
        self.rest = past_one(self.rest);
        Ok(Next::Behind)
    }

    fn name(&mut self) -> Result<Next, Wrong> {
        let (name, behind) = text(self.rest)?;
        let around = self.levels.last().map_or(0, |level| level.around);
        if self.names.iter().skip(around).any(|before| *before == name) {
            return Err(Wrong::Twice);
        }
        self.names.push(name).map_err(|_| Wrong::Names)?;
        self.rest = past_space(behind);
        match self.rest.bytes().next() {
            Some(b':') => self.rest = past_one(self.rest),
            Some(_) => return Err(Wrong::Syntax),
            None => return Err(Wrong::End),
        }
        Ok(Next::Value)
    }
}

/// Behind a text, a number or a word.
fn scalar(rest: &str, first: u8) -> Result<&str, Wrong> {
    let word = |word: &str| rest.strip_prefix(word).ok_or(if word.starts_with(rest) { Wrong::End } else { Wrong::Syntax });
    match first {
        b'"' => text(rest).map(|(_, behind)| behind),
        b'-' | b'0'..=b'9' => number(rest).map(|(_, behind)| behind),
        b't' => word("true"),
        b'f' => word("false"),
        b'n' => word("null"),
        _ => Err(Wrong::Syntax),
    }
}
