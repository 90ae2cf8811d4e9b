//! `Swoole\Redis`: servers that speak Redis' protocol.

mod format;
pub(crate) mod server;

use highper_zend::Registry;

/// Declares the classes.
pub fn declare(registry: &mut Registry) {
    server::declare(registry);
}
