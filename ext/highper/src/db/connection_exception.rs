//! `Highper\Db\ConnectionException`

use highper_zend::{Class, ClassRef, Registry};

pub(super) static CONNECTION: ClassRef = ClassRef::new("Highper\\Db\\ConnectionException");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Db\\ConnectionException")
            .doc("A database can't be reached, refuses the log-in, or its connection broke while a statement ran.")
            .handle(&CONNECTION)
            .extends("Highper\\Db\\DbException"),
    );
}
