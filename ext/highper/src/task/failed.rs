//! `Highper\Task\JobFailed`

use highper_app::job::Failure;
use highper_zend::{Class, ClassRef, Registry, Throw, Value};

static FAILED: ClassRef = ClassRef::new("Highper\\Task\\JobFailed");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Task\\JobFailed")
            .doc("Thrown by Tasks::run() for a job that failed in its task worker, after all its attempts.")
            .handle(&FAILED)
            .extends("RuntimeException")
            .property("public readonly string $job", "The class of the job.")
            .property("public readonly string $reason", "'exception', 'timeout', 'killed' (its process was), 'fatal' (a fatal error of PHP) or 'exit' (it called exit()).")
            .property("public readonly string $exception", "The class of what it threw; empty where it threw nothing.")
            .property("public readonly string $at", "Where it failed, file:line; empty where that is not known.")
            .property("public readonly string $remoteTrace", "The stack trace in the task worker."),
    );
}

/// From what came back.
pub(super) fn throw(class: &str, failure: &Failure) -> Throw {
    let make = || {
        let text = Value::string(format!("the job {class} failed: {}", failure.line()));
        let made = FAILED.get().new_object(&[text]).into_result()?;
        if let Some(object) = made.as_object() {
            object.set("job", class)?;
            object.set("reason", &*failure.reason)?;
            object.set("exception", &*failure.class)?;
            object.set("at", &*failure.at)?;
            object.set("remoteTrace", &*failure.trace)?;
        }
        Ok(made)
    };
    match make() {
        Ok(object) => Throw::Object(object),
        Err(throw) => throw,
    }
}
