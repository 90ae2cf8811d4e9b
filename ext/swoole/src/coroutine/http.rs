//! `Swoole\Coroutine\Http`.

pub mod client;
pub mod server;

use highper_zend::Registry;

/// Declares the classes.
pub fn declare(registry: &mut Registry) {
    client::declare(registry);
    server::declare(registry);
}
