//! `Swoole\ExitException`: what `exit()` throws inside a coroutine or a server.

use highper_zend::{Class, ClassRef, Registry};

/// The class.
pub static EXIT_EXCEPTION: ClassRef = ClassRef::new("Swoole\\ExitException");

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\ExitException")
            .doc("Thrown by exit() inside a coroutine; uncaught, it ends that coroutine.")
            .handle(&EXIT_EXCEPTION)
            .extends("Swoole\\Exception")
            .property("private $flags = 0", "Where exit() was called: SWOOLE_EXIT_IN_COROUTINE, SWOOLE_EXIT_IN_SERVER.")
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
}
