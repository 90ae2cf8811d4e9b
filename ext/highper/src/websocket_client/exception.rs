//! `Highper\WebSocket\ClientException` and its children.

use crate::exception::cancelled::{cancelled, late};
use highper_engine::{clock, scheduler};
use highper_peer::{Error, Kind};
use highper_zend::{Class, ClassRef, Registry, Throw};

static EXCEPTION: ClassRef = ClassRef::new("Highper\\WebSocket\\ClientException");
static CONNECT: ClassRef = ClassRef::new("Highper\\WebSocket\\ClientConnectException");
static TIMEOUT: ClassRef = ClassRef::new("Highper\\WebSocket\\ClientTimeoutException");
static PROTOCOL: ClassRef = ClassRef::new("Highper\\WebSocket\\ClientProtocolException");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\WebSocket\\ClientException")
            .doc("A WebSocket to another server that can't be made or used. Its message says to where (without the query), what happened, and what to do.")
            .handle(&EXCEPTION)
            .extends("RuntimeException"),
    );
    for (name, doc, handle) in [
        (
            "Highper\\WebSocket\\ClientConnectException",
            "There is no connection, or it is over: lost, or closed before. Where the server refused the handshake its code is the status.",
            &CONNECT,
        ),
        (
            "Highper\\WebSocket\\ClientTimeoutException",
            "It took longer than it may.",
            &TIMEOUT,
        ),
        (
            "Highper\\WebSocket\\ClientProtocolException",
            "What the server said is no WebSocket, breaks its rules, or is larger than it may be (max_message).",
            &PROTOCOL,
        ),
    ] {
        registry.class(
            Class::new(name)
                .doc(doc)
                .handle(handle)
                .extends("Highper\\WebSocket\\ClientException"),
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
    let (class, code) = match error.kind {
        Kind::Refused(status) => (&CONNECT, i64::from(status)),
        Kind::Connect | Kind::Lost => (&CONNECT, 0),
        Kind::Timeout => (&TIMEOUT, 0),
        Kind::Protocol => (&PROTOCOL, 0),
        Kind::Usage | Kind::Cancelled => (&EXCEPTION, 0),
    };
    Throw::new(class, error.message.clone(), code)
}

/// A server's message is no JSON.
pub(crate) fn no_json(message: &str) -> Throw {
    Throw::new(&PROTOCOL, message, 0)
}

/// About the use of a client.
pub(super) fn misused(message: impl Into<String>) -> Throw {
    Throw::new(&EXCEPTION, message, 0)
}
