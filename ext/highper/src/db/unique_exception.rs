//! `Highper\Db\UniqueException`

use highper_zend::{Class, ClassRef, Registry};

pub(super) static UNIQUE: ClassRef = ClassRef::new("Highper\\Db\\UniqueException");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Db\\UniqueException")
            .doc("A row with the same value of a unique key is there already.")
            .handle(&UNIQUE)
            .extends("Highper\\Db\\DbException"),
    );
}
