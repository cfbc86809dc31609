//! What goes on every answer.

use caltrop::guard::record::{FIELDS_MAX, FieldRecord, ON_ALL, ON_TLS};
use zerocopy::little_endian::U32;

use super::Compiler;
use crate::model::CompileError;
use crate::text::TextError;

/// The field that a browser must not believe over plaintext (RFC 6797 §8.1), and that no server may send there (§7.2).
const OVER_TLS: &str = "strict-transport-security";

impl Compiler<'_> {
    pub(super) fn origins(&mut self) -> Result<Vec<U32>, TextError> {
        self.policy.cors.iter().map(|origin| self.text.intern(origin)).collect()
    }

    pub(super) fn fields(&mut self) -> Result<Vec<FieldRecord>, CompileError> {
        if self.policy.fields.len() > FIELDS_MAX {
            return Err(CompileError::TooMany("fields of answers"));
        }
        let field = self.policy.fields.iter().map(|field| {
            let on = if field.name == OVER_TLS { ON_TLS } else { ON_ALL };
            Ok(FieldRecord { name: self.text.intern(&field.name)?, value: self.text.intern(&field.value)?, on, zero: [0; 3] })
        });
        field.collect()
    }
}
