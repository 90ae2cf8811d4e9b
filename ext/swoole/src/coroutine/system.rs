//! `Swoole\Coroutine\System`: the system's blocking calls as waits.

use super::waiting;
use crate::{error_code, function};
use highper_engine::{self as engine};
use highper_zend::{Call, Class, Done, Registry, Throw, error};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

const APPEND: i64 = 8;
/// `O_NOFOLLOW`
const NO_FOLLOW: i32 = 0o400_000;

/// Declares the class.
pub fn declare(registry: &mut Registry) {
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
    class
        .method(
            "public static function sleep(float $seconds): bool",
            "Waits, at least a millisecond. False when cancelled.",
            sleep,
        )
        .method(
            "public static function readFile(string $filename, int $flag = 0): string|false",
            "Reads a whole file.",
            read_file,
        )
        .method(
            "public static function writeFile(string $filename, string $fileContent, int $flags = 0): int|false",
            "Writes a file, or with FILE_APPEND adds to it. How many bytes.",
            write_file,
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

fn path(call: &Call, arg: usize) -> Result<&str, Throw> {
    let path = call.text(arg)?;
    if path.is_empty() {
        return Err(Throw::value_error("Filename cannot be empty"));
    }
    if path.contains('\0') {
        return Err(Throw::argument_value(
            arg,
            "must not contain any null bytes",
        ));
    }
    Ok(path)
}

fn failed(call: &Call, error: &std::io::Error) -> Done {
    let number = error.raw_os_error().unwrap_or(0);
    function::set_errno(number);
    highper_runtime::set_last_error(if number == 0 {
        error_code::INVALID_PARAMS
    } else {
        number
    });
    call.ret_bool(false)
}

/// Does it on another thread while the coroutine waits.
fn offload<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<Option<std::io::Result<T>>, Throw> {
    engine::scheduler::clear_cancelled();
    let outcome = engine::offload(work);
    waiting::resumed()?;
    match outcome {
        Ok(result) => Ok(Some(result)),
        Err(reason) => {
            waiting::settle(reason);
            Ok(None)
        }
    }
}

fn read_file(call: &mut Call) -> Done {
    let path = path(call, 0)?.to_owned();
    match offload(move || std::fs::read(path))? {
        Some(Ok(content)) => call.ret_str(content),
        Some(Err(error)) => failed(call, &error),
        None => call.ret_bool(false),
    }
}

fn write_file(call: &mut Call) -> Done {
    let path = path(call, 0)?.to_owned();
    let content = call.bytes(1)?.to_vec();
    let append = call.opt_long(2, 0)? & APPEND != 0;
    let written = offload(move || {
        std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .append(append)
            .truncate(!append)
            .custom_flags(NO_FOLLOW)
            .mode(0o666)
            .open(path)
            .and_then(|mut file| file.write_all(&content))
            .map(|()| content.len())
    })?;
    match written {
        Some(Ok(length)) => call.ret(length),
        Some(Err(error)) => failed(call, &error),
        None => call.ret_bool(false),
    }
}
