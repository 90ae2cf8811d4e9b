//! `Highper\Db\PoolException`

use highper_zend::{Class, ClassRef, Registry};

pub(super) static POOL: ClassRef = ClassRef::new("Highper\\Db\\PoolException");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Db\\PoolException")
            .doc("All connections of the pool are taken, and none became free in time.")
            .handle(&POOL)
            .extends("Highper\\Db\\DbException"),
    );
}
