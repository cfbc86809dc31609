//! JSON of strangers: what is opened is JSON to `serde_json` too and says the same; what is refused is refused for a reason that is told.

use caltrop::json::{self, DEPTH_MAX, NAMES_MAX, Text, Value, Wrong};
use proptest::prelude::*;
use serde_json::Value as Theirs;

fn wrong(text: &str) -> Option<(usize, Wrong)> {
    json::open(text.as_bytes()).err().map(|error| (error.at, error.wrong))
}

/// As deep as it goes: the same values, names and order, since theirs keeps the order of names by itself only if they ascend.
fn is_same(ours: Value<'_>, theirs: &Theirs) -> bool {
    match (ours, theirs) {
        (Value::Null, Theirs::Null) => true,
        (Value::Bool(ours), Theirs::Bool(theirs)) => ours == *theirs,
        (Value::Number(ours), Theirs::Number(theirs)) => {
            let float = theirs.as_f64().unwrap();
            #[expect(clippy::cast_possible_truncation, reason = "both are below 2^53")]
            let ceil = float.ceil() as i64;
            // Theirs is the nearest that 53 bits hold.
            ours.ceil().abs_diff(ceil) <= 1 && ours.as_u64().is_none_or(|ours| theirs.as_u64().is_none_or(|theirs| theirs == ours))
        }
        (Value::Text(ours), Theirs::String(theirs)) => ours == theirs.as_str() && ours.to_string() == *theirs,
        (Value::Array(ours), Theirs::Array(theirs)) => {
            ours.items().count() == theirs.len() && ours.items().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        }
        (Value::Object(ours), Theirs::Object(theirs)) => {
            let all = ours.members().all(|(name, value)| theirs.get(&name.to_string()).is_some_and(|theirs| is_same(value, theirs)));
            all && ours.members().count() == theirs.len() && theirs.keys().all(|name| ours.get(name).is_some())
        }
        _ => false,
    }
}

/// Never laxer; and stricter only in what is told.
fn agrees(bytes: &[u8]) {
    let theirs = serde_json::from_slice::<Theirs>(bytes);
    match json::open(bytes) {
        Ok(ours) => assert!(theirs.as_ref().is_ok_and(|theirs| is_same(ours, theirs)), "{:?}: {theirs:?}", String::from_utf8_lossy(bytes)),
        Err(error) => {
            let stricter = matches!(error.wrong, Wrong::Number | Wrong::Twice | Wrong::Deep | Wrong::Names | Wrong::Long);
            assert!(stricter || theirs.is_err(), "{:?}: {error}, {theirs:?}", String::from_utf8_lossy(bytes));
            assert!(error.at <= bytes.len());
        }
    }
}

#[test]
fn what_is_no_json_is_refused_where_it_is_seen() {
    let cases = [
        ("", (0, Wrong::End)),
        ("  ", (2, Wrong::End)),
        ("[1}", (2, Wrong::Syntax)),
        ("{\"a\":1]", (6, Wrong::Syntax)),
        ("[1,]", (3, Wrong::Syntax)),
        ("[,1]", (1, Wrong::Syntax)),
        ("{,}", (1, Wrong::Syntax)),
        ("{\"a\":1,}", (7, Wrong::Syntax)),
        ("{\"a\"}", (4, Wrong::Syntax)),
        ("{\"a\":}", (5, Wrong::Syntax)),
        ("{a:1}", (1, Wrong::Syntax)),
        ("{'a':1}", (1, Wrong::Syntax)),
        ("[1 2]", (3, Wrong::Syntax)),
        ("[", (1, Wrong::End)),
        ("{\"a\":", (5, Wrong::End)),
        ("{\"a\"", (4, Wrong::End)),
        ("1 2", (2, Wrong::Behind)),
        ("{}}", (2, Wrong::Behind)),
        ("tru", (0, Wrong::End)),
        ("trux", (0, Wrong::Syntax)),
        ("True", (0, Wrong::Syntax)),
        ("NaN", (0, Wrong::Syntax)),
        ("01", (0, Wrong::Syntax)),
        ("+1", (0, Wrong::Syntax)),
        (".5", (0, Wrong::Syntax)),
        ("1.", (0, Wrong::End)),
        ("1.e1", (0, Wrong::Syntax)),
        ("1e", (0, Wrong::End)),
        ("1e+", (0, Wrong::End)),
        ("-", (0, Wrong::End)),
        ("0x1", (1, Wrong::Behind)),
        ("\"a", (0, Wrong::End)),
        ("\"\\x\"", (0, Wrong::Syntax)),
        ("\"\\u12g4\"", (0, Wrong::Syntax)),
        ("\"\u{1}\"", (0, Wrong::Syntax)),
        ("\"\n\"", (0, Wrong::Syntax)),
        ("\"\\ud800\"", (0, Wrong::Character)),
        ("\"\\udc00\"", (0, Wrong::Character)),
        ("\"\\ud800\\u0041\"", (0, Wrong::Character)),
        ("\u{feff}1", (0, Wrong::Syntax)),
        ("/**/1", (0, Wrong::Syntax)),
        ("\u{a0}1", (0, Wrong::Syntax)),
        ("9007199254740993", (0, Wrong::Number)),
        ("9007199254740992.5", (0, Wrong::Number)),
        ("-9007199254740993", (0, Wrong::Number)),
        ("1e16", (0, Wrong::Number)),
        ("1e999999999999999999999", (0, Wrong::Number)),
        ("{\"a\":1,\"b\":2,\"a\":3}", (13, Wrong::Twice)),
        ("{\"a\":1,\"\\u0061\":2}", (7, Wrong::Twice)),
        ("{\"\\ud83d\\ude00\":1,\"\u{1f600}\":2}", (18, Wrong::Twice)),
    ];
    for (text, (at, what)) in cases {
        assert_eq!(wrong(text), Some((at, what)), "{text:?}");
        agrees(text.as_bytes());
    }
    assert_eq!(json::open(b"\"\xff\"").unwrap_err().wrong, Wrong::Character);
}

