// Read first: RFC 8259; RFC 7515 §4 and RFC 7519 §4, which want members to be unique; RFC 7493 (I-JSON) for numbers and characters.
//! JSON that a stranger wrote: checked once, then read in place.
//!
//! Defends against: a text that two readers understand differently (a member twice, a number that loses digits, half of a character); one that is
//! deep, long or crowded to cost stack or time.
//! Promises: what is opened is JSON by RFC 8259 to every reader, and says the same to all of them; after that no read can fail.
//! Costs: one pass, and for each member a look at the names that stand before it in its object; each read goes on from where it is.
//! Bounds: 65,535 bytes, [`DEPTH_MAX`] arrays and objects in each other, [`NAMES_MAX`] names in all that are open at once, numbers up to 2⁵³.
//! Not here: what the members mean (`token`), and writing JSON.

mod check;
mod number;
mod text;
mod value;

pub use check::{DEPTH_MAX, JsonError, NAMES_MAX, Wrong, open};
pub use number::Number;
pub use text::{Chars, Text};
pub use value::{Array, Object, Value};

/// Past what may stand between two tokens.
fn past_space(rest: &str) -> &str {
    let spaces = rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    rest.get(spaces..).unwrap_or_default()
}

/// Behind the first byte, which is ASCII.
fn past_one(rest: &str) -> &str {
    rest.get(1..).unwrap_or_default()
}
