//! `Swoole\Coroutine\Iterator`: what `Coroutine::list()` returns.

use highper_zend::{Class, ClassRef, Registry};

/// The class.
pub static ITERATOR: ClassRef = ClassRef::new("Swoole\\Coroutine\\Iterator");

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\Iterator")
            .doc("The ids of coroutines.")
            .handle(&ITERATOR)
            .alias("Co\\Iterator")
            .extends("ArrayIterator"),
    );
}
