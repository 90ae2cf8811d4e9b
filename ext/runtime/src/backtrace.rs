//! Backtraces of coroutines, and the report of a deadlock.

use crate::wiring::frame_of;
use highper_engine::{current, info};
use highper_zend::{Array, Throw, Value, call_function, error};

/// `debug_backtrace()` of a coroutine; `None` when there is none of that id.
///
/// # Errors
/// What PHP throws while it collects the frames.
pub fn backtrace(id: u64, options: i64, limit: i64) -> Result<Option<Array>, Throw> {
    if info(id).is_none() {
        return Ok(None);
    }
    let frame = if current() == Some(id) {
        None
    } else {
        frame_of(id)
    };
    error::backtrace(frame, options, limit).map(Some)
}

/// The backtrace as text, one frame a line.
///
/// # Errors
/// As [`backtrace`].
pub fn backtrace_text(id: u64, options: i64, limit: i64) -> Result<Option<String>, Throw> {
    if info(id).is_none() {
        return Ok(None);
    }
    let frame = if current() == Some(id) {
        None
    } else {
        frame_of(id)
    };
    error::backtrace_string(frame, options, limit).map(Some)
}

/// Says that these coroutines sleep for ever, and where each of them stands.
///
/// # Errors
/// What an output handler throws.
pub fn report_deadlock(ids: &[u64]) -> Result<(), Throw> {
    let bar = "=".repeat(67);
    let mut text = format!(
        "\n{bar}\n [FATAL ERROR]: all coroutines (count: {}) are asleep - deadlock!\n{bar}\n",
        ids.len()
    );
    for &id in ids {
        let waits = info(id).map_or("nothing", |i| i.kind.describe());
        text.push_str(&format!(
            "\n [Coroutine-{id}] waits for {waits}\n{}\n",
            "-".repeat(68)
        ));
        text.push_str(&backtrace_text(id, error::IGNORE_ARGS, 32)?.unwrap_or_default());
        text.push('\n');
    }
    call_function("printf", &[Value::from("%s"), Value::from(text.as_str())])
        .into_result()
        .map(drop)
}
