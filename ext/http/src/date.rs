//! HTTP dates (RFC 9110, 5.6.7): cached formatting and parsing.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The length of an IMF-fixdate.
pub const LENGTH: usize = 29;

const DAYS: [&[u8; 3]; 7] = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"];
const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];
/// The last second of the year 9999: the format has four digits for the year.
const LAST: u64 = 253_402_300_799;

/// A point in time taken apart, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) weekday: &'static [u8; 3],
    pub(crate) day: u8,
    pub(crate) month: &'static [u8; 3],
    pub(crate) year: u16,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
}

/// Takes seconds since 1970 apart. Later than the year 9999 counts as its last second.
pub(crate) fn parts(seconds: u64) -> Parts {
    let seconds = seconds.min(LAST);
    let days = seconds / 86_400;
    let rest = seconds % 86_400;
    // Days to a civil date, with years that begin in March (Howard Hinnant's algorithm).
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 2
    } else {
        march_month - 10
    };
    let year = year_of_era + era * 400 + u64::from(month < 2);
    Parts {
        weekday: DAYS[(days % 7) as usize],
        day: day as u8,
        month: MONTHS[month as usize],
        year: year as u16,
        hour: (rest / 3600) as u8,
        minute: (rest / 60 % 60) as u8,
        second: (rest % 60) as u8,
    }
}

fn two(out: &mut [u8], number: u8) {
    out[0] = b'0' + number / 10;
    out[1] = b'0' + number % 10;
}

/// Formats seconds since 1970 as an IMF-fixdate (`Sun, 06 Nov 1994 08:49:37 GMT`) without
/// allocating. Times after the year 9999 are printed as its last second.
pub fn format(seconds: u64) -> [u8; LENGTH] {
    let parts = parts(seconds);
    let mut out = *b"Thu, 01 Jan 1970 00:00:00 GMT";
    out[0..3].copy_from_slice(parts.weekday);
    two(&mut out[5..7], parts.day);
    out[8..11].copy_from_slice(parts.month);
    two(&mut out[12..14], (parts.year / 100) as u8);
    two(&mut out[14..16], (parts.year % 100) as u8);
    two(&mut out[17..19], parts.hour);
    two(&mut out[20..22], parts.minute);
    two(&mut out[23..25], parts.second);
    out
}

/// [`format()`] as a string, for headers that are built now and then.
pub fn to_string(seconds: u64) -> String {
    format(seconds).iter().map(|byte| *byte as char).collect()
}

/// Remembers the last formatted second, so that each second is formatted once.
///
/// ```
/// # use highper_http::date::Cache;
/// let mut cache = Cache::default();
/// assert_eq!(cache.at(784_111_777), b"Sun, 06 Nov 1994 08:49:37 GMT");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Cache {
    second: u64,
    text: [u8; LENGTH],
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            second: 0,
            text: format(0),
        }
    }
}

impl Cache {
    /// The date of `seconds` since 1970.
    pub fn at(&mut self, seconds: u64) -> &[u8; LENGTH] {
        if self.second != seconds {
            *self = Self {
                second: seconds,
                text: format(seconds),
            };
        }
        &self.text
    }
}

thread_local! {
    static CACHE: Cell<Option<Cache>> = const { Cell::new(None) };
}

/// The present date from this thread's cache. Reads the clock; a driver that knows the time
/// already uses [`Cache`].
pub fn now() -> [u8; LENGTH] {
    let mut cache = CACHE.get().unwrap_or_default();
    let text = *cache.at(seconds(SystemTime::now()));
    CACHE.set(Some(cache));
    text
}

/// Whole seconds since 1970; 0 for earlier times.
pub fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs()
}

/// Parses the three forms of RFC 9110: IMF-fixdate, RFC 850, asctime. Nothing if it is none of
/// them; callers ignore the header then, as the RFC wants.
///
/// Returns seconds since 1970.
pub fn parse(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    httpdate::parse_http_date(text.trim_matches([' ', '\t']))
        .ok()
        .map(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_like_httpdate() {
        let step = 86_400 * 13 + 3_661;
        for seconds in
            (0..LAST)
                .step_by(step * 7)
                .chain([0, 951_782_400, 951_868_799, 4_107_542_399, LAST])
        {
            let theirs = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(to_string(seconds), theirs);
        }
    }

    #[test]
    fn parses_the_three_forms() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            " Sun, 06 Nov 1994 08:49:37 GMT\t",
        ] {
            assert_eq!(parse(text.as_bytes()), Some(784_111_777), "{text}");
        }
        for text in [
            "",
            "now",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 36 Nov 1994 08:49:37 GMT",
            "\u{fc}",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse(b"\xff"), None);
    }

    #[test]
    fn round_trips() {
        for seconds in (0..4_000_000_000).step_by(9_999_991) {
            assert_eq!(parse(&format(seconds)), Some(seconds));
        }
    }

    #[test]
    fn cache_follows_the_clock() {
        let mut cache = Cache::default();
        assert_eq!(cache.at(0), b"Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(cache.at(1), b"Thu, 01 Jan 1970 00:00:01 GMT");
        assert_eq!(cache.at(1), b"Thu, 01 Jan 1970 00:00:01 GMT");
        let before = seconds(SystemTime::now());
        let shown = parse(&now()).unwrap();
        assert!((before..=before + 5).contains(&shown));
    }

    #[test]
    fn far_future_is_the_last_second() {
        assert_eq!(&format(u64::MAX), b"Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
