//! What the settings of a server say about WebSocket.

use highper_websocket::{Config, Decoder, Masks};
use highper_zend::Array;

/// Settings of a port, or of a coroutine server.
pub(crate) struct Options {
    /// `open_websocket_close_frame`: does the callback see close frames?
    pub(crate) close: bool,
    /// `open_websocket_ping_frame`: does it see pings? Then answering them is its own.
    pub(crate) ping: bool,
    /// `open_websocket_pong_frame`
    pub(crate) pong: bool,
    /// `websocket_compression`
    pub(super) compression: bool,
    /// `websocket_subprotocol`
    pub(super) subprotocol: Option<Vec<u8>>,
    /// `websocket_strict`: must clients mask, and are text and close codes checked?
    strict: bool,
    /// `package_max_length`: bytes of a message, unpacked.
    max_message: usize,
}

impl Options {
    /// From the settings of a server.
    pub(crate) fn of(settings: &Array) -> Self {
        let on = |name: &str| {
            settings
                .get(name)
                .is_some_and(|value| value.deref().to_bool())
        };
        let text = |name: &str| {
            let text = settings.get(name)?.deref().to_str().ok()?;
            Some(text.as_bytes().to_vec()).filter(|text| !text.is_empty())
        };
        let max = settings
            .get("package_max_length")
            .map(|value| value.deref().to_long());
        Self {
            close: on("open_websocket_close_frame"),
            ping: on("open_websocket_ping_frame"),
            pong: on("open_websocket_pong_frame"),
            compression: on("websocket_compression"),
            subprotocol: text("websocket_subprotocol"),
            strict: on("websocket_strict"),
            max_message: max
                .and_then(|max| usize::try_from(max).ok())
                .filter(|max| *max > 0)
                .unwrap_or(Config::server().max_message),
        }
    }

    /// For a connection.
    pub(super) fn decoder(&self, deflate: bool) -> Decoder {
        Decoder::new(Config {
            masks: match self.strict {
                true => Masks::Required,
                false => Masks::Either,
            },
            max_message: self.max_message,
            strict: self.strict,
            deflate,
            takeover: false,
        })
    }
}
