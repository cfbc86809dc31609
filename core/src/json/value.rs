//! What a checked text says, read where it stands.

use super::number::{Number, number};
use super::text::{Text, text};
use super::{past_one, past_space};

/// A value of a text that [`open`](super::open) has checked.
#[derive(Debug, Clone, Copy)]
pub enum Value<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(Text<'t>),
    /// An array.
    Array(Array<'t>),
    /// An object.
    Object(Object<'t>),
}

impl<'t> Value<'t> {
    /// The value that a checked text begins with, and what stands behind it; of an array or object, what stands behind its bracket.
    pub(super) fn first(rest: &'t str) -> Option<(Self, &'t str)> {
        let (value, behind) = match rest.bytes().next()? {
            b'{' => (Self::Object(Object { inside: past_one(rest) }), past_one(rest)),
            b'[' => (Self::Array(Array { inside: past_one(rest) }), past_one(rest)),
            b'"' => text(rest).map(|(text, behind)| (Self::Text(text), behind)).ok()?,
            b't' => (Self::Bool(true), rest.get(4..)?),
            b'f' => (Self::Bool(false), rest.get(5..)?),
            b'n' => (Self::Null, rest.get(4..)?),
            _ => number(rest).map(|(number, behind)| (Self::Number(number), behind)).ok()?,
        };
        Some((value, behind))
    }

    /// The value, and what stands behind all of it.
    fn whole(rest: &'t str) -> Option<(Self, &'t str)> {
        let (value, behind) = Self::first(rest)?;
        let behind = if matches!(value, Self::Array(_) | Self::Object(_)) { past_end(behind)? } else { behind };
        Some((value, behind))
    }

    /// The number, if it is one.
    #[must_use]
    pub const fn as_number(self) -> Option<Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    /// The string, if it is one.
    #[must_use]
    pub const fn as_text(self) -> Option<Text<'t>> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The array, if it is one.
    #[must_use]
    pub const fn as_array(self) -> Option<Array<'t>> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }

    /// The object, if it is one.
    #[must_use]
    pub const fn as_object(self) -> Option<Object<'t>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }
}

/// Behind the bracket that closes what is open.
fn past_end(inside: &str) -> Option<&str> {
    let mut rest = inside;
    let mut open = 1u32;
    loop {
        let at = rest.bytes().position(|byte| matches!(byte, b'"' | b'[' | b']' | b'{' | b'}'))?;
        let found = rest.get(at..)?;
        rest = match found.bytes().next()? {
            b'"' => text(found).ok()?.1,
            b'[' | b'{' => {
                open = open.wrapping_add(1);
                past_one(found)
            }
            _ => {
                open = open.wrapping_sub(1);
                past_one(found)
            }
        };
        if open == 0 {
            return Some(rest);
        }
    }
}

/// An array: its items, in their order.
#[derive(Debug, Clone, Copy)]
pub struct Array<'t> {
    inside: &'t str,
}

impl<'t> Array<'t> {
    /// Its items.
    pub fn items(self) -> impl Iterator<Item = Value<'t>> + use<'t> {
        let mut rest = self.inside;
        core::iter::from_fn(move || {
            let (value, behind) = Value::whole(past_comma(rest))?;
            rest = behind;
            Some(value)
        })
    }
}

/// An object: its members, in their order, each name once.
#[derive(Debug, Clone, Copy)]
pub struct Object<'t> {
    inside: &'t str,
}

impl<'t> Object<'t> {
    /// Its members.
    ///
    /// ```
    /// use caltrop::json;
    /// let object = json::open(br#"{ "a": [1, { "b": "]" }], "c": null }"#).unwrap().as_object().unwrap();
    /// let names: Vec<String> = object.members().map(|(name, _)| name.to_string()).collect();
    /// assert_eq!(names, ["a", "c"]);
    /// ```
    pub fn members(self) -> impl Iterator<Item = (Text<'t>, Value<'t>)> + use<'t> {
        let mut rest = self.inside;
        core::iter::from_fn(move || {
            let (name, behind) = text(past_comma(rest)).ok()?;
            let (value, behind) = Value::whole(past_space(past_space(behind).strip_prefix(':')?))?;
            rest = behind;
            Some((name, value))
        })
    }

    /// The member of a name.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Value<'t>> {
        self.members().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// At the next item or member, or at the bracket that closes them.
fn past_comma(rest: &str) -> &str {
    let rest = past_space(rest);
    rest.strip_prefix(',').map_or(rest, past_space)
}
