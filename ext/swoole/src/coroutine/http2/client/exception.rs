//! `Swoole\Coroutine\Http2\Client\Exception`.

use highper_zend::{Class, ClassRef, Registry};

/// The class.
pub static EXCEPTION: ClassRef = ClassRef::new("Swoole\\Coroutine\\Http2\\Client\\Exception");

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\Http2\\Client\\Exception")
            .doc("A client that can't be made.")
            .handle(&EXCEPTION)
            .alias("Co\\Http2\\Client\\Exception")
            .extends("Swoole\\Exception"),
    );
}
