//! `Swoole\Coroutine`.

pub mod barrier;
pub mod canceled_exception;
pub mod channel;
pub mod client;
pub mod context;
mod exit_condition;
pub mod function;
pub mod http;
pub mod http2;
pub mod iterator;
pub mod lock;
pub mod option;
pub mod scheduler;
pub mod server;
pub mod socket;
pub mod system;
pub mod timeout_exception;
pub mod wait_group;
pub mod waiting;

use crate::{error_code, event};
use highper_engine::{
    self as engine, CancelError, TimerId, account, clock, scheduler as coroutines,
};
use highper_runtime::{backtrace, preempt};
use highper_zend::{Array, Call, Class, Done, Registry, Throw, Value, call_function, error, ini};
use std::cell::Cell;

/// Declares the class and what belongs to it.
pub fn declare(registry: &mut Registry, shortname: bool) {
    let mut class = system::methods(Class::new("Swoole\\Coroutine").doc("Coroutines."));
    if shortname {
        class = class.alias("Co");
    }
    // Programs ask whether it exists: Swoole has it only where it was compiled in.
    if ini::configured("highper.time_accounting", false) {
        class = class.method(
            "public static function getExecuteTime(int $cid = 0): int",
            "Microseconds that a coroutine had the processor; -1 when there is no such one.",
            get_execute_time,
        );
    }
    registry.class(
        class
            .deny_create()
            .method(
                "public static function create(callable $func, mixed ...$param): int|false",
                "Runs a function in a new coroutine, at once, until it first waits. Its id.",
                create,
            )
            .method(
                "public static function defer(callable $callback): void",
                "Calls back at the end of the running coroutine, last come first.",
                defer,
            )
            .method("public static function set(array $options): void", "Sets options.", option::set_call)
            .method(
                "public static function getOptions(): ?array",
                "The options that were set; null when there are none.",
                option::get_call,
            )
            .method("public static function exists(int $cid): bool", "Is it alive?", |call| {
                call.ret_bool(id_at(call, 0)?.is_some_and(|id| engine::info(id).is_some()))
            })
            .method(
                "public static function yield(): bool",
                "Waits for resume(). False when cancelled.",
                suspend,
            )
            .method(
                "public static function cancel(int $cid, bool $throw_exception = false): bool",
                "Ends a coroutine's wait, or throws a CanceledException there.",
                cancel,
            )
            .method(
                "public static function join(array $cid_array, float $timeout = -1): bool",
                "Waits until these have ended, in seconds, without end when not positive.",
                join,
            )
            .method(
                "public static function isCanceled(): bool",
                "Was the last wait of the running coroutine cancelled?",
                |call| {
                    waiting::in_coroutine()?;
                    call.ret_bool(engine::is_cancelled())
                },
            )
            .method(
                "public static function suspend(): bool",
                "The same as yield().",
                suspend,
            )
            .method(
                "public static function resume(int $cid): bool",
                "Lets a coroutine that called yield() go on, at once.",
                resume,
            )
            .method("public static function stats(): array", "Figures of the scheduler.", stats)
            .method("public static function getCid(): int", "The running coroutine's id; -1 outside.", get_cid)
            .method("public static function getuid(): int", "The same as getCid().", get_cid)
            .method(
                "public static function getPcid(int $cid = 0): int|false",
                "Which coroutine made it; -1 for none.",
                get_pcid,
            )
            .method(
                "public static function getContext(int $cid = 0): ?Swoole\\Coroutine\\Context",
                "What belongs to a coroutine; null when there is no such one.",
                get_context,
            )
            .method(
                "public static function getBackTrace(int $cid = 0, int $options = DEBUG_BACKTRACE_PROVIDE_OBJECT, int $limit = 0): array|false",
                "debug_backtrace() of a coroutine.",
                get_back_trace,
            )
            .method(
                "public static function printBackTrace(int $cid = 0, int $options = 0, int $limit = 0): void",
                "Prints where a coroutine is.",
                print_back_trace,
            )
            .method(
                "public static function getElapsed(int $cid = 0): int",
                "Milliseconds since a coroutine was made; -1 when there is no such one.",
                get_elapsed,
            )
            .method(
                "public static function getStackUsage(int $cid = 0): int|false",
                "Bytes of PHP's stack that a coroutine uses.",
                get_stack_usage,
            )
            .method("public static function list(): Swoole\\Coroutine\\Iterator", "The ids of all.", list)
            .method(
                "public static function listCoroutines(): Swoole\\Coroutine\\Iterator",
                "The same as list().",
                list,
            )
            .method(
                "public static function enableScheduler(): bool",
                "Allows preemption again. False when it was allowed.",
                |call| call.ret_bool(preempt::exempt(false)),
            )
            .method(
                "public static function disableScheduler(): bool",
                "Forbids preemption. False when it was forbidden.",
                |call| call.ret_bool(preempt::exempt(true)),
            )
            .method(
                "public static function setTimeLimit(float $timeout): bool",
                "After so many seconds the running coroutine's wait throws a TimeoutException.",
                set_time_limit,
            ),
    );
    canceled_exception::declare(registry);
    timeout_exception::declare(registry);
    context::declare(registry);
    iterator::declare(registry);
    channel::declare(registry, shortname);
    wait_group::declare(registry);
    barrier::declare(registry);
    lock::declare(registry);
    scheduler::declare(registry);
    socket::declare(registry);
    server::declare(registry);
    client::declare(registry);
    http::declare(registry);
    http2::declare(registry);
    system::declare(registry);
    function::declare(registry, shortname);
    highper_runtime::context::set_context_factory(|| Ok(context::CONTEXT.instantiate()?.into()));
    highper_runtime::coroutine::on_deadlock(function::report_deadlock);
    registry.on_request_shutdown(forget);
}

