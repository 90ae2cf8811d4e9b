//! `Swoole\ExitException`: what `exit()` throws inside a coroutine or a server.

use highper_runtime::exit::{self, Presentation};
use highper_zend::{Class, ClassRef, Outcome, Registry, Throw, Value};

/// The class.
pub static EXIT_EXCEPTION: ClassRef = ClassRef::new("Swoole\\ExitException");

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\ExitException")
            .doc("Thrown by exit() inside a coroutine; uncaught, it ends that coroutine.")
            .handle(&EXIT_EXCEPTION)
            .extends("Swoole\\Exception")
            .property(
                "private $flags = 0",
                "Where exit() was called: SWOOLE_EXIT_IN_COROUTINE, SWOOLE_EXIT_IN_SERVER.",
            )
            .property("private $status = 0", "What exit() was given.")
            .method(
                "public function getFlags(): int",
                "Where exit() was called: SWOOLE_EXIT_IN_COROUTINE, SWOOLE_EXIT_IN_SERVER.",
                |call| call.ret(call.this_object()?.get("flags")?),
            )
            .method(
                "public function getStatus(): mixed",
                "What exit() was given: a number, a text, or null.",
                |call| call.ret(call.this_object()?.get("status")?),
            ),
    );
    exit::present(Presentation {
        class: &EXIT_EXCEPTION,
        make,
        status,
    });
}

/// `SWOOLE_EXIT_IN_COROUTINE`
const IN_COROUTINE: i64 = 2;
/// `SWOOLE_EXIT_IN_SERVER`
const IN_SERVER: i64 = 4;

fn make(given: Option<&Value>) -> Throw {
    let status = given.cloned().unwrap_or_default();
    let made = match EXIT_EXCEPTION
        .get()
        .new_object(&[Value::from("swoole exit")])
    {
        Outcome::Value(value) => value.into_object(),
        other => return other.into_result().err().unwrap_or(Throw::Exit),
    };
    let Ok(object) = made else {
        return Throw::Exit;
    };
    let flags = match highper_runtime::serve::worker() {
        Some(_) => IN_COROUTINE | IN_SERVER,
        None => IN_COROUTINE,
    };
    let set = object
        .set("flags", flags)
        .and_then(|()| object.set("status", status));
    match set {
        Ok(()) => Throw::Object(object.into()),
        Err(throw) => throw,
    }
}

/// The process's status: a number as it is; a text was printed by who catches it.
fn status(exception: &Value) -> i64 {
    exception
        .as_object()
        .and_then(|object| object.get("status").ok())
        .and_then(|status| status.as_long())
        .unwrap_or(0)
}
