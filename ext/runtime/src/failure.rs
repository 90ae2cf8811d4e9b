//! Exceptions that nobody caught, and the last error's number.

use highper_zend::{Value, vm};
use std::cell::Cell;

thread_local! {
    static LAST: Cell<i32> = const { Cell::new(0) };
    static AFTER: Cell<Option<(u32, String)>> = const { Cell::new(None) };
    static IS_NONE: Cell<fn(&Value) -> bool> = const { Cell::new(|_| false) };
    static OBSERVER: Cell<Option<fn(&Value)>> = const { Cell::new(None) };
}

/// The number of the last error of an operation (Swoole's `swoole_last_error()`).
#[must_use]
pub fn last_error() -> i32 {
    LAST.get()
}

/// Sets it.
pub fn set_last_error(code: i32) {
    LAST.set(code);
}

/// Shown each uncaught exception before PHP reports it.
pub fn observe(observer: fn(&Value)) {
    OBSERVER.set(Some(observer));
}

/// Says which uncaught exceptions end their coroutine without a word: those of a program that is told to end.
pub fn pass_over(is_none: fn(&Value) -> bool) {
    IS_NONE.set(is_none);
}

/// Is it one of these?
pub(crate) fn is_none(exception: &Value) -> bool {
    (IS_NONE.get())(exception)
}

/// What is written to standard error after the report of this exception, if nobody catches it.
pub fn tell_after(exception: u32, text: String) {
    AFTER.set(Some((exception, text)));
}

/// Reports an exception that ended a coroutine; false when that ended in a fatal error.
pub fn report(exception: &Value) -> bool {
    if let Some(observer) = OBSERVER.get() {
        observer(exception);
    }
    let done = vm::report_uncaught(exception);
    if let Some((id, text)) = AFTER.take()
        && exception
            .as_object()
            .is_some_and(|object| object.id() == id)
    {
        eprintln!("{text}");
    }
    done
}
