//! Cookies of a response.

use super::change;
use highper_http::cookie::SetCookie;
use highper_zend::{Call, Done, Throw};
use std::time::{SystemTime, UNIX_EPOCH};

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

fn send(call: &mut Call, cookie: &SetCookie<'_>) -> Result<Vec<u8>, Throw> {
    let _ = call;
    let mut field = Vec::new();
    cookie
        .write(now(), &mut field)
        .map_err(|why| Throw::value_error(format!("the cookie can't be sent: {why}")))?;
    Ok(field)
}

pub(super) fn with(call: &mut Call) -> Done {
    let (name, value) = (call.str(0)?, call.opt_str(1)?);
    let max_age = call.opt_long_or_null(2)?;
    if max_age.is_some_and(|seconds| seconds < 0) {
        return Err(Throw::argument_value(2, "must be 0 or greater, or null"));
    }
    let (path, domain) = (
        call.opt_bytes(3, b"/")?.to_vec(),
        call.opt_bytes(4, b"")?.to_vec(),
    );
    let (secure, http_only) = (call.opt_bool(5, false)?, call.opt_bool(6, true)?);
    let same_site = call.opt_bytes(7, b"Lax")?.to_vec();
    let field = send(
        call,
        &SetCookie {
            name: &name,
            value: value.as_deref().unwrap_or_default(),
            expires: max_age.map_or(0, |seconds| now().saturating_add(seconds).max(1)),
            path: &path,
            domain: &domain,
            secure,
            http_only,
            same_site: &same_site,
            ..SetCookie::default()
        },
    )?;
    change(call, |data| data.add(b"Set-Cookie", &field))
}

pub(super) fn without(call: &mut Call) -> Done {
    let name = call.str(0)?;
    let (path, domain) = (
        call.opt_bytes(1, b"/")?.to_vec(),
        call.opt_bytes(2, b"")?.to_vec(),
    );
    let field = send(
        call,
        &SetCookie {
            name: &name,
            path: &path,
            domain: &domain,
            ..SetCookie::default()
        },
    )?;
    change(call, |data| data.add(b"Set-Cookie", &field))
}
