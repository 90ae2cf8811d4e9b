//! `Highper\Tcp\ClientException` and its children, for UDP as well.

use crate::exception::cancelled::{cancelled, late};
use highper_engine::{clock, scheduler};
use highper_wire::{Error, Kind};
use highper_zend::{Class, ClassRef, Registry, Throw};

static EXCEPTION: ClassRef = ClassRef::new("Highper\\Tcp\\ClientException");
static CONNECT: ClassRef = ClassRef::new("Highper\\Tcp\\ClientConnectException");
static TIMEOUT: ClassRef = ClassRef::new("Highper\\Tcp\\ClientTimeoutException");
static POOL: ClassRef = ClassRef::new("Highper\\Tcp\\ClientPoolException");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Tcp\\ClientException")
            .doc("A server of packets, by TCP or UDP, that can't be asked, or whose answer is no packet. Its message says which server, and what to do.")
            .handle(&EXCEPTION)
            .extends("RuntimeException"),
    );
    for (name, doc, handle) in [
        (
            "Highper\\Tcp\\ClientConnectException",
            "There is no connection, or it ended before the answer came.",
            &CONNECT,
        ),
        (
            "Highper\\Tcp\\ClientTimeoutException",
            "The answer did not come in time (timeout).",
            &TIMEOUT,
        ),
        (
            "Highper\\Tcp\\ClientPoolException",
            "All connections to the server are in use, and none became free in time.",
            &POOL,
        ),
    ] {
        registry.class(
            Class::new(name)
                .doc(doc)
                .handle(handle)
                .extends("Highper\\Tcp\\ClientException"),
        );
    }
}

/// What is thrown for an error.
pub(super) fn thrown(error: &Error) -> Throw {
    match error.kind {
        Kind::Cancelled => return cancelled(),
        Kind::Timeout if scheduler::deadline().is_some_and(|at| at <= clock::now()) => {
            return match highper_runtime::cancel::late() {
                Err(throw) => throw,
                Ok(()) => late(),
            };
        }
        _ => {}
    }
    // A limit may have passed, or somebody may have thrown, while the server said something else.
    if let Err(throw) = highper_runtime::cancel::resumed() {
        return throw;
    }
    let class = match error.kind {
        Kind::Connection => &CONNECT,
        Kind::Timeout => &TIMEOUT,
        Kind::Exhausted => &POOL,
        Kind::Packet | Kind::Usage | Kind::Cancelled => &EXCEPTION,
    };
    Throw::new(class, error.message.clone(), 0)
}

/// About the use of a client.
pub(super) fn misused(message: impl Into<String>) -> Throw {
    Throw::new(&EXCEPTION, message, 0)
}
