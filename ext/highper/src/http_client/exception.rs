//! `Highper\Http\ClientException` and its children.

use crate::exception::cancelled::{cancelled, late};
use highper_engine::{clock, scheduler};
use highper_fetch::{Error, Kind};
use highper_zend::{Class, ClassRef, Object, Registry, Throw, Value};

static EXCEPTION: ClassRef = ClassRef::new("Highper\\Http\\ClientException");
static CONNECT: ClassRef = ClassRef::new("Highper\\Http\\ClientConnectException");
static TIMEOUT: ClassRef = ClassRef::new("Highper\\Http\\ClientTimeoutException");
static PROTOCOL: ClassRef = ClassRef::new("Highper\\Http\\ClientProtocolException");
static TOO_LARGE: ClassRef = ClassRef::new("Highper\\Http\\ClientTooLargeException");
static POOL: ClassRef = ClassRef::new("Highper\\Http\\ClientPoolException");
static STATUS: ClassRef = ClassRef::new("Highper\\Http\\ClientStatusException");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\ClientException")
            .doc(
                "A request to another server that got no answer, or can't be made. Its message says what was asked for (without \
                 the query), what happened, and what to do.",
            )
            .handle(&EXCEPTION)
            .extends("RuntimeException")
            .property("public readonly string $method", "The request's method; empty where there was no request.")
            .property("public readonly string $url", "What was asked for, without user and query."),
    );
    let child = |name: &'static str, doc: &'static str, handle: &'static ClassRef| {
        Class::new(name)
            .doc(doc)
            .handle(handle)
            .extends("Highper\\Http\\ClientException")
    };
    registry
        .class(child(
            "Highper\\Http\\ClientConnectException",
            "There is no connection: no such name, nobody listens, a certificate that is not trusted, a proxy that refuses; or it ended \
             before the answer did.",
            &CONNECT,
        ))
        .class(child(
            "Highper\\Http\\ClientTimeoutException",
            "The answer did not come in time (timeout).",
            &TIMEOUT,
        ))
        .class(child(
            "Highper\\Http\\ClientProtocolException",
            "The answer is no HTTP, breaks its rules, or redirects where nobody can follow.",
            &PROTOCOL,
        ))
        .class(child(
            "Highper\\Http\\ClientTooLargeException",
            "The answer is larger than it may be (max_body), or its head is.",
            &TOO_LARGE,
        ))
        .class(child(
            "Highper\\Http\\ClientPoolException",
            "All connections to the server are in use, and none became free in time (pool.wait, pool.queue).",
            &POOL,
        ))
        .class(
            child(
                "Highper\\Http\\ClientStatusException",
                "What throw() throws for an answer of a status from 400 on; its code is the status.",
                &STATUS,
            )
            .property(
                "public readonly \\Highper\\Http\\ClientResponse $response",
                "The answer.",
            ),
        );
}

fn filled(
    class: &ClassRef,
    message: &str,
    code: i64,
    method: &[u8],
    url: &str,
) -> Result<Value, Throw> {
    let args = [Value::from(message), Value::long(code)];
    let made = class.get().new_object(&args).into_result()?;
    if let Some(object) = made.as_object() {
        let scope = EXCEPTION.get();
        object.set_in(scope, "method", method)?;
        object.set_in(scope, "url", url)?;
    }
    Ok(made)
}

/// What is thrown for an error of a request.
pub(super) fn thrown(error: &Error, method: &[u8], url: &str) -> Throw {
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
        Kind::Connect | Kind::Lost => &CONNECT,
        Kind::Timeout => &TIMEOUT,
        Kind::Protocol | Kind::Redirect => &PROTOCOL,
        Kind::TooLarge => &TOO_LARGE,
        Kind::Exhausted => &POOL,
        Kind::Usage | Kind::Source | Kind::Cancelled => &EXCEPTION,
    };
    match filled(class, &error.message, 0, method, url) {
        Ok(object) => Throw::Object(object),
        Err(throw) => throw,
    }
}

/// About the use of a client, without a server having been asked.
pub(super) fn misused(message: impl AsRef<str>) -> Throw {
    match filled(&EXCEPTION, message.as_ref(), 0, b"", "") {
        Ok(object) => Throw::Object(object),
        Err(throw) => throw,
    }
}

/// An answer that is a failure.
pub(super) fn status(
    message: &str,
    code: u16,
    method: &[u8],
    url: &str,
    response: &Object,
) -> Throw {
    let make = || {
        let made = filled(&STATUS, message, code.into(), method, url)?;
        if let Some(object) = made.as_object() {
            object.set_in(STATUS.get(), "response", response)?;
        }
        Ok(made)
    };
    match make() {
        Ok(object) => Throw::Object(object),
        Err(throw) => throw,
    }
}
