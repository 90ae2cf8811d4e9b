//! `Highper\Beanstalk\BeanstalkException`

use crate::exception::cancelled::{cancelled, late};
use highper_beanstalk::{Error, Kind};
use highper_engine::{clock, scheduler};
use highper_zend::{Class, ClassRef, Registry, Throw};

static EXCEPTION: ClassRef = ClassRef::new("Highper\\Beanstalk\\BeanstalkException");
static CONNECTION: ClassRef = ClassRef::new("Highper\\Beanstalk\\ConnectionException");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Beanstalk\\BeanstalkException")
            .doc("Something that beanstalkd refused, or that can't be done with it.")
            .handle(&EXCEPTION)
            .extends("RuntimeException"),
    );
    registry.class(
        Class::new("Highper\\Beanstalk\\ConnectionException")
            .doc("The server can't be reached, or the connection broke: whether something that had been sent was done is unknown then.")
            .handle(&CONNECTION)
            .extends("Highper\\Beanstalk\\BeanstalkException"),
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
    let class = match error.kind {
        Kind::Connection => &CONNECTION,
        _ => &EXCEPTION,
    };
    Throw::new(class, error.message.clone(), 0)
}

/// About the use of it, without a server having been asked.
pub(super) fn misused(message: impl Into<String>) -> Throw {
    thrown(&Error::usage(message))
}
