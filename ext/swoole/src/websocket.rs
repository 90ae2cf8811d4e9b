//! `Swoole\WebSocket`: frames, and a server whose clients are pushed to.

pub mod close_frame;
pub mod frame;
pub(crate) mod greeting;
pub(crate) mod hub;
mod link;
pub(crate) mod options;
pub(crate) mod outgoing;
pub mod server;

use highper_zend::Registry;

/// `SWOOLE_WEBSOCKET_FLAG_FIN`: the message's last frame.
pub(crate) const FIN: i64 = 1;
/// `SWOOLE_WEBSOCKET_FLAG_COMPRESS`
pub(crate) const COMPRESS: i64 = 2;
/// `SWOOLE_WEBSOCKET_FLAG_RSV1`: what says on the wire that a message is compressed.
pub(crate) const RSV1: i64 = 4;
/// `SWOOLE_WEBSOCKET_FLAG_RSV2`
pub(crate) const RSV2: i64 = 8;
/// `SWOOLE_WEBSOCKET_FLAG_RSV3`
pub(crate) const RSV3: i64 = 16;
/// `SWOOLE_WEBSOCKET_FLAG_MASK`
pub(crate) const MASK: i64 = 32;
/// All flags that there are.
pub(crate) const ALL: i64 = 63;

/// Declares the classes.
pub fn declare(registry: &mut Registry) {
    frame::declare(registry);
    close_frame::declare(registry);
    server::declare(registry);
}
