//! Closing, pausing, binding.

use super::behind;
use super::forward::{What, to_holder};
use super::{Found, find, is_running, not_there};
use crate::error_code;
use highper_front::frame::Kind;
use highper_zend::{Call, Done, error};

/// `close(int $fd, bool $reset = false)`
pub(in crate::server) fn close(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let (found, reset) = (find(call.long(0)?), call.opt_bool(1, false)?);
    match found {
        None if behind::is_here() => behind::ask(call, call.long(0)?, Kind::Finish, reset, b""),
        None => {
            let what = if reset { What::Reset } else { What::Close };
            match to_holder(call.long(0)?, what, b"") {
                Some(sent) => call.ret_bool(sent),
                None => not_there(call),
            }
        }
        Some(Found::Http(server, connection)) => {
            if reset {
                server.close(&connection);
            } else {
                server.close_gently(&connection);
            }
            call.ret_bool(true)
        }
        Some(Found::Stream(server, connection)) => {
            let closed = server.close(&connection, reset);
            if !closed {
                highper_runtime::set_last_error(error_code::SESSION_CLOSED);
            }
            call.ret_bool(closed)
        }
    }
}

/// `exists(int $fd)`
pub(in crate::server) fn exists(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let fd = call.value(0)?.deref().to_long();
    let alive = match find(fd) {
        None => crate::server::elsewhere::is_there(fd),
        Some(Found::Http(..)) => true,
        Some(Found::Stream(_, connection)) => connection.is_alive(),
    };
    call.ret_bool(alive)
}

/// `pause(int $fd)`
pub(in crate::server) fn pause(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    match find(call.long(0)?) {
        None => behind::ask(call, call.long(0)?, Kind::Pause, false, b""),
        Some(Found::Http(..)) => {
            error::warning("a connection that speaks HTTP can't be paused")?;
            call.ret_bool(false)
        }
        Some(Found::Stream(server, connection)) => {
            server.pause(&connection);
            call.ret_bool(true)
        }
    }
}

/// `resume(int $fd)`, `confirm(int $fd)`
pub(in crate::server) fn resume(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    match find(call.long(0)?) {
        None => behind::ask(call, call.long(0)?, Kind::Resume, false, b""),
        Some(Found::Http(..)) => call.ret_bool(true),
        Some(Found::Stream(server, connection)) => {
            server.resume(&connection);
            call.ret_bool(true)
        }
    }
}

/// `protect(int $fd, bool $is_protected = true)`
pub(in crate::server) fn protect(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let (found, on) = (find(call.long(0)?), call.opt_bool(1, true)?);
    match found {
        Some(Found::Stream(_, connection)) => {
            connection.protect(on);
            call.ret_bool(true)
        }
        None if behind::is_here() => behind::ask(call, call.long(0)?, Kind::Protect, on, b""),
        found => call.ret_bool(found.is_some()),
    }
}

/// `bind(int $fd, int $uid)`
pub(in crate::server) fn bind(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let (fd, user) = (call.long(0)?, call.long(1)?);
    if user > i64::from(u32::MAX) || user < i64::from(i32::MIN) {
        error::raise(
            error::Level::Warning,
            format!(
                "uid can not be greater than {} or less than {}",
                u32::MAX,
                i32::MIN
            ),
        )?;
        return call.ret_bool(false);
    }
    let bound = match find(fd) {
        Some(Found::Stream(_, connection)) => connection.bind(i64::from(user as u32)),
        _ => match behind::of(fd) {
            Some((_, session)) => highper_runtime::post::here()
                .is_some_and(|here| here.post().sessions().bind(session, user as u32)),
            None => false,
        },
    };
    call.ret_bool(bound)
}
