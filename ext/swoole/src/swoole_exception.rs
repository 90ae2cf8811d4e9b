//! `Swoole\Exception`, the parent of what the API throws.

use highper_zend::{Class, ClassRef, Registry};

/// The class.
pub static EXCEPTION: ClassRef = ClassRef::new("Swoole\\Exception");

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Exception")
            .doc("The parent of the exceptions of Swoole's API.")
            .handle(&EXCEPTION)
            .extends("Exception"),
    );
}
