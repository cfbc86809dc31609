//! Dates, as people write and read them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Unix seconds of `2027-06-30`, `2027-06-30T12:00:00Z`, or `90d` from now.
pub(super) fn parse(text: &str) -> Result<u32, String> {
    let fail = || format!("{text:?}: write a date (2027-06-30), an instant (2027-06-30T12:00:00Z) or a time from now (90d, 12h)");
    let instant = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<Date>().ok().and_then(|date| TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()))
        .or_else(|| {
            text.parse::<Span>()
                .ok()
                .and_then(|span| Timestamp::now().to_zoned_datetime(TimeZone::UTC).checked_add(span).ok().map(|at| at.timestamp()))
        });
    u32::try_from(instant.ok_or_else(fail)?.as_second()).ok().filter(|&seconds| seconds > 0).ok_or_else(fail)
}

/// A date for people; `never` for 0.
pub(super) fn show(seconds: u32) -> String {
    if seconds == 0 { "never".to_owned() } else { Timestamp::from_second(i64::from(seconds)).map(|at| at.to_string()).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::{parse, show};

    #[test]
    fn dates_instants_and_spans_are_read_and_nothing_else() {
        assert_eq!(parse("2027-06-30").map(show).as_deref(), Ok("2027-06-30T00:00:00Z"));
        assert_eq!(parse("2027-06-30T12:00:00Z"), parse("2027-06-30").map(|date| date + 12 * 3600));
        let day = parse("1d").unwrap() - parse("0d").unwrap();
        assert!((86_399..=86_401).contains(&day), "{day}");
        for bad in ["", "soon", "2027", "1969-01-01", "2027-02-30"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
