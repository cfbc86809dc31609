//! What a route asks of the caller and the moment besides zones and scopes: a closed set of comparisons, no language.
//!
//! ```text
//! value == value, value in names, time in a window of the week; what has no value equals nothing, so a condition about it never holds
//! ```

use super::path::{Path, Segment};
use super::record::{CONDITION, ConditionRecord, operand};
use super::routes::{Route, Routes};
use crate::image::OpenError;

/// What is known of a request once its caller is.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Its path.
    pub path: Path<'a>,
    /// Who asks.
    pub principal: Option<&'a str>,
    /// Of which tenant.
    pub tenant: Option<&'a str>,
    /// With which plan.
    pub plan: Option<&'a str>,
    /// Unix seconds; `None` if no clock can be believed.
    pub wall_s: Option<u64>,
}

/// A side of a comparison.
enum Value<'a> {
    Segment(Segment<'a>),
    Text(&'a str),
}

impl Value<'_> {
    fn is(&self, text: &str) -> bool {
        match self {
            Self::Segment(segment) => segment.cmp_decoded(text.as_bytes()).is_eq(),
            Self::Text(own) => *own == text,
        }
    }
}

impl<'a> Known<'a> {
    fn text(&self, of: u8) -> Option<&'a str> {
        match of {
            operand::PRINCIPAL => self.principal,
            operand::TENANT => self.tenant,
            operand::PLAN => self.plan,
            _ => None,
        }
    }

    fn value(&self, condition: &ConditionRecord) -> Option<Value<'a>> {
        if condition.left == operand::PATH {
            return self.path.segments().nth(usize::from(condition.segment)).map(Value::Segment);
        }
        self.text(condition.left).map(Value::Text)
    }
}

impl<'b> Route<'b> {
    /// The first of its conditions that does not hold, as it was written.
    ///
    /// # Bounds
    /// One look at each condition, and at each of its names.
    #[must_use]
    pub fn unmet(&self, known: &Known<'_>) -> Option<&'b str> {
        let conditions = self.record().conditions.of(self.routes.conditions);
        let unmet = conditions.iter().find(|condition| !self.holds(condition, known))?;
        Some(self.routes.text.get(unmet.text).unwrap_or_default())
    }

    fn holds(&self, condition: &ConditionRecord, known: &Known<'_>) -> bool {
        if condition.left == operand::TIME {
            return known.wall_s.is_some_and(|wall_s| is_within(condition, wall_s));
        }
        let Some(value) = known.value(condition) else { return false };
        if condition.right == operand::ONE_OF {
            let names = condition.names.of(self.routes.names).iter();
            return names.filter_map(|&name| self.routes.text.get(name)).any(|name| value.is(name));
        }
        known.text(condition.right).is_some_and(|text| value.is(text))
    }
}

/// 1970-01-01 was a Thursday.
const FIRST_WEEKDAY: u64 = 3;

fn is_within(window: &ConditionRecord, wall_s: u64) -> bool {
    let (day, minute) = (wall_s / 86_400, wall_s % 86_400 / 60);
    let begins = |day: u64| u64::from(window.days) >> (day.wrapping_add(FIRST_WEEKDAY) % 7) & 1 == 1;
    let (from, to) = (u64::from(window.from.get()), u64::from(window.to.get()));
    if from < to {
        return begins(day) && (from..to).contains(&minute);
    }
    // Over midnight: the evening of a day, or the morning after one.
    (begins(day) && minute >= from) || (day.checked_sub(1).is_some_and(begins) && minute < to)
}

impl Routes<'_> {
    pub(super) fn check_condition(&self, condition: &ConditionRecord) -> Result<(), OpenError> {
        self.text.check(condition.text, CONDITION)?;
        let (from, to, days) = (condition.from.get(), condition.to.get(), condition.days);
        let is_time = condition.left == operand::TIME;
        let window =
            if is_time { from < 1440 && to <= 1440 && from != to && (1..128).contains(&days) } else { (from, to, days) == (0, 0, 0) };
        let segment = condition.segment == 0 || condition.left == operand::PATH;
        let has_names = condition.names.count.get() != 0;
        let right = match condition.right {
            operand::ONE_OF => has_names != is_time,
            operand::PRINCIPAL..=operand::PLAN => !has_names && !is_time,
            _ => false,
        };
        let left = matches!(condition.left, operand::PATH..=operand::TIME);
        let good = left && right && segment && window && condition.names.fits(self.names.len()) && condition.zero == [0; 2];
        if good { Ok(()) } else { Err(OpenError::Content { tag: CONDITION }) }
    }
}
