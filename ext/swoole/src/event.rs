//! `Swoole\Event` and the `swoole_event_*` functions: the loop.

mod watched;

use crate::error_code;
use highper_engine::{self as engine, SpawnError, reactor, scheduler};
use highper_zend::{
    Call, Callable, Class, Done, Function, Registry, Throw, Value, call_function, error,
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
    watched::declare(registry);
    registry.class(
        watched::methods(Class::new("Swoole\\Event").doc("The event loop."))
            .deny_create()
            .method(
                "public static function defer(callable $callback): bool",
                DEFER,
                defer,
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
        highper_runtime::coroutine::on_loop_end(watched::forget);
    });
    registry.on_request_shutdown(|| {
        LOOP.store(false, Relaxed);
        watched::forget();
        reactor::abandon();
    });
}

/// In the child of a fork: its parent's loop is not its own.
pub(crate) fn forked() {
    LOOP.store(false, Relaxed);
    watched::forget();
}

/// The number of the descriptor that a value names: a number, or an open stream.
pub(crate) fn descriptor(value: &Value) -> Option<i32> {
    match value.as_long() {
        Some(number) => i32::try_from(number).ok().filter(|fd| *fd >= 0),
        None => highper_zend::stream::descriptor(value),
    }
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
    ensure_loop()?;
    match highper_runtime::spawn(callable, args) {
        Ok(id) => Ok(Some(id)),
        Err(error) => refused(error),
    }
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

fn wait_call(_call: &mut Call) -> Done {
    wait()
}

fn at_end(_call: &mut Call) -> Done {
    if !LOOP.load(Relaxed) || scheduler::had_fatal() || scheduler::is_foreign() {
        return Ok(());
    }
    error::deprecated("Event::wait() in shutdown function is deprecated")?;
    wait()
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
        // What it throws is reported by its coroutine; one too many has warned.
        let _reported = spawn(callable, &[]);
    });
    call.ret_bool(true)
}
