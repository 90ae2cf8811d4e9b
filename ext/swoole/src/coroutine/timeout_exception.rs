//! `Swoole\Coroutine\TimeoutException`.

use highper_zend::{Class, ClassRef, Flags, Registry};

/// The class.
pub static TIMED_OUT: ClassRef = ClassRef::new("Swoole\\Coroutine\\TimeoutException");

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\TimeoutException")
            .doc("Thrown where a coroutine waits, past the limit of Coroutine::setTimeLimit().")
            .handle(&TIMED_OUT)
            .flags(Flags::FINAL)
            .extends("Exception"),
    );
}
