//! `Swoole\Coroutine\Socket\Exception`.

use highper_zend::{Class, ClassRef, Registry};

/// The class.
pub static EXCEPTION: ClassRef = ClassRef::new("Swoole\\Coroutine\\Socket\\Exception");

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\Socket\\Exception")
            .doc("A socket that can't be made, or an argument that it can't take.")
            .handle(&EXCEPTION)
            .alias("Co\\Socket\\Exception")
            .extends("Swoole\\Exception"),
    );
}