fn forget() {
    option::forget();
    highper_runtime::resolver::forget_names();
}

/// A coroutine's id among the arguments; what can't be an id is none.
fn id_at(call: &Call, arg: usize) -> Result<Option<u64>, Throw> {
    Ok(u64::try_from(call.long(arg)?).ok())
}

/// As [`id_at`], where 0 means the running one.
fn id_or_current(call: &Call) -> Result<Option<u64>, Throw> {
    Ok(match call.opt_long(0, 0)? {
        0 => engine::current(),
        id => u64::try_from(id).ok(),
    })
}

/// `Coroutine::create`, `go`
#[inline(always)]
pub fn create(call: &mut Call) -> Done {
    let callable = call.callable(0)?;
    match event::spawn(callable, call.rest(1))? {
        Some(id) => call.ret(id),
        None => call.ret_bool(false),
    }
}

/// `Coroutine::defer`, `defer`
pub fn defer(call: &mut Call) -> Done {
    let callable = call.callable(0)?;
    waiting::in_coroutine()?;
    highper_runtime::defer(callable);
    Ok(())
}

#[inline(always)]
fn suspend(call: &mut Call) -> Done {
    waiting::can_wait()?;
    let reason = engine::suspend();
    waiting::resumed()?;
    call.ret_bool(waiting::settle(reason))
}

#[inline(always)]
fn resume(call: &mut Call) -> Done {
    if id_at(call, 0)?.is_some_and(engine::resume) {
        highper_runtime::coroutine::goes_on()?;
        return call.ret_bool(true);
    }
    error::warning("can not resume the coroutine which is in IO operation or non-existent")?;
    call.ret_bool(false)
}

fn cancel(call: &mut Call) -> Done {
    let id = id_at(call, 0)?.unwrap_or(0);
    if call.opt_bool(1, false)? {
        let done = waiting::throw_into(id, waiting::CANCELED);
        highper_runtime::coroutine::goes_on()?;
        return call.ret_bool(done);
    }
    let code = match coroutines::cancel_now(id) {
        Ok(()) => {
            highper_runtime::coroutine::goes_on()?;
            return call.ret_bool(true);
        }
        Err(CancelError::NotFound) => error_code::CO_NOT_EXISTS,
        Err(CancelError::NotCancellable) => error_code::CO_CANNOT_CANCEL,
    };
    highper_runtime::set_last_error(code);
    call.ret_bool(false)
}

fn join(call: &mut Call) -> Done {
    let own = waiting::in_coroutine()?;
    let given = call.array(0)?;
    let deadline = waiting::deadline(call.opt_double(1, -1.0)?);
    let mut ids = Vec::with_capacity(given.len());
    for value in given.values() {
        let Ok(id) = u64::try_from(value.to_long()) else {
            continue;
        };
        if id == own {
            error::warning("can not join self")?;
            highper_runtime::set_last_error(error_code::WRONG_OPERATION);
            return call.ret_bool(false);
        }
        if engine::info(id).is_none() {
            continue;
        }
        if coroutines::is_joined(id) {
            highper_runtime::set_last_error(error_code::WRONG_OPERATION);
            return call.ret_bool(false);
        }
        ids.push(id);
    }
    if ids.is_empty() {
        highper_runtime::set_last_error(error_code::INVALID_PARAMS);
        return call.ret_bool(false);
    }
    waiting::can_wait()?;
    let outcome = engine::join(&ids, deadline);
    waiting::resumed()?;
    call.ret_bool(outcome.map_or_else(waiting::settle, |()| true))
}

