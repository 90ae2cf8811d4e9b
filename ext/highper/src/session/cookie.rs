//! The cookie of a session.

use super::settings::Sessions;
use highper_http::cookie::SetCookie;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// The line that sets it; an empty value makes the browser forget it. `ends` is when it ends, 0 with the browser.
///
/// # Errors
/// A name, path or domain that can't be sent.
pub(super) fn line(
    sessions: &Sessions,
    value: &str,
    ends: u64,
    is_secure: bool,
) -> Result<Vec<u8>, String> {
    let mut line = Vec::new();
    SetCookie {
        name: sessions.cookie.as_bytes(),
        value: value.as_bytes(),
        expires: i64::try_from(ends).unwrap_or(0),
        path: sessions.path.as_bytes(),
        domain: sessions.domain.as_bytes(),
        secure: sessions
            .secure
            .unwrap_or(is_secure || sessions.same_site == "None"),
        http_only: sessions.http_only,
        same_site: sessions.same_site.as_bytes(),
        ..SetCookie::default()
    }
    .write(i64::try_from(now()).unwrap_or(0), &mut line)
    .map_err(|why| format!("the session's cookie can't be sent: {why}"))?;
    Ok(line)
}

/// # Errors
/// What keeps the cookie from being sent.
pub(super) fn check(sessions: &Sessions) -> Result<(), String> {
    line(sessions, "x", 0, false)
        .map(drop)
        .map_err(|why| format!("sessions(): {why}"))
}
