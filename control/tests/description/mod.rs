//! A request for an operation, made of what its own description says: the twin of `init::openapi`, and written without it.

use serde_json::Value;

/// One operation and a request for it.
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) method: String,
    /// As the description has it.
    pub(crate) path: String,
    /// With each parameter filled.
    pub(crate) target: String,
    /// Values that the description gives: an example, a default, or the first that is permitted.
    pub(crate) described: usize,
    /// Values that only have the described type, as there is none in the description.
    pub(crate) shaped: usize,
}

/// The keys of a path that are operations (OpenAPI 3.1.0 §4.8.9).
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// All operations in the order of the text.
pub(crate) fn operations(description: &Value) -> Vec<Asked> {
    let mut asked = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        // Beside the operations of a path may stand what all of them share.
        for (method, operation) in item.as_object().unwrap().iter().filter(|(key, _)| METHODS.contains(&key.as_str())) {
            let lists = [&item["parameters"], &operation["parameters"]].into_iter().filter_map(Value::as_array).flatten();
            let parameters: Vec<&Value> = lists.map(|one| resolved(description, one)).collect();
            asked.push(request(description, method, path, operation["operationId"].as_str().unwrap(), &parameters));
        }
    }
    asked
}

fn request(description: &Value, method: &str, path: &str, id: &str, parameters: &[&Value]) -> Asked {
    let (mut target, mut described, mut shaped) = (String::new(), 0, 0);
    let mut rest = path;
    while let Some((before, name, after)) = rest.split_once('{').and_then(|(before, rest)| {
        let (name, after) = rest.split_once('}')?;
        Some((before, name, after))
    }) {
        // The last of a name counts: an operation's parameter replaces its path's.
        let parameter = parameters.iter().rfind(|one| one["in"] == "path" && one["name"] == name);
        let parameter = parameter.unwrap_or_else(|| panic!("{id}: {name} is not described"));
        let schema = resolved(description, &parameter["schema"]);
        let value = own_value(description, parameter, schema);
        described += usize::from(value.is_some());
        shaped += usize::from(value.is_none());
        let keeps_slashes = parameter["x-multi-segment"] == true && after.is_empty();
        target += before;
        target += &escaped(&value.unwrap_or_else(|| of_type(schema)), keeps_slashes);
        rest = after;
    }
    Asked { id: id.to_owned(), method: method.to_uppercase(), path: path.to_owned(), target: target + rest, described, shaped }
}

fn own_value(description: &Value, parameter: &Value, schema: &Value) -> Option<String> {
    let named = parameter["examples"].as_object().and_then(|examples| examples.values().next());
    let candidates = [
        parameter.get("example"),
        named.and_then(|example| resolved(description, example).get("value")),
        schema.get("example"),
        schema["examples"].get(0),
        schema.get("default"),
        schema["enum"].get(0),
    ];
    candidates.into_iter().flatten().find_map(|value| match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn of_type(schema: &Value) -> String {
    let kind = schema["type"].as_str().or_else(|| schema["oneOf"][0]["type"].as_str());
    match kind {
        Some("string") => "a value".to_owned(),
        Some("integer") => "17".to_owned(),
        other => panic!("no value of type {other:?} is known: {schema}"),
    }
}

/// RFC 3986 §3.3: what is no `pchar` is escaped; so are `;` and `%`, which no canonical path has raw.
fn escaped(text: &str, keeps_slashes: bool) -> String {
    let is_raw = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte) || (keeps_slashes && byte == b'/');
    text.bytes().map(|byte| if is_raw(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn resolved<'v>(description: &'v Value, value: &'v Value) -> &'v Value {
    match value["$ref"].as_str() {
        Some(to) => resolved(description, description.pointer(to.trim_start_matches('#')).unwrap()),
        None => value,
    }
}
