//! `Swoole\Coroutine\Context`: what belongs to one coroutine.

use highper_zend::{Class, ClassRef, Registry};

/// The class.
pub static CONTEXT: ClassRef = ClassRef::new("Swoole\\Coroutine\\Context");

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\Context")
            .doc("Values that live as long as their coroutine.")
            .handle(&CONTEXT)
            .alias("Co\\Context")
            .extends("ArrayObject"),
    );
}
