//! `Highper\Redis\RedisException`

use super::aborted_exception::ABORTED;
use super::connection_exception::CONNECTION;
use crate::exception::cancelled::{cancelled, late};
use highper_engine::{clock, scheduler};
use highper_redis::{Error, Kind};
use highper_zend::{Class, ClassRef, Registry, Throw, Value};

static EXCEPTION: ClassRef = ClassRef::new("Highper\\Redis\\RedisException");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Redis\\RedisException")
            .doc("Something that Redis refused, or that can't be done with it.")
            .handle(&EXCEPTION)
            .extends("RuntimeException")
            .property(
                "public readonly string $errorCode",
                "The first word of what the server said, WRONGTYPE for example; ERR where there is none.",
            ),
    );
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
    match object(error) {
        Ok(object) => Throw::Object(object),
        Err(throw) => throw,
    }
}

/// The exception that an error is.
pub(super) fn object(error: &Error) -> Result<Value, Throw> {
    let class = match error.kind {
        Kind::Connection => &CONNECTION,
        _ => &EXCEPTION,
    };
    made(class, &error.message, &error.code)
}

fn made(class: &ClassRef, message: &str, code: &str) -> Result<Value, Throw> {
    let made = class
        .get()
        .new_object(&[Value::string(message)])
        .into_result()?;
    if let Some(object) = made.as_object() {
        object.set_in(EXCEPTION.get(), "errorCode", code)?;
    }
    Ok(made)
}

/// Others have changed what was watched.
pub(super) fn aborted(attempts: i64) -> Throw {
    let often = match attempts {
        1 => String::new(),
        attempts => format!(", at each of {attempts} attempts"),
    };
    let message = format!("a watched key was changed by others{often}: nothing was done");
    match made(&ABORTED, &message, "EXECABORT") {
        Ok(object) => Throw::Object(object),
        Err(throw) => throw,
    }
}

/// About the use of Redis, without a server having been asked.
pub(super) fn misused(message: impl Into<String>) -> Throw {
    thrown(&Error::usage(message))
}
