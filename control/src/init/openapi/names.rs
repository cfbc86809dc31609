//! Route names: the operationId where it is a name, else the nearest that is one.

use std::collections::HashSet;

use caltrop::name::NAME_MAX;
use sha2::{Digest, Sha256};

/// The names given so far.
#[derive(Default)]
pub(crate) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// A name that no route has: of an operation without an id, `get:/orders/{id}`; of a second of one name, `name-2`.
    pub(crate) fn give(&mut self, id: Option<&str>, method: &str, path: &str) -> String {
        let name = shaped(&id.map_or_else(|| format!("{}:{path}", method.to_lowercase()), str::to_owned));
        let numbered = (2u32..).map(|number| {
            let suffix = format!("-{number}");
            format!("{}{suffix}", &name[..name.len().min(NAME_MAX - suffix.len())])
        });
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(free.clone());
        free
    }
}

/// How many hexadecimal digits of its SHA-256 tell a name that was cut from others: 32 bits.
const DIGITS: usize = 8;

/// ASCII of at most [`NAME_MAX`] bytes: other characters become `-`, and what is too long ends in a dash and digits of the whole text's hash.
fn shaped(text: &str) -> String {
    let name: String = text.chars().map(|char| if char.is_ascii_graphic() { char } else { '-' }).collect();
    if name.len() <= NAME_MAX {
        return name;
    }
    let hash: String = Sha256::digest(text).iter().take(DIGITS / 2).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hash}", &name[..NAME_MAX - 1 - DIGITS])
}
