//! Values of configurations as texts.

use std::time::Duration;

/// A whole number.
///
/// # Errors
/// What is wrong with it.
pub fn number(key: &str, value: &str) -> Result<usize, String> {
    value
        .parse()
        .map_err(|_| format!("{key} must be a number, '{value}' given"))
}

/// Seconds; `None` for 0, which is no limit.
///
/// # Errors
/// What is wrong with them.
pub fn seconds(key: &str, value: &str) -> Result<Option<Duration>, String> {
    let seconds: f64 = value
        .parse()
        .ok()
        .filter(|seconds| (0.0..1e9).contains(seconds))
        .ok_or_else(|| format!("{key} must be seconds, 0 for no limit, '{value}' given"))?;
    Ok((seconds > 0.0).then(|| Duration::from_secs_f64(seconds)))
}
