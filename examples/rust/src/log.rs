//! Denials, one JSON line each: here the operator finds by the id in an answer what the answer does not say.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use caltrop::guard::{DecisionId, Denial};
use serde_json::json;

/// An open log.
pub(crate) struct Log(Mutex<Box<dyn Write + Send>>);

impl Log {
    /// Appends to a file, or writes to the standard error.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let file: Box<dyn Write + Send> = match path {
            Some(path) => Box::new(OpenOptions::new().create(true).append(true).open(path)?),
            None => Box::new(io::stderr()),
        };
        Ok(Self(Mutex::new(file)))
    }

    pub(crate) fn denied(&self, id: DecisionId, denial: &Denial<'_>) {
        let facts = denial.facts();
        let line = json!({
            "id": hex(id), "status": denial.status(), "reason": denial.reason().word(), "route": facts.route(),
            "principal": facts.principal(), "client": facts.client().map(|client| client.to_string()),
        });
        // One write a line, so that the lines of several workers do not mix. A full disk must not stop the answers.
        if let Ok(mut file) = self.0.lock() {
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Log(..)")
    }
}

/// An id as people see it.
pub(crate) fn hex(id: DecisionId) -> String {
    String::from_utf8_lossy(&id.hex()).into_owned()
}
