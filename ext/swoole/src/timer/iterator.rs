//! `Swoole\Timer\Iterator`: what `Timer::list()` returns.

use highper_zend::{Class, ClassRef, Registry};

/// The class.
pub static ITERATOR: ClassRef = ClassRef::new("Swoole\\Timer\\Iterator");

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Timer\\Iterator")
            .doc("The ids of timers.")
            .handle(&ITERATOR)
            .extends("ArrayIterator"),
    );
}
