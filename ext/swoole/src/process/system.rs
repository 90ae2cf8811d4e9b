//! The system's calls for processes: waiting, signals sent, priorities, programs.

use super::{Process, failed, made};
use crate::event;
use highper_process::fork;
use highper_zend::{Array, Call, Class, Done, Value, call_function, error};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

const SIGTERM: i64 = 15;
const ESRCH: i32 = 3;
/// `PRIO_PROCESS`
const OF_PROCESS: i64 = 0;

/// Adds them.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public static function wait(bool $blocking = true): array|false",
            "Collects a child that has ended: its pid, code and signal. Blocks the process.",
            wait,
        )
        .method(
            "public static function kill(int $pid, int $signal_no = SIGTERM): bool",
            "Sends a signal; 0 only asks whether the process is there.",
            kill,
        )
        .method(
            "public static function alarm(int $usec, int $type = 0): bool",
            "Sends SIGALRM (type 0), SIGVTALRM (1) or SIGPROF (2) every so many microseconds; none when not positive.",
            |call| {
                let (time, kind) = (call.long(0)?, call.opt_long(1, 0)?);
                if !highper_runtime::timer::list().is_empty() {
                    error::warning("cannot use both 'timer' and 'alarm' at the same time")?;
                    return call.ret_bool(false);
                }
                match fork::alarm(time, i32::try_from(kind).unwrap_or(-1)) {
                    Ok(()) => call.ret_bool(true),
                    Err(cause) => failed(call, "setitimer() failed", &cause),
                }
            },
        )
        .method(
            "public static function daemon(bool $nochdir = true, bool $noclose = true, array $pipes = []): bool",
            "Goes to the background. $pipes: what replaces the standard streams.",
            daemon,
        )
        .method(
            "public static function setAffinity(array $cpu_settings): bool",
            "The processors that this process may run on.",
            set_affinity,
        )
        .method(
            "public static function getAffinity(): array",
            "The processors that this process may run on.",
            |call| match fork::affinity() {
                Ok(cpus) => call.ret(cpus.into_iter().collect::<Array>()),
                Err(cause) => failed(call, "sched_getaffinity() failed", &cause),
            },
        )
        .method(
            "public function setPriority(int $which, int $priority, ?int $who = null): bool",
            "Sets the nice value of a process, a group or a user (PRIO_*).",
            |call| {
                let Some(who) = who(call, 2)? else {
                    return call.ret_bool(false);
                };
                match fork::set_priority(call.long(0)?, who, call.long(1)?) {
                    Ok(()) => call.ret_bool(true),
                    Err(cause) => {
                        super::note(&cause);
                        call.ret_bool(false)
                    }
                }
            },
        )
        .method(
            "public function getPriority(int $which, ?int $who = null): int|false",
            "The nice value of a process, a group or a user (PRIO_*).",
            |call| {
                let Some(who) = who(call, 1)? else {
                    return call.ret_bool(false);
                };
                match fork::priority(call.long(0)?, who) {
                    Ok(value) => call.ret_long(value.into()),
                    Err(cause) => {
                        super::note(&cause);
                        call.ret_bool(false)
                    }
                }
            },
        )
        .method(
            "public function exec(string $exec_file, array $args): bool",
            "Runs a program in place of this process. Returns only when that failed.",
            exec,
        )
        .method(
            "public function name(string $process_name): bool",
            "Sets the title that ps shows.",
            |call| {
                call.bytes(0)?;
                let name = call.value(0)?.clone();
                let done = call_function("cli_set_process_title", &[name]).into_result()?;
                call.ret(done)
            },
        )
}

fn wait(call: &mut Call) -> Done {
    match fork::wait(call.opt_bool(0, true)?) {
        Ok(Some(ended)) => {
            let mut out = Array::with_capacity(3);
            out.set("pid", i64::from(ended.pid))
                .set("code", i64::from(ended.code))
                .set("signal", i64::from(ended.signal));
            call.ret(out)
        }
        Ok(None) => call.ret_bool(false),
        Err(cause) => {
            super::note(&cause);
            call.ret_bool(false)
        }
    }
}

