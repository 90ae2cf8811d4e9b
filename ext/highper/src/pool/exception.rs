//! `Highper\PoolException`

use highper_pool::Refused;
use highper_zend::{Class, ClassRef, Registry, Throw};

static EXCEPTION: ClassRef = ClassRef::new("Highper\\PoolException");
static LOGIC: ClassRef = ClassRef::new("LogicException");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\PoolException")
            .doc("All objects of a pool are lent, and none came back in time; its message names who has had one the longest.")
            .handle(&EXCEPTION)
            .extends("RuntimeException"),
    );
}

/// There is none.
pub(super) fn exhausted(refused: &Refused) -> Throw {
    Throw::new(&EXCEPTION, format!("the pool has no object: {refused}"), 0)
}

/// A pool was used wrongly.
pub(super) fn misused(message: &str) -> Throw {
    Throw::new(&LOGIC, message, 0)
}