#[test]
fn what_is_json_is_read_as_it_is() {
    let cases = [
        " 1 ",
        "-0",
        "0e999999999999",
        "1e-999999999999",
        "9007199254740992",
        "9.007199254740992e15",
        "90071992547409920e-1",
        "1.5e3",
        "[]",
        "{ }",
        "[[],{},[{}]]",
        "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD83D\\ude00\u{1f600}\"",
        "{\"\":\"\",\"}\":\"]\",\"\\\"\":\"{\"}",
        "[true,false,null]",
        "\t{\r\n\"a\" : [ 1 , 2 ] , \"b\" : { } }\n",
    ];
    for text in cases {
        assert_eq!(wrong(text), None, "{text}");
        agrees(text.as_bytes());
    }
}

#[test]
fn a_number_is_what_its_digits_say() {
    let number = |text: &'static str| json::open(text.as_bytes()).unwrap().as_number().unwrap();
    let cases = [
        ("0", Some(0), 0),
        ("-0", Some(0), 0),
        ("-0.0e5", Some(0), 0),
        ("1796000000", Some(1_796_000_000), 1_796_000_000),
        ("1796000000.0", Some(1_796_000_000), 1_796_000_000),
        ("1796000000.000000000000000000001", None, 1_796_000_001),
        ("1.796e9", Some(1_796_000_000), 1_796_000_000),
        ("17960000005e-1", None, 1_796_000_001),
        ("0.0000001e7", Some(1), 1),
        ("1e-588", None, 1),
        ("0.00e900", Some(0), 0),
        ("-1.5", None, -1),
        ("-3", None, -3),
        ("9007199254740992", Some(1 << 53), 1 << 53),
        ("-9007199254740992", None, -(1 << 53)),
    ];
    for (text, whole, ceil) in cases {
        assert_eq!((number(text).as_u64(), number(text).ceil()), (whole, ceil), "{text}");
    }
}

#[test]
fn what_is_deep_crowded_or_long_has_a_bound() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(wrong(&nested(DEPTH_MAX)), None);
    assert_eq!(wrong(&nested(DEPTH_MAX + 1)), Some((DEPTH_MAX, Wrong::Deep)));
    let object = |names: usize| format!("{{{}}}", (0..names).map(|name| format!("\"{name}\":0")).collect::<Vec<_>>().join(","));
    assert_eq!(wrong(&object(NAMES_MAX)), None);
    assert_eq!(wrong(&object(NAMES_MAX + 1)).unwrap().1, Wrong::Names);
    // Names of objects that are closed do not count.
    assert_eq!(wrong(&format!("[{0},{0}]", object(NAMES_MAX))), None);
    assert_eq!(wrong(&format!("\"{}\"", "a".repeat(65_533))), None);
    assert_eq!(wrong(&format!("\"{}\"", "a".repeat(65_534))).unwrap().1, Wrong::Long);
}

#[test]
fn a_string_is_equal_however_it_is_written() {
    let text = |json: &'static str| -> Text<'static> { json::open(json.as_bytes()).unwrap().as_text().unwrap() };
    let (plain, escaped) = (text("\"caf\u{e9}/\""), text("\"c\\u0061f\\u00e9\\/\""));
    assert!(plain == escaped && plain == "caf\u{e9}/" && escaped == "caf\u{e9}/" && escaped != "cafe/");
    assert_eq!((plain.as_str(), escaped.as_str()), (Some("caf\u{e9}/"), None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn characters_of_json_in_any_order_are_read_alike(text in "[\\[\\]{}:,\"\\\\ 0-9eE.+\\-truefalsn\\x01u]{0,40}") {
        agrees(text.as_bytes());
    }

    #[test]
    fn bytes_are_read_alike(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        agrees(&bytes);
        agrees(&[b"\"", &bytes[..], b"\""].concat());
    }

    #[test]
    fn numbers_are_read_alike(text in "-?(0|[1-9][0-9]{0,18})(\\.[0-9]{1,18})?([eE][+-]?[0-9]{1,3})?") {
        agrees(text.as_bytes());
    }

    #[test]
    fn whole_texts_and_their_cuts_are_read_alike(value in whole(), at in any::<prop::sample::Index>()) {
        let text = value.to_string();
        agrees(text.as_bytes());
        prop_assert_ne!(wrong(&text).map(|(_, what)| what), Some(Wrong::Syntax));
        agrees(&text.as_bytes()[..at.index(text.len())]);
    }
}

/// Any value of a few levels.
fn whole() -> impl Strategy<Value = Theirs> {
    let leaf = prop_oneof![
        Just(Theirs::Null),
        any::<bool>().prop_map(Theirs::from),
        (-(1i64 << 53)..1 << 53).prop_map(Theirs::from),
        any::<String>().prop_map(Theirs::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..6).prop_map(Theirs::from);
        prop_oneof![
            items,
            prop::collection::hash_map(any::<String>(), inner, 0..6).prop_map(|members| members.into_iter().collect::<Theirs>())
        ]
    })
}