fn kill(call: &mut Call) -> Done {
    let (pid, signal) = (call.long(0)?, call.opt_long(1, SIGTERM)?);
    let (Ok(to), Ok(number)) = (i32::try_from(pid), i32::try_from(signal)) else {
        error::warning(format!("kill({pid}, {signal}) failed: out of range"))?;
        return call.ret_bool(false);
    };
    match fork::kill(to, number) {
        Ok(()) => call.ret_bool(true),
        Err(cause) if number == 0 && cause.raw_os_error() == Some(ESRCH) => {
            super::note(&cause);
            call.ret_bool(false)
        }
        Err(cause) => failed(call, &format!("kill({pid}, {signal}) failed"), &cause),
    }
}

/// Whose priority; `None`, with a warning, when it has to be said.
fn who(call: &Call, arg: usize) -> Result<Option<i64>, highper_zend::Throw> {
    if let Some(who) = call.opt_long_or_null(arg)? {
        return Ok(Some(who));
    }
    if call.long(0)? == OF_PROCESS {
        let process: &Process = made(call)?;
        return Ok(Some(process.pid.get().into()));
    }
    error::warning("$who parameter must not be null")?;
    highper_runtime::set_last_error(crate::error_code::INVALID_PARAMS);
    Ok(None)
}

fn exec(call: &mut Call) -> Done {
    let file = call.str(0)?;
    if file.as_bytes().is_empty() {
        error::warning("exec file name is empty")?;
        return call.ret_bool(false);
    }
    let args = call
        .array(1)?
        .values()
        .map(Value::to_str)
        .collect::<Result<Vec<_>, _>>()?;
    let args: Vec<&[u8]> = args.iter().map(|arg| arg.as_bytes()).collect();
    let cause = fork::exec(Path::new(OsStr::from_bytes(file.as_bytes())), &args);
    let what = format!("execv({}) failed", file.to_string_lossy());
    failed(call, &what, &cause)
}

fn daemon(call: &mut Call) -> Done {
    let (keep_directory, keep_streams) = (call.opt_bool(0, true)?, call.opt_bool(1, true)?);
    let mut wanted = Vec::new();
    if let Some(pipes) = call.opt_array(2)? {
        for (stream, value) in pipes.values().take(3).enumerate() {
            if !value.is_null() {
                wanted.push((stream as i32, event::descriptor(value)?));
            }
        }
    }
    for (stream, fd) in wanted {
        let Some(fd) = fd else {
            error::warning("unknown fd type")?;
            continue;
        };
        if let Err(cause) = fork::replace_standard(fd, stream) {
            failed(call, &format!("dup2({fd}, {stream}) failed"), &cause)?;
        }
    }
    match fork::detach(keep_directory, keep_streams) {
        Ok(()) => call.ret_bool(true),
        Err(cause) => failed(call, "daemon() failed", &cause),
    }
}

fn set_affinity(call: &mut Call) -> Done {
    let cpus: Vec<i64> = call.array(0)?.values().map(Value::to_long).collect();
    if cpus.is_empty() {
        return call.ret_bool(false);
    }
    let online = crate::function::cpu_num() as i64;
    if cpus.len() as i64 > online {
        error::warning("More than the number of CPU")?;
        return call.ret_bool(false);
    }
    if let Some(cpu) = cpus.iter().find(|cpu| **cpu >= online) {
        error::warning(format!("invalid cpu id [{cpu}]"))?;
        return call.ret_bool(false);
    }
    match fork::set_affinity(&cpus) {
        Ok(()) => call.ret_bool(true),
        Err(cause) => failed(call, "sched_setaffinity() failed", &cause),
    }
}
