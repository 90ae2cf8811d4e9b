//! Functions that look at PHP's own state, and the tracer's.

use highper_zend::{Access, Array, Function, Ini, Registry, error, ini, objects};

const NO_PROFILE: &str =
    "swoole.profile is not supported: use a profiler such as Excimer, or Highper\\times()";
const NO_LEAKS: &str = "swoole.leak_detection is not supported: use an extension such as memprof, and swoole_get_vm_status()";

/// Declares them.
pub fn declare(registry: &mut Registry) {
    registry
        .function(Function::new(
            "function swoole_get_vm_status(): array",
            "object_num and resource_num: how many objects and resources there are.",
            |call| {
                let mut status = Array::with_capacity(2);
                status
                    .set("object_num", objects::count())
                    .set("resource_num", objects::resources());
                call.ret(status)
            },
        ))
        .function(Function::new(
            "function swoole_get_objects(): array|false",
            "All objects that there are; false when there is none.",
            |call| {
                let all = objects::all()?;
                match all.is_empty() {
                    true => call.ret_bool(false),
                    false => call.ret(all),
                }
            },
        ))
        .function(Function::new(
            "function swoole_get_object_by_handle(int $handle): object|false",
            "The object with this number (spl_object_id()); false when there is none.",
            |call| match usize::try_from(call.long(0)?).ok().and_then(objects::by_handle) {
                Some(object) => call.ret(object),
                None => call.ret_bool(false),
            },
        ))
        .function(Function::new(
            "function swoole_tracer_leak_detect(int $threshold = 64): void",
            "Does nothing, as in Swoole without swoole.leak_detection, which is not supported.",
            |call| {
                call.opt_long(0, 64)?;
                warn_of("swoole.leak_detection", NO_LEAKS)
            },
        ))
        .function(Function::new(
            "function swoole_tracer_prof_begin(?array $options = null): bool",
            "False, as in Swoole without swoole.profile, which is not supported.",
            |call| {
                warn_of("swoole.profile", NO_PROFILE)?;
                call.ret_bool(false)
            },
        ))
        .function(Function::new(
            "function swoole_tracer_prof_end(string $output_file): bool",
            "False, as in Swoole without swoole.profile, which is not supported.",
            |call| {
                call.bytes(0)?;
                warn_of("swoole.profile", NO_PROFILE)?;
                call.ret_bool(false)
            },
        ))
        .setting(Ini::bool(
            "swoole.enable_fiber_mock",
            false,
            Access::All,
            "No effect: debuggers and profilers see every coroutine as a fiber here.",
        ))
        .setting(Ini::new(
            "swoole.socket_buffer_size",
            "8388608",
            Access::All,
            "Bytes that sockets for packets ask the system for, each way; as the option of `Coroutine::set()`.",
        ))
        .on_request_start(crate::coroutine::option::start)
        .setting(Ini::bool(
            "swoole.leak_detection",
            false,
            Access::System,
            "Not supported: `swoole_tracer_leak_detect()` warns of it.",
        ))
        .setting(Ini::bool(
            "swoole.profile",
            false,
            Access::System,
            "Not supported: `swoole_tracer_prof_begin()` warns of it.",
        ));
}

/// Who asked for it in php.ini is told that there is nothing of the kind.
fn warn_of(setting: &str, text: &str) -> Result<(), highper_zend::Throw> {
    match ini::bool(setting) {
        true => error::warning(text),
        false => Ok(()),
    }
}
