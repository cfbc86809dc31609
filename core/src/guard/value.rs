//! Values of header fields, written where they are sent: none of them needs a buffer, however long it is.

use core::fmt::{self, Write};

use super::decision::DecisionId;
use super::record::CredentialRecord;
use crate::access::{Route, Routes};
use crate::image::Text;
use crate::key::Entry;
use crate::rate::{LimitItem, PolicyItem};

/// A value, by what it is made of. Only its text counts ([`fmt::Display`]).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Value<'g> {
    /// As it stands.
    Text(&'g str),
    /// Digits.
    Number(u32),
    /// The id of a decision.
    Id(DecisionId),
    /// A challenge, with the scopes of a route that the caller lacks.
    #[doc(hidden)]
    Challenge { scheme: &'g str, realm: Quoted<'g>, error: Option<&'static str>, route: Option<Route<'g>> },
    /// What a quota allows.
    RateLimitPolicy(PolicyItem<'g>),
    /// What is left of it.
    RateLimit(LimitItem<'g>),
    /// What may be done where a path ends.
    #[doc(hidden)]
    Methods { routes: Routes<'g>, end: usize },
    /// The fields that a page may send: those of credentials, and the one without which no JSON is one.
    #[doc(hidden)]
    Requested { credentials: &'g [CredentialRecord], text: Text<'g> },
    /// What a key may do.
    #[doc(hidden)]
    Scopes(Entry<'g>),
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Id(id) => write!(f, "{id}"),
            Self::Challenge { scheme, realm, error, route } => {
                write!(f, "{scheme} realm=\"{realm}\"")?;
                error.iter().try_for_each(|error| write!(f, ", error=\"{error}\""))?;
                let Some(route) = route else { return Ok(()) };
                f.write_str(", scope=\"")?;
                joined(f, " ", route.scopes().map(Quoted))?;
                f.write_char('"')
            }
            Self::RateLimitPolicy(item) => item.fmt(f),
            Self::RateLimit(item) => item.fmt(f),
            // HEAD comes with GET (RFC 9110 §9.3.2), and a page needs no leave for either.
            Self::Methods { routes, end } => joined(f, ", ", routes.methods(*end).map(|method| method.unwrap_or("*"))),
            Self::Requested { credentials, text } => {
                joined(f, ", ", credentials.iter().filter_map(|credential| text.get(credential.header)).chain(["content-type"]))
            }
            Self::Scopes(entry) => joined(f, " ", entry.scopes()),
        }
    }
}

fn joined<T: fmt::Display>(f: &mut fmt::Formatter<'_>, between: &str, parts: impl Iterator<Item = T>) -> fmt::Result {
    let mut is_first = true;
    for part in parts {
        if !core::mem::take(&mut is_first) {
            f.write_str(between)?;
        }
        write!(f, "{part}")?;
    }
    Ok(())
}

/// Within a quoted-string (RFC 9110 §5.6.4).
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'t>(pub(super) &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| {
            if matches!(character, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(character)
        })
    }
}
