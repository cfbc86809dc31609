//! `"600/minute"`, `"20/10m"`: how much in how long.

/// N per P; the burst is said elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// N.
    pub count: u32,
    /// P, in seconds.
    pub period_s: u32,
}

/// What is wrong with a limit, and what would do.
pub type Refusal = (String, String);

/// Reads a limit.
///
/// ```
/// use caltrop_control::policy::rate;
/// assert_eq!(rate("20/10m").unwrap().period_s, 600);
/// assert!(rate("20/min").is_err());
/// ```
/// # Errors
/// What is wrong, and what would do.
pub fn rate(text: &str) -> Result<Rate, Refusal> {
    if text == "plan" {
        return Err(("limits by plan are not supported yet".into(), "write the limit: \"60/minute\"".into()));
    }
    let Some((count, period)) = text.split_once('/') else {
        return Err((format!("quota {text:?} has no unit"), format!("say in how long: \"{text}/second\", minute, hour or day")));
    };
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    let count = number(count).filter(|&count| count > 0);
    let count = count.ok_or_else(|| (format!("quota {text:?}"), "begin with a whole number, at least 1: \"60/minute\"".to_owned()))?;
    let period_s = match period {
        "second" => Some(1),
        "minute" => Some(60),
        "hour" => Some(3_600),
        "day" => Some(86_400),
        _ => {
            let (many, unit) = period.split_at(period.bytes().take_while(u8::is_ascii_digit).count());
            let unit_s = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)].into_iter().find(|(name, _)| *name == unit).map(|(_, s)| s);
            number(many).zip(unit_s).and_then(|(many, unit_s): (u32, u32)| many.checked_mul(unit_s)).filter(|&period_s| period_s > 0)
        }
    };
    let period_s = period_s.ok_or_else(|| {
        let help = if period.starts_with(|first: char| first.is_ascii_digit()) {
            "write a period as 30s, 10m, 2h or 7d"
        } else {
            "write the unit in full: second, minute, hour or day"
        };
        (format!("quota {text:?}"), help.to_owned())
    })?;
    Ok(Rate { count, period_s })
}

#[cfg(test)]
mod tests {
    use super::{Rate, rate};

    #[test]
    fn limits_are_read_or_refused() {
        assert_eq!(rate("600/minute"), Ok(Rate { count: 600, period_s: 60 }));
        assert_eq!(rate("20/10m"), Ok(Rate { count: 20, period_s: 600 }));
        assert_eq!(rate("1/7d"), Ok(Rate { count: 1, period_s: 604_800 }));
        for bad in
            ["", "/", "60", "0/second", "+6/second", "60/", "60/min", "60/m", "60/0m", "60/99999d", "99999999999/day", "60/10 m", "plan"]
        {
            assert!(rate(bad).is_err(), "{bad:?}");
        }
    }
}
