//! `Highper\Redis\ConnectionException`

use highper_zend::{Class, ClassRef, Registry};

pub(super) static CONNECTION: ClassRef = ClassRef::new("Highper\\Redis\\ConnectionException");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Redis\\ConnectionException")
            .doc(
                "Redis can't be reached, refuses the log-in, or the connection broke: whether a command that had been sent was done is \
                 unknown then.",
            )
            .handle(&CONNECTION)
            .extends("Highper\\Redis\\RedisException"),
    );
}
