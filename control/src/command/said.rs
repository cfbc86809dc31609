//! What a command answers, once for people and once for machines.

use std::fmt::{self, Display};
use std::io::Write;

use caltrop_host::LoadError;
use caltrop_host::files::FileError;
use caltrop_host::secrets::SecretError;
use serde_json::{Value, json};

use crate::diagnostic::Report;

/// An answer.
pub(super) struct Said {
    /// For people, on the standard output.
    pub(super) text: String,
    /// What else a person should know, on the standard error.
    pub(super) notes: String,
    /// For machines.
    pub(super) json: Value,
    /// 1 if it was done, and something about it is not right.
    code: u8,
}

impl Said {
    pub(super) fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), notes: String::new(), json, code: 0 }
    }

    pub(super) fn note(mut self, notes: impl Display) -> Self {
        self.notes += &notes.to_string();
        self
    }

    /// Done, but not all of it: exit code 1.
    pub(super) fn not_whole(self) -> Self {
        Self { code: 1, ..self }
    }
}

/// Why a command did not do it.
pub(super) struct Failure {
    code: u8,
    text: String,
    json: Value,
}

impl Failure {
    /// The policy, a key or a row is not right.
    pub(super) fn wrong(text: impl Display) -> Self {
        Self::of(1, text)
    }

    /// The command line is not right.
    pub(super) fn usage(text: impl Display) -> Self {
        Self::of(2, text)
    }

    /// A file or the system refuses.
    pub(super) fn system(text: impl Display) -> Self {
        Self::of(3, text)
    }

    /// What was found in a policy.
    pub(super) fn report(report: &Report) -> Self {
        Self { code: 1, text: report.to_string(), json: json!({ "found": report.found }) }
    }

    /// With more for machines.
    pub(super) fn with(mut self, json: Value) -> Self {
        self.json = json;
        self
    }

    fn of(code: u8, text: impl Display) -> Self {
        let text = text.to_string();
        Self { code, json: json!({ "error": text }), text: text + "\n" }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim_end())
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::system(error)
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Self::system(error)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Image { .. } | LoadError::Misuse(_) => Self::wrong(error),
            other => Self::system(other),
        }
    }
}

pub(super) fn print(done: Result<Said, Failure>, as_json: bool) -> u8 {
    let (code, out, err, json) = match done {
        Ok(mut said) => {
            if !said.notes.is_empty() {
                said.json["notes"] = json!(said.notes);
            }
            (said.code, said.text, said.notes, said.json)
        }
        Err(failure) => (failure.code, String::new(), failure.text, failure.json),
    };
    let (out, err) = if as_json { (format!("{json}\n"), String::new()) } else { (out, err) };
    // Who closed the pipe has read enough.
    let _ = std::io::stderr().write_all(err.as_bytes());
    let _ = std::io::stdout().write_all(out.as_bytes());
    code
}
