//! What a good token says.

use crate::json::{Object, Text, Value};

/// The claims of a token that was verified.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'b> {
    object: Object<'b>,
    text: &'b [u8],
}

impl<'b> Claims<'b> {
    pub(super) const fn of(object: Object<'b>, text: &'b [u8]) -> Self {
        Self { object, text }
    }

    /// All of them, as the text that was signed: a JSON object that any reader understands alike.
    #[must_use]
    pub fn as_json(&self) -> &'b str {
        // Seen to be UTF-8 when it was checked.
        core::str::from_utf8(self.text).unwrap_or_default()
    }

    /// Whose token it is: `sub`.
    #[must_use]
    pub fn subject(&self) -> Option<Text<'b>> {
        self.claim("sub").and_then(Value::as_text)
    }

    /// A claim, where a dot leads into an object: `realm_access.roles`. A name that has a dot itself is found first, as many servers use URLs.
    ///
    /// ```
    /// # use caltrop::{mac, time::{Now, Quality}, token::{Key, Verifier}};
    /// # let secret = mac::Key::new(b"a secret of at least 32 bytes, shared with the issuer");
    /// # let (keys, audiences) = ([Key::hs256(Some("k1"), &secret)], ["acme-api"]);
    /// # let verifier = Verifier::new("https://id.acme.example", &audiences, &keys).unwrap();
    /// # let token = b"eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiYXQrand0In0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6WyJvdGhlciIsImFjbWUtYXBpIl0sImV4cCI6MTc5NjAwMDAwMCwic2NvcGUiOiJvcmRlcnM6cmVhZCBvcmRlcnM6d3JpdGUiLCJyZWFsbV9hY2Nlc3MiOnsicm9sZXMiOlsiYWRtaW4iXX19.ucvF1reEtfGYwMjVkMC1KF3RCnWIhN9UTlUJT4fniiA";
    /// # let now = Now { wall_s: 1_795_999_999, quality: Quality::Trusted, ..Now::default() };
    /// # let mut buffer = [0; 512];
    /// let claims = verifier.verify(token, &mut buffer, now).unwrap();
    /// assert!(claims.has("scope", "orders:read") && !claims.has("scope", "orders"));
    /// assert!(claims.has("realm_access.roles", "admin"));
    /// assert!(claims.claim("realm_access.nobody").is_none());
    /// ```
    #[must_use]
    pub fn claim(&self, path: &str) -> Option<Value<'b>> {
        let mut object = self.object;
        let mut path = path;
        loop {
            if let Some(found) = object.get(path) {
                return Some(found);
            }
            let (first, rest) = path.split_at_checked(path.bytes().position(|byte| byte == b'.')?)?;
            object = object.get(first)?.as_object()?;
            path = rest.get(1..)?;
        }
    }

    /// Whether a claim holds a word: of a string, one between its spaces (RFC 8693 §4.2), of an array, one of its strings.
    #[must_use]
    pub fn has(&self, path: &str, word: &str) -> bool {
        match self.claim(path) {
            // A scope has no character that needs an escape (RFC 6749 §3.3).
            Some(Value::Text(words)) => {
                words.as_str().is_some_and(|words| words.as_bytes().split(|&byte| byte == b' ').any(|one| one == word.as_bytes()))
            }
            Some(Value::Array(words)) => words.items().any(|one| one.as_text().is_some_and(|one| one == word)),
            _ => false,
        }
    }
}

/// The claims that a verifier looks at, as RFC 7519 §4.1 registers them: found in one pass.
#[derive(Default)]
pub(super) struct Registered<'b> {
    pub(super) issuer: Option<Value<'b>>,
    audience: Option<Value<'b>>,
    pub(super) expires: Option<Value<'b>>,
    pub(super) begins: Option<Value<'b>>,
    pub(super) issued: Option<Value<'b>>,
    /// Whether it says what only tokens of a login say: OpenID Connect Core §2 and §3.1.3.6, and Keycloak's own `typ`.
    pub(super) is_of_login: bool,
}

/// The names that are looked for.
const KNOWN: [&str; 9] = ["iss", "aud", "exp", "nbf", "iat", "nonce", "at_hash", "c_hash", "typ"];

impl<'b> Registered<'b> {
    pub(super) fn of(claims: Object<'b>) -> Self {
        let mut found = Self::default();
        for (name, value) in claims.members() {
            // However it is written, a name is the one that it means.
            let known = name.as_str().or_else(|| KNOWN.into_iter().find(|known| name == *known));
            let slot = match known {
                Some("iss") => &mut found.issuer,
                Some("aud") => &mut found.audience,
                Some("exp") => &mut found.expires,
                Some("nbf") => &mut found.begins,
                Some("iat") => &mut found.issued,
                Some("typ") => {
                    found.is_of_login |= value.as_text().is_some_and(|kind| kind == "ID");
                    continue;
                }
                Some("nonce" | "at_hash" | "c_hash") => {
                    found.is_of_login = true;
                    continue;
                }
                _ => continue,
            };
            *slot = Some(value);
        }
        found
    }

    /// RFC 7519 §4.1.3: one string, or an array of strings in which it stands.
    pub(super) fn is_for(&self, audience: &str) -> bool {
        match self.audience {
            Some(Value::Text(one)) => one == audience,
            Some(Value::Array(all)) => {
                let mut is_in = false;
                all.items().all(|one| one.as_text().inspect(|one| is_in |= *one == audience).is_some()) && is_in
            }
            _ => false,
        }
    }
}
