//! Arguments that both clients have.

use super::exception::misused;
use highper_zend::{Call, Throw};
use std::time::Duration;

/// `host:port`, `[::1]:port`
pub(super) fn address(text: &str) -> Result<(String, u16), Throw> {
    let wrong = || misused(format!("an address is written host:port, '{text}' given"));
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let port = port
        .parse()
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(wrong)?;
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    match host.is_empty() {
        true => Err(wrong()),
        false => Ok((host.to_owned(), port)),
    }
}

/// Seconds; none for null.
pub(super) fn seconds(
    call: &Call,
    arg: usize,
    default: Option<Duration>,
) -> Result<Option<Duration>, Throw> {
    if arg >= call.num_args() {
        return Ok(default);
    }
    match call.opt_double_or_null(arg)? {
        None => Ok(None),
        Some(seconds) => Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|time| !time.is_zero())
            .map(Some)
            .ok_or_else(|| {
                Throw::argument_value(arg, "must be greater than 0 seconds, or null for no limit")
            }),
    }
}
