//! `0 */5 * * * *`, in a time zone.

use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds};
use std::fmt;

/// When something is due: seconds, minutes, hours, days of the month, months, days of the week; without the first field at
/// second 0. `@hourly` and its like, names of months and days, `L`, `W` and `#` are understood as `croner` has them.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    zone: Tz,
    cron: Cron,
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Expression {
    /// Reads one. `zone` is a name such as `Europe/Berlin` or `UTC`.
    ///
    /// # Errors
    /// What is wrong, with the value; also an expression whose time never comes.
    pub fn parse(text: &str, zone: &str) -> Result<Self, String> {
        let zone: Tz = zone.parse().map_err(|_| {
            format!("there is no time zone '{zone}'; write a name such as 'Europe/Berlin' or 'UTC'")
        })?;
        let parser = CronParser::builder().seconds(Seconds::Optional).build();
        let cron = parser.parse(text.trim()).map_err(|error| {
            format!(
                "'{text}' is no schedule: {error}; write six fields (second minute hour day month weekday), such as '0 */5 * * * *', or five without the second"
            )
        })?;
        let this = Self {
            text: text.trim().to_owned(),
            zone,
            cron,
        };
        // 2024: a leap year follows within the years that are looked through.
        match this.after(1_704_067_200_000) {
            Some(_) => Ok(this),
            None => Err(format!("'{text}' is no schedule: its time never comes")),
        }
    }

    /// The first moment after this one, in milliseconds since 1970; `None` when it never comes again.
    ///
    /// A time that the clocks leave out in spring counts as the first one behind the gap, and one that comes twice in
    /// autumn is due once, unless the expression repeats within hours or minutes.
    #[must_use]
    pub fn after(&self, moment: i64) -> Option<i64> {
        let moment: DateTime<Tz> = Utc
            .timestamp_millis_opt(moment)
            .single()?
            .with_timezone(&self.zone);
        let next = self.cron.find_next_occurrence(&moment, false).ok()?;
        Some(next.timestamp_millis())
    }

    /// A moment as people of the time zone write it: `2026-11-21 02:55:00 CET`.
    #[must_use]
    pub fn local(&self, moment: i64) -> String {
        match Utc.timestamp_millis_opt(moment).single() {
            Some(utc) => utc
                .with_timezone(&self.zone)
                .format("%Y-%m-%d %H:%M:%S %Z")
                .to_string(),
            None => moment.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_millis()
    }

    fn next(text: &str, zone: &str, from: &str) -> String {
        let expression = Expression::parse(text, zone).unwrap();
        let next = expression.after(millis(from)).unwrap();
        Utc.timestamp_millis_opt(next).unwrap().to_rfc3339()
    }

    #[test]
    fn six_fields_are_to_the_second_and_five_to_the_minute() {
        for (text, wanted) in [
            ("* * * * * *", "2026-01-01T00:00:01+00:00"),
            ("*/10 * * * * *", "2026-01-01T00:00:10+00:00"),
            ("0 */5 * * * *", "2026-01-01T00:05:00+00:00"),
            ("*/5 * * * *", "2026-01-01T00:05:00+00:00"),
            ("30 4 1 * *", "2026-01-01T04:30:00+00:00"),
            ("@daily", "2026-01-02T00:00:00+00:00"),
            ("0 0 9 * * MON-FRI", "2026-01-01T09:00:00+00:00"),
            ("0 0 0 29 2 *", "2028-02-29T00:00:00+00:00"),
            ("0 0 0 L * *", "2026-01-31T00:00:00+00:00"),
        ] {
            assert_eq!(next(text, "UTC", "2026-01-01T00:00:00Z"), wanted, "{text}");
        }
    }

    #[test]
    fn the_zone_counts_also_where_its_clocks_change() {
        let nine = "0 0 9 * * *";
        assert_eq!(
            next(nine, "Europe/Berlin", "2026-01-10T00:00:00Z"),
            "2026-01-10T08:00:00+00:00"
        );
        assert_eq!(
            next(nine, "Europe/Berlin", "2026-07-10T00:00:00Z"),
            "2026-07-10T07:00:00+00:00"
        );
        // 2:30 is left out on 29 March 2026: the first moment behind the gap.
        assert_eq!(
            next("0 30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z"),
            "2026-03-29T01:00:00+00:00"
        );
        // 2:30 comes twice on 25 October 2026, and is due once.
        let twice = Expression::parse("0 30 2 * * *", "Europe/Berlin").unwrap();
        let first = twice.after(millis("2026-10-24T12:00:00Z")).unwrap();
        let second = twice.after(first).unwrap();
        assert!(second - first >= 24 * 3_600_000, "{}", twice.local(second));
    }

    #[test]
    fn moments_are_written_in_the_zone() {
        let expression = Expression::parse("@daily", "Europe/Berlin").unwrap();
        assert_eq!(
            expression.local(millis("2026-07-10T07:00:00Z")),
            "2026-07-10 09:00:00 CEST"
        );
        assert_eq!(expression.to_string(), "@daily");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, zone, words) in [
            ("", "UTC", "no schedule"),
            ("every minute", "UTC", "'every minute' is no schedule"),
            ("61 * * * * *", "UTC", "'61 * * * * *' is no schedule"),
            ("* * *", "UTC", "six fields"),
            ("0 0 0 30 2 *", "UTC", "never comes"),
            ("@daily", "Mars/Olympus", "no time zone 'Mars/Olympus'"),
        ] {
            let said = Expression::parse(text, zone).unwrap_err();
            assert!(said.contains(words), "{text}: {said}");
        }
    }
}
