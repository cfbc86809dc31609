//! What no policy can say is refused with its path, method, operation, reason and mend; what is no description, with its place.

use caltrop_control::init::openapi::{Why, open};

/// A description of these paths, with one scheme of each kind.
fn description(paths: &str) -> String {
    format!(
        r#"{{ "openapi": "3.1.0", "paths": {{ {paths} }}, "components": {{ "securitySchemes": {{
            "oauth": {{ "type": "oauth2" }}, "key": {{ "type": "apiKey" }}, "loop": {{ "$ref": "\#/components/securitySchemes/loop" }} }} }} }}"#
    )
    .replace("\\#", "#")
}

/// Paths, and the message of their only refusal.
const REFUSED: &[(&str, &str)] = &[
    (
        r#""/a/{b}.{c}": { "get": { "operationId": "x" } }"#,
        "/a/{b}.{c} GET (x): a parameter of a policy is a whole segment, {name}, and \"{b}.{c}\" is none: describe the whole segment as one parameter",
    ),
    (
        r#""/a/{b}{c}": { "get": {} }"#,
        "/a/{b}{c} GET: a parameter of a policy is a whole segment, {name}, and \"{b}{c}\" is none: describe the whole segment as one parameter",
    ),
    (
        r#""/a/v{b}": { "get": {} }"#,
        "/a/v{b} GET: a parameter of a policy is a whole segment, {name}, and \"v{b}\" is none: describe the whole segment as one parameter",
    ),
    (
        r#""/a/{b...}": { "get": {} }"#,
        "/a/{b...} GET: a parameter of a policy is a whole segment, {name}, and \"{b...}\" is none: describe the whole segment as one parameter",
    ),
    (
        r#""/a/{+b}": { "get": {} }"#,
        "/a/{+b} GET: its path is no template: a parameter is a whole segment: {name}, of letters, digits, _ - and .",
    ),
    (r#""/a/{b}/{b}": { "get": {} }"#, "/a/{b}/{b} GET: its path is no template: two parameters have one name: rename one"),
    (r#""/a?b=c": { "get": {} }"#, "/a?b=c GET: its path is no template: a template is of the path alone: leave the query out"),
    (
        r#""/a//b": { "get": {} }"#,
        "/a//b GET: its path is no template: no request gets here with such a path: only the last segment may be empty",
    ),
    (r#""a": { "get": {} }"#, "a GET: its path is no template: write a method, a space and a path: GET /v1/orders/{id}"),
    (
        r#""/a/{b}": { "get": { "operationId": "one" } }, "/a/{c}": { "get": { "operationId": "two" } }"#,
        "/a/{c} GET (two): route \"one\" matches the same requests, whatever its parameters are called: join the two operations; \
         as it stands, its requests are answered by route one",
    ),
    (
        r#""/a": { "trace": { "operationId": "x" } }"#,
        "/a TRACE (x): this method is never served: leave it out; methods are get, put, post, delete, options, head and patch",
    ),
    (
        r#""/a": { "query": {} }"#,
        "/a QUERY: this method is never served: leave it out; methods are get, put, post, delete, options, head and patch",
    ),
    (
        r##""/a": { "$ref": "paths.json#/a" }"##,
        "/a (all methods): its $ref \"paths.json#/a\" leads nowhere in this document: bundle the description into one file",
    ),
    (
        r##""/a": { "$ref": "#/paths/~1a" }"##,
        "/a (all methods): its $ref \"#/paths/~1a\" leads nowhere in this document: bundle the description into one file",
    ),
    (
        r##""/a": { "$ref": "#/components/securitySchemes/empty" }"##,
        "/a (all methods): its $ref \"#/components/securitySchemes/empty\" leads nowhere in this document: bundle the description into one file",
    ),
    (
        r##""/a": { "$ref": "#/paths/x-empty", "get": { "operationId": "x" } }, "x-empty": {}"##,
        "/a GET (x): it or its servers stand beside a $ref, which OpenAPI leaves undefined: move them to where the $ref leads",
    ),
    (
        r##""/a": { "$ref": "#/paths/x-get", "servers": [] }, "x-get": { "get": {} }"##,
        "/a (all methods): it or its servers stand beside a $ref, which OpenAPI leaves undefined: move them to where the $ref leads",
    ),
    (
        r#""/a": { "servers": [{ "url": "v1" }], "get": {} }"#,
        "/a GET: server \"v1\" has no path that is known: write it out, https://api.example/v1 or /v1",
    ),
    (
        r#""/a": { "get": { "servers": [{ "url": "/{x}" }] } }"#,
        "/a GET: server \"/{x}\" has no path that is known: write it out, https://api.example/v1 or /v1",
    ),
    (
        r#""/a": { "get": { "security": [{ "oauth": ["a"] }, {}] } }"#,
        "/a GET: it takes callers with a key and without, and a route takes one kind: leave {} out, or all but {}",
    ),
    (
        r#""/a": { "get": { "security": [{ "key": [] }, { "oauth": ["a"] }] } }"#,
        "/a GET: it takes one set of scopes or another, and a route asks for one: give each alternative the same scopes",
    ),
    (
        r#""/a": { "get": { "security": [{ "key": ["admin"] }] } }"#,
        "/a GET: scheme \"key\" asks for roles, and a route asks for scopes: use a scheme of type oauth2, or leave them out",
    ),
    (
        r#""/a": { "get": { "security": [{ "none": [] }] } }"#,
        "/a GET: security scheme \"none\" is not defined: add it to components.securitySchemes",
    ),
    (
        r#""/a": { "get": { "security": [{ "loop": [] }] } }"#,
        "/a GET: security scheme \"loop\" is not defined: add it to components.securitySchemes",
    ),
    (
        r#""/a": { "get": { "security": [{ "oauth": ["read all"] }] } }"#,
        "/a GET: scope \"read all\" is no name: a name is 1 to 63 letters, digits and signs of ASCII, without spaces",
    ),
    (
        r#""/a": { "get": { "security": {} } }"#,
        "/a GET: its security is no list of schemes with their scopes: write [{ \"oauth\": [\"orders:read\"] }]",
    ),
];

#[test]
fn each_refusal_names_the_operation_the_reason_and_the_mend() {
    for (paths, message) in REFUSED {
        let opened = open(&description(paths)).unwrap_or_else(|error| panic!("{paths}: {error}"));
        let said: Vec<String> = opened.refused.iter().map(ToString::to_string).collect();
        assert_eq!(said, [*message], "{paths}");
    }
}

#[test]
fn a_refusal_names_the_routes_that_take_its_requests_nevertheless() {
    let opened = open(
        r#"{ "openapi": "3.1.0", "servers": [{ "url": "/v1" }], "paths": {
            "/users/admin": { "get": { "security": [{ "none": [] }] }, "head": { "security": [{ "none": [] }] }, "put": { "security": [{ "none": [] }] } },
            "/users/{name}": { "get": { "operationId": "user" } },
            "/users/{name}.{kind}/x": { "get": {} },
            "/users/{a}/{b}": { "get": { "security": {} } },
            "/users/me/friends": { "get": { "operationId": "friends" } },
            "/{path}": { "get": { "operationId": "file", "parameters": [{ "in": "path", "name": "path", "x-multi-segment": true }] } }
        } }"#,
    )
    .unwrap();
    let landed: Vec<String> = opened.refused.iter().map(|one| one.lands_on.join(" ")).collect();
    assert_eq!(landed, ["user file", "user file", "", "file", "file"]);
}

#[test]
fn every_reason_is_reached() {
    let reached = |why: &dyn Fn(&Why) -> bool| {
        REFUSED.iter().flat_map(|(paths, _)| open(&description(paths)).unwrap().refused).filter(|one| why(&one.why)).count()
    };
    // No wildcard: a new reason does not compile before it has a number here.
    let number = |why: &Why| match why {
        Why::PartOfSegment { .. } => 0,
        Why::Template(_) => 1,
        Why::Method => 2,
        Why::Taken { .. } => 3,
        Why::Reference { .. } => 4,
        Why::BesideReference => 5,
        Why::Server { .. } => 6,
        Why::Security => 7,
        Why::Optional => 8,
        Why::Alternatives => 9,
        Why::Scheme { .. } => 10,
        Why::Roles { .. } => 11,
        Why::Scope { .. } => 12,
    };
    for wanted in 0..=12 {
        assert!(reached(&|why| number(why) == wanted) > 0, "reason {wanted}");
    }
}

#[test]
fn a_refusal_takes_nothing_else_along() {
    for (paths, _) in REFUSED {
        let opened = open(&description(&format!(r#"{paths}, "/good": {{ "get": {{ "operationId": "good" }} }}"#))).unwrap();
        assert_eq!(opened.refused.len(), 1, "{paths}");
        assert_eq!(opened.routes.last().map(|route| route.name.as_str()), Some("good"), "{paths}");
    }
}

#[test]
fn what_is_no_description_is_told_with_its_place() {
    let cases = [
        (
            "openapi: 3.1.0\npaths: {}\n",
            "line 1: this is no JSON; YAML is not read: convert it, `yq -o=json . openapi.yaml > openapi.json`",
        ),
        ("", "line 1, column 0: this is no JSON: EOF while parsing a value"),
        ("{\n  \"openapi\": 3.1.0 }", "line 2, column 17: this is no JSON: expected `,` or `}`"),
        (
            "{ \"openapi\": \"3.1.0\",\n \"paths\": { \"/a\": {}, \"/a\": {} } }",
            "line 2, column 26: this is no JSON: key \"/a\" stands there twice: leave one out",
        ),
        ("[]", "#: this is no OpenAPI description: make it an object"),
        ("{}", "#/openapi: this is JSON, and no OpenAPI description: it has no \"openapi\": \"3.1.0\""),
        ("{ \"swagger\": \"2.0\" }", "#: this is Swagger 2.0: convert it to OpenAPI 3.0 or 3.1"),
        ("{ \"openapi\": \"3.2.0\" }", "#: this is OpenAPI 3.2.0: convert it to OpenAPI 3.0 or 3.1"),
        ("{ \"openapi\": \"3.1.0\" }", "#/paths: this is no OpenAPI description: make it an object of paths"),
        ("{ \"openapi\": \"3.0.3\", \"paths\": [] }", "#/paths: this is no OpenAPI description: make it an object"),
        ("{ \"openapi\": \"3.0.3\", \"paths\": { \"/a~/b\": 1 } }", "#/paths/~1a~0~1b: this is no OpenAPI description: make it an object"),
        (
            "{ \"openapi\": \"3.0.3\", \"paths\": { \"/a\": { \"get\": { \"operationId\": 1 } } } }",
            "#/paths/~1a/get/operationId: this is no OpenAPI description: make it a text",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(open(text).unwrap_err().to_string(), message, "{text}");
    }
}
