//! `caltrop::json`: a text of a stranger, checked and read.

use core::fmt::{self, Write};

use caltrop::json::{self, Array, JsonError, Number, Object, Text, Value};

#[unsafe(no_mangle)]
pub fn np_json_open(bytes: &[u8]) -> Result<Value<'_>, JsonError> {
    json::open(bytes)
}

#[unsafe(no_mangle)]
pub fn np_json_get<'t>(object: Object<'t>, name: &str) -> Option<Value<'t>> {
    object.get(name)
}

#[unsafe(no_mangle)]
pub fn np_json_items(array: Array<'_>) -> usize {
    array.items().filter(|item| item.as_text().is_some()).count()
}

#[unsafe(no_mangle)]
pub fn np_json_text(text: &Text<'_>, other: &Text<'_>, out: &mut dyn Write) -> fmt::Result {
    if text == other { Ok(()) } else { write!(out, "{text}") }
}

#[unsafe(no_mangle)]
pub fn np_json_number(number: Number) -> (Option<u64>, i64) {
    (number.as_u64(), number.ceil())
}
