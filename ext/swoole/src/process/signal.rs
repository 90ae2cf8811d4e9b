//! `Process::signal()`: callbacks for signals, run by the loop in coroutines of their own.

use super::failed;
use crate::event;
use highper_engine::scheduler;
use highper_process::watch;
use highper_runtime::{callback, coroutine, signals};
use highper_zend::{Call, Callable, Class, Done, Registry, Throw, Value, error, module};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// `SIG_IGN`
const IGNORE: i64 = 1;
/// What a worker of a server keeps to itself: HUP, QUIT, USR1, USR2, TERM.
const OF_WORKERS: [i64; 5] = [1, 3, 10, 12, 15];

thread_local! {
    static CALLBACKS: RefCell<BTreeMap<i32, Callable>> = const { RefCell::new(BTreeMap::new()) };
    /// Do callbacks keep the loop running (the option `wait_signal`)?
    static KEEPS: Cell<bool> = const { Cell::new(false) };
    static RETAINED: Cell<bool> = const { Cell::new(false) };
}

/// Adds the method.
pub(super) fn methods(class: Class) -> Class {
    class.method(
        "public static function signal(int $signal_no, ?callable $callback = null): bool",
        "Calls back, in the loop, when the signal comes; null takes the callback away, SIG_IGN ignores the signal.",
        signal,
    )
}

/// The numbers of signals, where the extension pcntl does not have them.
pub(super) fn declare(registry: &mut Registry) {
    const NAMES: [(&str, i64); 35] = [
        ("SIGHUP", 1),
        ("SIGINT", 2),
        ("SIGQUIT", 3),
        ("SIGILL", 4),
        ("SIGTRAP", 5),
        ("SIGABRT", 6),
        ("SIGBUS", 7),
        ("SIGFPE", 8),
        ("SIGKILL", 9),
        ("SIGUSR1", 10),
        ("SIGSEGV", 11),
        ("SIGUSR2", 12),
        ("SIGPIPE", 13),
        ("SIGALRM", 14),
        ("SIGTERM", 15),
        ("SIGSTKFLT", 16),
        ("SIGCHLD", 17),
        ("SIGCONT", 18),
        ("SIGSTOP", 19),
        ("SIGTSTP", 20),
        ("SIGTTIN", 21),
        ("SIGTTOU", 22),
        ("SIGURG", 23),
        ("SIGXCPU", 24),
        ("SIGXFSZ", 25),
        ("SIGVTALRM", 26),
        ("SIGPROF", 27),
        ("SIGWINCH", 28),
        ("SIGIO", 29),
        ("SIGPWR", 30),
        ("SIGSYS", 31),
        ("SIG_IGN", 1),
        ("PRIO_PROCESS", 0),
        ("PRIO_PGRP", 1),
        ("PRIO_USER", 2),
    ];
    if !module::is_loaded("pcntl") {
        for (name, value) in NAMES {
            registry.constant(name, value, "As the extension pcntl has it.");
        }
    }
    registry.on_request_start(|| {
        coroutine::on_loop_start(signals::loop_begins);
        signals::on_signal(dispatch, |number| {
            is_watched(number) || super::pool::acts_on(number)
        });
    });
    registry.on_request_shutdown(|| {
        watch::forget();
        forget();
    });
}

/// Lets go of all callbacks.
pub(crate) fn forget() {
    let callbacks = CALLBACKS.take();
    KEEPS.set(false);
    retain();
    drop(callbacks);
}

/// The option `wait_signal`: does the loop run as long as there is a callback for a signal?
pub fn keep_loop(keeps: bool) {
    KEEPS.set(keeps);
    retain();
}

fn retain() {
    let wanted = KEEPS.get() && CALLBACKS.with_borrow(|callbacks| !callbacks.is_empty());
    match (RETAINED.replace(wanted), wanted) {
        (false, true) => scheduler::retain_loop(),
        (true, false) => scheduler::release_loop(),
        _ => {}
    }
}

/// How many signals have a callback.
pub fn count() -> usize {
    CALLBACKS.with_borrow(BTreeMap::len)
}

fn dispatch(number: i32) -> bool {
    if super::pool::take_signal(number) {
        return true;
    }
    let callback = CALLBACKS.with_borrow(|callbacks| callbacks.get(&number).cloned());
    let Some(callback) = callback else {
        return false;
    };
    let called = callback::call(move || {
        let number = [Value::from(i64::from(number))];
        callback.call(&number).into_result().map(drop)
    });
    if let Err(cause) = called {
        eprintln!("[warning] the callback of signal {number} could not run: {cause}");
    }
    true
}

/// Is there a callback for it?
pub(super) fn is_watched(number: i32) -> bool {
    CALLBACKS.with_borrow(|callbacks| callbacks.contains_key(&number))
}

/// Calls back for a signal that was read outside of the loop.
pub(crate) fn call_now(number: i32) -> Result<(), Throw> {
    let callback = CALLBACKS.with_borrow(|callbacks| callbacks.get(&number).cloned());
    match callback {
        Some(callback) => callback
            .call(&[Value::from(i64::from(number))])
            .into_result()
            .map(drop),
        None => Ok(()),
    }
}

/// Has the running loop, if there is one, read the signals.
pub(super) fn attach_if_running() {
    if highper_engine::is_running() {
        signals::attach();
    }
}

fn refuse(call: &Call, message: String) -> Done {
    error::warning(message)?;
    call.ret_bool(false)
}

fn signal(call: &mut Call) -> Done {
    let number = call.long(0)?;
    if !(0..watch::LIMIT).contains(&number) {
        return refuse(call, format!("invalid signal number [{number}]"));
    }
    if OF_WORKERS.contains(&number) && highper_runtime::serve::worker().is_some()
        || super::pool::owns_signal(number)
    {
        return refuse(
            call,
            format!("signal [{number}] processor has been registered by the system"),
        );
    }
    let key = number as i32;
    let given = call.opt_value(1).cloned().unwrap_or_default();
    if given.is_null() {
        let old = CALLBACKS.with_borrow_mut(|callbacks| callbacks.remove(&key));
        if old.is_none() {
            return refuse(
                call,
                format!("unable to find the callback of signal [{number}]"),
            );
        }
        watch::unwatch(key);
        retain();
        return call.ret_bool(true);
    }
    if given.as_long() == Some(IGNORE) {
        drop(CALLBACKS.with_borrow_mut(|callbacks| callbacks.remove(&key)));
        retain();
        return match watch::ignore(key) {
            Ok(()) => call.ret_bool(true),
            Err(cause) => failed(call, &format!("sigaction({number}) failed"), &cause),
        };
    }
    let callback = Callable::new(&given)
        .map_err(|e| Throw::argument_type(1, format!("must be a valid callback or null, {e}")))?;
    if let Err(cause) = watch::watch(key) {
        return failed(call, &format!("sigaction({number}) failed"), &cause);
    }
    event::ensure_loop()?;
    drop(CALLBACKS.with_borrow_mut(|callbacks| callbacks.insert(key, callback)));
    retain();
    attach_if_running();
    call.ret_bool(true)
}
