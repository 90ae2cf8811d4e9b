//! `exit` inside a coroutine: an exception that can be caught, which ends only the coroutine.

use highper_zend::{ClassRef, Throw, Value, throw, vm};
use std::cell::Cell;

/// How a face presents `exit`.
#[derive(Clone, Copy)]
pub struct Presentation {
    /// The exception's class.
    pub class: &'static ClassRef,
    /// Makes the exception of a status: what was given to `exit`.
    pub make: fn(Option<&Value>) -> Throw,
    /// The status that an exception carries.
    pub status: fn(&Value) -> i64,
}

thread_local! {
    static PRESENTATION: Cell<Option<Presentation>> = const { Cell::new(None) };
}

/// Sets the exception that `exit` throws in coroutines. Without one, `exit` ends
/// the coroutine and can't be caught.
pub fn present(presentation: Presentation) {
    PRESENTATION.set(Some(presentation));
}

pub(crate) fn install() {
    vm::install_exit(
        || highper_engine::current().is_some(),
        |status| match PRESENTATION.get() {
            Some(presentation) => (presentation.make)(status),
            None => {
                if let Some(status) = status
                    && crate::superglobals::is_open()
                {
                    crate::superglobals::print(status);
                }
                Throw::Exit
            }
        },
    );
}

/// Did `exit` end what threw this? What it was given as a text, for who prints it, is then there.
#[must_use]
pub fn of(throw: &Throw) -> Option<Value> {
    match throw {
        Throw::Exit => Some(Value::null()),
        Throw::Object(exception) if is_exit(exception) => {
            let text = exception.as_object()?.get("status");
            Some(text.ok().filter(Value::is_string).unwrap_or_default())
        }
        _ => None,
    }
}

/// The exit code of what [`of`] knows as an exit.
#[must_use]
pub fn status(throw: &Throw) -> i32 {
    match (throw, PRESENTATION.get()) {
        (Throw::Object(exception), Some(presentation)) => (presentation.status)(exception) as i32,
        _ => throw::exit_status(),
    }
}

/// Is this the exception of an `exit`?
#[must_use]
pub fn is_exit(exception: &Value) -> bool {
    PRESENTATION.get().is_some_and(|presentation| {
        exception.as_object().is_some_and(|object| {
            presentation
                .class
                .try_get()
                .is_some_and(|class| object.is_instance_of(class))
        })
    })
}

/// An exit that nobody caught sets the process's status, as it does outside coroutines.
pub(crate) fn note_status(exception: &Value) {
    if let Some(presentation) = PRESENTATION.get() {
        throw::set_exit_status((presentation.status)(exception) as i32);
    }
}
