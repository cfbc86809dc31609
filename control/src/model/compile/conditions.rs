//! What routes ask of callers and moments.

use caltrop::access::record::{ConditionRecord, operand};

use super::{Compiler, span};
use crate::model::{CompileError, Condition, Hours, Operand, Route, Test, segment_of};

impl Compiler<'_> {
    pub(super) fn condition(&mut self, route: &Route, condition: &Condition) -> Result<ConditionRecord, CompileError> {
        let fail = || CompileError::Condition { route: route.name.clone(), text: condition.text.clone() };
        let is_path_right = matches!(&condition.test, Test::Equal(_, Operand::Path(_)));
        if is_path_right || (condition.test.needs_caller() && !route.knows_caller()) {
            return Err(fail());
        }
        let segment = match condition.test.parameter() {
            Some(parameter) => segment_of(parameter, &route.templates).and_then(|at| u8::try_from(at).ok()).ok_or_else(fail)?,
            None => 0,
        };
        let first = self.names.len();
        let (left, right) = match &condition.test {
            Test::Equal(left, right) => (code(left), code(right)),
            Test::OneOf(left, names) => {
                for name in names {
                    let offset = self.text.intern(name)?;
                    self.names.push(offset);
                }
                (code(left), operand::ONE_OF)
            }
            Test::Time(_) => (operand::TIME, operand::ONE_OF),
        };
        let none = Hours { days: 0, from: 0, to: 0 };
        let Hours { days, from, to } = if let Test::Time(hours) = condition.test { hours } else { none };
        Ok(ConditionRecord {
            text: self.text.intern(&condition.text)?,
            names: span(first, self.names.len(), "names")?,
            from: from.into(),
            to: to.into(),
            left,
            segment,
            right,
            days,
            zero: [0; 2],
        })
    }
}

const fn code(of: &Operand) -> u8 {
    match of {
        Operand::Path(_) => operand::PATH,
        Operand::Principal => operand::PRINCIPAL,
        Operand::Tenant => operand::TENANT,
        Operand::Plan => operand::PLAN,
    }
}
