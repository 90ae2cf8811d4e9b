//! `Swoole\Client\Exception`.

use highper_zend::{Class, Registry};

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Client\\Exception")
            .doc("For clients.")
            .extends("Swoole\\Exception"),
    );
}
