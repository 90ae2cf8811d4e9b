//! `Swoole\Coroutine\Http2`.

pub mod client;

use highper_zend::Registry;

/// Declares the classes.
pub fn declare(registry: &mut Registry) {
    client::declare(registry);
}
