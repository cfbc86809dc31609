//! Reaches: `json::open`, and every read of what it opened.
//! Holds: what is opened is JSON to `serde_json` too and says the same; what is refused is none to it either, or is refused for its size or a name twice.
#![no_main]

use caltrop::json::{self, Value, Wrong};
use caltrop_fuzz::planted;
use libfuzzer_sys::fuzz_target;
use serde_json::Value as Theirs;

fuzz_target!(|data: &[u8]| {
    planted(data);
    let theirs = serde_json::from_slice::<Theirs>(data);
    match json::open(data) {
        Ok(ours) => assert!(theirs.is_ok_and(|theirs| is_same(ours, &theirs))),
        Err(error) => {
            assert!(error.at <= data.len() && !error.to_string().is_empty());
            let is_stricter = matches!(error.wrong, Wrong::Number | Wrong::Twice | Wrong::Deep | Wrong::Names | Wrong::Long);
            assert!(is_stricter || theirs.is_err(), "{error}");
        }
    }
});

fn is_same(ours: Value<'_>, theirs: &Theirs) -> bool {
    match (ours, theirs) {
        (Value::Null, Theirs::Null) => true,
        (Value::Bool(ours), Theirs::Bool(theirs)) => ours == *theirs,
        (Value::Number(ours), Theirs::Number(theirs)) => {
            let float = theirs.as_f64().expect("any is one").ceil();
            ours.ceil().abs_diff(float as i64) <= 1 && theirs.as_u64().is_none_or(|whole| ours.as_u64() == Some(whole))
        }
        (Value::Text(ours), Theirs::String(theirs)) => ours == theirs.as_str() && ours.to_string() == *theirs,
        (Value::Array(ours), Theirs::Array(theirs)) => {
            ours.items().count() == theirs.len() && ours.items().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        }
        (Value::Object(ours), Theirs::Object(theirs)) => {
            let is_known = |name: String, value| theirs.get(&name).is_some_and(|theirs| is_same(value, theirs));
            ours.members().count() == theirs.len() && ours.members().all(|(name, value)| is_known(name.to_string(), value))
        }
        _ => false,
    }
}
