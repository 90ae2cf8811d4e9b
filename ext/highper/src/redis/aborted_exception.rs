//! `Highper\Redis\AbortedException`

use highper_zend::{Class, ClassRef, Registry};

pub(super) static ABORTED: ClassRef = ClassRef::new("Highper\\Redis\\AbortedException");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Redis\\AbortedException")
            .doc("Somebody changed a key that a transaction watched, at each attempt: nothing of it was done.")
            .handle(&ABORTED)
            .extends("Highper\\Redis\\RedisException"),
    );
}
