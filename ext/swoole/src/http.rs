//! `Swoole\Http`: request, response and server.

mod cookie;
mod inputs;
mod names;
pub mod request;
pub mod response;
pub mod server;

use highper_zend::Registry;

/// Declares the classes.
pub fn declare(registry: &mut Registry) {
    registry.class(request::class());
    registry.class(response::class());
    registry.class(server::class());
    cookie::declare(registry);
}
