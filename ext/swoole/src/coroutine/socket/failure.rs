//! What a socket's errors are to an application: numbers and texts in its properties.

use crate::coroutine::waiting;
use crate::{error_code, function, swoole_error};
use highper_net::Error;
use highper_net::framing::Malformed;
use highper_runtime::backtrace;
use highper_zend::{Object, Throw};

/// `ETIMEDOUT`, `ECANCELED`, `EBADF`
const TIMED_OUT: i32 = 110;
const CANCELED: i32 = 125;
const BAD_DESCRIPTOR: i32 = 9;

/// The properties for them.
#[derive(Clone, Copy)]
pub struct Slots {
    /// `$errCode`
    pub code: usize,
    /// `$errMsg`
    pub message: usize,
}

/// The text of a number: Swoole's or the system's.
pub fn text(code: i32) -> String {
    match error_code::text(code.into()) {
        Some(text) => text.to_owned(),
        None => function::system_text(code),
    }
}

/// The number and the text of an error.
pub fn describe(error: &Error) -> (i32, String) {
    let code = match error {
        Error::System(number) => *number,
        Error::During(what, number) => {
            return (
                *number,
                format!("{what}, {}", function::system_text(*number)),
            );
        }
        Error::TimedOut => TIMED_OUT,
        Error::Cancelled => CANCELED,
        Error::Closed => BAD_DESCRIPTOR,
        Error::Closing => error_code::CO_SOCKET_CLOSE_WAIT,
        Error::Bound { .. } => error_code::CO_HAS_BEEN_BOUND,
        Error::CannotWait => error_code::CO_OUT_OF_COROUTINE,
        Error::BadHost => error_code::BAD_HOST_ADDR,
        Error::BadPort => error_code::BAD_PORT,
        Error::NameTooLong => error_code::NAME_TOO_LONG,
        Error::ResolveFailed => error_code::DNSLOOKUP_RESOLVE_FAILED,
        Error::ResolveTimedOut => error_code::DNSLOOKUP_RESOLVE_TIMEOUT,
        // The second is of servers only.
        Error::Malformed(Malformed::NoLength | Malformed::Request(_)) => {
            return (
                error_code::PACKAGE_LENGTH_NOT_FOUND,
                "get package length failed".to_owned(),
            );
        }
        Error::Malformed(Malformed::TooLong(length)) => {
            return (
                error_code::PACKAGE_LENGTH_TOO_LARGE,
                format!("packet length is too big, length={length}"),
            );
        }
        Error::Malformed(Malformed::NoMark) => {
            return (
                error_code::PACKAGE_LENGTH_TOO_LARGE,
                "no package eof, package_max_length exceeded".to_owned(),
            );
        }
        Error::EndOfFile => {
            return (
                error_code::SYSTEM_CALL_FAIL,
                "sendfile return zero".to_owned(),
            );
        }
        Error::WrongOperation => error_code::WRONG_OPERATION,
        Error::NotSupported(why) => {
            return (error_code::OPERATION_NOT_SUPPORT, (*why).to_owned());
        }
        Error::TlsSettings(why) => return (error_code::SSL_CREATE_CONTEXT_FAILED, why.clone()),
        Error::Handshake(why) => return (error_code::SSL_HANDSHAKE_FAILED, why.clone()),
        Error::BadClient(why) => return (error_code::SSL_BAD_CLIENT, why.clone()),
        Error::NotTrusted(why) => return (error_code::SSL_VERIFY_FAILED, why.clone()),
        Error::TlsBroken(why) => return (error_code::SSL_RESET, why.clone()),
        Error::Socks(why) => return (error_code::SOCKS5_HANDSHAKE_FAILED, why.clone()),
        Error::HttpProxy(why) => return (error_code::HTTP_PROXY_HANDSHAKE_FAILED, why.clone()),
    };
    (code, text(code))
}

/// Writes a number and a text to an object, and the number to `swoole_last_error()`.
pub fn set(object: &Object, slots: Slots, code: i32, message: &str) {
    highper_runtime::set_last_error(code);
    object.set_slot(slots.code, code);
    object.set_slot(slots.message, message);
}

/// Writes an error to an object.
pub fn tell(object: &Object, slots: Slots, error: &Error) {
    let (code, message) = describe(error);
    set(object, slots, code, &message);
}

/// The last call went well.
pub fn clear(object: &Object, slots: Slots) {
    set(object, slots, 0, "");
}

/// Throws what has to be thrown: two in one direction, a wait where none can be.
pub fn throw(error: &Error) -> Result<(), Throw> {
    match error {
        Error::Bound { fd, doing, by } => {
            let own = highper_engine::current().unwrap_or(0);
            let trace = backtrace::backtrace_text(*by, 0, 0)?.unwrap_or_default();
            let thrown = swoole_error::fatal(
                &format!(
                    "Socket#{fd} has already been bound to another coroutine#{by}, {doing} of the same socket in coroutine#{own} at the same time is not allowed"
                ),
                error_code::CO_HAS_BEEN_BOUND,
            );
            eprintln!(
                "\n [Coroutine-{by}] Stack trace:\n {}\n{trace}",
                "-".repeat(67)
            );
            Err(thrown)
        }
        Error::CannotWait => waiting::can_wait().map(drop),
        Error::ResolveFailed => crate::name_resolver::thrown().map_or(Ok(()), Err),
        _ => Ok(()),
    }
}

/// Writes the error of a call that may have waited, and throws what has to be thrown, also what
/// was thrown into the coroutine meanwhile.
pub fn settle(object: &Object, slots: Slots, error: &Error) -> Result<(), Throw> {
    throw(error)?;
    tell(object, slots, error);
    waiting::resumed()
}
