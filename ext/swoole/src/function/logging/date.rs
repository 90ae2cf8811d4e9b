//! The date of a line: `log_date_format`, `log_date_with_microseconds`.

use crate::error_code::INVALID_PARAMS;
use chrono::{DateTime, FixedOffset};
use highper_zend::{Array, Value, call_function, module};
use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

const DEFAULT: &str = "%F %T";
/// Bytes that a date may have.
const LONGEST: usize = 127;

thread_local! {
    static FORMAT: RefCell<Option<String>> = const { RefCell::new(None) };
    static HAS_MICROSECONDS: Cell<bool> = const { Cell::new(false) };
}

/// Takes the settings of dates.
pub(super) fn configure(settings: &Array) {
    if let Some(on) = settings.get("log_date_with_microseconds") {
        HAS_MICROSECONDS.set(on.to_bool());
    }
    let Some(format) = settings.get("log_date_format").and_then(Value::as_str) else {
        return;
    };
    let shown = local().and_then(|date| written(date, format));
    if shown.is_some_and(|shown| (1..=LONGEST).contains(&shown.len())) {
        FORMAT.replace(Some(format.to_owned()));
        return;
    }
    let length = format.len();
    super::failure(
        super::WARNING,
        "Logger::set_date_format()",
        INVALID_PARAMS,
        &format!("The date format string[length={length}] is too long, or not one of strftime()"),
    );
}

pub(super) fn forget() {
    FORMAT.take();
    HAS_MICROSECONDS.set(false);
}

/// The time in PHP's time zone. `None` at the end of a script, when no function can be called any more.
fn local() -> Option<DateTime<FixedOffset>> {
    if !module::can_call() {
        return None;
    }
    let date = call_function("date", &[Value::from("c")])
        .into_result()
        .ok()?;
    DateTime::parse_from_rfc3339(date.as_str()?).ok()
}

/// A date in a format of strftime(); `None` for one that is none.
fn written(date: DateTime<FixedOffset>, format: &str) -> Option<String> {
    let mut text = String::new();
    write!(text, "{}", date.format(format)).ok()?;
    Some(text)
}

/// The time now as a line shows it: in PHP's time zone, in UTC where that can't be asked for.
pub(super) fn now() -> String {
    let now = SystemTime::now();
    let mut text = local()
        .and_then(|date| {
            FORMAT.with_borrow(|format| written(date, format.as_deref().unwrap_or(DEFAULT)))
        })
        .unwrap_or_else(|| highper_log::utc(now));
    if HAS_MICROSECONDS.get() {
        let part = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        // As in Swoole, without leading zeros.
        text += &format!("<.{}>", part.subsec_micros());
    }
    text
}

/// The time now in another format, for the name of a file.
pub(super) fn stamp(format: &str) -> String {
    local()
        .and_then(|date| written(date, format))
        .unwrap_or_else(|| {
            let digits = highper_log::utc(SystemTime::now());
            let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
            let length = match format {
                super::file::MONTHLY => 6,
                super::file::HOURLY => 10,
                super::file::EVERY_MINUTE => 12,
                _ => 8,
            };
            digits.get(..length).unwrap_or(&digits).to_owned()
        })
}
