//! `Highper\ContainerException`

use crate::container::ERROR;
use highper_zend::{Class, Registry};

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\ContainerException")
            .doc("An object can't be made: its message names the chain of classes that need it.")
            .handle(&ERROR)
            .extends("LogicException"),
    );
}
