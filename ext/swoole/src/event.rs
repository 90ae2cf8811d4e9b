//! `Swoole\Event` and the `swoole_event_*` functions: the loop.

mod cycle;
pub(crate) mod watched;
mod write;

use crate::error_code;
use highper_engine::{self as engine, SpawnError, reactor, scheduler};
use highper_runtime::callback;
use highper_zend::{
    Call, Callable, Class, Done, Function, Registry, Throw, Value, call_function, error, module,
};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Is there a loop, running or to be run at the end of the script? One thread runs PHP.
static LOOP: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Has the end of the script been asked to run it?
    static REGISTERED: Cell<bool> = const { Cell::new(false) };
}

/// Declares them.
pub fn declare(registry: &mut Registry) {
    const WAIT: &str = "Runs the loop until nothing is left to wait for.";
    const AT_END: &str = "Runs the loop at the end of the script, when it was not run before.";
    const EXIT: &str = "Clears all timers and ends the loop.";
    const DEFER: &str = "Calls back when the running code has given the processor away.";
    const DISPATCH: &str = "One look at the events and what follows from it. False without a loop.";
    watched::declare(registry);
    cycle::declare(registry);
    write::declare(registry);
    let class = Class::new("Swoole\\Event").doc("The event loop.");
    registry.class(
        write::methods(cycle::methods(watched::methods(class)))
            .deny_create()
            .method(
                "public static function defer(callable $callback): bool",
                DEFER,
                defer,
            )
            .method(
                "public static function dispatch(): bool",
                DISPATCH,
                dispatch,
            )
            .method("public static function wait(): void", WAIT, wait_call)
            .method("public static function rshutdown(): void", AT_END, at_end)
            .method("public static function exit(): void", EXIT, exit),
    );
    registry
        .function(Function::new(
            "function swoole_event_defer(callable $callback): bool",
            DEFER,
            defer,
        ))
        .function(Function::new(
            "function swoole_event_dispatch(): bool",
            DISPATCH,
            dispatch,
        ))
        .function(Function::new(
            "function swoole_event_wait(): void",
            WAIT,
            wait_call,
        ))
        .function(Function::new(
            "function swoole_event_rshutdown(): void",
            AT_END,
            at_end,
        ))
        .function(Function::new(
            "function swoole_event_exit(): void",
            EXIT,
            exit,
        ));
    registry.on_request_start(|| {
        LOOP.store(false, Relaxed);
        REGISTERED.set(false);
        highper_runtime::coroutine::on_loop_end(|| {
            watched::loop_ends();
            write::forget();
            cycle::loop_ends();
        });
    });
    registry.on_request_shutdown(|| {
        LOOP.store(false, Relaxed);
        watched::forget();
        write::forget();
        cycle::forget();
        reactor::abandon();
    });
}

/// In the child of a fork: its parent's loop is not its own.
pub(crate) fn forked() {
    LOOP.store(false, Relaxed);
    watched::forget();
    write::forget();
    cycle::forget();
}

/// A loop was run elsewhere: if nothing is left to wait for there is none any more.
pub(crate) fn settle() {
    if !engine::is_running()
        && engine::stats().live == 0
        && highper_runtime::timer::list().is_empty()
    {
        LOOP.store(false, Relaxed);
    }
}

/// The number of the descriptor that a value names: a number, an open stream, a socket, or an object that has one.
pub(crate) fn descriptor(value: &Value) -> Result<Option<i32>, Throw> {
    if let Some(number) = value.as_long() {
        return Ok(i32::try_from(number).ok().filter(|fd| *fd >= 0));
    }
    let Some(object) = value.as_object() else {
        return Ok(highper_zend::stream::descriptor(value));
    };
    let property = match object.class_name() {
        "Socket" => {
            let stream = call_function("socket_export_stream", std::slice::from_ref(value));
            return Ok(highper_zend::stream::descriptor(&stream.into_result()?));
        }
        "Swoole\\Client" | "Swoole\\Coroutine\\Client" => "sock",
        "Swoole\\Process" => "pipe",
        "Swoole\\Coroutine\\Socket" => "fd",
        _ => return Ok(None),
    };
    let number = object.get(property)?.as_long();
    Ok(number
        .and_then(|fd| i32::try_from(fd).ok())
        .filter(|fd| *fd >= 0))
}

/// Is there a loop?
#[inline]
pub fn has_loop() -> bool {
    LOOP.load(Relaxed) || engine::is_running()
}

