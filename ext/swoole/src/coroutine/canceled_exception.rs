//! `Swoole\Coroutine\CanceledException`.

use highper_zend::{Class, ClassRef, Flags, Registry};

/// The class.
pub static CANCELED: ClassRef = ClassRef::new("Swoole\\Coroutine\\CanceledException");

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\CanceledException")
            .doc("Thrown where a coroutine waits, by Coroutine::cancel($cid, true).")
            .handle(&CANCELED)
            .flags(Flags::FINAL)
            .extends("Exception"),
    );
}
