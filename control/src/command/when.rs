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

/// Seconds of an age: `90d`, `12h`, `5m`.
pub(super) fn age(text: &str) -> Result<u64, String> {
    let fail = || format!("{text:?}: write an age (90d, 12h, 5m)");
    let days = jiff::SpanRelativeTo::days_are_24_hours();
    let span = text.parse::<Span>().map_err(|_| fail())?;
    let seconds = span.total((jiff::Unit::Second, days)).map_err(|_| fail())?;
    // An age of a policy is far below 2⁵³ s, and a fraction of a second is none.
    if (0.0..1e12).contains(&seconds) { Ok(seconds as u64) } else { Err(fail()) }
}

/// An age for people, by its largest unit.
pub(super) fn show_age(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let fits = units.iter().find(|(unit, _)| seconds >= *unit);
    fits.map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::{age, parse, show, show_age};

    #[test]
    fn ages_are_read_and_shown() {
        assert_eq!([age("5m"), age("12h"), age("90d"), age("0s")], [Ok(300), Ok(43_200), Ok(7_776_000), Ok(0)]);
        for bad in ["", "soon", "5", "-5m", "2027-06-30"] {
            assert!(age(bad).is_err(), "{bad}");
        }
        assert_eq!([0, 59, 60, 7_199, 90_000, 200_000].map(show_age), ["0s", "59s", "1m", "1h", "1d", "2d"]);
    }

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
