//! Exceptions that end a wait: `Highper\CancelledException` and its children.

use highper_runtime::cancel::Thrown;
use highper_zend::{Class, ClassRef, Registry, Throw};

pub(crate) static CANCELLED: ClassRef = ClassRef::new("Highper\\CancelledException");
static DISCONNECTED: ClassRef = ClassRef::new("Highper\\Http\\Disconnected");
static DEADLINE: ClassRef = ClassRef::new("Highper\\DeadlineException");

/// Thrown into what still runs when a worker's time to end is over.
pub(crate) const STOPPING: Thrown = Thrown {
    name: "stopping",
    make: stopping,
};

/// Thrown into a handler whose client has gone, where it was asked for.
pub(crate) const GONE: Thrown = Thrown {
    name: "disconnected",
    make: disconnected,
};

fn stopping() -> Throw {
    Throw::new(&CANCELLED, "the server is ending", 0)
}

/// The client has gone.
pub(crate) fn disconnected() -> Throw {
    Throw::new(&DISCONNECTED, "the client has closed the connection", 0)
}

/// Somebody has cancelled the wait.
pub(crate) fn cancelled() -> Throw {
    match highper_runtime::cancel::resumed() {
        Err(thrown) => thrown,
        Ok(()) => Throw::new(&CANCELLED, "the wait was cancelled", 0),
    }
}

/// The coroutine's time is over.
pub(crate) fn late() -> Throw {
    Throw::new(&DEADLINE, "the time for this is over", 0)
}

/// The time for something is over.
pub(crate) fn late_for(what: &str) -> Throw {
    Throw::new(&DEADLINE, what, 0)
}

pub(super) fn declare(registry: &mut Registry) {
    registry
        .class(
            Class::new("Highper\\CancelledException")
                .doc("Thrown where a coroutine waits, when somebody has ended the wait: at the end of the server, for example. Let it through: `finally` blocks run.")
                .handle(&CANCELLED)
                .extends("RuntimeException"),
        )
        .class(
            Class::new("Highper\\DeadlineException")
                .doc("Thrown where a coroutine waits past its deadline.")
                .handle(&DEADLINE)
                .extends("Highper\\CancelledException"),
        )
        .class(
            Class::new("Highper\\Http\\Disconnected")
                .doc("The client has closed its connection: thrown by Request::read() in the middle of a body, and with the setting cancel_on_disconnect wherever the handler waits.")
                .handle(&DISCONNECTED)
                .extends("Highper\\CancelledException"),
        );
    highper_runtime::cancel::past_deadline(Thrown {
        name: "deadline",
        make: late,
    });
}

/// Is it one of these?
pub(crate) fn is_cancelled(object: &highper_zend::Object) -> bool {
    object.is_instance_of(CANCELLED.get())
}

/// Is it about a client that has gone?
pub(crate) fn is_disconnected(object: &highper_zend::Object) -> bool {
    object.is_instance_of(DISCONNECTED.get())
}
