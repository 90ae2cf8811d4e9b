//! `Swoole\Http2`: requests and responses of the coroutine client.

pub mod request;
pub mod response;

use highper_zend::Registry;

/// Declares the classes.
pub fn declare(registry: &mut Registry) {
    request::declare(registry);
    response::declare(registry);
}
