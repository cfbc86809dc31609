//! `where`: `path.tenant == principal.tenant`, `principal.plan in ['pro', 'team']`, `time in mon-fri 08:00-18:00`.

use super::document::{Entry, Span};
use super::nearest;
use crate::diagnostic::Findings;
use crate::model::{Condition, Hours, Operand, Template, Test, segment_of};

/// What is wrong with a condition, and what would do.
type Refusal = (String, String);

const EXAMPLE: &str = "[\"path.tenant == principal.tenant\"]";
const FORMS: &str = "write \"path.tenant == principal.tenant\", \"principal.plan in ['pro']\" or \"time in mon-fri 08:00-18:00\"";
/// What one text of an image holds.
const LENGTH_MAX: usize = 255;

pub(super) fn read(entry: &Entry<'_>, templates: &[Template], needs_key: bool, findings: &mut Findings) -> Vec<Condition> {
    let texts = entry.value.text_or_texts("where", EXAMPLE, findings);
    texts.into_iter().filter_map(|(text, span)| condition(text, span, templates, needs_key, findings)).collect()
}

fn condition(text: &str, span: Span, templates: &[Template], needs_key: bool, findings: &mut Findings) -> Option<Condition> {
    let test = test(text, templates).and_then(|test| match test.parameter() {
        Some(name) if segment_of(name, templates).is_none() => {
            let what = format!("condition {text:?}: not every template of the route has {{{name}}} as the same segment");
            Err((what, "make a route of each template".into()))
        }
        _ if test.needs_caller() && !needs_key => {
            Err((format!("condition {text:?} asks who calls"), "this route takes no credential: give it auth = \"key\"".into()))
        }
        _ => Ok(test),
    });
    match test {
        Ok(test) => Some(Condition { text: text.to_owned(), test }),
        Err((what, help)) => {
            findings.error(span, what, help);
            None
        }
    }
}

fn test(text: &str, templates: &[Template]) -> Result<Test, Refusal> {
    let fail = |help: &str| (format!("condition {text:?}"), help.to_owned());
    if text.len() > LENGTH_MAX {
        return Err(fail("a condition has at most 255 bytes: share it between two"));
    }
    let operand = |word: &str| operand(word, templates).map_err(|help| (format!("condition {text:?}: unknown value {word:?}"), help));
    if let Some((left, right)) = text.split_once(" == ") {
        let (left, right) = (left.trim(), right.trim());
        return match quoted(right) {
            Some(name) => Ok(Test::OneOf(operand(left)?, vec![name])),
            None => match operand(right)? {
                Operand::Path(_) => Err(fail("turn it round: what the path says stands on the left, and the caller on the right")),
                caller => Ok(Test::Equal(operand(left)?, caller)),
            },
        };
    }
    let (left, right) = text.split_once(" in ").ok_or_else(|| fail(FORMS))?;
    let (left, right) = (left.trim(), right.trim());
    if left == "time" {
        return hours(right).map(Test::Time).ok_or_else(|| fail("write days and hours in UTC: time in mon-fri 08:00-18:00"));
    }
    let left = operand(left)?;
    let inner = right.strip_prefix('[').and_then(|right| right.strip_suffix(']'));
    let names: Option<Vec<String>> = inner.and_then(|inner| inner.split(',').map(|name| quoted(name.trim())).collect());
    names.map(|names| Test::OneOf(left, names)).ok_or_else(|| fail("write a list of names in single quotes: in ['pro', 'team']"))
}

/// A name in single quotes, without any within.
fn quoted(text: &str) -> Option<String> {
    let name = text.strip_prefix('\'')?.strip_suffix('\'')?;
    (!name.is_empty() && !name.contains('\'')).then(|| name.to_owned())
}

fn operand(word: &str, templates: &[Template]) -> Result<Operand, String> {
    let parameters: Vec<String> =
        templates.iter().flat_map(|template| &template.parameters).map(|(name, _)| format!("path.{name}")).collect();
    match word {
        "principal.name" => Ok(Operand::Principal),
        "principal.tenant" => Ok(Operand::Tenant),
        "principal.plan" => Ok(Operand::Plan),
        _ => match word.strip_prefix("path.") {
            Some(name) if parameters.iter().any(|known| known == word) => Ok(Operand::Path(name.to_owned())),
            _ => {
                let known: Vec<&str> =
                    parameters.iter().map(String::as_str).chain(["principal.name", "principal.tenant", "principal.plan"]).collect();
                Err(nearest(word, known.iter().copied())
                    .map_or_else(|| format!("it is one of {}", known.join(", ")), |near| format!("did you mean {near:?}?")))
            }
        },
    }
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const EVERY_DAY: u8 = 0x7F;

/// `mon-fri 08:00-18:00`, `sat,sun 00:00-24:00`, `22:00-06:00`: in UTC, over midnight if it ends before it begins.
fn hours(text: &str) -> Option<Hours> {
    let (days, span) = match text.split_once(' ') {
        Some((given, span)) => (given.split(',').try_fold(0, |mask, part| Some(mask | days(part)?))?, span.trim()),
        None => (EVERY_DAY, text),
    };
    let (from, to) = span.split_once('-')?;
    let (from, to) = (minute(from)?, minute(to)?);
    (from < 1440 && from != to).then_some(Hours { days, from, to })
}

fn days(part: &str) -> Option<u8> {
    let day = |name: &str| DAYS.iter().position(|known| *known == name);
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (first, last) = (day(first)?, day(last)?);
    // From friday to monday goes over the week's end.
    let length = (last + 7 - first) % 7;
    Some((0..=length).fold(0, |mask, step| mask | 1 << ((first + step) % 7)))
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number =
        |text: &str| (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<u16>().ok()).flatten();
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= 1440).then_some(minute)
}

#[cfg(test)]
mod tests {
    use super::{Hours, hours};

    #[test]
    fn windows_are_read_or_refused() {
        let read = |text: &str| hours(text).map(|Hours { days, from, to }| (days, from, to));
        assert_eq!(read("mon-fri 08:00-18:00"), Some((0b001_1111, 480, 1080)));
        assert_eq!(read("fri-mon 22:00-06:30"), Some((0b111_0001, 1320, 390)));
        assert_eq!(read("sat,sun 00:00-24:00"), Some((0b110_0000, 0, 1440)));
        assert_eq!(read("09:00-10:00"), Some((0b111_1111, 540, 600)));
        for bad in [
            "",
            "mon",
            "mon 8:00-18:00",
            "mon 08:00",
            "mon 08:00-24:01",
            "mon 24:00-01:00",
            "mon 08:60-09:00",
            "mon 08:00-08:00",
            "monday 08:00-18:00",
            "mon- 08:00-18:00",
            ",mon 08:00-18:00",
            "mon 08:00-+9:00",
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