/// Makes the loop, which runs at the end of the script at the latest.
#[inline]
pub fn ensure_loop() -> Result<(), Throw> {
    if has_loop() { Ok(()) } else { make_loop() }
}

#[cold]
fn make_loop() -> Result<(), Throw> {
    reactor::prepare()
        .map_err(|e| Throw::error(format!("Unable to create event-loop reactor: {e}")))?;
    LOOP.store(true, Relaxed);
    highper_runtime::coroutine::begin_threads()?;
    if !REGISTERED.replace(true) {
        call_function(
            "register_shutdown_function",
            &[Value::from("swoole_event_rshutdown")],
        )
        .into_result()?;
    }
    Ok(())
}

/// Runs a callable in a new coroutine; `None`, with a warning, when there are too many.
#[inline(always)]
pub fn spawn(callable: Callable, args: &[Value]) -> Result<Option<u64>, Throw> {
    if !has_loop() {
        first()?;
    }
    match highper_runtime::spawn(callable, args) {
        Ok(id) => {
            highper_runtime::coroutine::goes_on()?;
            Ok(Some(id))
        }
        Err(error) => refused(error),
    }
}

#[cold]
fn first() -> Result<(), Throw> {
    if module::is_shutting_down() && is_in_destructor() {
        return Err(error::fatal(
            "can not use coroutine in __destruct after php_request_shutdown",
        ));
    }
    make_loop()
}

/// Was the running function of the extension called by a destructor?
fn is_in_destructor() -> bool {
    error::calling_function().is_some_and(|name| {
        let method = name.rsplit("::").next().unwrap_or_default();
        method.eq_ignore_ascii_case("__destruct")
    })
}

#[cold]
fn refused(error: SpawnError) -> Result<Option<u64>, Throw> {
    match error {
        SpawnError::Limit(live) => {
            error::warning(format!("exceed max number of coroutine {live}"))?;
            Ok(None)
        }
        error => Err(Throw::error(error.to_string())),
    }
}

/// Runs the loop until nothing is left to wait for.
pub fn wait() -> Result<(), Throw> {
    if engine::current().is_some() {
        highper_runtime::set_last_error(error_code::WRONG_OPERATION);
        return Err(error::fatal("Unable to call Event::wait() in coroutine"));
    }
    if engine::is_running() || !LOOP.load(Relaxed) {
        return Ok(());
    }
    let ended = highper_runtime::run_loop(|| {});
    LOOP.store(false, Relaxed);
    ended
}

fn dispatch(call: &mut Call) -> Done {
    if engine::current().is_some() {
        highper_runtime::set_last_error(error_code::WRONG_OPERATION);
        return Err(error::fatal(
            "Unable to call Event::dispatch() in coroutine",
        ));
    }
    if engine::is_running() || !LOOP.load(Relaxed) {
        return call.ret_bool(false);
    }
    highper_runtime::coroutine::turn_loop()?;
    call.ret_bool(true)
}

fn wait_call(_call: &mut Call) -> Done {
    wait()
}

fn at_end(_call: &mut Call) -> Done {
    if !LOOP.load(Relaxed) || scheduler::had_fatal() || scheduler::is_foreign() {
        return Ok(());
    }
    if ended_by_error()? {
        return Ok(());
    }
    error::deprecated("Event::wait() in shutdown function is deprecated")?;
    if engine::is_at_rest() {
        // A loop would take descriptors, of which there may be none left.
        LOOP.store(false, Relaxed);
        return Ok(());
    }
    wait()
}

/// Has the script ended with a fatal error? Then nothing that it had begun goes on.
fn ended_by_error() -> Result<bool, Throw> {
    /// `E_ERROR`, `E_CORE_ERROR`, `E_COMPILE_ERROR`, `E_USER_ERROR`
    const FATAL: i64 = 1 | 16 | 64 | 256;
    let last = call_function("error_get_last", &[]).into_result()?;
    let kind = last.as_array().and_then(|last| last.get("type"));
    Ok(kind.is_some_and(|kind| kind.to_long() & FATAL != 0))
}

fn exit(_call: &mut Call) -> Done {
    if has_loop() {
        highper_runtime::timer::clear_all();
        scheduler::stop_loop();
    }
    Ok(())
}

fn defer(call: &mut Call) -> Done {
    let callable = call.callable(0)?;
    ensure_loop()?;
    scheduler::defer_to_driver(move || {
        let called = callback::call(move || callable.call(&[]).into_result().map(drop));
        if let Err(cause) = called {
            eprintln!("[warning] a deferred callback could not run: {cause}");
        }
    });
    call.ret_bool(true)
}
