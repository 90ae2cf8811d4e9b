//! The functions of the module that belong to no class.

pub mod logging;
mod machine;
pub mod mime;
pub mod network;
pub mod text;

use crate::{error_code, event};
use highper_zend::{Call, Done, Function, Registry, Throw, Value, call_function, error};
use std::cell::Cell;

thread_local! {
    static ERRNO: Cell<i32> = const { Cell::new(0) };
}

/// Sets what `swoole_errno()` returns.
pub fn set_errno(number: i32) {
    ERRNO.set(number);
}

/// `SWOOLE_STRERROR_GAI`, `SWOOLE_STRERROR_DNS`, `SWOOLE_STRERROR_SWOOLE`
const GAI: i64 = 1;
const DNS: i64 = 2;
const SWOOLE: i64 = 9;

/// Declares them.
pub fn declare(registry: &mut Registry) {
    registry
        .function(Function::new("function swoole_cpu_num(): int", "Processors that are online.", |call| {
            call.ret(cpu_num())
        }))
        .function(Function::new(
            "function swoole_last_error(): int",
            "The number of the last error, SWOOLE_ERROR_* or the system's.",
            |call| call.ret_long(highper_runtime::last_error().into()),
        ))
        .function(Function::new("function swoole_clear_error(): void", "Sets it to 0.", |_| {
            highper_runtime::set_last_error(0);
            Ok(())
        }))
        .function(Function::new("function swoole_errno(): int", "The system's last error number.", |call| {
            call.ret_long(ERRNO.get().into())
        }))
        .function(Function::new(
            "function swoole_strerror(int $errno, int $error_type = SWOOLE_STRERROR_SYSTEM): string",
            "The text of an error number.",
            strerror,
        ))
        .function(Function::new(
            "function swoole_set_process_name(string $process_name): bool",
            "Sets the title that ps shows.",
            |call| {
                let name = call.value(0)?.clone();
                call.bytes(0)?;
                let done = call_function("cli_set_process_title", &[name]).into_result()?;
                call.ret(done)
            },
        ))
        .function(Function::new(
            "function swoole_async_set(array $settings): bool",
            "Sets options, as Coroutine::set().",
            |call| {
                if event::has_loop() {
                    highper_runtime::set_last_error(error_code::OPERATION_NOT_SUPPORT);
                    return Err(error::fatal(
                        "eventLoop has already been created. unable to change settings",
                    ));
                }
                crate::coroutine::option::set_async(call.array(0)?)?;
                call.ret_bool(true)
            },
        ))
        .function(Function::new(
            "function swoole_implicit_fn(string $fn, mixed $args = null): mixed",
            "For tests of the extension.",
            implicit,
        ))
        .function(Function::new(
            "function swoole_internal_call_user_shutdown_begin(): bool",
            "For the extension itself.",
            |call| {
                error::warning("can not call this function in user level")?;
                call.ret_bool(false)
            },
        ));
    logging::declare(registry);
    machine::declare(registry);
    mime::declare(registry);
    network::declare(registry);
    text::declare(registry);
}

pub(crate) fn cpu_num() -> usize {
    // Online, not usable: that is what Swoole counts.
    std::fs::read_to_string("/sys/devices/system/cpu/online")
        .ok()
        .and_then(|text| {
            text.trim()
                .split(',')
                .map(|range| {
                    let (from, to) = range.split_once('-').unwrap_or((range, range));
                    Some(to.parse::<usize>().ok()? + 1 - from.parse::<usize>().ok()?)
                })
                .sum()
        })
        .filter(|count| *count > 0)
        .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
        .unwrap_or(1)
}

fn strerror(call: &mut Call) -> Done {
    let number = call.long(0)?;
    let kind = call.opt_long(1, 0)?;
    let text = match kind {
        GAI => match number {
            -2 => "Name or service not known".to_owned(),
            -3 => "Temporary failure in name resolution".to_owned(),
            -4 => "Non-recoverable failure in name resolution".to_owned(),
            -6 => "ai_family not supported".to_owned(),
            -8 => "Servname not supported for ai_socktype".to_owned(),
            0 => "Success".to_owned(),
            _ => "Unknown error".to_owned(),
        },
        DNS => match number {
            0 => "Resolver Error 0 (no error)".to_owned(),
            1 => "Unknown host".to_owned(),
            2 => "Host name lookup failure".to_owned(),
            3 => "Unknown server error".to_owned(),
            4 => "No address associated with name".to_owned(),
            _ => "Unknown resolver error".to_owned(),
        },
        _ => match error_code::text(number) {
            Some(text) => text.to_owned(),
            None if kind == SWOOLE && number > 500 => "Unknown error".to_owned(),
            None => system_text(i32::try_from(number).unwrap_or(-1)),
        },
    };
    call.ret_str(text)
}

/// What the system calls an error number.
pub fn system_text(number: i32) -> String {
    if number == 0 {
        return "Success".to_owned();
    }
    let text = std::io::Error::from_raw_os_error(number).to_string();
    match text.rfind(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn implicit(call: &mut Call) -> Done {
    let name = call.text(0)?.to_ascii_lowercase();
    match name.as_str() {
        "fatal_error" => Err(crate::swoole_error::fatal("test", 511)),
        "bailout" => {
            let status = match call.opt_value(1) {
                Some(value) if !value.is_null() => value.to_long(),
                _ => 95,
            };
            highper_zend::throw::set_exit_status(status as i32);
            Err(Throw::Bailout)
        }
        "abort" => std::process::abort(),
        _ => Err(Throw::new(
            &crate::swoole_exception::EXCEPTION,
            format!("unknown fn '{}'", call.text(0)?),
            error_code::INVALID_PARAMS.into(),
        )),
    }
}

/// A warning about a system call: "kill(1, 2) failed, Error: No such process[3]".
pub fn system_warning(what: &str, number: i32) -> Result<(), Throw> {
    set_errno(number);
    highper_runtime::set_last_error(number);
    error::warning(format!("{what}, Error: {}[{number}]", system_text(number)))
}

/// Calls a function of PHP and takes what it returns.
pub fn php(name: &str, args: &[Value]) -> Result<Value, Throw> {
    call_function(name, args).into_result()
}