fn stats(call: &mut Call) -> Done {
    let stats = engine::stats();
    let mut out = Array::with_capacity(9);
    out.set("event_num", stats.descriptors)
        .set("signal_listener_num", crate::process::signal::count())
        .set("aio_task_num", engine::offloaded())
        .set("aio_worker_num", engine::offloaded())
        .set("aio_queue_size", 0)
        .set("c_stack_size", stats.stack_size)
        .set("coroutine_num", stats.live)
        .set("coroutine_peak_num", stats.peak)
        .set("coroutine_last_cid", stats.last_id);
    call.ret(out)
}

fn get_cid(call: &mut Call) -> Done {
    match engine::current() {
        Some(id) => call.ret(id),
        None => call.ret_long(-1),
    }
}

fn get_pcid(call: &mut Call) -> Done {
    match id_or_current(call)?.and_then(engine::info) {
        Some(info) if info.parent == 0 => call.ret_long(-1),
        Some(info) => call.ret(info.parent),
        None => call.ret_bool(false),
    }
}

fn get_context(call: &mut Call) -> Done {
    let context = match id_or_current(call)? {
        Some(id) => highper_runtime::context::context(Some(id))?,
        None => None,
    };
    if context.is_none() {
        highper_runtime::set_last_error(error_code::CO_NOT_EXISTS);
    }
    call.ret(context)
}

fn get_back_trace(call: &mut Call) -> Done {
    let options = call.opt_long(1, error::PROVIDE_OBJECT)?;
    let limit = call.opt_long(2, 0)?;
    let trace = match id_or_current(call)? {
        Some(id) => backtrace::backtrace(id, options, limit)?,
        None if call.opt_long(0, 0)? == 0 => Some(error::backtrace(None, options, limit)?),
        None => None,
    };
    match trace {
        Some(trace) => call.ret(trace),
        None => {
            highper_runtime::set_last_error(error_code::CO_NOT_EXISTS);
            call.ret_bool(false)
        }
    }
}

fn print_back_trace(call: &mut Call) -> Done {
    let options = call.opt_long(1, 0)?;
    let limit = call.opt_long(2, 0)?;
    let text = match id_or_current(call)? {
        Some(id) => backtrace::backtrace_text(id, options, limit)?,
        None if call.opt_long(0, 0)? == 0 => Some(error::backtrace_string(None, options, limit)?),
        None => None,
    };
    match text {
        Some(text) => print(&text),
        None => {
            highper_runtime::set_last_error(error_code::CO_NOT_EXISTS);
            Ok(())
        }
    }
}

/// Writes to PHP's output.
pub fn print(text: &str) -> Result<(), Throw> {
    call_function("printf", &[Value::from("%s"), Value::from(text)])
        .into_result()
        .map(drop)
}

fn get_execute_time(call: &mut Call) -> Done {
    match id_or_current(call)?.and_then(account::spent) {
        Some(spent) => call.ret_long(i64::try_from(spent.on_cpu.as_micros()).unwrap_or(i64::MAX)),
        None => call.ret_long(-1),
    }
}

fn get_elapsed(call: &mut Call) -> Done {
    match id_or_current(call)?.and_then(engine::info) {
        Some(info) => call.ret(clock::now().saturating_sub(info.created) / 1_000_000),
        None => call.ret_long(-1),
    }
}

fn get_stack_usage(call: &mut Call) -> Done {
    let usage = id_or_current(call)?.and_then(highper_runtime::stack_usage);
    match usage {
        Some(bytes) => call.ret(bytes),
        None => call.ret_bool(false),
    }
}

fn list(call: &mut Call) -> Done {
    let mut ids = engine::list();
    ids.reverse();
    let ids: Array = ids.into_iter().collect();
    let iterator = iterator::ITERATOR
        .get()
        .new_object(&[ids.into()])
        .into_result()?;
    call.ret(iterator)
}

/// The timer of a coroutine's time limit; it goes with the coroutine, or when another is set.
#[derive(Default)]
struct Limit(Cell<Option<TimerId>>);

impl Limit {
    fn set(&self, timer: TimerId) {
        if let Some(before) = self.0.replace(Some(timer)) {
            engine::clear_timer(before);
        }
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        if let Some(timer) = self.0.take() {
            engine::clear_timer(timer);
        }
    }
}

fn set_time_limit(call: &mut Call) -> Done {
    let seconds = call.double(0)?;
    let id = waiting::in_coroutine()?;
    match waiting::deadline(seconds) {
        None => call.ret_bool(false),
        Some(when) => {
            let timer = coroutines::at(when, true, move || {
                if engine::info(id).is_some() {
                    waiting::throw_into(id, waiting::TIMED_OUT);
                }
            });
            coroutines::set_local_of(id, Limit::default);
            coroutines::local::<Limit, _>(id, |limit| limit.set(timer));
            call.ret_bool(true)
        }
    }
}
