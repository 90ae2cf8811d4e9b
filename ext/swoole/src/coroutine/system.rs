//! `Swoole\Coroutine\System`: the system's blocking calls as waits.

mod file;
mod name;
mod process;

use super::waiting;
use crate::{error_code, function};
use highper_engine::{self as engine, Wake};
use highper_runtime::system::{self, Ready};
use highper_zend::{Array, Call, Class, Done, Registry, Throw, error};

/// `SWOOLE_EVENT_READ`
const READ: i64 = 512;
/// `SWOOLE_EVENT_WRITE`
const WRITE: i64 = 1024;
const EINVAL: i32 = 22;
const ETIMEDOUT: i32 = 110;

/// Declares the class.
pub fn declare(registry: &mut Registry) {
    name::declare(registry);
    registry.class(
        methods(
            Class::new("Swoole\\Coroutine\\System").doc("The system's blocking calls as waits."),
        )
        .alias("Co\\System")
        .deny_create(),
    );
}

/// Adds the methods that `Coroutine` has as well.
pub fn methods(class: Class) -> Class {
    let class = process::methods(name::methods(file::methods(class)));
    class
        .method(
            "public static function sleep(float $seconds): bool",
            "Waits, at least a millisecond. False when cancelled.",
            sleep,
        )
        .method(
            "public static function statvfs(string $path): array",
            "What is known of the file system that holds a path; all zero where there is none.",
            stat,
        )
        .method(
            "public static function waitEvent(mixed $socket, int $events = SWOOLE_EVENT_READ, float $timeout = -1): int|false",
            "Waits until a descriptor is ready; for which of the events, SWOOLE_EVENT_*. A time-out of 0 only looks.",
            wait_event,
        )
}

fn sleep(call: &mut Call) -> Done {
    let seconds = call.double(0)?;
    if seconds.is_nan() || seconds < 0.001 {
        error::warning("Timer must be greater than or equal to 0.001")?;
        return call.ret_bool(false);
    }
    waiting::can_wait()?;
    engine::scheduler::clear_cancelled();
    let reason = engine::sleep((seconds.min(1e9) * 1e9) as u64);
    waiting::resumed()?;
    call.ret_bool(waiting::settle(reason))
}

/// A path that is not empty and has no null bytes in it.
fn path<'a>(call: &'a Call, arg: usize, what: &str) -> Result<&'a str, Throw> {
    let path = call.text(arg)?;
    if path.is_empty() {
        return Err(Throw::value_error(format!("{what} cannot be empty")));
    }
    if path.contains('\0') {
        return Err(Throw::argument_value(
            arg,
            "must not contain any null bytes",
        ));
    }
    Ok(path)
}

/// Remembers a system's error for `swoole_last_error()` and `swoole_errno()`.
fn note(error: &std::io::Error) {
    let number = error.raw_os_error().unwrap_or(0);
    function::set_errno(number);
    highper_runtime::set_last_error(match number {
        0 => error_code::INVALID_PARAMS,
        number => number,
    });
}

fn failed(call: &Call, error: &std::io::Error) -> Done {
    note(error);
    call.ret_bool(false)
}

/// False for a wait that ended otherwise; a time-out is the system's here.
fn ended(call: &Call, reason: Wake) -> Done {
    waiting::settle(reason);
    if reason == Wake::Timeout {
        function::set_errno(ETIMEDOUT);
        highper_runtime::set_last_error(ETIMEDOUT);
    }
    call.ret_bool(false)
}

fn stat(call: &mut Call) -> Done {
    let path = path(call, 0, "Path")?.to_owned();
    let Some(found) = file::offload(move || system::file_system(&path))? else {
        return call.ret_bool(false);
    };
    const NAMES: [&str; 11] = [
        "bsize", "frsize", "blocks", "bfree", "bavail", "files", "ffree", "favail", "fsid", "flag",
        "namemax",
    ];
    let mut out = Array::with_capacity(NAMES.len());
    match found {
        Ok(stat) => {
            for (name, value) in stat {
                out.set(name, value as i64);
            }
        }
        Err(error) => {
            note(&error);
            for name in NAMES {
                out.set(name, 0);
            }
        }
    }
    call.ret(out)
}

fn wait_event(call: &mut Call) -> Done {
    let events = call.opt_long(1, READ)? & (READ | WRITE);
    let seconds = call.opt_double(2, -1.0)?;
    let Some(fd) = crate::event::descriptor(call.value(0)?)? else {
        error::warning("unknown fd type")?;
        return call.ret_bool(false);
    };
    if events == 0 {
        return failed(call, &std::io::Error::from_raw_os_error(EINVAL));
    }
    let wanted = Ready {
        read: events & READ != 0,
        write: events & WRITE != 0,
    };
    let found = if seconds == 0.0 {
        system::readiness(fd, wanted).map(Ok)
    } else {
        waiting::can_wait()?;
        let found = system::wait_ready(fd, wanted, waiting::deadline(seconds));
        waiting::resumed()?;
        found
    };
    match found {
        Ok(Ok(ready)) => {
            let events = i64::from(ready.read) * READ + i64::from(ready.write) * WRITE;
            if events == 0 {
                return failed(call, &std::io::Error::from_raw_os_error(ETIMEDOUT));
            }
            call.ret_long(events)
        }
        Ok(Err(reason)) => call.ret_bool(waiting::settle(reason)),
        Err(error) => failed(call, &error),
    }
}
