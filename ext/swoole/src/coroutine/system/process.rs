//! Commands, child processes and signals.

use super::{ended, failed};
use crate::coroutine::waiting;
use crate::process::signal;
use highper_process::fork::Ended;
use highper_runtime::{children, signals};
use highper_zend::{Array, Call, Class, Done, Value, error};
use std::io;

const EBUSY: i32 = 16;
const EINVAL: i32 = 22;
const SIGCHLD: i32 = 17;

pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public static function exec(string $command, bool $get_error_stream = false): array|false",
            "Runs a command of the shell: its code, the signal that ended it, and its output.",
            exec,
        )
        .method(
            "public static function wait(float $timeout = -1): array|false",
            "Waits for the end of any child process: its pid, code and signal. In seconds, without end when not positive.",
            wait,
        )
        .method(
            "public static function waitPid(int $pid, float $timeout = -1): array|false",
            "Waits for the end of a child process. In seconds, without end when not positive.",
            wait_pid,
        )
        .method(
            "public static function waitSignal(array|int $signals, float $timeout = -1): int|false",
            "Waits for one of these signals; which. In seconds, without end when not positive.",
            wait_signal,
        )
}

fn exec(call: &mut Call) -> Done {
    let command = call.bytes(0)?.to_vec();
    let with_errors = call.opt_bool(1, false)?;
    waiting::can_wait()?;
    let output = children::run(&command, with_errors);
    waiting::resumed()?;
    match output {
        Ok(Ok(output)) => {
            let mut out = Array::with_capacity(3);
            out.set("code", i64::from(output.ended.code))
                .set("signal", i64::from(output.ended.signal))
                .set("output", Value::string(&output.text));
            call.ret(out)
        }
        Ok(Err(reason)) => ended(call, reason),
        Err(error) => {
            let command = String::from_utf8_lossy(&command).into_owned();
            error::warning(format!("Unable to execute '{command}', Error: {error}"))?;
            failed(call, &error)
        }
    }
}

fn tell(call: &Call, outcome: io::Result<Result<Ended, highper_engine::Wake>>) -> Done {
    match outcome {
        Ok(Ok(child)) => {
            let mut out = Array::with_capacity(3);
            out.set("pid", i64::from(child.pid))
                .set("code", i64::from(child.code))
                .set("signal", i64::from(child.signal));
            call.ret(out)
        }
        Ok(Err(reason)) => ended(call, reason),
        Err(error) => failed(call, &error),
    }
}

fn wait(call: &mut Call) -> Done {
    let seconds = call.opt_double(0, -1.0)?;
    waiting::can_wait()?;
    let outcome = children::wait_any(waiting::deadline(seconds));
    waiting::resumed()?;
    tell(call, outcome)
}

fn wait_pid(call: &mut Call) -> Done {
    let pid = call.long(0)?;
    let seconds = call.opt_double(1, -1.0)?;
    waiting::can_wait()?;
    let deadline = waiting::deadline(seconds);
    let outcome = match i32::try_from(pid) {
        Ok(pid) if pid > 0 => children::wait_for(pid, deadline),
        Ok(pid) if pid < 0 => children::wait_any(deadline),
        _ => Err(io::Error::from_raw_os_error(EINVAL)),
    };
    waiting::resumed()?;
    tell(call, outcome)
}

fn wait_signal(call: &mut Call) -> Done {
    let given = call.value(0)?;
    let numbers: Vec<i64> = match given.as_array() {
        Some(list) => list.values().map(Value::to_long).collect(),
        None => vec![given.to_long()],
    };
    let seconds = call.opt_double(1, -1.0)?;
    waiting::can_wait()?;
    if signal::count() > 0 {
        error::warning("Unable to wait signal, async signal listener has been registered")?;
        return failed(call, &io::Error::from_raw_os_error(EBUSY));
    }
    let wanted: Option<Vec<i32>> = numbers
        .iter()
        .map(|number| i32::try_from(*number).ok())
        .map(|number| number.filter(|n| (1..128).contains(n) && *n != SIGCHLD))
        .collect();
    let outcome = match wanted.filter(|wanted| !wanted.is_empty()) {
        Some(wanted) => signals::wait_for(&wanted, waiting::deadline(seconds)),
        None => Err(io::Error::from_raw_os_error(EINVAL)),
    };
    waiting::resumed()?;
    match outcome {
        Ok(Ok(number)) => call.ret_long(number.into()),
        Ok(Err(reason)) => call.ret_bool(waiting::settle(reason)),
        Err(error) => {
            if error.raw_os_error() == Some(EINVAL) {
                error::warning("Invalid signal in the given list")?;
            }
            failed(call, &error)
        }
    }
}
